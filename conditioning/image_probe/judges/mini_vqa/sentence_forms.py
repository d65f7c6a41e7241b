"""The questions that mini-VQA was taught: read by rule into what is asked of which things.

    read("Is the red car to the left of the houses?")
        TaughtQuestion("stands", Named("car", "red"), "left", Named("house"))
    read("Is the car made of glass?")       None: an answer would be a guess

In a form THING stands for a thing with what is said of it, WHICH for a colour or size, WHERE for a
place, MANY for a number. Forms that ask the same have one meaning, which is all that is learned.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from ....english.frames import numbered
from ....scenes.scene import COLOURS, SHAPES, SIZES
from ..protocol import NO, YES

SAME_AS = {"large": "big", "little": "small", "color": "colour", "an": "a"}
"""Other words for the same."""
PLACES = {
    "to the left of": "left",
    "on the left of": "left",
    "left of": "left",
    "to the right of": "right",
    "on the right of": "right",
    "right of": "right",
    "above": "above",
    "over": "above",
    "below": "below",
    "under": "below",
    "beneath": "below",
}
"""How a place can be said, and which it is."""
COUNTS = ("one", "two", "three", "four", "five")
FORMS = {
    "there": (
        "is there a THING in the picture",
        "are there THING in the picture",
        "does the picture show a THING",
        "does the picture show THING",
        "a THING",
    ),
    "free": ("is the picture free of THING", "is the picture without any THING"),
    "has": ("is the THING WHICH", "are the THING WHICH"),
    "lacks": (
        "is the THING a colour other than WHICH",
        "are the THING a colour other than WHICH",
        "is the THING anything but WHICH",
        "are the THING anything but WHICH",
    ),
    "exactly": (
        "is there exactly MANY THING in the picture",
        "are there exactly MANY THING in the picture",
        "does the picture show exactly MANY THING",
    ),
    "stands": ("is the THING WHERE the THING", "are the THING WHERE the THING"),
    "shows": (
        "does the picture show a THING WHERE a THING",
        "does the picture show a THING WHERE THING",
        "does the picture show THING WHERE a THING",
        "does the picture show THING WHERE THING",
        "is there a THING WHERE another THING in the picture",
        "does the picture show a THING WHERE another THING",
        "are there THING WHERE other THING in the picture",
        "does the picture show THING WHERE other THING",
    ),
    "colour": ("what colour is the THING", "what colour are the THING"),
    "size": ("what size is the THING", "what size are the THING"),
    "number": (
        "how many THING are there in the picture",
        "how many THING are in the picture",
        "how many THING are there",
    ),
    "what": ("what is WHERE the THING",),
}
"""What is asked, and all ways to ask it."""
OPEN = {
    "colour": ("has", COLOURS),
    "size": ("has", SIZES),
    "number": ("exactly", COUNTS),
    "what": ("stands", SHAPES),
}
"""Meanings that ask for a word: the meaning that asks whether it is this word, and the words."""
NOTHING = "nothing"
"""The answer where something is asked of what is not there."""
ANSWERS = (YES, NO, *COLOURS, *SIZES, *COUNTS, *SHAPES, NOTHING)
"""All that mini-VQA can answer."""
WORDS = (*SHAPES, *COLOURS, *SIZES, *dict.fromkeys(PLACES.values()), *COUNTS)
"""All that it knows; 1 is the number of the first."""
LENGTH = 8
"""Numbers of a question: its meaning, three of the thing, a word, three of the other thing."""
_MANY_SHAPES = {numbered(shape, 2): shape for shape in SHAPES}
_WORD = re.compile(r"[^\W_]+|[^\w\s]|_")


class Named(NamedTuple):
    """A thing as a question names it; empty where nothing is said."""

    shape: str = ""
    colour: str = ""
    size: str = ""


class TaughtQuestion(NamedTuple):
    """What is asked."""

    meaning: str
    """A key of :data:`FORMS`."""
    thing: Named
    word: str = ""
    """The colour, size, place or number that is asked for."""
    other: Named = Named()

    def closed(self, answer: str) -> TaughtQuestion | None:
        """Whether this is the answer to a question of :data:`OPEN`; None for another word."""
        meaning, words = OPEN[self.meaning]
        if answer not in words:
            return None
        if self.meaning == "what":
            return TaughtQuestion(meaning, Named(answer), self.word, self.thing)
        return TaughtQuestion(meaning, self.thing, answer)

    def numbers(self) -> tuple[int, ...]:
        """As the network takes it: :data:`LENGTH` numbers, 0 where nothing is said."""
        numbers_of = _numbers()
        words = (*self.thing, self.word, *self.other)
        return (list(FORMS).index(self.meaning), *(numbers_of[word] for word in words))


def read(text: str) -> TaughtQuestion | None:
    """None where a word or the form is not one that was taught."""
    sentence = " ".join(_words(text))
    for meaning, form in _forms().get(sentence.partition(" ")[0], ()):
        match = form.fullmatch(sentence)
        if match is not None:
            return _question(meaning, match.groupdict())
    return None


def _words(text: str) -> list[str]:
    words = _WORD.findall(text.lower().strip().removesuffix("?"))
    return [SAME_AS.get(word, word) for word in words]


def _question(meaning: str, parts: dict[str, str]) -> TaughtQuestion | None:
    word = parts.get("word", "")
    things = [_named(parts.get(name, "")) for name in ("thing", "other")]
    if things[0] is None or things[1] is None:
        return None
    return TaughtQuestion(meaning, things[0], PLACES.get(word, word), things[1])


def _named(phrase: str) -> Named | None:
    """None for a thing in two colours or of two sizes."""
    *attributes, shape = phrase.split() or [""]
    colours = [word for word in attributes if word in COLOURS]
    sizes = [word for word in attributes if word in SIZES]
    if len(colours) > 1 or len(sizes) > 1:
        return None
    return Named(_MANY_SHAPES.get(shape, shape), "".join(colours), "".join(sizes))


@cache
def _numbers() -> dict[str, int]:
    return {"": 0, **{word: number for number, word in enumerate(WORDS, 1)}}


@cache
def _forms() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """First word -> meanings and patterns."""
    which = _any_of((*COLOURS, *SIZES))
    thing = rf"(?:{which} ){{0,2}}{_any_of((*SHAPES, *_MANY_SHAPES))}"
    slots = {"WHICH": which, "WHERE": _any_of(tuple(PLACES)), "MANY": _any_of(COUNTS)}
    forms: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for meaning, sentences in FORMS.items():
        for sentence in sentences:
            pattern = sentence.replace("THING", f"(?P<thing>{thing})", 1)
            pattern = pattern.replace("THING", f"(?P<other>{thing})")
            for slot, words in slots.items():
                pattern = pattern.replace(slot, f"(?P<word>{words})")
            first = sentence.partition(" ")[0]
            forms.setdefault(first, []).append((meaning, re.compile(pattern)))
    return forms


def _any_of(words: Sequence[str]) -> str:
    return f"(?:{'|'.join(words)})"
