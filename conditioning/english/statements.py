"""What a prompt says, one dataclass for each kind of statement."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .contrasts import Contrast


@dataclass(frozen=True)
class Phrase:
    """Characters ``start`` to ``end`` of the prompt as typed; brackets and weights between its
    words are left out of ``text``.
    """

    text: str
    start: int
    end: int

    @classmethod
    def outside(cls, text: str) -> Phrase:
        """A phrase that does not stand in the prompt."""
        return cls(text, -1, -1)

    @property
    def lower(self) -> str:
        """The text in lower case, as phrases are compared."""
        return self.text.lower()

    @property
    def span(self) -> tuple[int, int]:
        """Its characters in the prompt."""
        return self.start, self.end

    @property
    def stands_in_prompt(self) -> bool:
        """Whether the artist typed it."""
        return self.start >= 0


class Statement(ABC):
    """One thing that a prompt says. Subclasses are dataclasses of phrases."""

    def words(self) -> list[Phrase]:
        """All its phrases, in the order of its fields."""
        values = (getattr(self, each.name) for each in fields(self))  # type: ignore[arg-type]
        return [value for value in values if isinstance(value, Phrase)]

    @abstractmethod
    def arc(self) -> tuple[Phrase, Phrase]:
        """The two phrases that the statement ties, such as a modifier and its object."""

    @abstractmethod
    def label(self) -> str:
        """The statement in a few words: red car."""

    def things(self) -> tuple[Phrase, ...]:
        """The things that are in the picture if it is true."""
        return self.arc()


@dataclass(frozen=True)
class Attribute(Statement):
    """A property of a thing: red car."""

    modifier: Phrase
    object: Phrase
    kind: str
    """colour, material, size, shape, age, or marked."""

    def arc(self) -> tuple[Phrase, Phrase]:
        return self.modifier, self.object

    def label(self) -> str:
        return f"{self.modifier.text} {self.object.text}"

    def things(self) -> tuple[Phrase, ...]:
        return (self.object,)


@dataclass(frozen=True)
class Count(Statement):
    """How many of a thing there are: two cats."""

    number: Phrase
    value: int
    object: Phrase

    def arc(self) -> tuple[Phrase, Phrase]:
        return self.number, self.object

    def label(self) -> str:
        return f"{self.number.text} {self.object.text}"

    def things(self) -> tuple[Phrase, ...]:
        return (self.object,)


@dataclass(frozen=True)
class Negation(Statement):
    """What is not there: without a hat."""

    negator: Phrase
    object: Phrase
    """The thing that is negated, or the property."""

    def arc(self) -> tuple[Phrase, Phrase]:
        return self.negator, self.object

    def label(self) -> str:
        return f"{self.negator.text} {self.object.text}"

    def things(self) -> tuple[Phrase, ...]:
        return ()


@dataclass(frozen=True)
class Relation(Statement):
    """Where one thing is, seen from another, or how they compare: an apple above a dog."""

    left: Phrase
    relation: Phrase
    right: Phrase
    kind: str
    """spatial, size, time."""
    converse: str | None
    """What the second thing is to the first; None: the same, or it has no word of its own."""

    def arc(self) -> tuple[Phrase, Phrase]:
        return self.left, self.right

    def label(self) -> str:
        return f"{self.left.text} {self.relation.text} {self.right.text}"


@dataclass(frozen=True)
class Action(Statement):
    """Who does what to whom: a dog chasing a cat."""

    agent: Phrase
    verb: Phrase
    patient: Phrase
    passive: bool

    def arc(self) -> tuple[Phrase, Phrase]:
        return self.agent, self.patient

    def label(self) -> str:
        return f"{self.agent.text} {self.verb.text} {self.patient.text}"


@dataclass(frozen=True)
class Reading:
    """All that was read from one prompt."""

    text: str
    things: tuple[Phrase, ...] = ()
    """Every thing that is named, negated ones too."""
    attributes: tuple[Attribute, ...] = ()
    counts: tuple[Count, ...] = ()
    negations: tuple[Negation, ...] = ()
    relations: tuple[Relation, ...] = ()
    actions: tuple[Action, ...] = ()
    contrasts: tuple[Contrast, ...] = ()
    """What in the prompt could be confused with something else."""
    marked: bool = False
    """The artist marked the attributes by hand: [red] car | [blue] house."""
    unread: tuple[str, ...] = ()
    """Sentences on what could not be read."""

    def statements(self) -> tuple[Statement, ...]:
        """Everything that the prompt says."""
        return (*self.attributes, *self.counts, *self.negations, *self.relations, *self.actions)
