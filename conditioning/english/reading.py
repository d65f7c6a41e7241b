"""Reads from a prompt what can be put to the test: attributes, counts, negations, relations and
actions.

Rules and word lists (:mod:`lexicon`), nothing else: what they cannot read is named in
``Reading.unread``. The artist can mark a contrast by hand: ``[red] car | [blue] house``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise

from ..errors import EncoderScopeError
from ..spans import filled
from ..tokens.lint.regions import quotations
from ..tokens.text_length import require_length
from ..translation import Deferred, later
from . import lexicon
from .contrasts import (
    ActionContrast,
    AttributeContrast,
    Contrast,
    CountContrast,
    NegationContrast,
    NumberContrast,
    RelationContrast,
)
from .noun_phrases import NounPhrases
from .other_languages import is_english
from .statements import Action, Attribute, Count, Phrase, Reading, Relation

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*|[,.;:|!?\[\]]")
_SYNTAX = (
    re.compile(r"\A.*?<Prompt Start>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<\w+:[^>]*>"),
    re.compile(r"embedding:\S+", re.IGNORECASE),
    re.compile(r":\s*[-+]?\d*\.?\d+\s*(?=\))"),
    re.compile(r"\\?[(){}]"),
)
_BREAK = re.compile(r"\bBREAK\b")
_MARK = re.compile(r"\[([^\[\]|]+)\]")


def plain(text: str) -> str:
    """The prompt without weights, embeddings, LoRA names and Lumina 2's instruction before `<Prompt
    Start>`, each replaced by blanks, so that places stay what they were.
    """
    for pattern in _SYNTAX:
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    return _BREAK.sub(lambda match: "," + " " * (len(match[0]) - 1), text)


def read(text: str) -> Reading:
    """What the prompt says, with spans of the prompt as typed. Raises :class:`EncoderScopeError`
    for marks that do not fit and for a text that is too long.
    """
    require_length(text)
    bare = _without_quotations(text, plain(text))
    words = _words(bare)
    marked = _marked(text, bare, words)
    if not words:
        return Reading(text, unread=(later("The prompt is empty."),))
    phrases = NounPhrases(words)
    reading = Reading(
        text,
        things=tuple(thing for thing, _, _ in phrases.things),
        attributes=marked or tuple(phrases.attributes),
        counts=tuple(phrases.counts),
        negations=tuple(phrases.negations),
        relations=tuple(_relations(phrases)),
        actions=tuple(_actions(phrases)),
        marked=bool(marked),
    )
    contrasts = tuple(_contrasts(reading))
    unread = tuple(_unread(reading, bare, words, testable=bool(contrasts)))
    return replace(reading, contrasts=contrasts, unread=unread)


def _without_quotations(text: str, bare: str) -> str:
    """Blanks for what is quoted, which is to be written, not drawn: a sign that says "NO DOGS". A
    prompt that is one quotation stays.
    """
    outside = filled(bare, quotations(text), " ")
    return outside if any(map(str.isalnum, outside)) else bare


def noun_phrases(text: str) -> list[Phrase]:
    """Each thing with its number and what is said of it before it: *two red cars*; places of the
    prompt as typed, where marks are blanks. Raises :class:`EncoderScopeError` for a text that is
    too long.
    """
    require_length(text)
    bare = plain(text).replace("[", " ").replace("]", " ")
    words = _words(bare)
    spans = [(words[first].start, thing.end) for thing, first, _ in NounPhrases(words).things]
    return [Phrase(bare[start:end], start, end) for start, end in spans]


def _words(bare: str) -> list[Phrase]:
    return [Phrase(match[0], *match.span()) for match in _WORD.finditer(bare)]


def _unread(reading: Reading, bare: str, words: list[Phrase], testable: bool) -> Iterator[Deferred]:
    if not is_english(bare, [word.text for word in words]):
        yield later(
            "This does not look like English, and only English is read. Mark the contrast by "
            "hand: [red] car | [blue] house."
        )
    elif not reading.statements():
        yield later(
            "No property, number, negation, relation or action was found; only English is read. "
            "Mark the contrast by hand: [red] car | [blue] house."
        )
    elif not testable:
        yield _no_rival(reading.attributes)


def _no_rival(attributes: tuple[Attribute, ...]) -> Deferred:
    """Why nothing of a prompt can be confused with anything else in it."""
    for first, second in combinations(attributes[:40], 2):
        if first.kind != second.kind or first.object.start == second.object.start:
            continue
        if first.modifier.lower == second.modifier.lower:
            return later(
                "“{first}” and “{second}” have the same property: exchanged, they say the same, so "
                "nothing can be confused.",
                first=first.label(),
                second=second.label(),
            )
        return later(
            "“{first}” and “{second}” are the same kind of thing: exchanged, they say the same, so "
            "nothing can be confused.",
            first=first.label(),
            second=second.label(),
        )
    return later(
        "Nothing in this prompt can be confused with anything else in it: two different things "
        "with a property of one kind each could, or one relation."
    )


# --- marks
# --------------------------------------------------------------------------------------------------


def _marked(text: str, bare: str, words: list[Phrase]) -> tuple[Attribute, ...]:
    """The attributes that the artist marked: [red] car | [blue] house."""
    marks = list(_MARK.finditer(bare))
    if bare.count("[") != len(marks) or bare.count("]") != len(marks):
        raise EncoderScopeError(
            "A mark was opened or closed alone. The prompt is {text!r}.",
            "Marks such as [red] car | [blue] house were expected.",
            "Close every bracket.",
            text=text,
        )
    if len(marks) == 1:
        raise EncoderScopeError(
            "Only {mark} is marked.",
            "Two marked words with a thing each were expected: [red] car | [blue] house.",
            "Mark the rival, too.",
            mark=marks[0][0],
        )
    return tuple(_marked_attribute(mark, text, words) for mark in marks)


def _marked_attribute(mark: re.Match[str], text: str, words: list[Phrase]) -> Attribute:
    """A marked word and the thing behind it. Raises :class:`EncoderScopeError` without one."""
    things: list[Phrase] = []
    for word in words:
        if word.start < mark.end():
            continue
        function_word = word.lower in lexicon.FUNCTION
        if not word.text[0].isalnum() or (things and function_word):
            break
        if not function_word:
            things.append(word)
    if not things:
        raise EncoderScopeError(
            "Nothing follows {mark}.",
            "A marked word before its thing was expected: [red] car.",
            "Put the thing behind it.",
            mark=mark[0],
        )
    modifier = _typed(text, *mark.span(1))
    return Attribute(modifier, _typed(text, things[0].start, things[-1].end), "marked")


def _typed(text: str, start: int, end: int) -> Phrase:
    return Phrase(text[start:end], start, end)


# --- between things
# --------------------------------------------------------------------------------------------------


def _neighbours(phrases: NounPhrases) -> Iterator[tuple[Phrase, Phrase, int, list[str]]]:
    """Two things that follow each other, the place behind the first, and the words between. Where
    the first is a part of a body or a garment, who has it: a woman with long hair holding a sword.
    """
    for index, ((_, _, behind), (right, start, _)) in enumerate(pairwise(phrases.things)):
        between = [phrases.word(place) for place in range(behind, start)]
        yield _bearer(phrases, index), right, behind, between


def _bearer(phrases: NounPhrases, index: int) -> Phrase:
    """Who has the thing of this index; the thing itself where it has no bearer. What stands behind
    a part or a garment in a list is had, too: with green eyes and a lantern.
    """
    thing, start, _ = phrases.things[index]
    links = _links(thing)
    while index > 0:
        index -= 1
        bearer, first, behind = phrases.things[index]
        further = _links(bearer)
        if further:
            links |= {"and"}
        between = {phrases.word(place) for place in range(behind, start)}
        if between.isdisjoint(links) or not between.isdisjoint(_NOT_BEARING):
            break
        if not further:
            return bearer
        links, start = further, first
    return thing


def _links(thing: Phrase) -> frozenset[str]:
    """Words between who has a thing and the thing; none of what nobody wears or is made of."""
    last = thing.lower.split()[-1]
    if last in lexicon.PARTS:
        return _WITH
    is_worn = last in lexicon.CLOTHES or last.endswith(("coat", "shirt", "suit"))
    return _WITH | {"in", "wearing"} if is_worn else frozenset()


_SENTENCE_MARKS = frozenset((",", ".", ";", "|"))
_WITH = frozenset(("with", "has", "having"))
_NOT_BEARING = _SENTENCE_MARKS | lexicon.VERBS.keys() - {"wearing"}
_NOT_BEARING |= {words.split()[0] for words in lexicon.RELATIONS} - {"in"}


def _relations(phrases: NounPhrases) -> Iterator[Relation]:
    for left, right, behind, between in _neighbours(phrases):
        for words, (kind, converse) in _RELATIONS:
            starts = range(len(between) - len(words) + 1)
            at = next((k for k in starts if between[k : k + len(words)] == words), None)
            if at is None or not _AFTER_RELATION.isdisjoint(between[at + len(words) :]):
                continue
            first, last = phrases.words[behind + at], phrases.words[behind + at + len(words) - 1]
            relation = Phrase(" ".join(words), first.start, last.end)
            yield Relation(left, relation, right, kind, converse)
            break


_RELATIONS = sorted(
    ((phrase.split(), rest) for phrase, rest in lexicon.RELATIONS.items()),
    key=lambda entry: -len(entry[0]),
)
"""The longest phrases first: to the left of, before left of."""


_AFTER_RELATION = _SENTENCE_MARKS | {"it", "him", "them", "both", "each", "you", "me", "us"}
"""Behind a relation they stand for its thing, or end it: a fork beside it, and a glass."""


def _actions(phrases: NounPhrases) -> Iterator[Action]:
    for left, right, behind, between in _neighbours(phrases):
        at = next((k for k, word in enumerate(between) if word in lexicon.VERBS), None)
        if at is None or not _SENTENCE_MARKS.isdisjoint(between):
            continue
        if not lexicon.NEGATORS.isdisjoint(between[:at]):  # not wearing a hat: nothing is done
            continue
        after = between[at + 1 :]
        if not _BEFORE_PATIENT.issuperset(after):
            continue
        verb = phrases.words[behind + at]
        if after[:1] == ["by"]:
            yield Action(right, verb, left, passive=True)
        else:
            yield Action(left, verb, right, passive=False)


_BEFORE_PATIENT = lexicon.DETERMINERS | {"by"}
"""Words between a verb and the thing that it acts on."""


# --- contrasts
# --------------------------------------------------------------------------------------------------


def _contrasts(reading: Reading) -> Iterator[Contrast]:
    yield from _attribute_contrasts(reading.attributes)
    yield from _count_contrasts(reading.counts)
    yield from (NegationContrast(negation) for negation in reading.negations)
    yield from (RelationContrast(each) for each in reading.relations if each.converse)
    yield from (ActionContrast(action) for action in reading.actions)


def _attribute_contrasts(attributes: tuple[Attribute, ...]) -> Iterator[AttributeContrast]:
    for first, second in combinations(attributes[:40], 2):
        if (
            first.kind == second.kind
            and first.object.start != second.object.start
            and first.object.lower != second.object.lower
            and first.modifier.lower != second.modifier.lower
        ):
            yield AttributeContrast(first, second)


def _count_contrasts(counts: tuple[Count, ...]) -> Iterator[Contrast]:
    for first, second in combinations(counts[:20], 2):
        if first.value != second.value and first.object.lower != second.object.lower:
            yield CountContrast(first, second)
    if len(counts) == 1:
        yield NumberContrast(counts[0])
