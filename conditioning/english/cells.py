"""The four cells of a contrast: its meaning and its rival's, each in two orders
(``docs/decisions/0006-binding-probe.md``).

    a red car and a blue house        prompt             what the prompt means
    a blue car and a red house        rival              modifiers exchanged
    a blue house and a red car        prompt_reversed    the prompt's meaning in the other order
    a red house and a blue car        rival_reversed     the rival's meaning in the other order

Whatever an encoder adds up word by word and place by place cancels in
prompt + prompt_reversed - rival - rival_reversed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from . import frames
from .statements import Phrase

Span = tuple[int, int]
FIRST_MODIFIER = "first modifier"
FIRST_THING = "first thing"
SECOND_MODIFIER = "second modifier"
SECOND_THING = "second thing"
SLOTS = (FIRST_MODIFIER, FIRST_THING, SECOND_MODIFIER, SECOND_THING)
"""Slots of a cell, in the order of the sentence. Relations and actions have no second modifier:
theirs stands between the things.
"""


@dataclass(frozen=True)
class Cell:
    """One sentence, and where the words of the contrast stand in it."""

    text: str
    slots: Mapping[str, Span]
    """Slot -> characters of ``text``."""

    def slot_text(self, slot: str) -> str:
        """The words in this slot."""
        start, end = self.slots[slot]
        return self.text[start:end]

    def with_slot_text(self, slot: str, replacement: str) -> str:
        """The sentence with other words in this slot."""
        start, end = self.slots[slot]
        return self.text[:start] + replacement + self.text[end:]


class Frame(NamedTuple):
    """The cells of one sentence frame. ``first_twice`` and ``second_twice`` give both things the
    same modifier, for selectivity.
    """

    prompt: Cell
    rival: Cell
    prompt_reversed: Cell
    rival_reversed: Cell
    first_twice: Cell | None = None
    second_twice: Cell | None = None

    @property
    def four(self) -> tuple[Cell, Cell, Cell, Cell]:
        """The cells that are compared, in the order of the 2 x 2 design."""
        return self.prompt, self.rival, self.prompt_reversed, self.rival_reversed

    def cells(self) -> tuple[Cell, ...]:
        """All cells that this frame has."""
        return tuple(cell for cell in self if cell is not None)


class Slot(NamedTuple):
    """Words of a sentence that belong to the contrast."""

    name: str
    text: str


Part = str | Slot
PhraseWriter = Callable[[str, str, bool], list[Part]]
"""Writes a modifier and its thing; the last argument: they come first in the sentence."""


def write_cell(parts: Iterable[Part]) -> Cell:
    """Joins the parts of a sentence and notes where its slots are."""
    text = ""
    slots: dict[str, Span] = {}
    for part in parts:
        words = part
        if isinstance(part, Slot):
            words = part.text
            slots[part.name] = (len(text), len(text) + len(words))
        text += str(words)
    return Cell(text, slots)


def spaced(*words: Part) -> list[Part]:
    """The words that are not empty, with blanks between them."""
    parts: list[Part] = []
    for word in words:
        if word:
            parts += [" ", word]
    return parts[1:]


def fill_frame(template: str, **phrases: list[Part]) -> Cell:
    """``template`` with its {A}, {B} or {X} replaced."""
    parts: list[Part] = []
    for piece in frames.split(template):
        if piece.startswith("{"):
            parts += phrases[piece[1]]
        else:
            parts.append(piece)
    return write_cell(parts)


def modified_thing(modifier: str, thing: str, comes_first: bool, lead: str = "") -> list[Part]:
    """A modifier before its thing, behind the word ``lead`` if there is one."""
    if comes_first:
        return spaced(lead, Slot(FIRST_MODIFIER, modifier), Slot(FIRST_THING, thing))
    return spaced(lead, Slot(SECOND_MODIFIER, modifier), Slot(SECOND_THING, thing))


def square(
    template: str, modifiers: tuple[str, str], things: tuple[str, str], phrase: PhraseWriter
) -> Frame:
    """All six cells of two modifiers and two things."""
    m, n = modifiers
    a, b = things

    def cell(modifier: str, thing: str, second_modifier: str, second_thing: str) -> Cell:
        return fill_frame(
            template,
            A=phrase(modifier, thing, True),
            B=phrase(second_modifier, second_thing, False),
        )

    return Frame(
        prompt=cell(m, a, n, b),
        rival=cell(n, a, m, b),
        prompt_reversed=cell(n, b, m, a),
        rival_reversed=cell(m, b, n, a),
        first_twice=cell(m, a, m, b),
        second_twice=cell(n, a, n, b),
    )


# --- the prompt itself
# --------------------------------------------------------------------------------------------------


def exchange_modifiers(
    text: str, modifiers: tuple[Phrase, Phrase], things: tuple[Phrase, Phrase]
) -> Frame | None:
    """The prompt as the first cell: modifiers and things exchanged where they stand."""
    phrases = (*modifiers, *things)
    m, n, a, b = (text[phrase.start : phrase.end] for phrase in phrases)
    slots = (FIRST_MODIFIER, SECOND_MODIFIER, FIRST_THING, SECOND_THING)
    return exchange(text, phrases, slots, [(m, n, a, b), (n, m, a, b), (n, m, b, a), (m, n, b, a)])


def exchange(
    text: str, phrases: Sequence[Phrase], slots: Sequence[str], cells: Sequence[tuple[str, ...]]
) -> Frame | None:
    """``text`` once for each cell, with that cell's words at the places of ``phrases`` and
    everything else as typed, weights and brackets too; None where one phrase stands inside another.
    """
    order = sorted(range(len(phrases)), key=lambda k: phrases[k].start)
    if any(phrases[a].end > phrases[b].start for a, b in pairwise(order)):
        return None

    def cell(words: tuple[str, ...]) -> Cell:
        parts: list[Part] = []
        position = 0
        for k in order:
            parts += [text[position : phrases[k].start], Slot(slots[k], words[k])]
            position = phrases[k].end
        return write_cell([*parts, text[position:]])

    return Frame(*(cell(words) for words in cells))
