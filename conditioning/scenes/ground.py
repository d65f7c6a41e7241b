"""The background of a picture in the manner of the drawn scenes, as it would be without its things.

A drawn background is a grey of little warmth, two slopes and a faint pattern. These few numbers are
fitted to the pixels, and again without those that do not fit, until the things have no say.
"""

from __future__ import annotations

import torch

from .drawing import ripple

_CHROMA, _DARKEST, _BRIGHTEST = 0.12, 0.25, 0.9
"""What a background's pixel can be at most: how colourful, from which level to which."""
_TOLERANCES = (0.2, 0.12, 0.08, 0.05, 0.05, 0.05)
"""Of each round: pixels this far off count a quarter."""
_RIDGE = 1e-3


def estimate_ground(pictures: torch.Tensor) -> torch.Tensor:
    """The background alone, (picture, side, side, 3), of pictures of that shape, 0 to 1."""
    pixels = pictures.reshape(len(pictures), -1, 3)
    basis = _basis(pictures.shape[1])
    weight = _greyness(pixels)
    ground = pixels
    for tolerance in _TOLERANCES:
        weighted = basis.T * weight[:, None]
        square = weighted @ basis + _RIDGE * torch.eye(basis.shape[1])
        ground = basis @ torch.linalg.solve(square, weighted @ pixels)
        off = (pixels - ground).square().sum(-1)
        weight = 1 / (1 + off / tolerance**2).square()
    return ground.reshape(pictures.shape)


def _greyness(pixels: torch.Tensor) -> torch.Tensor:
    """The first guess at what is background: what is neither colourful, black nor white."""
    chroma, level = pixels.amax(-1) - pixels.amin(-1), pixels.mean(-1)
    between = (level > _DARKEST) & (level < _BRIGHTEST)
    return torch.exp(-(chroma / _CHROMA).square()) * between + 1e-4


def _basis(side: int) -> torch.Tensor:
    """(pixel, 4): an even grey, both slopes, the pattern."""
    place = (torch.arange(side) + 0.5) / side
    y, x = torch.meshgrid(place, place, indexing="ij")
    columns = [torch.ones_like(x), x - 0.5, y - 0.5, 0.2 * ripple(x, y)]
    return torch.stack(columns, dim=-1).reshape(-1, len(columns))
