"""The built-in suite: contrasts of every kind in everyday words, none of them from a benchmark.
Nulls and encoder reports are made on it.

Words are dealt by stepping through the lists with different strides, so that no list follows
another and the suite is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..english.contrasts import (
    ActionContrast,
    AttributeContrast,
    Contrast,
    CountContrast,
    NegationContrast,
    NumberContrast,
    RelationContrast,
)
from ..english.frames import number_word, numbered
from ..english.lexicon import RELATIONS
from ..english.statements import Action, Attribute, Count, Negation, Phrase, Relation
from .designs import Design, design

VERSION = 1
EACH = 12
"""Contrasts of each phenomenon."""


def _words(words: str) -> list[str]:
    return words.split()


_THINGS = _words(
    "lamp bucket kettle ladder scarf drum bottle carpet mailbox suitcase teapot fence "
    "barrel canoe curtain pillow wagon helmet anchor "
    "basket violin rocket tractor lantern"
)
_COUNTED = _words(
    "cup tree boat chair flower hat horse bird book shoe ball apple dog cat car house "
    "door plate box window"
)
_BEINGS = _words("goat baker pony sailor otter nurse falcon farmer badger clown heron miner")
_MODIFIERS = {
    "colour": _words("red blue green yellow purple orange white black pink brown grey turquoise"),
    "material": _words(
        "wooden metal glass plastic leather stone paper rubber ceramic velvet marble bamboo"
    ),
    "size": _words("big tiny tall short huge small long narrow wide thick thin giant"),
    "shape": _words(
        "round square oval triangular flat curved rectangular hexagonal pointed crooked "
        "spherical conical"
    ),
    "age": _words("old new ancient modern antique young vintage aged"),
}
_RELATIONS = {
    "spatial": ("to the left of", "to the right of", "above", "below", "in front of", "behind"),
    "order of size": ("bigger than", "smaller than", "taller than", "shorter than"),
    "order of time": ("before", "after"),
}
_ACTIONS = _words("chase follow watch push carry feed lift hug greet rescue paint lead")
PHENOMENA = (*_MODIFIERS, "count", "number", "negation", *_RELATIONS, "role")


def _step(words: list[str], start: int, stride: int) -> Iterator[tuple[str, str]]:
    """``EACH`` pairs of different words."""
    for k in range(EACH):
        first = (start + k * stride) % len(words)
        second = (first + 1 + (k * 3 + start) % (len(words) - 1)) % len(words)
        yield words[first], words[second]


def contrasts(phenomenon: str) -> list[Contrast]:
    """The suite's contrasts of one of ``PHENOMENA``."""
    if phenomenon in _MODIFIERS:
        return [*_attributes(phenomenon)]
    if phenomenon in _RELATIONS:
        return [*_relations(phenomenon)]
    return [*_OTHERS[phenomenon]()]


def _pairs(words: list[str], phenomenon: str) -> Iterator[tuple[str, str]]:
    return _step(words, PHENOMENA.index(phenomenon), 5)


def _attributes(kind: str) -> Iterator[Contrast]:
    words = _step(_MODIFIERS[kind], 1, 5)
    for (m, n), (a, b) in zip(words, _pairs(_THINGS, kind), strict=True):
        yield AttributeContrast(_attribute(m, a, kind), _attribute(n, b, kind))


def _attribute(modifier: str, thing: str, kind: str) -> Attribute:
    return Attribute(Phrase.outside(modifier), Phrase.outside(thing), kind)


def _relations(phenomenon: str) -> Iterator[Contrast]:
    phrases = _RELATIONS[phenomenon]
    for k, (a, b) in enumerate(_pairs(_THINGS, phenomenon)):
        phrase = phrases[k % len(phrases)]
        left, relation, right = map(Phrase.outside, (a, phrase, b))
        yield RelationContrast(Relation(left, relation, right, *RELATIONS[phrase]))


def _counts() -> Iterator[Contrast]:
    for k, (a, b) in enumerate(_step(_COUNTED, 0, 3)):
        yield CountContrast(_count(2 + k % 5, a), _count(2 + (k + 1 + k % 3) % 5, b))


def _numbers() -> Iterator[Contrast]:
    for k, (thing, _) in enumerate(_step(_COUNTED, 0, 3)):
        yield NumberContrast(_count(1 + k, thing))


def _count(value: int, thing: str) -> Count:
    number, inflected = Phrase.outside(number_word(value)), numbered(thing, value)
    return Count(number, value, Phrase.outside(inflected))


def _negations() -> Iterator[Contrast]:
    for absent, present in _pairs(_THINGS, "negation"):
        negation = Negation(Phrase.outside("no"), Phrase.outside(absent))
        yield NegationContrast(negation, Phrase.outside(present))


def _actions() -> Iterator[Contrast]:
    for k, (a, b) in enumerate(_pairs(_BEINGS, "role")):
        agent, verb, patient = map(Phrase.outside, (a, _ACTIONS[k % len(_ACTIONS)], b))
        yield ActionContrast(Action(agent, verb, patient, passive=False))


_OTHERS: dict[str, Callable[[], Iterator[Contrast]]] = {
    "count": _counts,
    "number": _numbers,
    "negation": _negations,
    "role": _actions,
}


def designs(phenomenon: str, frames: int) -> list[Design]:
    """The contrasts of one phenomenon in so many sentence frames."""
    every = (design(contrast, count=frames) for contrast in contrasts(phenomenon))
    return [each for each in every if each is not None]


def of_kind(kind: str, frames: int) -> list[Design]:
    """All contrasts of the suite whose designs are of this kind."""
    every = (each for phenomenon in PHENOMENA for each in designs(phenomenon, frames))
    return [each for each in every if each.kind == kind]
