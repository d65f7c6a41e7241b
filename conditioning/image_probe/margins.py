"""The 2 x 2 margin of one picture: what the prompt's cells score above the rival's, beside what
mere wording changes; and whether the picture shows the words at all, since a margin only says which
of two meanings is nearer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch

from ..binding.designs import Design
from ..english.cells import FIRST_THING, SECOND_THING, SLOTS, Cell
from ..english.frames import is_plural, numbered
from ..scenes.scene import COLOURS, SHAPES

WORD_FRAMES = 4
"""Sentence frames in which each word is exchanged for one that stands nowhere in the sentence."""


@dataclass(frozen=True)
class Margin:
    """All in cosines."""

    margin: float
    """Mean over frames of (prompt + prompt_reversed - rival - rival_reversed) / 2."""
    noise: float
    """What sentences of one meaning differ in: root mean square of the differences between the two
    orders, and of the margin around its mean.
    """
    drop: float = math.inf
    """How much the nearer meaning scores above itself with one word exchanged for one that stands
    nowhere in it: the least of its words.
    """

    @property
    def clear(self) -> float:
        """Margins per noise; the sign says which way."""
        return self._per_noise(self.margin)

    @property
    def present(self) -> float:
        """How clearly every word is there, per noise."""
        return self._per_noise(self.drop)

    def _per_noise(self, value: float) -> float:
        if self.noise <= 0:
            return 0.0
        return value / self.noise


class WordExchanges(NamedTuple):
    """A sentence and what it becomes with one of its words exchanged."""

    text: str
    without: tuple[str, ...]
    """For each of its words, in one order for all cells."""


def scored_texts(design: Design) -> Iterator[str]:
    """All that a picture must be scored with."""
    yield from design.texts()
    for exchanges in (*word_exchanges(design, rival=False), *word_exchanges(design, rival=True)):
        yield from exchanges.without


def margin_of(design: Design, cosines: Mapping[str, float]) -> Margin:
    """``cosines``: of the picture with each of :func:`scored_texts`."""
    values = torch.tensor([cosines[text] for text in design.texts()], dtype=torch.float64)
    result = margin(values.reshape(len(design.frames), -1))
    exchanges = word_exchanges(design, rival=result.margin <= 0)
    return replace(result, drop=_least_drop(exchanges, cosines))


def margin(table: torch.Tensor) -> Margin:
    """``table``: (frame, 4) cosines of one picture with :attr:`Frame.four`."""
    prompt, rival, prompt_reversed, rival_reversed = table.double().T
    # Added up so that exchanging prompt and rival turns the sign to the last bit.
    margins = ((prompt + prompt_reversed) - (rival + rival_reversed)) / 2
    reordered = torch.stack([prompt - prompt_reversed, rival - rival_reversed])
    spread = margins.new_zeros(())
    if len(margins) > 1:
        spread = margins.var(correction=1)
    return Margin(float(margins.mean()), float((reordered.square().mean() / 2 + spread).sqrt()))


def _least_drop(exchanges: Sequence[WordExchanges], cosines: Mapping[str, float]) -> float:
    """The least over words of the mean over frames."""
    drops = [
        [cosines[sentence.text] - cosines[text] for text in sentence.without]
        for sentence in exchanges
    ]
    return min((sum(word) / len(word) for word in zip(*drops, strict=True)), default=math.inf)


def word_exchanges(design: Design, rival: bool) -> list[WordExchanges]:
    """Of the prompt's sentences, or of its rival's. Colours and things are exchanged; a number or a
    relation is not.
    """
    return [
        _exchanges(frame.rival if rival else frame.prompt, number)
        for number, frame in enumerate(design.frames[:WORD_FRAMES])
    ]


def _exchanges(cell: Cell, number: int) -> WordExchanges:
    words = set(cell.text.lower().split())
    without = []
    for slot in SLOTS:
        if slot in cell.slots:
            is_thing = slot in (FIRST_THING, SECOND_THING)
            other = _other_word(cell.slot_text(slot), is_thing, words, number)
            if other:
                without.append(cell.with_slot_text(slot, other))
    return WordExchanges(cell.text, tuple(without))


def _other_word(word: str, is_thing: bool, words: set[str], number: int) -> str:
    """Another colour, or another thing in the same number; empty where the word is neither."""
    if not is_thing and word.lower() not in COLOURS:
        return ""
    candidates = SHAPES if is_thing else COLOURS
    free = [each for each in candidates if words.isdisjoint((each, numbered(each, 2)))]
    if not free:
        return ""
    other = free[number % len(free)]
    return numbered(other, 2) if is_thing and is_plural(word) else other
