"""The shipped workflow of station 3: which words of a prompt does the image model ignore?"""

from __future__ import annotations

from typing import Any, NamedTuple

from .mixing_workflows import Group

PROMPT = "a red car next to a blue house, best quality, cinematic light"
NOTE = """## Why was it ignored?
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
SEED = {"seed": 3, "control_after_generate": "fixed"}


class PlacedNode(NamedTuple):
    """A node of the workflow: what it is, where, how large, and what its widgets say."""

    kind: str
    at: tuple[int, int]
    size: tuple[int, int]
    widgets: dict[str, Any] = {}


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
    "picture": PlacedNode("PreviewImage", (420, 810), (360, 340)),
    "words": PlacedNode(
        "EncoderScope_IgnoredWords",
        (820, 40),
        (680, 1340),
        {**SEED, "guidance": 3.0, "where": True},
    ),
}
LINKS = (
    ("generator", "MODEL", "sampler", "model"),
    ("generator", "MODEL", "words", "model"),
    ("generator", "VAE", "decode", "vae"),
    ("generator", "VAE", "words", "vae"),
    ("encoder", "CLIP", "positive", "clip"),
    ("encoder", "CLIP", "negative", "clip"),
    ("encoder", "CLIP", "words", "clip"),
    ("prompt", "STRING", "positive", "text"),
    ("prompt", "STRING", "words", "text"),
    ("positive", "CONDITIONING", "sampler", "positive"),
    ("negative", "CONDITIONING", "sampler", "negative"),
    ("latent", "LATENT", "sampler", "latent_image"),
    ("latent", "LATENT", "words", "latent"),
    ("sampler", "LATENT", "decode", "samples"),
    ("decode", "IMAGE", "picture", "images"),
)
NOTE_AT, NOTE_SIZE = (20, 830), (360, 330)
FILES_AT, FILES_SIZE = (20, 1440), (1480, 260)
GROUPS = (
    Group("Draw", (0, -20), (800, 1190)),
    Group("Which words does the image model use?", (800, -20), (720, 1420)),
)
SCALE = 0.74
"""Of the picture."""
CANVAS = 1520, 1720


def build(editor: Any) -> tuple[dict[str, int], tuple[int, int]]:
    """Puts the nodes and their links into an empty editor: numbers of the nodes, and how much of
    the canvas they take.
    """
    numbers = {name: editor.add(each.kind, each.at, **each.widgets) for name, each in NODES.items()}
    for source, output, target, name in LINKS:
        editor.link(numbers[source], output, numbers[target], name)
    return numbers, CANVAS
