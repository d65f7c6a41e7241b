"""The shipped workflows that look into a small image model while it draws: which words does it
ignore, and what is wrong with the picture?
"""

from __future__ import annotations

from .mixing_workflows import Group
from .question_workflows import OWN_FILES
from .workflow_parts import DRAWING_LINKS, SEED, Note, PlacedNode, Recipe, drawing, measured_links

IGNORED_PROMPT = "a red car next to a blue house, best quality, cinematic light"
IGNORED_NOTE = """## Why was it ignored?
Which words of a prompt does the **image model** really use? Press **Run**: no model file is needed,
a tiny image model and its encoder come with EncoderScope (trained on drawn scenes, 64 pixels; not
Stable Diffusion).

1. **Ignored Words** draws the prompt in the ink of what each phrase does. What it ignores is struck
   through.
2. The bars say how much of the picture each phrase decides, and how sure that is. Point at anything
   for its numbers.
3. Below it: where the model looks for each phrase. That is a place, not a verdict.
4. Change the prompt in the box on the left and Run again: exchange a colour, add a word.

Then connect your own: the **model** and **clip** of your loader. LoRA and ControlNet stay in
effect.
"""
WHY_WAS_IT_IGNORED = Recipe(
    nodes={
        **drawing(IGNORED_PROMPT),
        "picture": PlacedNode("PreviewImage", (420, 810), (360, 340)),
        "words": PlacedNode(
            "EncoderScope_IgnoredWords",
            (820, 40),
            (680, 1340),
            {**SEED, "guidance": 3.0, "where": True},
        ),
    },
    links=(*DRAWING_LINKS, *measured_links("words")),
    notes=(Note(IGNORED_NOTE, (20, 830), (360, 330)), Note(OWN_FILES, (20, 1440), (1480, 260))),
    groups=(
        Group("Draw", (0, -20), (800, 1190)),
        Group("Which words does the image model use?", (800, -20), (720, 1420)),
    ),
    canvas=(1520, 1720),
    scale=0.74,
)
ILL_PROMPT = "a red car above a blue house, <lora:shiny:0.8>, embedding:lazyneg, best quality"
DOCTOR_NOTE = """## What is wrong with my picture?
Press **Run**: no model file is needed, a tiny image model and its encoder come with EncoderScope
(trained on drawn scenes, 64 pixels; not Stable Diffusion). One node says at which station each
phrase was lost: **tokenizer, text encoder, image model, picture**.

1. Read the sentence on top, then the lamps under each phrase. Point at a lamp for its evidence.
2. Below stands what to do. **suggested prompt** can go straight into your CLIP Text Encode.
3. Tick **verify**: the remedy is tried once with the same seed, before and after side by side.

**With your own model** connect its loader instead of the two miniatures:

| model | loader and files |
|---|---|
| SDXL | Load Checkpoint: `sd_xl_base_1.0.safetensors` |
| SD3.5 | Load Checkpoint: `sd3.5_medium_incl_clips_t5xxlfp8scaled.safetensors` |
| FLUX.1 | Load Diffusion Model: `flux1-dev.safetensors`; DualCLIPLoader \
(flux): `clip_l.safetensors`, `t5xxl_fp16.safetensors`; VAE: `ae.safetensors` |
| Qwen-Image | Load Diffusion Model: `qwen_image_fp8_e4m3fn.safetensors`; \
CLIPLoader (qwen_image): `qwen_2.5_vl_7b_fp8_scaled.safetensors`; \
VAE: `qwen_image_vae.safetensors` |

Who looks at the picture: *Load Judge* (a model that answers questions), or *Load Image-Text
Encoder*. mini-CLIP-hard knows drawn scenes only. Set **guidance** to your sampler's cfg.
"""
WHAT_IS_WRONG = Recipe(
    nodes={
        **drawing(ILL_PROMPT),
        "picture": PlacedNode("PreviewImage", (420, 810), (360, 400)),
        "doctor": PlacedNode(
            "EncoderScope_PromptDoctor",
            (820, 40),
            (680, 1250),
            {**SEED, "budget": "quick", "guidance": 3.0},
        ),
    },
    links=(
        *DRAWING_LINKS,
        *measured_links("doctor"),
        ("encoder", "image-text encoder", "doctor", "encoder"),
        ("decode", "IMAGE", "doctor", "images"),
    ),
    notes=(Note(DOCTOR_NOTE, (20, 830), (360, 460)),),
    groups=(
        Group("Draw", (0, -20), (800, 1330)),
        Group("What is wrong with it?", (800, -20), (720, 1330)),
    ),
    canvas=(1520, 1330),
    scale=0.85,
)
RECIPES = {"why_was_it_ignored": WHY_WAS_IT_IGNORED, "what_is_wrong_with_my_picture": WHAT_IS_WRONG}
