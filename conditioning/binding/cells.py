"""The four cells of a contrast: its meaning and its rival's, each said in two orders
(``docs/decisions/0006-binding-probe.md``).

    cell   a red car and a blue house        p    as asked
           a blue car and a red house        s    the rival: modifiers exchanged
           a blue house and a red car        c    as asked, said in the other order
           a red house and a blue car        sc   the rival, said in the other order

Whatever an encoder adds up word by word and place by place cancels in p + c - s - sc.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from ..english import frames
from ..english.frames import article, number_word, numbered
from ..english.lexicon import NOUNS_TOO, VERBS
from ..english.noun_phrases import kind_of
from ..english.statements import Contrast, Count, Negation, Pair, Relation, Role, Word

Span = tuple[int, int]
CELLS = ("p", "s", "c", "sc")
PLACES = ("first modifier", "first thing", "second modifier", "second thing")
"""Slots of a cell, in the order of the sentence. Relations and deeds have no second modifier:
theirs stands between the things.
"""


@dataclass(frozen=True)
class Cell:
    text: str
    slots: Mapping[str, Span]
    """Place -> characters of ``text``."""


class Frame(NamedTuple):
    """One sentence frame. ``first_twice`` and ``second_twice`` give both things the same modifier,
    for selectivity.
    """

    p: Cell
    s: Cell
    c: Cell
    sc: Cell
    first_twice: Cell | None = None
    second_twice: Cell | None = None

    def cells(self) -> tuple[Cell, ...]:
        return tuple(one for one in self if one is not None)


@dataclass(frozen=True)
class Design:
    """One contrast of a prompt, ready to be encoded."""

    contrast: Contrast
    kind: str
    """binding, count, number, negation, relation, role: designs of one kind share their nulls."""
    frames: tuple[Frame, ...]
    in_prompt: Frame | None = None
    """The prompt itself as p, where its words can be exchanged in place."""
    note: str = ""


class _Slot(NamedTuple):
    place: str
    text: str


def _cell(*parts: str | _Slot) -> Cell:
    text, slots = "", {}
    for part in parts:
        if isinstance(part, _Slot):
            slots[part.place] = (len(text), len(text) + len(part.text))
        text += part if isinstance(part, str) else part.text
    return Cell(text, slots)


def _filled(frame: str, **parts: list[str | _Slot]) -> Cell:
    """``frame`` with its {A}, {B} or {X} replaced."""
    out: list[str | _Slot] = []
    for piece in frames.split(frame):
        out += parts[piece[1]] if piece.startswith("{") else [piece]
    return _cell(*out)


def design(contrast: Contrast, text: str = "", count: int = 8) -> Design | None:
    """The cells of one contrast in ``count`` frames; ``text`` is the prompt it was read from. None
    where no rival can be written.
    """
    first, second = contrast.first, contrast.second
    note = "Nothing in the prompt competes with it: the rival is ours." if contrast.stock else ""
    if isinstance(first, Pair) and isinstance(second, Pair):
        return Design(
            contrast,
            "binding",
            tuple(_bindings(first, second, count)),
            _in_prompt(contrast, text),
            note,
        )
    if isinstance(first, Count):
        if isinstance(second, Count):
            return Design(
                contrast, "count", tuple(_counts(first, second, count)), _in_prompt(contrast, text)
            )
        made = tuple(_numbers(first, count))
        return Design(contrast, "number", made) if made else None
    if isinstance(first, Negation):
        if _is_property(first):
            return None
        rival = second.object.text if isinstance(second, Pair) else "chair"
        return Design(contrast, "negation", tuple(_negations(first, rival, count)), None, note)
    if isinstance(first, Relation) and first.converse:
        things = (first.left.text, first.right.text)
        made = tuple(_between(things, first.relation.text, first.converse, count))
        return Design(contrast, "relation", made, _in_prompt(contrast, text))
    return (
        Design(contrast, "role", tuple(_roles(first, count))) if isinstance(first, Role) else None
    )


def _is_property(denied: Negation) -> bool:
    """Not red: there is no thing that a sentence could be with or without."""
    word = denied.object.text.lower()
    return bool(kind_of(word)) and (
        word not in NOUNS_TOO or denied.negator.text.lower() not in ("no", "without", "lacking")
    )


# --- sentence frames
# --------------------------------------------------------------------------------------------------


def _said(modifier: str, thing: str, ahead: bool, lead: str = "") -> list[str | _Slot]:
    one, two = PLACES[:2] if ahead else PLACES[2:]
    return [*([lead, " "] if lead else []), _Slot(one, modifier), " ", _Slot(two, thing)]


_Phrase = Callable[[str, str, bool], list[str | _Slot]]
"""Modifier, thing, and whether they come first in the sentence."""


def _square(frame: str, m: tuple[str, str], o: tuple[str, str], phrase: _Phrase) -> Frame:
    """All six cells of two modifiers and two things."""

    def said(m1: str, o1: str, m2: str, o2: str) -> Cell:
        return _filled(frame, A=phrase(m1, o1, True), B=phrase(m2, o2, False))

    return Frame(
        said(m[0], o[0], m[1], o[1]),
        said(m[1], o[0], m[0], o[1]),
        said(m[1], o[1], m[0], o[0]),
        said(m[0], o[1], m[1], o[0]),
        said(m[0], o[0], m[0], o[1]),
        said(m[1], o[0], m[1], o[1]),
    )


def _bindings(first: Pair, second: Pair, count: int) -> Iterator[Frame]:
    m, o = (first.modifier.text, second.modifier.text), (first.object.text, second.object.text)
    leads = {article(f"{modifier} {thing}") for modifier in m for thing in o}
    lead = (
        leads.pop() if len(leads) == 1 else "the"
    )  # one article for all cells, so that it tells nothing and moves nothing
    for frame in frames.BINDING[:count]:
        yield _square(
            frame, m, o, lambda modifier, thing, ahead: _said(modifier, thing, ahead, lead)
        )


def _counts(first: Count, second: Count, count: int) -> Iterator[Frame]:
    values, things = (first.value, second.value), (first.object.text, second.object.text)

    def phrase(number: str, thing: str, ahead: bool) -> list[str | _Slot]:
        return _said(number, _formed(thing, values[said.index(number)], values), ahead)

    said = (number_word(first.value, values), number_word(second.value, values))
    for frame in frames.BINDING[:count]:
        yield _square(frame, said, things, phrase)


def _formed(thing: str, value: int, values: Sequence[int]) -> str:
    """As typed, unless one of the numbers is 1: the rules for plurals do not know every word
    (snowmen, dice).
    """
    return numbered(thing, value) if 1 in values else thing


def _numbers(one: Count, count: int) -> Iterator[Frame]:
    """A number alone: its neighbour is the rival, and its other spelling (four, 4) the
    other order.
    """
    near = one.value + 1 if one.value < 12 else one.value - 1
    if not 1 <= one.value <= 20:
        return
    for frame in frames.WHOLE[:count]:
        cells = [
            _filled(
                frame,
                X=[
                    _Slot(PLACES[0], spelt),
                    " ",
                    _Slot(PLACES[1], _formed(one.object.text, value, (one.value, near))),
                ],
            )
            for spelt, value in (
                (number_word(one.value), one.value),
                (number_word(near), near),
                (str(one.value), one.value),
                (str(near), near),
            )
        ]
        yield Frame(*cells)


def _negations(one: Negation, rival: str, count: int) -> Iterator[Frame]:
    def phrase(word: str, thing: str, ahead: bool) -> list[str | _Slot]:
        first, second = PLACES[:2] if ahead else PLACES[2:]
        lead = article(thing)
        return [_Slot(first, word), " ", *([lead, " "] if lead else []), _Slot(second, thing)]

    for frame in frames.NEGATION[:count]:
        yield _square(frame, ("without", "with"), (one.object.text, rival), phrase)


def _roles(one: Role, count: int) -> Iterator[Frame]:
    """Two words for the deed in both voices: that chases, chased by."""
    active, passive = frames.voices(VERBS[one.verb.text.lower()])
    yield from _between((one.agent.text, one.patient.text), active, passive, count)


def _between(things: tuple[str, str], word: str, converse: str, count: int) -> Iterator[Frame]:
    def said(frame: str, left: str, middle: str, right: str) -> Cell:
        a, b = article(left), article(right)
        core: list[str | _Slot] = [
            *([a, " "] if a else []),
            _Slot(PLACES[1], left),
            " ",
            _Slot(PLACES[0], middle),
            " ",
        ]
        return _filled(frame, X=[*core, *([b, " "] if b else []), _Slot(PLACES[3], right)])

    left, right = things
    for frame in frames.WHOLE[:count]:
        yield Frame(
            said(frame, left, word, right),
            said(frame, right, word, left),
            said(frame, right, converse, left),
            said(frame, left, converse, right),
        )


# --- the prompt itself
# --------------------------------------------------------------------------------------------------


def _in_prompt(contrast: Contrast, text: str) -> Frame | None:
    """Words exchanged where they stand, everything else as typed: weights, names and
    brackets too.
    """
    first, second = contrast.first, contrast.second
    if contrast.stock or not text:
        return None
    if isinstance(first, Relation) and first.converse:
        words, places = (first.left, first.relation, first.right), (PLACES[1], PLACES[0], PLACES[3])
        a, r, b = (text[one.start : one.end] for one in words)
        cells = [(a, r, b), (b, r, a), (b, first.converse, a), (a, first.converse, b)]
        return _exchanged(text, words, places, cells)
    if isinstance(first, Pair) and isinstance(second, Pair):
        modifiers = (first.modifier, second.modifier)
    elif isinstance(first, Count) and isinstance(second, Count):
        modifiers = (first.number, second.number)
    else:
        return None
    four = (*modifiers, first.object, second.object)
    m, n, o, q = (text[one.start : one.end] for one in four)
    square = [(m, n, o, q), (n, m, o, q), (n, m, q, o), (m, n, q, o)]
    return _exchanged(text, four, (PLACES[0], PLACES[2], PLACES[1], PLACES[3]), square)


def _exchanged(
    text: str, words: Sequence[Word], places: Sequence[str], cells: Sequence[tuple[str, ...]]
) -> Frame | None:
    """``text`` once for each cell, with that cell's words at the places of ``words``; None where
    one word stands inside another.
    """
    order = sorted(range(len(words)), key=lambda k: words[k].start)
    if any(words[a].end > words[b].start for a, b in pairwise(order)):
        return None

    def one(given: tuple[str, ...]) -> Cell:
        parts: list[str | _Slot] = []
        at = 0
        for k in order:
            parts += [text[at : words[k].start], _Slot(places[k], given[k])]
            at = words[k].end
        return _cell(*parts, text[at:])

    return Frame(*(one(given) for given in cells))
