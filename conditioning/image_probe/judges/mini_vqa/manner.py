"""Whether a picture is drawn in the manner of the drawn scenes: mini-VQA saw no others, and of a
photograph its answers would be guesses.

A drawn scene is an even grey before which a few things stand, each in one of eight colours. The
limits are what no drawn scene of training passes, blurred, noisy and through TAESD3
(``assets/judge/README.md``).
"""

from __future__ import annotations

import torch

from ....scenes.colour_maps import palette
from ....scenes.drawing import TINT
from ....scenes.ground import estimate_ground

_NEAR, _FAR = 0.1, 0.2
"""How far a pixel of the background is from what it should be, and one that is of nothing."""
_MOST_OF_NOTHING = 0.14
_LEAST_GROUND = 0.35
"""Parts of the picture."""
_MOST_CHROMA = 0.18
_DARKEST, _BRIGHTEST = 0.33, 0.78
"""Of the background."""


def is_drawn(pictures: torch.Tensor) -> torch.Tensor:
    """(picture,) bool, of ``pictures`` (picture, 3, 64, 64), 0 to 1."""
    pixels = pictures.movedim(1, -1)
    ground = estimate_ground(pixels)
    from_ground = (pixels - ground).square().sum(-1).sqrt()
    of_nothing = (from_ground > _FAR) & (_from_colours(pixels) > _FAR)
    chroma = (ground.amax(-1) - ground.amin(-1)).mean((1, 2))
    level = ground.mean((1, 2, 3))
    return (
        (of_nothing.float().mean((1, 2)) <= _MOST_OF_NOTHING)
        & ((from_ground < _NEAR).float().mean((1, 2)) >= _LEAST_GROUND)
        & (chroma <= _MOST_CHROMA)
        & (level >= _DARKEST)
        & (level <= _BRIGHTEST)
    )


def _from_colours(pixels: torch.Tensor) -> torch.Tensor:
    """How far each pixel is from the nearest of the eight colours, a little darker or lighter."""
    colours = palette()
    tint = (pixels.mean(-1, keepdim=True) - colours.mean(-1)).clamp(-TINT, TINT)
    near = colours + tint[..., None]
    return (pixels[..., None, :] - near).square().sum(-1).amin(-1).sqrt()
