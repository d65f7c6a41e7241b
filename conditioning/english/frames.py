"""Sentences around a contrast, and the little grammar they need: articles, plurals, number words,
voices of a verb.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .lexicon import NUMBERS, VERB_FORMS

BINDING = (
    "{A} and {B}",
    "{A} next to {B}",
    "a photo of {A} and {B}",
    "there is {A} beside {B}",
    "a painting of {A} with {B}",
    "we see {A} near {B}",
    "{A}, {B}",
    "an image of {A} together with {B}",
    "in the picture there is {A} and {B}",
    "a drawing of {A} alongside {B}",
    "{A} close to {B}, high quality",
    "a scene with {A} and {B}",
)
"""Both orders of {A} and {B} mean the same."""
NEGATION = (
    "a room {A} and {B}",
    "a photo {A} and {B}",
    "a scene {A} but {B}",
    "a place {A}, {B}",
    "a picture {A} and also {B}",
    "a view {A} and {B}",
    "an image {A}, but {B}",
    "a street {A} and {B}",
    "a drawing {A} and {B}",
    "a painting {A} and {B}",
    "a corner {A} but {B}",
    "a landscape {A} and {B}",
)
WHOLE = (
    "{X}",
    "a photo of {X}",
    "there is {X}",
    "a painting of {X}",
    "we see {X}",
    "a drawing of {X}",
    "an image of {X}",
    "{X}, high quality",
    "in the picture there is {X}",
    "a scene with {X}",
    "{X} in the morning",
    "a picture of {X}",
)
MOST = len(BINDING)
_SPELT = {value: word for word, value in NUMBERS.items() if word not in ("dozen", "couple", "pair")}
_MANY = {
    "man": "men",
    "woman": "women",
    "child": "children",
    "person": "people",
    "mouse": "mice",
    "goose": "geese",
    "foot": "feet",
    "tooth": "teeth",
    "sheep": "sheep",
    "fish": "fish",
    "deer": "deer",
    "leaf": "leaves",
    "knife": "knives",
    "wolf": "wolves",
    "shelf": "shelves",
    "loaf": "loaves",
}
_ONE = {many: one for one, many in _MANY.items()}
_SOUND = re.compile(r"(?!uni|use|usu|one\b|once|eu|ewe)[aeiou]|hour|honest|heir|honou?r")
_PARTS = re.compile(r"(\{[ABX]\})")


def split(frame: str) -> list[str]:
    return [part for part in _PARTS.split(frame) if part]


def is_plural(thing: str) -> bool:
    last = thing.lower().split()[-1] if thing.split() else ""
    return (last in _ONE and last not in _MANY) or (
        last.endswith("s") and not last.endswith(("ss", "us", "is"))
    )


def article(phrase: str) -> str:
    """a, an, or some before many things."""
    if not phrase or is_plural(phrase):
        return "some" if phrase else ""
    return "an" if _SOUND.match(phrase.lower()) else "a"


def number_word(value: int, beside: Sequence[int] = ()) -> str:
    """In letters up to twenty, unless a number beside it has none."""
    return _SPELT[value] if all(one in _SPELT for one in (value, *beside)) else str(value)


def numbered(thing: str, value: int) -> str:
    """``thing`` in the form that goes with the number."""
    head, _, last = thing.rpartition(" ")
    one = _single(last) if is_plural(last) or last in _ONE else last
    return f"{head} {one if value == 1 else _many(one)}".strip()


def _single(word: str) -> str:
    low = word.lower()
    if low in _ONE:
        return _ONE[low]
    if low.endswith("ies") and len(low) > 4:
        return word[:-3] + "y"
    return word[:-2] if low.endswith(("ches", "shes", "sses", "xes", "zes")) else word[:-1]


def _many(word: str) -> str:
    low = word.lower()
    if low in _MANY:
        return _MANY[low]
    if low.endswith("y") and low[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if low.endswith(("s", "x", "z", "ch", "sh")) else "s")


def voices(base: str) -> tuple[str, str]:
    """A deed in two words each way: ("that chases", "chased by")."""
    forms = next(
        forms for forms in (line.split() for line in VERB_FORMS.split(" | ")) if forms[0] == base
    )
    participle = next((form for form in forms[2:] if not form.endswith("ing")), base)
    return f"that {forms[1]}", f"{participle} by"
