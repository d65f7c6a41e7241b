"""The shipped workflows that look into a small image model while it draws: which words does it
ignore, and what is wrong with the picture?
"""

from __future__ import annotations

from .question_examples import OWN_FILES
from .workflow_parts import (
    DRAWING_LINKS,
    SEED,
    Group,
    Note,
    PlacedNode,
    Recipe,
    drawing,
    measured_links,
)

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
            (680, 1640),
            {**SEED, "guidance": 3.0, "where": True},
        ),
    },
    links=(*DRAWING_LINKS, *measured_links("words")),
    notes=(Note(IGNORED_NOTE, (20, 830), (360, 330)), Note(OWN_FILES, (20, 1750), (1480, 260))),
    groups=(
        Group("Draw", (0, -20), (800, 1190)),
        Group("Which words does the image model use?", (800, -20), (720, 1720)),
    ),
    canvas=(1520, 2030),
    scale=0.68,
)
ILL_PROMPT = "a red car above a blue house, <lora:shiny:0.8>, embedding:lazyneg, best quality"
DOCTOR_NOTE = """## What is wrong with my picture?
Press **Run**: no model file is needed, a tiny image model and its encoder come with EncoderScope
(trained on drawn scenes, 64 pixels; not Stable Diffusion). One node says at which station each
phrase was lost: **tokenizer, text encoder, image model, picture**.

1. Read the sentence on top, then the lamps beside each phrase. Point at a lamp for its evidence.
2. Below stands what to do. **suggested prompt** can go straight into your CLIP Text Encode.
3. Tick **verify**: the remedy is tried once with the same seed, before and after side by side.

**With your own model** connect its loader instead of the two miniatures; file names stand below.

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
            (680, 1180),
            {**SEED, "budget": "quick", "guidance": 3.0},
        ),
    },
    links=(
        *DRAWING_LINKS,
        *measured_links("doctor"),
        ("encoder", "image-text encoder", "doctor", "encoder"),
        ("decode", "IMAGE", "doctor", "images"),
    ),
    notes=(Note(DOCTOR_NOTE + OWN_FILES, (20, 1290), (1480, 440)),),
    groups=(
        Group("Draw", (0, -20), (800, 1260)),
        Group("What is wrong with it?", (800, -20), (720, 1260)),
    ),
    canvas=(1520, 1750),
    scale=0.72,
)
RECIPES = {"why_was_it_ignored": WHY_WAS_IT_IGNORED, "what_is_wrong_with_my_picture": WHAT_IS_WRONG}
