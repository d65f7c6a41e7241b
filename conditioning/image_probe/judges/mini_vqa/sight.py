"""A picture as mini-VQA sees it: 64 x 64."""

from __future__ import annotations

import torch
from torch.nn.functional import adaptive_avg_pool2d, interpolate, pad

from .model import SIDE

_LARGEST = 64 * SIDE
"""Pixels of a side before the picture is made square."""


def seen(images: torch.Tensor) -> torch.Tensor:
    """``images``: (picture, height, width, 3), 0 to 1. (picture, 3, 64, 64): each made square by
    its own edges, then made smaller by means over pixels.
    """
    pictures = images[..., :3].movedim(-1, 1).float().clamp(0, 1)
    height, width = pictures.shape[-2:]
    spare = max(height, width)
    if spare > _LARGEST:  # the square of a long picture would be many times as large as itself
        height, width = (max(1, side * _LARGEST // spare) for side in (height, width))
        pictures, spare = adaptive_avg_pool2d(pictures, (height, width)), _LARGEST
    missing = spare - width, spare - height
    if any(missing):
        sides = [part for gap in missing for part in (gap // 2, gap - gap // 2)]
        pictures = pad(pictures, sides, mode="replicate")
    if spare < SIDE:
        return interpolate(pictures, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    return adaptive_avg_pool2d(pictures, SIDE)
