"""The things that a prompt names, and how a question refers to them."""

from __future__ import annotations

import re
from collections import defaultdict

from ....english.statements import Phrase, Reading
from ....spans import overlap
from . import grammar, question_words

_WORD = re.compile(r"[^\W\d_]+")
_OPENING = " ([{<"
MARKED = "marked"
"""The kind of an attribute that the artist marked by hand."""


class Mentions:
    """Which phrases of a prompt name a thing to look for, and which of them are the same thing."""

    def __init__(self, reading: Reading) -> None:
        self._negated = {each.object.span for each in reading.negations}
        marked = [each.modifier for each in reading.attributes if each.kind == MARKED]
        every = {phrase.span: phrase for phrase in reading.things}
        for statement in reading.statements():
            every.update({thing.span: thing for thing in statement.things()})
        phrases = sorted(every.values(), key=lambda phrase: phrase.start)
        self.named = [
            phrase
            for phrase in phrases
            if phrase.span not in self._negated
            and not any(overlap(phrase.span, mark.span) for mark in marked)
        ]
        """In the order of the prompt; nothing that is said not to be there."""
        self._text = reading.text
        self._has_names = _is_mostly_small(reading.text)
        self.things = [phrase for phrase in self.named if self.is_asked(phrase)]
        self._spans: dict[str, set[tuple[int, int]]] = defaultdict(set)
        self._modifiers: dict[tuple[int, int], list[Phrase]] = defaultdict(list)
        for phrase in self.things:
            self._spans[grammar.thing_key(phrase.text)].add(phrase.span)
        for attribute in reading.attributes:
            self._modifiers[attribute.object.span].append(attribute.modifier)

    def is_asked(self, thing: Phrase) -> bool:
        """Whether it is a thing to look for, which nobody said not to be there."""
        return is_thing(thing) and thing.span not in self._negated and not self.is_name(thing)

    def is_name(self, phrase: Phrase) -> bool:
        """Whether it is written as a name, which no question for a thing fits: Tokyo, Van Gogh, but
        not a T-shirt, nor the first word of a sentence.
        """
        last = phrase.text.split()[-1]
        if not self._has_names or not last[0].isupper() or last[1:2] == "-":
            return False
        if " " in phrase.text or phrase.start < 0:
            return True
        before = self._text[: phrase.start].rstrip(_OPENING)
        return bool(before) and before[-1] not in ".!?:;\n"

    def is_repeated(self, thing: Phrase) -> bool:
        """Whether another mention has the same name: a red car and a blue car."""
        return len(self._spans[grammar.thing_key(thing.text)]) > 1

    def alike(self, thing: Phrase) -> list[Phrase]:
        """All mentions of this name."""
        key = grammar.thing_key(thing.text)
        return [each for each in self.things if grammar.thing_key(each.text) == key]

    def modifiers(self, thing: Phrase) -> list[str]:
        """What is said of this mention."""
        return [each.text for each in self._modifiers[thing.span]]

    def same_things_modifiers(self, thing: Phrase) -> set[str]:
        """What is said of any mention of this thing."""
        spans = self._spans[grammar.thing_key(thing.text)] | {thing.span}
        return {each.lower for span in spans for each in self._modifiers[span]}

    def described(self, thing: Phrase) -> str:
        """Its name; with its attributes where the name alone could mean another mention."""
        if not self.is_repeated(thing):
            return thing.text
        return " ".join([*self.modifiers(thing), thing.text])

    def unique_description(self, thing: Phrase) -> str:
        """As :meth:`described`; empty where even that means several mentions."""
        if not self.is_repeated(thing):
            return thing.text
        own = self.described(thing).lower()
        twins = [each for each in self.alike(thing) if self.described(each).lower() == own]
        return self.described(thing) if len(twins) == 1 else ""

    def before(self, place: int) -> Phrase | None:
        """The last thing that is named before a place of the prompt."""
        earlier = [thing for thing in self.things if thing.end <= place]
        return earlier[-1] if earlier else None


def _is_mostly_small(text: str) -> bool:
    """Whether capitals mean names: not where most words begin with one."""
    words: list[str] = _WORD.findall(text)
    return 2 * sum(word[0].isupper() for word in words) < len(words)


def is_thing(phrase: Phrase) -> bool:
    """Something that one can point at in a picture."""
    last = grammar.last_word(phrase.text)
    return last not in question_words.QUALITY and last not in question_words.WHOLE_PICTURE


def is_of_the_whole(words: str) -> bool:
    """Said of the whole picture, and more than its name: golden hour, dawn, but not style."""
    last = grammar.last_word(words)
    if last not in question_words.WHOLE_PICTURE:
        return False
    return last in question_words.SAY_SOMETHING_ALONE or " " in words
