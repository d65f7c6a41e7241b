"""The contrasts of a prompt, one class for each kind: what could be confused with what, the
sentences that tell them apart, and what artists read about it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from . import frames
from .cells import (
    FIRST_MODIFIER,
    FIRST_THING,
    SECOND_MODIFIER,
    SECOND_THING,
    Frame,
    Part,
    Slot,
    exchange,
    exchange_modifiers,
    fill_frame,
    modified_thing,
    spaced,
    square,
)
from .frames import active_and_passive, article, number_word, numbered
from .lexicon import NOUNS_TOO, VERBS
from .noun_phrases import kind_of
from .statements import Action, Attribute, Count, Negation, Phrase, Relation, Statement

FRAMES = 8
"""Sentence frames of a contrast that is tested alone."""


class Contrast(ABC):
    """What a prompt says, and a rival with the same words and another meaning.

    ``stock``: the rival is not the prompt's; nothing in it competes.
    """

    kind: ClassVar[str]
    """binding, count, number, negation, relation, role. Contrasts of one kind share their nulls."""
    reading_kind: ClassVar[str]
    """The kind's name in the reading report, which does not part numbers from counts."""
    stock: bool

    @abstractmethod
    def statements(self) -> tuple[Statement, ...]:
        """The statements that are contrasted, one or two."""

    def label(self) -> str:
        """The contrast in a few words: red car / blue house."""
        return " / ".join(statement.label() for statement in self.statements())

    def words(self) -> list[Phrase]:
        """Its words in the prompt, without those of a stock rival."""
        every = (word for statement in self.statements() for word in statement.words())
        return [word for word in every if word.stands_in_prompt]

    def arcs(self) -> list[tuple[Phrase, Phrase]]:
        """What is tied to what in the prompt."""
        every = (statement.arc() for statement in self.statements())
        return [arc for arc in every if all(word.stands_in_prompt for word in arc)]

    @abstractmethod
    def cells(self, count: int = FRAMES) -> tuple[Frame, ...]:
        """The four cells in ``count`` sentence frames; empty where no rival can be written."""

    def cells_in_prompt(self, text: str) -> Frame | None:
        """The prompt itself as the first cell; None where its words cannot be exchanged in
        place.
        """
        return None

    def scene_kind(self) -> str:
        """The kind of drawn scenes that shows it: colour, size or place; empty where none does."""
        return ""


@dataclass(frozen=True)
class AttributeContrast(Contrast):
    """Attribute binding: which of two things has which of two properties."""

    first: Attribute
    second: Attribute
    stock: bool = False

    kind = reading_kind = "binding"

    def statements(self) -> tuple[Attribute, Attribute]:
        return self.first, self.second

    def cells(self, count: int = FRAMES) -> tuple[Frame, ...]:
        modifiers = (self.first.modifier.text, self.second.modifier.text)
        things = (self.first.object.text, self.second.object.text)
        leads = {article(f"{modifier} {thing}") for modifier in modifiers for thing in things}
        # One article for all cells, so that it tells nothing and moves nothing.
        lead = leads.pop() if len(leads) == 1 else "the"

        def phrase(modifier: str, thing: str, comes_first: bool) -> list[Part]:
            return modified_thing(modifier, thing, comes_first, lead)

        return tuple(
            square(frame, modifiers, things, phrase) for frame in frames.TWO_PHRASES[:count]
        )

    def cells_in_prompt(self, text: str) -> Frame | None:
        modifiers = (self.first.modifier, self.second.modifier)
        return exchange_modifiers(text, modifiers, (self.first.object, self.second.object))

    def scene_kind(self) -> str:
        kind = self.first.kind
        if kind == self.second.kind and kind in ("colour", "size"):
            return kind
        return ""


@dataclass(frozen=True)
class CountContrast(Contrast):
    """Two numbers of two things, exchanged."""

    first: Count
    second: Count
    stock: bool = False

    kind = reading_kind = "count"

    def statements(self) -> tuple[Count, Count]:
        return self.first, self.second

    def cells(self, count: int = FRAMES) -> tuple[Frame, ...]:
        values = (self.first.value, self.second.value)
        numbers = (number_word(values[0], values), number_word(values[1], values))

        def phrase(number: str, thing: str, comes_first: bool) -> list[Part]:
            value = values[numbers.index(number)]
            return modified_thing(number, _inflected(thing, value, values), comes_first)

        things = (self.first.object.text, self.second.object.text)
        templates = frames.TWO_PHRASES[:count]
        return tuple(square(template, numbers, things, phrase) for template in templates)

    def cells_in_prompt(self, text: str) -> Frame | None:
        numbers = (self.first.number, self.second.number)
        return exchange_modifiers(text, numbers, (self.first.object, self.second.object))


@dataclass(frozen=True)
class NumberContrast(Contrast):
    """A number alone: its neighbour is the rival, and its other spelling (four, 4) stands in for
    the other order.
    """

    count: Count
    stock: bool = False

    kind = "number"
    reading_kind = "count"

    def statements(self) -> tuple[Count]:
        return (self.count,)

    def cells(self, count: int = FRAMES) -> tuple[Frame, ...]:
        value = self.count.value
        if not 1 <= value <= 20:
            return ()
        neighbour = value + 1 if value < 12 else value - 1
        spelt = [
            (number_word(value), value),
            (number_word(neighbour), neighbour),
            (str(value), value),
            (str(neighbour), neighbour),
        ]
        phrases = [
            spaced(
                Slot(FIRST_MODIFIER, number),
                Slot(FIRST_THING, _inflected(self.count.object.text, each, (value, neighbour))),
            )
            for number, each in spelt
        ]
        return tuple(
            Frame(*(fill_frame(template, X=phrase) for phrase in phrases))
            for template in frames.ONE_PHRASE[:count]
        )


def _inflected(thing: str, value: int, values: Sequence[int]) -> str:
    """As typed, unless one of the numbers is 1: the rules for plurals do not know every word
    (snowmen, dice).
    """
    return numbered(thing, value) if 1 in values else thing


@dataclass(frozen=True)
class NegationContrast(Contrast):
    """Which of two things is absent. ``present``: the one that is not negated."""

    negation: Negation
    present: Phrase | None = None
    stock: bool = False

    kind = reading_kind = "negation"

    def statements(self) -> tuple[Negation]:
        return (self.negation,)

    def words(self) -> list[Phrase]:
        words = super().words()
        if self.present is not None and self.present.stands_in_prompt:
            words.append(self.present)
        return words

    def cells(self, count: int = FRAMES) -> tuple[Frame, ...]:
        if self._negates_a_property():
            return ()
        present = self.present.text if self.present is not None else "chair"
        things = (self.negation.object.text, present)

        def phrase(word: str, thing: str, comes_first: bool) -> list[Part]:
            slots = (
                (FIRST_MODIFIER, FIRST_THING) if comes_first else (SECOND_MODIFIER, SECOND_THING)
            )
            return spaced(Slot(slots[0], word), article(thing), Slot(slots[1], thing))

        return tuple(
            square(template, ("without", "with"), things, phrase)
            for template in frames.NEGATION[:count]
        )

    def _negates_a_property(self) -> bool:
        """Not red: there is no thing that a sentence could be with or without."""
        word = self.negation.object.lower
        names_a_thing = word in NOUNS_TOO and self.negation.negator.lower in _NEGATORS_OF_THINGS
        return bool(kind_of(word)) and not names_a_thing


_NEGATORS_OF_THINGS = ("no", "without", "lacking")


@dataclass(frozen=True)
class RelationContrast(Contrast):
    """Two things and where one is seen from the other; the converse relation is the other order."""

    relation: Relation
    stock: bool = False

    kind = reading_kind = "relation"

    def statements(self) -> tuple[Relation]:
        return (self.relation,)

    def cells(self, count: int = FRAMES) -> tuple[Frame, ...]:
        relation = self.relation
        if not relation.converse:
            return ()
        things = (relation.left.text, relation.right.text)
        return tuple(_between(things, relation.relation.text, relation.converse, count))

    def cells_in_prompt(self, text: str) -> Frame | None:
        relation, converse = self.relation, self.relation.converse
        if not converse:
            return None
        phrases = (relation.left, relation.relation, relation.right)
        a, word, b = (text[phrase.start : phrase.end] for phrase in phrases)
        return exchange(
            text,
            phrases,
            (FIRST_THING, FIRST_MODIFIER, SECOND_THING),
            [(a, word, b), (b, word, a), (b, converse, a), (a, converse, b)],
        )

    def scene_kind(self) -> str:
        if _DRAWN_DIRECTIONS.isdisjoint(self.relation.relation.lower.split()):
            return ""
        return "place"


_DRAWN_DIRECTIONS = frozenset(("left", "right", "above", "below", "over", "under", "beneath"))


@dataclass(frozen=True)
class ActionContrast(Contrast):
    """Subject and object of an action, in both voices: that chases, chased by."""

    action: Action
    stock: bool = False

    kind = reading_kind = "role"

    def statements(self) -> tuple[Action]:
        return (self.action,)

    def cells(self, count: int = FRAMES) -> tuple[Frame, ...]:
        active, passive = active_and_passive(VERBS[self.action.verb.lower])
        things = (self.action.agent.text, self.action.patient.text)
        return tuple(_between(things, active, passive, count))


def _between(things: tuple[str, str], middle: str, converse: str, count: int) -> Iterator[Frame]:
    """The four cells of two things and the word between them."""

    def phrase(left: str, word: str, right: str) -> list[Part]:
        return spaced(
            article(left),
            Slot(FIRST_THING, left),
            Slot(FIRST_MODIFIER, word),
            article(right),
            Slot(SECOND_THING, right),
        )

    left, right = things
    phrases = (
        phrase(left, middle, right),
        phrase(right, middle, left),
        phrase(right, converse, left),
        phrase(left, converse, right),
    )
    for template in frames.ONE_PHRASE[:count]:
        yield Frame(*(fill_frame(template, X=each) for each in phrases))


KINDS: tuple[type[Contrast], ...] = (
    AttributeContrast,
    CountContrast,
    NumberContrast,
    NegationContrast,
    RelationContrast,
    ActionContrast,
)
"""Every kind of contrast."""
