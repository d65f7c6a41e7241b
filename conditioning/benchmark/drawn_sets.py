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
from ..translation import later, later_count, translatable
from .dataset import CaptionPair, Dataset, print_of

NAMES = ("drawn-20", "drawn-200")
SEED, SIDE, MOST = 20, 128, 10_000
_AT_ONCE = 8


def is_drawn(name: str) -> bool:
    """Whether the name is that of a drawn set, such as `drawn-200`."""
    return re.fullmatch(r"drawn-\d+", name) is not None


def drawn(name: str) -> Dataset:
    """`drawn-200`: 200 scenes, of every kind equally many as far as they go. Raises
    :class:`UnknownName`.
    """
    count = 0
    if is_drawn(name) and len(name) < 16:
        count = int(name.removeprefix("drawn-"))
    if not 1 <= count <= MOST:
        raise UnknownName(
            "drawn set", name, [*NAMES, later("any number up to drawn-{most}", most=MOST)]
        )
    all_scenes = scenes(count, "test", SEED)
    pairs = tuple(_pairs(all_scenes))

    def pictures(some_pairs: Sequence[CaptionPair]) -> Iterator[torch.Tensor]:
        for start in range(0, len(some_pairs), _AT_ONCE):
            batch = some_pairs[start : start + _AT_ONCE]
            yield draw([all_scenes[pair.number - 1] for pair in batch], SIDE)

    # another way of drawing is another set
    look = (draw(all_scenes[:2], 16) * 255).round().int().tolist()
    return Dataset(
        name,
        later_count("{count:,} drawn scene", "{count:,} drawn scenes", count),
        translatable("{name}, scene {number}"),
        pairs,
        print_of(pairs, SEED, SIDE, look),
        pictures,
    )


def _pairs(all_scenes: Sequence[Scene]) -> Iterator[CaptionPair]:
    """One for each scene, so that no picture counts twice: intervals and tests take pairs as
    independent.
    """
    dice = random.Random(f"captions {SEED}")
    counts = dict.fromkeys(KINDS, 0)
    for number, scene in enumerate(all_scenes, 1):
        kind = min(kinds(scene), key=lambda name: counts[name])
        counts[kind] += 1
        texts = caption(scene, dice, kind)
        yield CaptionPair(number, f"scene {number}", texts.text, texts.rival, kind, texts.other)
