"""The built-in suite: contrasts of every kind in everyday words, none of them from a benchmark.
Nulls and encoder reports are made on it.

Words are dealt by stepping through the lists with different strides, so that no list follows
another and the suite is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..english.frames import number_word, numbered
from ..english.lexicon import RELATIONS
from ..english.statements import Contrast, Count, Negation, Pair, Relation, Role, Word
from .cells import Design, design

VERSION = 1
EACH = 12
"""Contrasts of each phenomenon."""


def _list(words: str) -> list[str]:
    return words.split()


_THINGS = _list(
    "lamp bucket kettle ladder scarf drum bottle carpet mailbox suitcase teapot fence "
    "barrel canoe curtain pillow wagon helmet anchor "
    "basket violin rocket tractor lantern"
)
_COUNTED = _list(
    "cup tree boat chair flower hat horse bird book shoe ball apple dog cat car house "
    "door plate box window"
)
_BEINGS = _list("goat baker pony sailor otter nurse falcon farmer badger clown heron miner")
_MODIFIERS = {
    "colour": _list("red blue green yellow purple orange white black pink brown grey turquoise"),
    "material": _list(
        "wooden metal glass plastic leather stone paper rubber ceramic velvet marble bamboo"
    ),
    "size": _list("big tiny tall short huge small long narrow wide thick thin giant"),
    "shape": _list(
        "round square oval triangular flat curved rectangular hexagonal pointed crooked "
        "spherical conical"
    ),
    "age": _list("old new ancient modern antique young vintage aged"),
}
_RELATIONS = {
    "spatial": ("to the left of", "to the right of", "above", "below", "in front of", "behind"),
    "order of size": ("bigger than", "smaller than", "taller than", "shorter than"),
    "order of time": ("before", "after"),
}
_DEEDS = _list("chase follow watch push carry feed lift hug greet rescue paint lead")
PHENOMENA = (*_MODIFIERS, "count", "number", "negation", *_RELATIONS, "role")


def _word(text: str) -> Word:
    return Word(text, -1, -1)


def _step(words: list[str], start: int, stride: int) -> Iterator[tuple[str, str]]:
    """``EACH`` pairs of different words."""
    for k in range(EACH):
        first = (start + k * stride) % len(words)
        second = (first + 1 + (k * 3 + start) % (len(words) - 1)) % len(words)
        yield words[first], words[second]


def contrasts(phenomenon: str) -> list[Contrast]:
    things = list(_step(_THINGS, PHENOMENA.index(phenomenon), 5))
    beings = list(_step(_BEINGS, PHENOMENA.index(phenomenon), 5))
    if phenomenon in _MODIFIERS:
        words = _step(_MODIFIERS[phenomenon], 1, 5)
        return [
            Contrast(
                "binding",
                Pair(_word(m), _word(a), phenomenon),
                Pair(_word(n), _word(b), phenomenon),
            )
            for (m, n), (a, b) in zip(words, things, strict=True)
        ]
    counted = list(_step(_COUNTED, 0, 3))
    if phenomenon == "count":
        return [
            _counts(2 + k % 5, 2 + (k + 1 + k % 3) % 5, a, b) for k, (a, b) in enumerate(counted)
        ]
    if phenomenon == "number":
        return [Contrast("count", _count(1 + k, a)) for k, (a, _) in enumerate(counted)]
    if phenomenon == "negation":
        return [
            Contrast(
                "negation", Negation(_word("no"), _word(a)), Pair(_word(""), _word(b), "negation")
            )
            for a, b in things
        ]
    if phenomenon in _RELATIONS:
        known = _RELATIONS[phenomenon]
        return [_relation(a, known[k % len(known)], b) for k, (a, b) in enumerate(things)]
    return [
        Contrast("role", Role(_word(a), _word(_DEEDS[k % len(_DEEDS)]), _word(b), False))
        for k, (a, b) in enumerate(beings)
    ]


def _count(value: int, thing: str) -> Count:
    return Count(_word(number_word(value)), value, _word(numbered(thing, value)))


def _counts(value: int, other: int, a: str, b: str) -> Contrast:
    return Contrast("count", _count(value, a), _count(other, b))


def _relation(a: str, phrase: str, b: str) -> Contrast:
    kind, converse = RELATIONS[phrase]
    return Contrast("relation", Relation(_word(a), _word(phrase), _word(b), kind, converse))


def designs(phenomenon: str, frames: int) -> list[Design]:
    made = [design(one, count=frames) for one in contrasts(phenomenon)]
    return [one for one in made if one is not None]


def of_kind(kind: str, frames: int) -> list[Design]:
    """All contrasts of the suite whose designs are of this kind."""
    return [
        one for phenomenon in PHENOMENA for one in designs(phenomenon, frames) if one.kind == kind
    ]
