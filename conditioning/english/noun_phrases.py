"""Noun phrases: things, with their attributes and numbers before them or said of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import lexicon
from .statements import Attribute, Count, Negation, Phrase

_RELATIVE = frozenset(("that", "which", ",", "who"))
_COPULA = lexicon.BE | lexicon.SKIPPED | {"not", "never", "of", "in", "color", "colour"}
"""Between a thing and the attributes that are said of it."""
_NEVER_NOUNS = lexicon.FUNCTION | lexicon.NEGATORS | lexicon.SKIPPED | lexicon.NO_NOUNS
_IN_PLACE_OF = (("instead", "of"), ("rather", "than"))


def normalised(text: str) -> str:
    """In lower case, with a straight apostrophe, as the lexicon writes its words."""
    return text.lower().replace("’", "'")


def kind_of(text: str) -> str | None:
    """colour, shape, size, age or material of a word; compounds by their last part
    (forest-green).
    """
    word = normalised(text)
    for candidate in dict.fromkeys((word, word.rsplit("-", 1)[-1])):
        for kind, words in lexicon.KINDS.items():
            if candidate in words:
                return kind
    if word.endswith("-shaped"):
        return "shape"
    if word.endswith(("-colored", "-coloured")):
        return "colour"
    return None


@dataclass
class NounPhrases:
    """One walk over the words of a prompt, which collects what is said of things."""

    words: list[Phrase]
    attributes: list[Attribute] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    negations: list[Negation] = field(default_factory=list)
    things: list[tuple[Phrase, int, int]] = field(default_factory=list)
    """Each noun phrase: its thing, its first word's place, and the place behind its last word."""

    def __post_init__(self) -> None:
        place = 0
        while place < len(self.words):
            place = self._phrase(place)

    def word(self, place: int) -> str:
        """The word at a place, normalised; empty behind the last one."""
        if place >= len(self.words):
            return ""
        return normalised(self.words[place].text)

    def _kind(self, place: int) -> str | None:
        return kind_of(self.word(place))

    def _is_noun(self, place: int) -> bool:
        word = self.word(place)
        if not word[:1].isalpha() or word in lexicon.NUMBERS or self.word(place + 1) == "than":
            return False
        if word in _NEVER_NOUNS:  # but a white top hat
            return word in lexicon.PLACES and place > 0 and bool(self._kind(place - 1))
        if kind_of(word):
            return word in lexicon.NOUNS_TOO and not self._is_said_of_a_thing(place)
        if word in lexicon.NOUNS:
            return True
        if word in lexicon.VERBS:
            return word == lexicon.VERBS[word] and self._expects_a_thing(place)
        if word in lexicon.BEHIND_THINGS or self._has_an_object(place):
            return self._expects_a_thing(place)
        return len(word) < 5 or not word.endswith(("ing", "ly"))

    def _has_an_object(self, place: int) -> bool:
        """Whether it looks like a verb: a rabbit checks a watch."""
        before = self.word(place - 1) if place > 0 else ""
        return (
            self.word(place).endswith("s")
            and self.word(place + 1) in lexicon.DETERMINERS
            and before.isalpha()
            and before not in lexicon.FUNCTION
            and before not in lexicon.NEGATORS
        )

    def _is_said_of_a_thing(self, place: int) -> bool:
        """The white of black and white, and of is white."""
        before = self.word(place - 1) if place > 0 else ""
        return before in lexicon.BE or (
            before == "and" and place > 1 and bool(self._kind(place - 2))
        )

    def _expects_a_thing(self, place: int) -> bool:
        """Behind an article or a modifier even a verb is a thing: a gold watch."""
        if place == 0:
            return False
        return self.word(place - 1) in ("a", "an", "the") or bool(self._kind(place - 1))

    def _modifies(self, place: int) -> bool:
        """Whether a thing (or another modifier) follows this modifier."""
        if self._is_shade(place):
            return True
        if not self._kind(place):
            return False
        if self.word(place) not in lexicon.NOUNS_TOO:
            return True
        return self._is_noun(place + 1) or bool(self._kind(place + 1))

    def _modifiers(self, place: int) -> tuple[list[Phrase], int]:
        """The modifiers from a place on, and the place behind them."""
        modifiers: list[Phrase] = []
        while place < len(self.words):
            if self._modifies(place):
                modifier, length = self._shaded(place)
                modifiers.append(modifier)
                place += length
            elif self._modifies(place + 1) and (
                self.word(place) in lexicon.SKIPPED
                or (modifiers and self.word(place) in ("and", ","))
            ):
                place += 1
            else:
                break
        return modifiers, place

    def _is_shade(self, place: int) -> bool:
        colour = self.word(place + 1)
        return (
            self.word(place) in lexicon.SHADE
            and colour in lexicon.COLOUR
            and colour not in lexicon.NOUNS_TOO
        )

    def _shaded(self, place: int) -> tuple[Phrase, int]:
        """One modifier and how many words it has: red, or dark blue."""
        first = self.words[place]
        if not self._is_shade(place):
            return first, 1
        second = self.words[place + 1]
        return Phrase(f"{first.text} {second.text}", first.start, second.end), 2

    def _phrase(self, start: int) -> int:
        """Reads the noun phrase that begins here, if one does: the place to go on from."""
        number = self._number(start)
        modifiers, place = self._modifiers(start if number is None else start + 1)
        behind = self._behind_nouns(place)
        if behind == place:
            if modifiers:
                return self._leftover(modifiers, start, place)
            return max(place, start + 1)
        nouns = self.words[place:behind]
        name = " ".join(noun.text for noun in nouns)
        thing = Phrase(name, nouns[0].start, nouns[-1].end)
        if self._is_compared(start):
            return behind
        self.things.append((thing, start, behind))
        self._add_attributes(modifiers, thing)
        if number is not None:
            self.counts.append(Count(self.words[start], number, thing))
        self._negate(start, thing)
        return self._predicate(thing, behind)

    def _behind_nouns(self, place: int) -> int:
        """The place behind the nouns that begin here."""
        behind = place
        while self._is_noun(behind):
            if behind > place and self._modifies(behind) and self._is_noun(behind + 1):
                break
            behind += 1
        return behind

    def _leftover(self, modifiers: list[Phrase], start: int, place: int) -> int:
        """Modifiers without a thing: the last one may be the thing itself (a red orange)."""
        last = self.words[place - 1]
        if len(modifiers) > 1 and last.lower in lexicon.NOUNS_TOO:
            self.things.append((last, start, place))
            self._add_attributes(modifiers[:-1], last)
        return place

    def _add_attributes(self, modifiers: list[Phrase], thing: Phrase) -> None:
        self.attributes += [
            Attribute(modifier, thing, kind_of(modifier.text.split()[-1]) or "colour")
            for modifier in modifiers
        ]

    def _is_compared(self, start: int) -> bool:
        """Whether the thing only says what another is like: hair like fire, as red as blood."""
        before = self._before_articles(start)
        if before >= 0 and self.word(before) == "like":
            return True
        return before > 1 and self.word(before) == "as" and self.word(before - 2) == "as"

    def _before_articles(self, start: int) -> int:
        """The place before a noun phrase and its articles; -1 at the beginning."""
        before = start - 1
        while before >= 0 and self.word(before) in ("a", "an", "any", "the"):
            before -= 1
        return before

    def _number(self, place: int) -> int | None:
        word = self.word(place)
        if word.isdecimal() and len(word) < 5:
            return int(word)
        return lexicon.NUMBERS.get(word)

    def _negate(self, start: int, thing: Phrase) -> None:
        """Adds a negation if a negator stands before the noun phrase, or before what has it: not
        wearing a hat.
        """
        before = self._before_articles(start)
        if before > 0 and self.word(before) in lexicon.HAVING:
            before -= 1
        if before < 0:
            return
        if before > 0 and (self.word(before - 1), self.word(before)) in _IN_PLACE_OF:
            first, last = self.words[before - 1], self.words[before]
            negator = Phrase(f"{first.text} {last.text}", first.start, last.end)
            self.negations.append(Negation(negator, thing))
        elif self.word(before) in lexicon.NEGATORS:
            self.negations.append(Negation(self.words[before], thing))
        elif self.word(before) == "or" and self._is_negated(self.words[before - 1]):
            self.negations.append(Negation(self.negations[-1].negator, thing))

    def _is_negated(self, word: Phrase) -> bool:
        """Whether the last negation ends with this word: no hat."""
        return bool(self.negations) and self.negations[-1].object.end == word.end

    def _predicate(self, thing: Phrase, place: int) -> int:
        """the car is red; a car that is red; a car painted red; a car that is not red."""
        ahead = place
        while self.word(ahead) in lexicon.SKIPPED or self.word(ahead) in _RELATIVE:
            ahead += 1
        if self.word(ahead) not in lexicon.BE:
            return place
        negator: Phrase | None = None
        while self.word(ahead) in _COPULA:
            if self.word(ahead) in lexicon.NEGATORS:
                negator = self.words[ahead]
            ahead += 1
        modifiers, behind = self._predicated(ahead)
        if negator is None:
            self._add_attributes(modifiers, thing)
        else:
            self.negations += [Negation(negator, modifier) for modifier in modifiers]
        return behind if modifiers else place

    def _predicated(self, place: int) -> tuple[list[Phrase], int]:
        """The modifiers behind a copula (red and shiny), and the place behind them."""
        modifiers: list[Phrase] = []
        while self._is_predicated(place):
            modifiers.append(self.words[place])
            place += 1
            if self.word(place) == "and" and self._is_predicated(place + 1):
                place += 1
        return modifiers, place

    def _is_predicated(self, place: int) -> bool:
        return bool(self._kind(place)) and not self._is_noun(place + 1)
