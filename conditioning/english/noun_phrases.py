"""Noun phrases: things, with their properties and numbers before them or said of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import lexicon
from .statements import Count, Negation, Pair, Word


def kind_of(text: str) -> str | None:
    """colour, shape, size, age or material of a word; compounds by their last part
    (forest-green).
    """
    word = text.lower().replace("’", "'")
    for one in (word, word.rsplit("-", 1)[-1] if "-" in word else word):
        for kind, known in lexicon.KINDS.items():
            if one in known:
                return kind
    return (
        "shape"
        if word.endswith("-shaped")
        else "colour"
        if word.endswith(("-colored", "-coloured"))
        else None
    )


@dataclass
class Phrases:
    """One walk over the words. ``things`` are noun phrases as (thing, first word's place, place
    behind its last word).
    """

    words: list[Word]
    pairs: list[Pair] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    negations: list[Negation] = field(default_factory=list)
    things: list[tuple[Word, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        place = 0
        while place < len(self.words):
            place = self._phrase(place)

    def low(self, place: int) -> str:
        return self.words[place].text.lower().replace("’", "'") if place < len(self.words) else ""

    def _is_noun(self, place: int) -> bool:
        word = self.low(place)
        if not word or not word[0].isalpha() or word in lexicon.NUMBERS:
            return False
        if self.low(place + 1) == "than":
            return False
        if any(word in known for known in (lexicon.FUNCTION, lexicon.NEGATORS, lexicon.SKIPPED)):
            return (
                word in lexicon.PLACES and place > 0 and bool(kind_of(self.low(place - 1)))
            )  # a white top hat
        if kind_of(word):
            return word in lexicon.NOUNS_TOO
        if word in lexicon.VERBS and word not in lexicon.NOUNS:
            return word == lexicon.VERBS[word] and self._expects_a_thing(place)
        return word in lexicon.NOUNS or len(word) < 5 or not word.endswith(("ing", "ly"))

    def _expects_a_thing(self, place: int) -> bool:
        """Behind an article or a property even a verb is a thing: a gold watch."""
        before = self.low(place - 1) if place else ""
        return before in ("a", "an", "the") or bool(kind_of(before))

    def _modifies(self, place: int) -> bool:
        """A property word that a thing (or another property) follows."""
        if self._is_shade(place):
            return True
        if not kind_of(self.low(place)):
            return False
        if self.low(place) not in lexicon.NOUNS_TOO:
            return True
        return self._is_noun(place + 1) or bool(kind_of(self.low(place + 1)))

    def _modifiers(self, place: int) -> tuple[list[Word], int]:
        found: list[Word] = []
        while place < len(self.words):
            if self._modifies(place):
                word, length = self._shaded(place)
                found.append(word)
                place += length
            elif self._modifies(place + 1) and (
                self.low(place) in lexicon.SKIPPED or (found and self.low(place) in ("and", ","))
            ):
                place += 1
            else:
                return found, place
        return found, place

    def _is_shade(self, place: int) -> bool:
        colour = self.low(place + 1)
        return (
            self.low(place) in lexicon.SHADE
            and colour in lexicon.COLOUR
            and colour not in lexicon.NOUNS_TOO
        )

    def _shaded(self, place: int) -> tuple[Word, int]:
        """One property and how many words it has: red, or dark blue."""
        first = self.words[place]
        if not self._is_shade(place):
            return first, 1
        second = self.words[place + 1]
        return Word(f"{first.text} {second.text}", first.start, second.end), 2

    def _phrase(self, place: int) -> int:
        begun = place
        number = place if self._number(place) is not None else None
        if number is not None:
            place += 1
        modifiers, place = self._modifiers(place)
        behind = place
        while self._is_noun(behind) and not (
            behind > place and self._modifies(behind) and not self._ends(behind)
        ):
            behind += 1
        if behind == place:
            return (
                max(place, begun + 1) if not modifiers else self._leftover(modifiers, begun, place)
            )
        run = self.words[place:behind]
        thing = Word(" ".join(one.text for one in run), run[0].start, run[-1].end)
        self.things.append((thing, begun, behind))
        self.pairs += [
            Pair(one, thing, kind_of(one.text.split()[-1]) or "colour") for one in modifiers
        ]
        if number is not None and (value := self._number(number)) is not None:
            self.counts.append(Count(self.words[number], value, thing))
        self._deny(begun, thing)
        return self._predicate(thing, behind)

    def _ends(self, place: int) -> bool:
        return not self._is_noun(place + 1)

    def _leftover(self, modifiers: list[Word], begun: int, place: int) -> int:
        """Property words without a thing: the last one may be the thing itself (a red orange)."""
        last = self.words[place - 1]
        if len(modifiers) > 1 and last.text.lower() in lexicon.NOUNS_TOO:
            self.things.append((last, begun, place))
            self.pairs += [Pair(one, last, kind_of(one.text) or "colour") for one in modifiers[:-1]]
        return place

    def _number(self, place: int) -> int | None:
        word = self.low(place)
        return int(word) if word.isdecimal() and len(word) < 5 else lexicon.NUMBERS.get(word)

    def _deny(self, begun: int, thing: Word) -> None:
        before = begun - 1
        while before >= 0 and self.low(before) in ("a", "an", "any", "the"):
            before -= 1
        if before >= 0 and self.low(before) in lexicon.NEGATORS:
            self.negations.append(Negation(self.words[before], thing))

    def _predicate(self, thing: Word, place: int) -> int:
        """the car is red; a car that is red; a car painted red; a car that is not red."""
        ahead = place
        while (
            self.low(ahead) in ("that", "which", ",", "who") or self.low(ahead) in lexicon.SKIPPED
        ):
            ahead += 1
        if self.low(ahead) not in lexicon.BE:
            return place
        denied: Word | None = None
        while self.low(ahead) in lexicon.BE | lexicon.SKIPPED | {
            "not",
            "never",
            "of",
            "in",
            "color",
            "colour",
        }:
            if self.low(ahead) in lexicon.NEGATORS:
                denied = self.words[ahead]
            ahead += 1
        found: list[Word] = []
        while kind_of(self.low(ahead)) and not self._is_noun(ahead + 1):
            found.append(self.words[ahead])
            ahead += 1
            if (
                self.low(ahead) == "and"
                and kind_of(self.low(ahead + 1))
                and not self._is_noun(ahead + 2)
            ):
                ahead += 1
        if denied is None:
            self.pairs += [Pair(one, thing, kind_of(one.text) or "colour") for one in found]
        else:
            self.negations += [Negation(denied, one) for one in found]
        return ahead if found else place
