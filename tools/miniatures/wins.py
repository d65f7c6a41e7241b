"""How often a picture prefers its caption to the rival, on scenes whose bags were never seen."""

from __future__ import annotations

import random
from typing import Any

import torch

from ...conditioning.scenes.captions import caption, kinds
from ...conditioning.scenes.drawing import draw
from ...conditioning.scenes.scene import scenes
from .clips import RECIPE, SIDE
from .vocabulary import Kept


def wins(model: Any, kept: Kept, kind: str, count: int = 400, part: str = "test", seed: int = 7) -> float:
    """Share of ``count`` scenes, one caption each."""
    dice = random.Random(seed)
    shown = [one for one in scenes(2 * count, part, seed) if kind in kinds(one)][:count]
    said = [caption(one, dice, kind) for one in shown]
    with torch.no_grad():
        out = model(
            input_ids=kept.batch([text for one in said for text in (one.text, one.rival)]),
            pixel_values=RECIPE(draw(shown, 2 * SIDE)).values,
        )
    pairs = out.logits_per_image.reshape(len(shown), len(shown), 2)[range(len(shown)), range(len(shown))]
    return float((pairs[:, 0] > pairs[:, 1]).float().mean())
