"""The 2 x 2 margin of one picture: what the prompt's cells score above the rival's, beside what
mere wording changes; and whether the picture shows the words at all, since a margin only says which
of two readings is nearer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch

from ..binding.cells import CELLS, PLACES, Cell, Design
from ..binding.null_distribution import four
from ..english.frames import is_plural, numbered
from ..scenes.scene import COLOURS, SHAPES

WORD_FRAMES = 4
"""Sentence frames in which each word is exchanged for one that nobody spoke of."""


@dataclass(frozen=True)
class Margin:
    """All in cosines."""

    margin: float
    """Mean over frames of (p + c - s - sc) / 2."""
    noise: float
    """What sentences of one meaning differ in: root mean square of p - c and s - sc, and of the
    margin around its mean.
    """
    seen: float = math.inf
    """How much the nearer reading scores above itself with one word exchanged for one that nobody
    spoke of: the least of its words.
    """

    @property
    def clear(self) -> float:
        """Margins per noise; the sign says which way."""
        return self.margin / self.noise if self.noise > 0 else 0.0

    @property
    def present(self) -> float:
        """How clearly every word is there, per noise."""
        return self.seen / self.noise if self.noise > 0 else 0.0


class Exchanged(NamedTuple):
    """A cell and what it becomes with one of its words exchanged."""

    cell: Cell
    without: tuple[str, ...]
    """For each of its words, in one order for all cells."""


def texts(design: Design) -> Iterator[str]:
    """All that a picture must be scored with."""
    yield from (cell.text for cell in four(design))
    for one in (*exchanged(design, 0), *exchanged(design, 1)):
        yield from one.without


def measured(design: Design, cosines: Mapping[str, float]) -> Margin:
    """``cosines``: of the picture with each of :func:`texts`."""
    values = [cosines[cell.text] for cell in four(design)]
    found = margin(
        torch.tensor(values, dtype=torch.float64).reshape(len(design.frames), len(CELLS))
    )
    return replace(found, seen=_seen(exchanged(design, 0 if found.margin > 0 else 1), cosines))


def margin(table: torch.Tensor) -> Margin:
    """``table``: (frame, 4) cosines of one picture with the cells p, s, c, sc."""
    p, s, c, sc = table.double().T
    margins = (
        (p + c) - (s + sc)
    ) / 2  # so that exchanging prompt and rival turns the sign to the last bit
    commuted = torch.stack([p - c, s - sc])
    spread = margins.var(correction=1) if len(margins) > 1 else margins.new_zeros(())
    return Margin(float(margins.mean()), float((commuted.square().mean() / 2 + spread).sqrt()))


def _seen(found: Sequence[Exchanged], cosines: Mapping[str, float]) -> float:
    """The least over words of the mean over frames."""
    drops = [[cosines[one.cell.text] - cosines[text] for text in one.without] for one in found]
    return min((sum(word) / len(word) for word in zip(*drops, strict=True)), default=math.inf)


def exchanged(design: Design, cell: int) -> list[Exchanged]:
    """``cell``: 0 for what is asked, 1 for its rival. Colours and things are exchanged; a number or
    a relation is not.
    """
    made = []
    for k, frame in enumerate(design.frames[:WORD_FRAMES]):
        one = frame[cell]
        assert one is not None
        said = set(one.text.lower().split())
        without = []
        for place in PLACES:
            if place in one.slots:
                start, end = one.slots[place]
                other = _other(one.text[start:end], place.endswith("thing"), said, k)
                without += [one.text[:start] + other + one.text[end:]] if other else []
        made.append(Exchanged(one, tuple(without)))
    return made


def _other(word: str, thing: bool, said: set[str], number: int) -> str:
    """Another colour, or another thing in the same number; empty where the word is neither."""
    if not thing and word.lower() not in COLOURS:
        return ""
    free = [one for one in (SHAPES if thing else COLOURS) if not {one, numbered(one, 2)} & said]
    if not free:
        return ""
    other = free[number % len(free)]
    return numbered(other, 2) if thing and is_plural(word) else other
