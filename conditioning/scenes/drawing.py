"""Draws scenes: every shape is a distance function, so edges are smooth at any resolution and no
font or picture file is needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch

from .scene import Scene, Thing

COLOUR = {
    "red": (0.86, 0.13, 0.12),
    "green": (0.16, 0.62, 0.20),
    "blue": (0.12, 0.28, 0.86),
    "yellow": (0.96, 0.86, 0.12),
    "purple": (0.46, 0.14, 0.62),
    "pink": (1.00, 0.56, 0.74),
    "black": (0.06, 0.06, 0.07),
    "white": (0.97, 0.97, 0.97),
}
RADIUS = {"small": 0.15, "medium": 0.19, "big": 0.24}
"""Of a thing, in parts of the picture's side."""
TINT = 0.06
"""How much darker or lighter a thing of its colour can be, in each channel."""
_PATTERN = 9.0


def draw(scenes: Sequence[Scene], side: int = 128) -> torch.Tensor:
    """(scene, side, side, 3), 0 to 1: the host's IMAGE. All scenes hold equally many things."""
    place = (torch.arange(side) + 0.5) / side
    y, x = torch.meshgrid(place, place, indexing="ij")
    picture = _background(scenes, x, y)
    for number in range(len(scenes[0].things)):
        things = [scene.things[number] for scene in scenes]
        colour = torch.tensor(
            [[_tinted(part, thing.tint) for part in COLOUR[thing.colour]] for thing in things]
        )
        alpha = cover(things, x, y, side)[..., None]
        picture = picture * (1 - alpha) + colour[:, None, None] * alpha
    return picture.clamp(0, 1)


def _tinted(part: float, tint: float) -> float:
    return min(1.0, max(0.0, part + TINT * tint))


def _background(scenes: Sequence[Scene], x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    level, warmth, across, down, pattern = (
        column[:, None, None] for column in torch.tensor([scene.ground for scene in scenes]).T
    )
    grey = level + across * (x - 0.5) + down * (y - 0.5)
    grey = grey + pattern * ripple(x, y)
    return torch.stack([grey + warmth, grey, grey - warmth], dim=-1)


def ripple(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The background's pattern at strength 1."""
    return torch.sin(_PATTERN * (x + 2 * y)) * torch.sin(_PATTERN * (2 * x - y))


def cover(things: Sequence[Thing], x: torch.Tensor, y: torch.Tensor, side: int) -> torch.Tensor:
    """(thing, rows, columns): how much of each pixel the thing covers. ``x``, ``y``: the pixels'
    middles, in parts of the picture's side of ``side`` pixels; outside it as inside.
    """
    poses = torch.tensor([[thing.x, thing.y, thing.turn, RADIUS[thing.size]] for thing in things])
    middle_x, middle_y, turn, radius = (column[:, None, None] for column in poses.T)
    u, v = (x - middle_x) / radius, (y - middle_y) / radius
    u, v = u * turn.cos() + v * turn.sin(), v * turn.cos() - u * turn.sin()
    far = torch.empty_like(u)
    for name, distance in SHAPE.items():
        indices = [k for k, thing in enumerate(things) if thing.shape == name]
        if indices:
            far[indices] = distance(u[indices], v[indices])
    return (0.5 - far * radius * side).clamp(0, 1)


# --- distances: u to the right, v down, about 1 from the middle to the edge; negative inside
# --------------------------------

Distance = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def _box(
    u: torch.Tensor,
    v: torch.Tensor,
    at: tuple[float, float],
    half: tuple[float, float],
    round_: float = 0.0,
) -> torch.Tensor:
    across, down = (u - at[0]).abs() - half[0] + round_, (v - at[1]).abs() - half[1] + round_
    outside = (across.clamp(min=0).square() + down.clamp(min=0).square()).sqrt()
    return outside + torch.maximum(across, down).clamp(max=0) - round_


def _disc(u: torch.Tensor, v: torch.Tensor, at: tuple[float, float], radius: float) -> torch.Tensor:
    return ((u - at[0]).square() + (v - at[1]).square()).sqrt() - radius


def _peak(u: torch.Tensor, v: torch.Tensor, top: float, bottom: float, half: float) -> torch.Tensor:
    """A triangle that stands on its base."""
    tall = bottom - top
    length = math.hypot(tall, half)
    slope = (u.abs() * tall - (v - top) * half) / length
    return torch.maximum(slope, v - bottom)


def _ball(u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    return _disc(u, v, (0, 0), 0.9)


def _star(u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Five points: the half plane of one edge, folded around the middle."""
    step = 2 * math.pi / 5
    angle = torch.remainder(torch.atan2(u, -v) + step / 2, step) - step / 2
    far = (u.square() + v.square()).sqrt()
    across, up = far * angle.sin().abs(), far * angle.cos()
    inner, outer = 0.45, 1.05
    edge = (inner * math.sin(step / 2), inner * math.cos(step / 2) - outer)
    return (across * -edge[1] + (up - outer) * edge[0]) / math.hypot(*edge)


def _heart(u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Two discs and the wedge below them."""
    side = u.abs()
    lobes = _disc(side, v, (0.46, -0.32), 0.5)
    wedge = torch.maximum((side * 0.77 + (v - 0.95) * 0.64), -0.32 - v)
    return torch.minimum(lobes, torch.maximum(wedge, side - 0.95))


def _house(u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    outline = torch.minimum(_box(u, v, (0, 0.42), (0.7, 0.5)), _peak(u, v, -0.95, 0.0, 1.0))
    return torch.maximum(outline, -_box(u, v, (0, 0.62), (0.17, 0.32)))


def _car(u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    body = torch.minimum(
        _box(u, v, (0, 0.15), (1.15, 0.3), 0.14), _box(u, v, (-0.05, -0.3), (0.62, 0.34), 0.16)
    )
    body = torch.maximum(body, -_box(u, v, (0.22, -0.28), (0.2, 0.16), 0.05))
    body = torch.maximum(body, -_box(u, v, (-0.32, -0.28), (0.2, 0.16), 0.05))
    wheels = _disc(u.abs(), v, (0.62, 0.46), 0.28)
    return torch.minimum(body, wheels)


def _tree(u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    crown = torch.minimum(_peak(u, v, -1.05, -0.1, 0.6), _peak(u, v, -0.55, 0.5, 0.85))
    return torch.minimum(crown, _box(u, v, (0, 0.75), (0.16, 0.27)))


SHAPE: dict[str, Distance] = {
    "car": _car,
    "house": _house,
    "tree": _tree,
    "star": _star,
    "heart": _heart,
    "ball": _ball,
}
