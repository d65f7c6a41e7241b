"""The little grammar of questions: articles, is or are, things that are not counted."""

from __future__ import annotations

from ....english.frames import article, is_plural, numbered
from ....english.lexicon import VERB_FORMS
from . import question_words

_PARTICIPLES = {
    forms.split()[0]: next(form for form in forms.split() if form.endswith("ing"))
    for forms in VERB_FORMS.split(" | ")
}


def last_word(thing: str) -> str:
    """The word that says what it is: truck of fire truck."""
    return (thing.lower().split() or [""])[-1]


def thing_key(thing: str) -> str:
    """What mentions of the same thing have in common: cat for cats."""
    if is_uncounted(thing) or last_word(thing) in question_words.PLURAL_ONLY:
        return thing.lower()
    return numbered(thing, 1).lower()


def is_uncounted(thing: str) -> bool:
    return last_word(thing) in question_words.UNCOUNTED


def is_many(thing: str) -> bool:
    return last_word(thing) in question_words.PLURAL_ONLY or is_plural(thing)


def be(thing: str) -> str:
    """Is or Are, at the beginning of a question."""
    return "Are" if is_many(thing) and not is_uncounted(thing) else "Is"


def do(thing: str) -> str:
    """Does or Do, at the beginning of a question."""
    return "Do" if is_many(thing) and not is_uncounted(thing) else "Does"


def indefinite(thing: str, modifiers: str = "") -> str:
    """a car, an old car, cars, snow, the sky, a red sky."""
    phrase = f"{modifiers} {thing}".strip()
    if phrase.lower() in question_words.UNIQUE:
        return f"the {phrase}"
    if is_uncounted(thing) or is_many(thing):
        return phrase
    return f"{article(phrase)} {phrase}"


def in_place(thing: str) -> str:
    """As :func:`indefinite`, behind in, on or under: the snow."""
    return f"the {thing}" if is_uncounted(thing) else indefinite(thing)


def another(thing: str) -> str:
    """another car, other cars, more snow."""
    if is_uncounted(thing):
        return f"more {thing}"
    return f"other {thing}" if is_many(thing) else f"another {thing}"


def presence(thing: str, modifiers: str = "") -> list[str]:
    """Questions whether it is there at all."""
    phrase = indefinite(thing, modifiers)
    showing = f"Does the picture show {phrase}?"
    if phrase.startswith("the "):
        return [showing, f"Can {phrase} be seen in the picture?"]
    return [f"{be(thing)} there {phrase} in the picture?", showing]


def free_of(thing: str) -> str:
    """What a picture is free of: hats, snow."""
    if is_uncounted(thing) or is_many(thing):
        return thing
    if thing.lower() in question_words.UNIQUE:
        return f"the {thing}"
    return numbered(thing, 2)


def participle(base: str) -> str:
    """The present participle of a verb: chasing of chase."""
    return _PARTICIPLES[base]
