"""The miniatures' model card, written from what was measured."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from ...host.torch_companions import mend_torchvision
from . import figures
from .train_miniatures import FOLDER, RECIPES

HEAD = """# Miniature encoders

Four tiny encoders, trained by this project on drawn scenes, so that everything in EncoderScope can be tried without
a download, on encoders whose truth is known. **They are not CLIP and not T5**: they have CLIP's and T5 v1.1's
architecture and read with CLIP's and T5's tokenizers, but know a few dozen words and what flat drawings look like. Do
not judge a prompt of yours by them.

Made by `python dev.py train-miniatures`, which writes this card too. Licence of the files: Apache-2.0, as the
project. No data of others went into them.

## Data

Scenes of two things (car, house, tree, star, heart, ball) in two of eight colours and three sizes, beside or above
each other, before a varied background (`conditioning/scenes/`), drawn anew for every step from a seed. Captions in 30
sentence frames name colours, sizes or places. A *bag* is two colours and two shapes, not which is which; 70 % of the
420 bags are for training, 15 % for the calibration of the image probe, 15 % for tests: every figure below is of bags
that no training saw, and neither were their swaps.

## Training
"""
TAIL = """
*Caption over rival*: the rival is made of the same words, with colours, sizes or places exchanged. For the CLIPs a
picture chooses; the T5s, which have no pictures, are asked whether the caption lies nearer than the rival to the
same scene told in other words, which is another question. Intervals are Wilson's, 95 %.

*Linear reader*: for each thing a linear classifier of the vector names its colour, asked between the two that are
there; fitted on captions of training scenes. In brackets the same for a bag of the same tokens, which holds no
binding: what chance is. This is the truth that the probe's verdicts are compared with (`docs/calibration.md`).

*Image probe*: half of the pictures were asked for what they show, half for the swap. Of pictures that lack a word of
the prompt every claim is wrong.
"""


def measured(name: str) -> figures.Figures:
    """Measure a shipped miniature, in a process of its own."""
    mend_torchvision()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        return figures.figures(name, Path(folder))


def write(
    miniatures: Sequence[dict[str, Any]],
    measured_figures: Sequence[figures.Figures],
    folder: Path = FOLDER,
) -> None:
    """Write the card."""
    table = figures.table(measured_figures)
    lines = [HEAD, "| | how | parameters | file | time |", "|---|---|---|---|---|"]
    lines += [
        (
            f"| {miniature['name']} | {RECIPES[miniature['name']].trained} | "
            f"{miniature['parameters']:,} | {miniature['bytes'] / 1e6:.2f} MB | "
            f"{miniature['seconds']:.0f} s |"
        )
        for miniature in miniatures
    ]
    lines += [
        "",
        (
            f"Times: {platform.machine()}, two at once on two shared cores, torch "
            f"{torch.__version__}. Loss on the way:"
        ),
        "",
        "```",
    ]
    for miniature in miniatures:
        steps = [line.split() for line in miniature["curve"]]
        lines.append(
            f"{miniature['name']:15}" + "  ".join(f"{step[1]}: {step[3]}" for step in steps[1::2])
        )
    lines += ["```", "", "## What they can do", "", *table, TAIL]
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(table))
