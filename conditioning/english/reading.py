"""Reads from a prompt what can be put to the test: properties, numbers, denials, relations, deeds.

Rules and word lists (:mod:`lexicon`), nothing else: what they cannot read is said in
``Reading.unread``. The artist can mark a contrast by hand: ``[red] car | [blue] house``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, pairwise

from ..errors import EncoderScopeError
from . import lexicon
from .noun_phrases import Phrases, kind_of
from .statements import Contrast, Count, Pair, Reading, Relation, Role, Word

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*|[,.;:|!?\[\]]")
_SYNTAX = (
    re.compile(r"<\w+:[^>]*>"),
    re.compile(r"embedding:\S+", re.IGNORECASE),
    re.compile(r":\s*[-+]?\d*\.?\d+\s*(?=\))"),
    re.compile(r"\\?[(){}]"),
)
_BREAK = re.compile(r"\bBREAK\b")
_MARK = re.compile(r"\[([^\[\]|]+)\]")
_BROKEN_MARK = "A mark was opened or closed alone."


def plain(text: str) -> str:
    """The prompt without weights, embeddings and LoRA names, each replaced by blanks, so that
    places stay what they were.
    """
    for pattern in _SYNTAX:
        text = pattern.sub(lambda found: " " * len(found[0]), text)
    return _BREAK.sub(lambda found: "," + " " * (len(found[0]) - 1), text)


def read(text: str) -> Reading:
    """What the prompt says, with spans of the prompt as typed. Raises :class:`EncoderScopeError`
    for marks that do not fit.
    """
    bare = plain(text)
    words = [Word(found[0], *found.span()) for found in _WORD.finditer(bare)]
    marked = _marked(text, bare, words)
    if not words:
        return Reading(text, unread=("The prompt is empty.",))
    found = Phrases(words)
    pairs = marked or tuple(found.pairs)
    relations, roles = tuple(_relations(found)), tuple(_roles(found))
    counts, negations = tuple(found.counts), tuple(found.negations)
    contrasts = (
        *_bindings(pairs),
        *_count_contrasts(counts),
        *(Contrast("negation", one) for one in negations),
        *(Contrast("relation", one) for one in relations if one.converse),
        *(Contrast("role", one) for one in roles),
    )
    unread = tuple(
        _unread(
            bare, words, bool(pairs or counts or negations or relations or roles), bool(contrasts)
        )
    )
    return Reading(
        text, pairs, counts, negations, relations, roles, contrasts, bool(marked), unread
    )


def _unread(bare: str, words: list[Word], something: bool, testable: bool) -> Iterator[str]:
    letters = [one for one in bare if one.isalpha()]
    foreign = sum(one > "\u024f" for one in letters) > len(letters) / 2
    known = sum(one.text.lower() in lexicon.FUNCTION or bool(kind_of(one.text)) for one in words)
    if foreign or (len(words) > 7 and not known):
        yield (
            "This does not look like English, and only English is read. Mark the contrast by "
            "hand: [red] car | [blue] house."
        )
    elif not something:
        yield (
            "No property, number, denial, relation or deed was found. Mark the contrast by "
            "hand: [red] car | [blue] house."
        )
    elif not testable:
        yield (
            "Nothing here has a rival to be confused with: two things with a property each "
            "can be tested, or one relation."
        )


# --- marks
# --------------------------------------------------------------------------------------------------


def _marked(text: str, bare: str, words: list[Word]) -> tuple[Pair, ...]:
    marks = list(_MARK.finditer(bare))
    if bare.count("[") != len(marks) or bare.count("]") != len(marks):
        raise EncoderScopeError(
            f"{_BROKEN_MARK} The prompt is {text!r}.",
            "Marks such as [red] car | [blue] house were expected.",
            "Close every bracket.",
        )
    if len(marks) == 1:
        raise EncoderScopeError(
            f"Only {marks[0][0]} is marked.",
            "Two marked words with a thing each were expected: [red] car | [blue] house.",
            "Mark the rival, too.",
        )
    return tuple(_marked_pair(found, text, words) for found in marks)


def _marked_pair(found: re.Match[str], text: str, words: list[Word]) -> Pair:
    after = [one for one in words if one.start >= found.end()]
    things: list[Word] = []
    for one in after:
        if not one.text[0].isalnum() or (things and one.text.lower() in lexicon.FUNCTION):
            break
        if one.text.lower() not in lexicon.FUNCTION:
            things.append(one)
    if not things:
        raise EncoderScopeError(
            f"Nothing follows {found[0]}.",
            "A marked word before its thing was expected: [red] car.",
            "Put the thing behind it.",
        )
    thing = _run(text, things)
    start, end = found.span(1)
    return Pair(Word(text[start:end], start, end), thing, "marked")


def _run(text: str, words: list[Word]) -> Word:
    return Word(text[words[0].start : words[-1].end], words[0].start, words[-1].end)


# --- between things
# --------------------------------------------------------------------------------------------------


def _relations(found: Phrases) -> Iterator[Relation]:
    phrases = sorted(
        ((phrase.split(), *rest) for phrase, rest in lexicon.RELATIONS.items()),
        key=lambda one: -len(one[0]),
    )
    for (left, _, behind), (right, begun, _) in pairwise(found.things):
        between = [found.low(place) for place in range(behind, begun)]
        for parts, kind, converse in phrases:
            at = next(
                (i for i in range(len(between)) if between[i : i + len(parts)] == parts), None
            )
            if at is None:
                continue
            first, last = found.words[behind + at], found.words[behind + at + len(parts) - 1]
            yield Relation(
                left, Word(" ".join(parts), first.start, last.end), right, kind, converse
            )
            break


def _roles(found: Phrases) -> Iterator[Role]:
    for (left, _, behind), (right, begun, _) in pairwise(found.things):
        between = [found.low(place) for place in range(behind, begun)]
        at = next((i for i, word in enumerate(between) if word in lexicon.VERBS), None)
        if at is None or {",", ".", ";", "|"} & set(between):
            continue
        verb, passive = found.words[behind + at], between[at + 1 : at + 2] == ["by"]
        rest = [
            word
            for word in between[at + 1 :]
            if word not in ("a", "an", "the", "by", "his", "her", "its", "their")
        ]
        if not rest:
            yield Role(right, verb, left, True) if passive else Role(left, verb, right, False)


def _bindings(pairs: tuple[Pair, ...]) -> Iterator[Contrast]:
    for first, second in combinations(pairs[:40], 2):
        if (
            first.object.start != second.object.start
            and first.modifier.text.lower() != second.modifier.text.lower()
        ):
            same = first.object.text.lower() == second.object.text.lower()
            if first.kind == second.kind and not same:
                yield Contrast("binding", first, second)


def _count_contrasts(counts: tuple[Count, ...]) -> Iterator[Contrast]:
    for first, second in combinations(counts[:20], 2):
        if first.value != second.value and first.object.text.lower() != second.object.text.lower():
            yield Contrast("count", first, second)
    if len(counts) == 1:
        yield Contrast("count", counts[0])
