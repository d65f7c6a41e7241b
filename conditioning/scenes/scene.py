"""Drawn scenes of two things: what is in them, and which of them are kept from training.

    [scene] = scenes(1, "test", seed=0)
    scene.things                 (red car, small, ...), (blue house, ...)
    scene.swapped()              the same picture with the colours exchanged

Everything follows from a seed; there is no data file. A *bag* is the two colours and the two shapes
of a scene without which has which: a scene and its swap share it. Whole bags are dealt to training,
calibration and test, so that neither a scene nor its swap was seen before.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import NamedTuple, Protocol, TypeVar

from ..errors import UnknownName

COLOURS = ("red", "green", "blue", "yellow", "purple", "pink", "black", "white")
SHAPES = ("car", "house", "tree", "star", "heart", "ball")
SIZES = ("small", "medium", "big")
PARTS = ("train", "calibration", "test")
_SHARES = (0.7, 0.85)
"""Where training ends and where calibration ends, of all bags."""
T = TypeVar("T")


class SceneBag(NamedTuple):
    """The two colours and the two shapes of a scene, without which has which."""

    colours: tuple[str, str]
    shapes: tuple[str, str]


@dataclass(frozen=True)
class Thing:
    """One drawn thing."""

    colour: str
    shape: str
    size: str
    x: float
    y: float
    """Middle, in parts of the picture's side, from the left and from above."""
    turn: float = 0.0
    """Radians."""
    tint: float = 0.0
    """-1 to 1: darker or lighter than its colour usually is."""


@dataclass(frozen=True)
class Scene:
    """Things before a background."""

    things: tuple[Thing, ...]
    """Two, but for the first lessons of the miniatures."""
    ground: tuple[float, float, float, float, float]
    """Background: grey level, warmth, slope across, slope down, and strength of its pattern."""

    def swapped(self) -> Scene:
        """Colours exchanged, all else as it is."""
        first, second = self.things
        swapped = replace(first, colour=second.colour), replace(second, colour=first.colour)
        return replace(self, things=swapped)

    @property
    def relation(self) -> str:
        """How the first thing stands to the second."""
        first, second = self.things
        return relation(first, second)


class Placed(Protocol):
    """Whatever has a middle, in parts of the picture's side."""

    @property
    def x(self) -> float: ...

    @property
    def y(self) -> float: ...


def relation(first: Placed, second: Placed) -> str:
    """The spatial relation of the first thing to the second."""
    across, down = second.x - first.x, second.y - first.y
    if abs(across) >= abs(down):
        if across > 0:
            return "to the left of"
        return "to the right of"
    if down > 0:
        return "above"
    return "below"


def pick(dice: random.Random, options: Sequence[T]) -> T:
    """As ``dice.choice``, with an arithmetic that is the same in every version of Python."""
    return options[int(dice.random() * len(options))]


def shuffled(dice: random.Random, items: Sequence[T]) -> list[T]:
    keyed = [(dice.random(), k) for k in range(len(items))]
    return [items[k] for _, k in sorted(keyed)]


def bags(part: str) -> list[SceneBag]:
    """Of one part of the split. Raises :class:`UnknownName`."""
    if part not in PARTS:
        raise UnknownName("part of the drawn scenes", part, list(PARTS))
    dealt = shuffled(
        random.Random("bags"),
        [SceneBag(c, s) for c in combinations(COLOURS, 2) for s in combinations(SHAPES, 2)],
    )
    first, last = (round(len(dealt) * share) for share in _SHARES)
    return {"train": dealt[:first], "calibration": dealt[first:last], "test": dealt[last:]}[part]


def scenes(count: int, part: str, seed: int) -> list[Scene]:
    """``count`` scenes in which no bag comes twice before all have come once."""
    dice = random.Random(f"{part} {seed}")
    return [
        scene(dice, bag) for bag, _ in zip(_endless(dice, bags(part)), range(count), strict=False)
    ]


def _endless(dice: random.Random, all_of: Sequence[SceneBag]) -> Iterator[SceneBag]:
    while True:
        yield from shuffled(dice, all_of)


def scene(dice: random.Random, bag: SceneBag) -> Scene:
    """One scene of a bag: what has which colour, where, how large, before which background."""
    colours, shapes = shuffled(dice, bag.colours), shuffled(dice, bag.shapes)
    return staged(dice, (colours[0], shapes[0]), (colours[1], shapes[1]))


def staged(dice: random.Random, first: tuple[str, str], second: tuple[str, str]) -> Scene:
    """A scene of two things, each a colour and a shape. Raises :class:`UnknownName`."""
    places = shuffled(dice, _apart(dice))
    things = tuple(
        _thing(dice, colour, shape, place)
        for (colour, shape), place in zip((first, second), places, strict=True)
    )
    slopes = _between(dice, -0.14, 0.14), _between(dice, -0.14, 0.14)
    ground = (
        _between(dice, 0.38, 0.72),
        _between(dice, -0.06, 0.06),
        *slopes,
        _between(dice, 0, 0.03),
    )
    return Scene(things, ground)


def _thing(dice: random.Random, colour: str, shape: str, place: tuple[float, float]) -> Thing:
    if colour not in COLOURS:
        raise UnknownName("colour of a drawn thing", colour, list(COLOURS))
    if shape not in SHAPES:
        raise UnknownName("shape of a drawn thing", shape, list(SHAPES))
    size = pick(dice, SIZES)
    return Thing(
        colour, shape, size, *place, turn=_between(dice, -0.1, 0.1), tint=_between(dice, -1, 1)
    )


def _apart(dice: random.Random) -> list[tuple[float, float]]:
    """Two places beside or above each other, with room for both things."""
    along = _between(dice, 0.24, 0.29), _between(dice, 0.71, 0.76)
    across = [_between(dice, 0.42, 0.58) for _ in range(2)]
    if dice.random() < 0.5:
        return [(along[0], across[0]), (along[1], across[1])]
    return [(across[0], along[0]), (across[1], along[1])]


def _between(dice: random.Random, low: float, high: float) -> float:
    return low + (high - low) * dice.random()
