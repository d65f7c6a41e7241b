"""What a prompt says, one dataclass for each kind of statement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """Characters ``start`` to ``end`` of the prompt as typed; brackets and weights between its
    words are left out of ``text``.
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Pair:
    modifier: Word
    object: Word
    kind: str
    """colour, material, size, shape, age, or marked."""


@dataclass(frozen=True)
class Count:
    number: Word
    value: int
    object: Word


@dataclass(frozen=True)
class Negation:
    negator: Word
    object: Word
    """The thing that is denied, or the property."""


@dataclass(frozen=True)
class Relation:
    left: Word
    relation: Word
    right: Word
    kind: str
    converse: str | None


@dataclass(frozen=True)
class Role:
    agent: Word
    verb: Word
    patient: Word
    passive: bool


@dataclass(frozen=True)
class Contrast:
    """Two statements whose exchange changes the meaning and keeps every word."""

    kind: str
    """binding, count, negation, relation, role."""
    first: Pair | Count | Negation | Relation | Role
    second: Pair | Count | None = None
    stock: bool = False
    """The rival is not the prompt's: nothing in it competes."""


@dataclass(frozen=True)
class Reading:
    text: str
    pairs: tuple[Pair, ...] = ()
    counts: tuple[Count, ...] = ()
    negations: tuple[Negation, ...] = ()
    relations: tuple[Relation, ...] = ()
    roles: tuple[Role, ...] = ()
    contrasts: tuple[Contrast, ...] = ()
    marked: bool = False
    unread: tuple[str, ...] = ()
