"""The drawing's own masks of every shape, size and place, and which of them a map of a colour fits.

A map says how much of each cell of a grid has a colour. The mask that leaves the least square error
over the whole grid is the thing.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from torch.nn.functional import avg_pool2d, max_pool2d

from .drawing import cover
from .scene import SHAPES, SIZES, Thing

GRID = 32
"""Cells in a row: every one is 2 x 2 pixels of a picture of 64."""
_FIRST, _LAST = 4, 28
"""Cells that a thing's middle can be in."""
_PLACES = _LAST - _FIRST


class Masks(NamedTuple):
    cover: torch.Tensor
    """(mask, cell): shape by shape, size by size, place by place, 0 to 1."""
    squared: torch.Tensor
    area: torch.Tensor
    """(mask): the sum of the squares."""


class MaskFits(NamedTuple):
    """The best mask of each map."""

    index: torch.Tensor
    """(map): row of :class:`Masks`."""
    gain: torch.Tensor
    """(map): how much less square error the mask leaves than none."""
    match: torch.Tensor
    """(map): 1 where the map is the mask's, 0 or less where it is anything."""
    margin: torch.Tensor
    """(map): how much worse the best mask of any other shape fits, in parts of the mask's area."""


@cache
def masks() -> Masks:
    """Drawn once: 18 kinds, moved cell by cell."""
    moved = torch.cat([_moved(shape, size) for shape in SHAPES for size in SIZES])
    return Masks(moved, moved.square(), moved.square().sum(1))


def _moved(shape: str, size: str) -> torch.Tensor:
    """(place, cell): the mask, drawn on twice the grid, cut out around every place."""
    side = 2 * GRID
    place = (torch.arange(-GRID, 3 * GRID) + 0.5) / side
    y, x = torch.meshgrid(place, place, indexing="ij")
    middle = 0.5 + 1 / side
    drawn = cover([Thing("red", shape, size, middle, middle)], x, y, side)
    wide = avg_pool2d(drawn[None], 2)[0, 0]
    cells = range(_FIRST, _LAST)
    return torch.stack(
        [
            wide[GRID - row :, GRID - column :][:GRID, :GRID].flatten()
            for row in cells
            for column in cells
        ]
    )


def thing_of(index: int) -> tuple[str, str, float, float]:
    """Shape, size and middle (in parts of the side) of a row of :class:`Masks`."""
    kind, place = divmod(index, _PLACES**2)
    shape, size = divmod(kind, len(SIZES))
    row, column = divmod(place, _PLACES)
    x, y = ((cell + _FIRST + 0.5) / GRID for cell in (column, row))
    return SHAPES[shape], SIZES[size], x, y


def fit(maps: torch.Tensor, weights: torch.Tensor) -> MaskFits:
    """``maps``, ``weights``: (map, cell), 0 to 1; a cell of weight 0 says nothing."""
    bank = masks()
    area = weights @ bank.squared.T
    gains = 2 * (weights * maps) @ bank.cover.T - area
    gain, index = gains.max(1)
    best = bank.cover[index]
    size = area.gather(1, index[:, None])[:, 0].clamp(min=1e-6)
    error = (weights * (maps - best).square() * widened(best)).sum(1)
    by_shape = gains.unflatten(1, (len(SHAPES), -1)).amax(-1).topk(2, dim=1).values
    return MaskFits(index, gain, 1 - error / size, (by_shape[:, 0] - by_shape[:, 1]) / size)


def widened(covers: torch.Tensor, cells: int = 1) -> torch.Tensor:
    """(map, cell): 1 where a mask covers something, and so many cells around it."""
    grid = covers.reshape(-1, 1, GRID, GRID)
    wide = max_pool2d(grid, 2 * cells + 1, stride=1, padding=cells)
    return (wide > 0).float().flatten(1)
