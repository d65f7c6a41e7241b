"""From sums of attention to the where-map of each phrase: small, and on one scale, so that a phrase
that is looked for everywhere alike stays flat beside one that has a place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch.nn import functional

SIDE = 32
"""Cells of the longer side at most."""
FULL = 100


@dataclass(frozen=True)
class WhereMap:
    """Of one phrase: how much more than everywhere each place looks for it, from 0 to FULL."""

    phrase: int
    size: tuple[int, int]
    values: tuple[int, ...]
    """Row by row."""


def where_maps(sums: Mapping[int, torch.Tensor]) -> list[WhereMap]:
    """``sums``: phrase -> attention at each place (height, width)."""
    small = {phrase: _small(attention) for phrase, attention in sums.items()}
    ratios = {phrase: each / each.mean() for phrase, each in small.items() if each.mean() > 0}
    most = max((float(ratio.max()) - 1 for ratio in ratios.values()), default=0.0)
    return [
        WhereMap(
            phrase,
            (ratio.shape[0], ratio.shape[1]),
            tuple(round(value) for value in _scaled(ratio, most).flatten().tolist()),
        )
        for phrase, ratio in ratios.items()
    ]


def _scaled(ratio: torch.Tensor, most: float) -> torch.Tensor:
    if most <= 0:
        return torch.zeros_like(ratio)
    return (FULL * (ratio - 1) / most).clamp(0, FULL)


def _small(attention: torch.Tensor) -> torch.Tensor:
    height, width = attention.shape
    step = max(1.0, max(height, width) / SIDE)
    size = (max(1, round(height / step)), max(1, round(width / step)))
    return functional.adaptive_avg_pool2d(attention[None, None].double(), size)[0, 0]
