"""Sentences around a contrast, and the little grammar they need: articles, plurals, number words,
active and passive verbs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .lexicon import NUMBERS, VERB_FORMS

TWO_PHRASES = (
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
ONE_PHRASE = (
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
MOST = len(TWO_PHRASES)


def _words(text: str) -> list[str]:
    return text.split()


_SPELT = {value: word for word, value in NUMBERS.items() if word not in ("dozen", "couple", "pair")}
_IRREGULAR = _words(
    "man men woman women child children person people mouse mice goose geese foot feet tooth teeth "
    "leaf leaves knife knives wolf wolves shelf shelves loaf loaves scarf scarves calf calves "
    "half halves elf elves thief thieves wife wives dwarf dwarves hoof hooves ox oxen die dice "
    "cactus cacti tomato tomatoes potato potatoes hero heroes mosquito mosquitoes volcano "
    "volcanoes mango mangoes buffalo buffaloes snowman snowmen fireman firemen policeman policemen "
    "fisherman fishermen gentleman gentlemen businessman businessmen swordsman swordsmen "
    "policewoman policewomen businesswoman businesswomen shoe shoes toe toes canoe canoes"
)
_ALIKE = _words("sheep fish deer moose bison aircraft spacecraft series species squid shrimp")
_PLURALS = dict(zip(_IRREGULAR[::2], _IRREGULAR[1::2], strict=True)) | {
    word: word for word in _ALIKE
}
_NOT_PLURAL = _words(
    "lens gas canvas atlas christmas rhinoceros compass chaos cosmos mars texas series species"
)
"""Of one thing, in spite of their s."""
_SINGULARS = {plural: singular for singular, plural in _PLURALS.items()}
_VOWEL_SOUND = re.compile(
    r"(?!uni|use|usu|ute|uku|uto|one\b|one-|once|eu|ewe)[aeiou]|hour|honest|heir|honou?r|x-ray|suv\b|8|11\b|18\b"
)
_PARTS = re.compile(r"(\{[ABX]\})")


def split(frame: str) -> list[str]:
    """The frame cut at its {A}, {B} and {X}, which stay."""
    return [part for part in _PARTS.split(frame) if part]


def is_plural(thing: str) -> bool:
    """Whether the last word names many."""
    last = thing.lower().split()[-1:]
    if not last:
        return False
    [word] = last
    if word in _SINGULARS and word not in _PLURALS:
        return True
    if word in _NOT_PLURAL:
        return False
    return word.endswith("s") and not word.endswith(("ss", "us", "is"))


def article(phrase: str) -> str:
    """a, an, or some before many things; empty before nothing."""
    if not phrase:
        return ""
    if is_plural(phrase):
        return "some"
    return "an" if _VOWEL_SOUND.match(phrase.lower()) else "a"


def number_word(value: int, beside: Sequence[int] = ()) -> str:
    """In letters up to twenty, unless a number beside it has none."""
    if all(number in _SPELT for number in (value, *beside)):
        return _SPELT[value]
    return str(value)


def numbered(thing: str, value: int) -> str:
    """``thing`` in the form that goes with the number."""
    head, _, last = thing.rpartition(" ")
    if is_plural(last) or last in _SINGULARS:
        last = _singular(last)
    if value != 1:
        last = _plural(last)
    return f"{head} {last}".strip()


def _singular(word: str) -> str:
    lower = word.lower()
    if lower in _SINGULARS:
        return _SINGULARS[lower]
    if lower.endswith("ies") and len(lower) > 4:
        return word[:-3] + "y"
    if lower.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    return word[:-1]


def _plural(word: str) -> str:
    lower = word.lower()
    if lower in _PLURALS:
        return _PLURALS[lower]
    if lower.endswith("y") and lower[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    if lower.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    return word + "s"


def active_and_passive(base: str) -> tuple[str, str]:
    """An action in two words each way: ("that chases", "chased by")."""
    lines = (line.split() for line in VERB_FORMS.split(" | "))
    forms = next(forms for forms in lines if forms[0] == base)
    participle = next((form for form in forms[2:] if not form.endswith("ing")), base)
    return f"that {forms[1]}", f"{participle} by"
