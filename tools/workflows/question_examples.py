"""Workflows that each answer one question of an artist, used by `make`: they run on what
comes with the pack, and on an artist's own files when their loaders are put in its place.
"""

from __future__ import annotations

from .workflow_parts import DRAWING_LINKS, Group, Note, PlacedNode, Recipe, drawing

OWN_FILES = """### With your own files
| image model | Load Checkpoint or Load Diffusion Model | text encoders | VAE |
|---|---|---|---|
| SD 1.5 | `v1-5-pruned-emaonly-fp16.safetensors` | in the checkpoint | in the checkpoint |
| SDXL | `sd_xl_base_1.0.safetensors` | in the checkpoint | in the checkpoint |
| SD 3.5 | `sd3.5_medium.safetensors` | `clip_l.safetensors`, `clip_g.safetensors`, `t5xxl_fp16.safetensors` | in the checkpoint |
| FLUX.1 | `flux1-dev.safetensors` | `clip_l.safetensors`, `t5xxl_fp16.safetensors` | `ae.safetensors` |
| Qwen-Image | `qwen_image_fp8_e4m3fn.safetensors` | `qwen_2.5_vl_7b_fp8_scaled.safetensors` | `qwen_image_vae.safetensors` |
"""
"""Names that these files have where they are offered for ComfyUI."""
NOTE_PICTURE = """## Is it the picture?
Does the picture show *which* thing is red? Press **Run**: a tiny image model and its encoder come with EncoderScope
(64 pixels; not Stable Diffusion).

1. The picture is drawn from the prompt on the left.
2. **Image Probe** asks whether the picture shows the prompt or the swap, the same words bound the other way round, and
   says first whether this scorer can tell at all.
3. The second probe gets the swap as its prompt. It should say no to it.

Change the prompt and Run again. Then connect your own: your picture to **image**, and *Load Image-Text Encoder* (a CLIP or
SigLIP with both towers) or *Load Judge* in place of the miniature.

"""
NOTE_ENCODERS = """## Which encoder should I use?
Two encoders side by side, without an image model. Press **Run**; the miniatures come with EncoderScope.

1. **Encoder Report** asks both a built-in suite: attributes, counts, negation, relations, actions. Keep its **json**: it
   can be set beside the card of another encoder, or of a friend.
2. **Binding Probe** asks both about *your* prompt.

Take the one that binds what you write. Which image model takes it is another question: *What Is This File?* answers it.

"""
NOTE_SMALL = """## T5-XXL on 8 GB
T5-XXL takes 9.5 GB in bf16, 4.9 GB in int8, 2.9 GB in int4. Press **Run** to see the lower row work on a miniature T5.

1. *Once*: **Quantize Text Encoder** writes the smaller copy and says how far the answers moved. int8 moves differences
   between sentences by 0.4 to 7 %, int4 by 5 to 62 %.
2. **Load Text Encoders** opens the copy packed. For FLUX.1: CLIP-L beside it.
3. **Fast Encoder**, *fast*, with **small_memory**: layers come from the disk one by one (Linux, encoder on the processor).
   Measured: 1.1 GB of memory with an int8 file, where ComfyUI takes 10 GB with fp8.
4. **Cached Encode** keeps results on disk: a known prompt loads no encoder at all.

The two groups above are bypassed (purple): they need your files. Select them and press **Ctrl+B**, then connect the
loader's **CLIP** to *Fast Encoder* and take the miniature out.

"""


CLIP_L, T5_XXL = "clip_l.safetensors", "t5xxl_fp16.safetensors"
SWAP = "a blue car next to a red house"
SENTENCE = "a red car next to a blue house"
PROBE, LOADER = "EncoderScope_ImageProbe", "EncoderScope_LoadMiniature"

IS_IT_THE_PICTURE = Recipe(
    nodes={
        **drawing(SENTENCE),
        "picture": PlacedNode("PreviewImage", (420, 810), (360, 360)),
        "shows": PlacedNode(PROBE, (840, 60), (500, 1150)),
        "swap": PlacedNode(PROBE, (1400, 60), (500, 1150), {"text": SWAP}),
    },
    links=(
        *DRAWING_LINKS,
        ("encoder", "ENCODERSCOPE_DUAL_ENCODER", "shows", "encoder"),
        ("encoder", "ENCODERSCOPE_DUAL_ENCODER", "swap", "encoder"),
        ("decode", "IMAGE", "shows", "images"),
        ("decode", "IMAGE", "swap", "images"),
        ("prompt", "STRING", "shows", "text"),
    ),
    notes=(Note(NOTE_PICTURE + OWN_FILES, (20, 1280), (1880, 380)),),
    groups=(
        Group("Draw", (0, -20), (800, 1250)),
        Group("Does it show the prompt?", (820, -20), (540, 1250)),
        Group("Or the swap?", (1380, -20), (540, 1250)),
    ),
    canvas=(1940, 1690),
    scale=0.72,
)
WHICH_ENCODER = Recipe(
    nodes={
        "strong": PlacedNode(
            LOADER, (20, 60), (360, 170), {"miniature": "mini-CLIP-hard", "family": "sd1"}
        ),
        "usual": PlacedNode(
            LOADER, (20, 290), (360, 170), {"miniature": "mini-CLIP", "family": "sd1"}
        ),
        "report": PlacedNode("EncoderScope_EncoderReport", (440, 60), (560, 1000)),
        "probe": PlacedNode(
            "EncoderScope_BindingProbe", (1060, 60), (560, 1000), {"text": SENTENCE}
        ),
    },
    links=(
        ("strong", "CLIP", "report", "clip"),
        ("usual", "CLIP", "report", "compare_clip"),
        ("strong", "CLIP", "probe", "clip"),
        ("usual", "CLIP", "probe", "compare_clip"),
    ),
    notes=(Note(NOTE_ENCODERS + OWN_FILES, (20, 1130), (1600, 400)),),
    groups=(
        Group("Two encoders", (0, -20), (400, 1100)),
        Group("On a suite", (420, -20), (600, 1100)),
        Group("On your prompt", (1040, -20), (600, 1100)),
    ),
    canvas=(1660, 1570),
    scale=0.8,
)
T5XXL_ON_8_GB = Recipe(
    nodes={
        "file": PlacedNode("EncoderScope_InspectEncoder", (20, 60), (420, 420), {"file": T5_XXL}),
        "quantize": PlacedNode(
            "EncoderScope_QuantizeEncoder",
            (480, 60),
            (380, 200),
            {"file": T5_XXL, "format": "int8"},
        ),
        "load": PlacedNode(
            "EncoderScope_LoadEncoders",
            (920, 60),
            (420, 420),
            {"file_1": CLIP_L, "file_2": T5_XXL, "precision": "int8", "family": "flux"},
        ),
        "miniature": PlacedNode(
            LOADER, (20, 600), (380, 170), {"miniature": "mini-T5-hard", "family": "pixart"}
        ),
        "fast": PlacedNode(
            "EncoderScope_FastEncoder",
            (440, 600),
            (380, 430),
            {"mode": "fast", "small_memory": True},
        ),
        "cached": PlacedNode(
            "EncoderScope_CachedEncode", (860, 600), (400, 430), {"text": SENTENCE}
        ),
        "inspect": PlacedNode("EncoderScope_InspectConditioning", (1400, 60), (460, 920)),
    },
    links=(
        ("miniature", "CLIP", "fast", "clip"),
        ("fast", "CLIP", "cached", "clip"),
        ("cached", "CONDITIONING", "inspect", "conditioning"),
    ),
    notes=(Note(NOTE_SMALL + OWN_FILES, (20, 1110), (1840, 400)),),
    groups=(
        Group("Once: a smaller copy", (0, -20), (880, 520)),
        Group("Load it packed", (900, -20), (460, 520)),
        Group("Encode in little memory, and keep it", (0, 520), (1360, 540)),
        Group("What comes out", (1380, -20), (500, 1080)),
    ),
    canvas=(1900, 1530),
    scale=0.74,
    bypassed=("file", "quantize", "load"),
)
RECIPES = {
    "is_it_the_picture": IS_IT_THE_PICTURE,
    "which_encoder": WHICH_ENCODER,
    "t5xxl_on_8_gb": T5XXL_ON_8_GB,
}
