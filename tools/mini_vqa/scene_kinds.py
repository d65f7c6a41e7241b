"""The scenes that mini-VQA learns on: one to five things, none at all, many of one shape.

No two things that differ in colour and shape are of a bag that is kept for calibration or test.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from ...conditioning.scenes.scene import (
    COLOURS,
    SHAPES,
    SIZES,
    Scene,
    SceneBag,
    Thing,
    bags,
    pick,
    scene,
    shuffled,
    staged,
)

_CORNERS = ((0.27, 0.27), (0.73, 0.27), (0.27, 0.73), (0.73, 0.73))
_MIDDLE = (0.5, 0.5)
_TRAINED = frozenset(bags("train"))
_BAGS = tuple(bags("train"))
_COLOUR_ORDER = {colour: number for number, colour in enumerate(COLOURS)}
_SHAPE_ORDER = {shape: number for number, shape in enumerate(SHAPES)}


def training_scene(dice: random.Random, counting: float = 0.0) -> Scene:
    """One scene of any kind. ``counting``: how much more often than others one of many things of a
    shape.
    """
    if dice.random() < counting:
        return counted(dice)
    kind = dice.random()
    if kind < 0.4:
        return scene(dice, pick(dice, _BAGS))
    if kind < 0.5:
        return few(dice, int(dice.random() * 6 > 1))
    if kind < 0.75:
        return counted(dice)
    return mixed(dice)


def few(dice: random.Random, count: int) -> Scene:
    """No thing, or one."""
    kinds = [(pick(dice, COLOURS), pick(dice, SHAPES)) for _ in range(2)]
    drawn = staged(dice, *kinds)
    return replace(drawn, things=drawn.things[:count])


def counted(dice: random.Random) -> Scene:
    """One to five things of one shape."""
    shape, count = pick(dice, SHAPES), int(dice.random() * 5) + 1
    colours: Sequence[str] = COLOURS
    if dice.random() < 0.3:
        colours = (pick(dice, COLOURS), pick(dice, COLOURS))
    return _spread(dice, [(pick(dice, colours), shape) for _ in range(count)])


def mixed(dice: random.Random) -> Scene:
    """Two to four things of two or three shapes."""
    while True:
        shapes = shuffled(dice, SHAPES)[: 2 + int(dice.random() * 2)]
        count = 2 + int(dice.random() * 3)
        kinds = [(pick(dice, COLOURS), pick(dice, shapes)) for _ in range(count)]
        if all(_is_trained(a, b) for k, a in enumerate(kinds) for b in kinds[:k]):
            return _spread(dice, kinds)


def _is_trained(first: tuple[str, str], second: tuple[str, str]) -> bool:
    if first[0] == second[0] or first[1] == second[1]:
        return True
    colours = sorted((first[0], second[0]), key=_COLOUR_ORDER.__getitem__)
    shapes = sorted((first[1], second[1]), key=_SHAPE_ORDER.__getitem__)
    return SceneBag((colours[0], colours[1]), (shapes[0], shapes[1])) in _TRAINED


def _spread(dice: random.Random, kinds: list[tuple[str, str]]) -> Scene:
    """Things in the corners, a fifth one in the middle."""
    places = [*shuffled(dice, _CORNERS), _MIDDLE][: len(kinds)]
    sizes: Sequence[str] = SIZES[:1]
    if len(kinds) < 5 and dice.random() < 0.5:
        sizes = SIZES[:2]
    things = tuple(
        _thing(dice, kind, pick(dice, sizes), place)
        for kind, place in zip(kinds, places, strict=True)
    )
    slopes = 0.0, 0.0
    if dice.random() < 0.5:
        slopes = _around(dice, 0.14), _around(dice, 0.14)
    ground = (0.38 + 0.34 * dice.random(), _around(dice, 0.06), *slopes, 0.03 * dice.random())
    return Scene(things, ground)


def _thing(
    dice: random.Random, kind: tuple[str, str], size: str, place: tuple[float, float]
) -> Thing:
    x, y = (at + _around(dice, 0.025) for at in place)
    return Thing(*kind, size, x, y, turn=_around(dice, 0.1), tint=_around(dice, 1.0))


def _around(dice: random.Random, most: float) -> float:
    return most * (2 * dice.random() - 1)
