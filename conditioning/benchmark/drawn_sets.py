"""The built-in sets: drawn scenes of two things that no training saw, each with one caption and its
swap.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

import torch

from ..errors import UnknownName
from ..scenes.captions import KINDS, caption, kinds
from ..scenes.drawing import draw
from ..scenes.scene import Scene, scenes
from .dataset import Dataset, Pair, print_of

NAMES = ("drawn-20", "drawn-200")
SEED, SIDE, MOST = 20, 128, 10_000
_AT_ONCE = 8


def is_drawn(name: str) -> bool:
    return re.fullmatch(r"drawn-\d+", name) is not None


def drawn(name: str) -> Dataset:
    """`drawn-200`: 200 scenes, of every kind equally many as far as they go. Raises
    :class:`UnknownName`.
    """
    count = int(name.removeprefix("drawn-")) if is_drawn(name) and len(name) < 16 else 0
    if not 1 <= count <= MOST:
        raise UnknownName("drawn set", name, [*NAMES, f"any number up to drawn-{MOST}"])
    made = scenes(count, "test", SEED)
    pairs = tuple(_pairs(made))

    def pictures(some: Sequence[Pair]) -> Iterator[torch.Tensor]:
        for at in range(0, len(some), _AT_ONCE):
            yield draw([made[one.number - 1] for one in some[at : at + _AT_ONCE]], SIDE)

    look = (
        (draw(made[:2], 16) * 255).round().int().tolist()
    )  # another way of drawing is another set
    return Dataset(
        name,
        f"{count:,} drawn scenes",
        f"{name}, scene",
        pairs,
        print_of(pairs, SEED, SIDE, look),
        pictures,
    )


def _pairs(made: Sequence[Scene]) -> Iterator[Pair]:
    """One for each scene, so that no picture counts twice: intervals and tests take pairs as
    independent.
    """
    dice, counts = random.Random(f"captions {SEED}"), dict.fromkeys(KINDS, 0)
    for number, scene in enumerate(made, 1):
        kind = min(kinds(scene), key=lambda name: counts[name])
        counts[kind] += 1
        told = caption(scene, dice, kind)
        yield Pair(number, f"scene {number}", told.text, told.rival, kind, told.other)
