"""The shipped workflow of station 3: which words of a prompt does the image model ignore?"""

from __future__ import annotations

from .mixing_workflows import Group
from .question_workflows import OWN_FILES
from .workflow_parts import DRAWING_LINKS, SEED, Note, PlacedNode, Recipe, drawing, measured_links

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
RECIPE = Recipe(
    nodes={
        **drawing(PROMPT),
        "picture": PlacedNode("PreviewImage", (420, 810), (360, 340)),
        "words": PlacedNode(
            "EncoderScope_IgnoredWords",
            (820, 40),
            (680, 1340),
            {**SEED, "guidance": 3.0, "where": True},
        ),
    },
    links=(*DRAWING_LINKS, *measured_links("words")),
    notes=(Note(NOTE, (20, 830), (360, 330)), Note(OWN_FILES, (20, 1440), (1480, 260))),
    groups=(
        Group("Draw", (0, -20), (800, 1190)),
        Group("Which words does the image model use?", (800, -20), (720, 1420)),
    ),
    canvas=(1520, 1720),
    scale=0.74,
)
