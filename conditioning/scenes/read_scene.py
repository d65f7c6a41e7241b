"""Reads drawn scenes: from pixels to the things that are there, without any learned model.

    [reading] = read(pictures)
    reading.things        (red car, small, at 0.3 0.5, ...), (blue house, ...)

A thing is a patch of one colour before the background that has the outline of a shape as the
drawing makes it. What cannot be read is None: a patch of no shape, an outline in two colours.
Errors of this reader on drawn truth stand in docs/generator.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch.nn.functional import adaptive_avg_pool2d

from ..errors import EncoderScopeError
from .colour_maps import colour_map, label_pixels, to_cells
from .ground import estimate_ground
from .scene import COLOURS
from .shape_masks import GRID, MaskFits, fit, masks, thing_of, widened

SIDE = 2 * GRID
"""Pixels that a picture is read at."""
_BATCH = 64
_SMALLEST = 40 / SIDE**2
"""The part of a picture that a thing covers at least."""
_SURE = 0.5
_MATCH, _MARGIN, _PURITY = 0.6, 0.04, 0.7
"""What a thing must reach to have a shape, to have it and no other, and to have a colour."""
_MIXED_MATCH = 0.75
"""What an outline in several colours must reach, so that two things that touch are not one."""
_OVERLAP = 0.5
"""A patch that lies on another thing with more of itself is no thing."""


@dataclass(frozen=True)
class ReadThing:
    """One thing as it was read."""

    colour: str | None
    shape: str | None
    size: str | None
    """None together with the shape."""
    x: float
    y: float
    """Middle, in parts of the picture's side."""
    match: float
    """How well the outline fits the shape: 1 at best."""
    margin: float
    """How much worse every other shape fits."""
    purity: float
    """How much of the thing has its colour: 1 at best."""


@dataclass(frozen=True)
class SceneReading:
    """What is in one picture."""

    things: tuple[ReadThing, ...]
    """Largest first."""
    unexplained: float
    """The part of the picture that is neither background nor of these things."""


class _Layers(NamedTuple):
    """What is asked of a batch of pictures, pixel by pixel."""

    pictures: torch.Tensor
    ground: torch.Tensor
    labels: torch.Tensor


class _Patches(NamedTuple):
    """Maps that may be things."""

    picture: torch.Tensor
    """(map): number in the batch."""
    maps: torch.Tensor
    weights: torch.Tensor
    fits: MaskFits


def read(pictures: torch.Tensor) -> list[SceneReading]:
    """``pictures``: (n, side, side, 3), 0 to 1, the host's IMAGE. Raises
    :class:`EncoderScopeError` for another shape.
    """
    if pictures.ndim != 4 or pictures.shape[1] != pictures.shape[2] or pictures.shape[3] < 3:
        raise EncoderScopeError(
            "The picture's numbers have the shape {shape}.",
            "Square pictures of red, green and blue were expected: (n, side, side, 3).",
            "Crop the picture to a square.",
            shape=list(pictures.shape),
        )
    return [reading for batch in pictures.split(_BATCH) for reading in _read_batch(batch)]


def _read_batch(pictures: torch.Tensor) -> list[SceneReading]:
    """Good outlines in several colours first, which would fall apart else; then outlines in one
    colour, poorer outlines in any colours, and patches without outline.
    """
    pictures = pictures[..., :3].detach().float().cpu().clamp(0, 1)
    pictures = adaptive_avg_pool2d(pictures.movedim(-1, 1), SIDE).movedim(1, -1)
    ground = estimate_ground(pictures)
    layers = _Layers(pictures, ground, label_pixels(pictures, ground))
    drafts = [_Draft(labels) for labels in _cell_labels(layers.labels)]
    _accept_mixed(drafts)
    first = _patches(layers)
    second = _rest_of(first)
    for patches in (first, second):
        _accept(drafts, patches, with_shape=True)
    for _ in range(2):
        _accept(drafts, _leftovers(drafts), with_shape=True)
    for patches in (first, second):
        _accept(drafts, patches, with_shape=False)
    return [draft.reading() for draft in drafts]


def _cell_labels(labels: torch.Tensor) -> torch.Tensor:
    """(picture, label, cell)."""
    return torch.stack([to_cells(label) for label in labels.unbind(-1)], dim=1)


class _Draft:
    """What was read in one picture so far."""

    def __init__(self, labels: torch.Tensor):
        self.labels = labels
        self.things: list[ReadThing] = []
        self.explained = torch.zeros(labels.shape[1])

    @property
    def left(self) -> torch.Tensor:
        """(cell): what is neither background nor part of a thing."""
        return (1 - self.labels[0]) * (1 - self.explained)

    def overlaps(self, cover: torch.Tensor) -> bool:
        """Whether most of it is part of other things."""
        return bool((cover * self.explained).sum() > _OVERLAP * cover.sum())

    def colour(self, cover: torch.Tensor) -> tuple[float, str]:
        """The colour of most of these cells, and of how many of those that have one."""
        colours = (self.labels[1:] * cover).sum(1)
        purity = float(colours.max() / colours.sum().clamp(min=1e-9))
        return purity, COLOURS[int(colours.argmax())]

    def add(self, cover: torch.Tensor, fits: MaskFits, number: int, with_shape: bool) -> None:
        """A thing that covers these cells."""
        purity, main = self.colour(cover)
        colour = shape = size = None
        if purity >= _PURITY:
            colour = main
        name, extent, x, y = thing_of(int(fits.index[number]))
        if with_shape:
            shape, size = name, extent
        match, margin = float(fits.match[number]), float(fits.margin[number])
        self.things.append(ReadThing(colour, shape, size, x, y, match, margin, purity))
        self.explained = torch.maximum(self.explained, widened(cover[None])[0])

    def reading(self) -> SceneReading:
        """What is in the picture."""
        return SceneReading(tuple(self.things), float(self.left.mean()))


def _accept(drafts: Sequence[_Draft], patches: _Patches, with_shape: bool) -> None:
    """Every patch that is a thing, best first. ``with_shape``: whose outline is a shape's."""
    fits = patches.fits
    readable = (fits.match >= _MATCH) & (fits.margin >= _MARGIN)
    for number in fits.gain.argsort(descending=True).tolist():
        draft = drafts[int(patches.picture[number])]
        cover = patches.maps[number]
        if with_shape:
            cover = masks().cover[fits.index[number]]
        if bool(readable[number]) >= with_shape and not draft.overlaps(cover):
            draft.add(cover, fits, number, with_shape)


def _accept_mixed(drafts: Sequence[_Draft]) -> None:
    """Outlines whose cells have several colours."""
    foreground = _leftovers(drafts)
    for patches in (foreground, _rest_of(foreground)):
        for number, index in enumerate(patches.fits.index.tolist()):
            draft = drafts[int(patches.picture[number])]
            cover = masks().cover[index]
            mixed = draft.colour(cover)[0] < _PURITY
            if mixed and patches.fits.match[number] >= _MIXED_MATCH:
                draft.add(cover, patches.fits, number, with_shape=True)


def _patches(layers: _Layers) -> _Patches:
    """One for every colour that a picture holds enough of."""
    colours = layers.labels[..., 1:]
    area = (colours * (colours > _SURE)).mean((1, 2))
    picture, colour = (area > _SMALLEST).nonzero().T
    labels = layers.labels[picture]
    own = colours[picture, :, :, colour]
    others = 1 - own - labels[..., 0]
    maps, weights = map(
        to_cells, colour_map(layers.pictures[picture], layers.ground[picture], own, others)
    )
    return _Patches(picture, maps, weights, fit(maps, weights))


def _rest_of(patches: _Patches) -> _Patches:
    """A second thing of the same colour: what the first leaves."""
    covered = widened(masks().cover[patches.fits.index])
    rest, weights = patches.maps * (1 - covered), patches.weights * (1 - 0.7 * covered)
    return _large_enough(patches.picture, rest, weights)


def _leftovers(drafts: Sequence[_Draft]) -> _Patches:
    """An outline in any colours: all that no thing explains."""
    rest = torch.stack([draft.left for draft in drafts])
    weights = torch.stack([1 - 0.7 * draft.explained for draft in drafts])
    return _large_enough(torch.arange(len(drafts)), rest, weights)


def _large_enough(picture: torch.Tensor, maps: torch.Tensor, weights: torch.Tensor) -> _Patches:
    large = (maps * (maps > _SURE)).mean(1) > _SMALLEST
    maps, weights = maps[large], weights[large]
    return _Patches(picture[large], maps, weights, fit(maps, weights))
