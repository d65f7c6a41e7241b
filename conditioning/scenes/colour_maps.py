"""Which pixels of a picture have which colour of the drawn scenes, and how much of each.

No pixel's colour decides alone: at an edge two colours mix, and red and white mix to pink. What is
asked is how far a pixel went from its background to the colour that most of a patch has.
"""

from __future__ import annotations

import torch
from torch.nn.functional import avg_pool2d

from .drawing import COLOUR, TINT

_SPREAD = 0.1
"""How far from a colour a pixel can be and still be of it."""
_OFF_LINE = 0.12
"""The same of a pixel that is a mixture of the background and the colour."""
_CORE = 0.8
"""A pixel that is surely of a colour."""
_HIDDEN = 0.3
"""What a pixel that another thing may cover says of this one."""


def palette() -> torch.Tensor:
    """(colour, 3), in the order of ``scene.COLOURS``."""
    return torch.tensor(list(COLOUR.values()))


def label_pixels(pictures: torch.Tensor, ground: torch.Tensor) -> torch.Tensor:
    """(picture, side, side, 1 + colour): the probability that a pixel is background, or of each
    colour; a colour may be a little darker or lighter.
    """
    colours = palette()
    darker = pictures.mean(-1, keepdim=True) - colours.mean(-1)
    tint = darker.clamp(-TINT, TINT)
    square = pictures.square().sum(-1, keepdim=True) + colours.square().sum(-1)
    far = square - 2 * pictures @ colours.T - 6 * tint * darker + 3 * tint.square()
    far_from_ground = (pictures - ground).square().sum(-1, keepdim=True)
    return torch.softmax(torch.cat([far_from_ground, far], -1) / (-2 * _SPREAD**2), -1)


def colour_map(
    pictures: torch.Tensor, ground: torch.Tensor, of_colour: torch.Tensor, of_others: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """How much of each pixel a patch covers, and how much the pixel's answer weighs, both (map,
    side, side). ``of_colour``, ``of_others``: how surely a pixel is of the patch's colour, or of
    any other.
    """
    core = of_colour * (of_colour > _CORE) + 1e-6 * of_colour
    own = (pictures * core[..., None]).sum((1, 2)) / core.sum((1, 2)).clamp(min=1e-9)[:, None]
    way = own[:, None, None] - ground
    gone = ((pictures - ground) * way).sum(-1) / way.square().sum(-1).clamp(min=1e-3)
    gone = gone.clamp(0, 1)
    off = (pictures - ground - gone[..., None] * way).square().sum(-1)
    covered = gone * torch.exp(off / (-2 * _OFF_LINE**2))
    return covered, 1 - (1 - _HIDDEN) * of_others.clamp(0, 1) * (1 - covered)


def to_cells(maps: torch.Tensor) -> torch.Tensor:
    """(map, cell): means of 2 x 2 pixels."""
    return avg_pool2d(maps[:, None], 2).flatten(1)
