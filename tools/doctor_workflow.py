"""The shipped workflow of the Prompt Doctor: what is wrong with my picture?"""

from __future__ import annotations

from typing import Any

from .generator_workflow import PlacedNode
from .mixing_workflows import Group

PROMPT = "a red car above a blue house, <lora:shiny:0.8>, embedding:lazyneg, best quality"
NOTE = """## What is wrong with my picture?
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
SEED = {"seed": 3, "control_after_generate": "fixed"}
NODES = {
    "generator": PlacedNode(
        "EncoderScope_LoadMiniatureGenerator", (20, 40), (360, 150), {"generator": "clip-hard"}
    ),
    "encoder": PlacedNode(
        "EncoderScope_LoadMiniature",
        (20, 240),
        (360, 170),
        {"miniature": "mini-CLIP-hard", "family": "sd3 without T5"},
    ),
    "prompt": PlacedNode("PrimitiveStringMultiline", (20, 460), (360, 130), {"value": PROMPT}),
    "latent": PlacedNode("EmptySD3LatentImage", (20, 640), (360, 110), {"width": 64, "height": 64}),
    "positive": PlacedNode("CLIPTextEncode", (420, 40), (360, 90)),
    "negative": PlacedNode("CLIPTextEncode", (420, 180), (360, 110), {"text": ""}),
    "sampler": PlacedNode(
        "KSampler",
        (420, 340),
        (360, 262),
        {**SEED, "steps": 20, "cfg": 3.0, "sampler_name": "euler", "scheduler": "simple"},
    ),
    "decode": PlacedNode("VAEDecode", (420, 700), (360, 46)),
    "picture": PlacedNode("PreviewImage", (420, 810), (360, 400)),
    "doctor": PlacedNode(
        "EncoderScope_PromptDoctor",
        (820, 40),
        (680, 1250),
        {**SEED, "budget": "quick", "guidance": 3.0},
    ),
}
LINKS = (
    ("generator", "MODEL", "sampler", "model"),
    ("generator", "MODEL", "doctor", "model"),
    ("generator", "VAE", "decode", "vae"),
    ("generator", "VAE", "doctor", "vae"),
    ("encoder", "CLIP", "positive", "clip"),
    ("encoder", "CLIP", "negative", "clip"),
    ("encoder", "CLIP", "doctor", "clip"),
    ("encoder", "image-text encoder", "doctor", "encoder"),
    ("prompt", "STRING", "positive", "text"),
    ("prompt", "STRING", "doctor", "text"),
    ("positive", "CONDITIONING", "sampler", "positive"),
    ("negative", "CONDITIONING", "sampler", "negative"),
    ("latent", "LATENT", "sampler", "latent_image"),
    ("latent", "LATENT", "doctor", "latent"),
    ("sampler", "LATENT", "decode", "samples"),
    ("decode", "IMAGE", "picture", "images"),
    ("decode", "IMAGE", "doctor", "images"),
)
NOTE_AT, NOTE_SIZE = (20, 830), (360, 460)
GROUPS = (
    Group("Draw", (0, -20), (800, 1330)),
    Group("What is wrong with it?", (800, -20), (720, 1330)),
)
SCALE = 0.85
"""Of the picture."""
CANVAS = 1520, 1330


def build(editor: Any) -> tuple[dict[str, int], tuple[int, int]]:
    """Puts the nodes and their links into an empty editor: numbers of the nodes, and how much of
    the canvas they take.
    """
    numbers = {name: editor.add(each.kind, each.at, **each.widgets) for name, each in NODES.items()}
    for source, output, target, name in LINKS:
        editor.link(numbers[source], output, numbers[target], name)
    return numbers, CANVAS
