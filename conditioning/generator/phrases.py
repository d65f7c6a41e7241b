"""Which phrases of a prompt are measured: as the artist marked them, else as they are read, else
comma by comma.

    a [red] car next to [a blue house]      marks; the brackets are no part of the prompt
    a red car next to a blue house          red / car / next to / blue / house
    masterpiece, 1girl, red hair            masterpiece / 1girl / red hair
    a sign that says "OPEN 24/7"            sign / says / OPEN 24/7
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..english import lexicon
from ..english.noun_phrases import NounPhrases, normalised
from ..english.other_languages import is_english
from ..english.reading import plain, read
from ..english.statements import Phrase, Reading
from ..errors import EncoderScopeError, UnknownName
from ..spans import filled, overlap_any
from ..tokens.lint.regions import quotations
from ..translation import deferred, first_of, later
from .budget import MOST_PHRASES

MARKED, READ, COMMA = "marked", "read", "comma"
APART, WHOLE_PHRASES, BY_COMMA = "properties apart", "whole phrases", "comma by comma"
SPLITS = (APART, WHOLE_PHRASES, BY_COMMA)
_MARK = re.compile(r"\[([^\[\]]+)\]")
_LETTERS = r"[^\W_]+(?:['’\-][^\W_]+)*"
_WORD = re.compile(_LETTERS)
_WORD_OR_BREAK = re.compile(_LETTERS + "|[,.;:|!?]")
_BREAKS = re.compile(
    r"[;|!?\n\"“”«»`「」『』<>，。、；：！？（）]|[,.](?!(?<=\d.)\d)|:(?!(?<=\d.)\d|(?<=[^\W\d_].)[^\W\d_])"
)
"""Not inside of a number or a tag: f1.8, 16:9, artist:wlop."""
_UNDERSCORED = re.compile(r"[^\W_]+(?:_+[^\W_]+)+")
"""A tag of a tagger: score_8_up, looking_at_viewer."""
_GLUED = re.compile(r"[/.@&+]")
"""Between two words without a blank: f/2.8, example.org."""
_NAMED = 4
"""So many of the phrases that are left out are named."""
_TAGS = 3
"""From so many parts between commas on, of so many words each in the mean, a prompt is a list of
tags; so many short parts one after the other are such a list within a prompt.
"""


@dataclass(frozen=True)
class PromptPhrase:
    """Characters ``start`` to ``end`` of the prompt, and why they are a phrase."""

    text: str
    start: int
    end: int
    source: str
    """marked, read or comma."""


@dataclass(frozen=True)
class PhraseChoice:
    """A prompt without marks, and its phrases."""

    text: str
    phrases: tuple[PromptPhrase, ...]
    unmeasured: tuple[str, ...] = ()
    """The phrases that are left out."""

    @property
    def skipped(self) -> tuple[str, ...]:
        """Sentences on what is not measured, translated later."""
        return _left_out(self.unmeasured, len(self.phrases))


def choose(typed: str, split: str = APART, most: int = MOST_PHRASES) -> PhraseChoice:
    """The phrases of a prompt as typed, in its order. Raises :class:`EncoderScopeError` for an
    empty prompt and for marks that do not fit.
    """
    if split not in SPLITS:
        raise UnknownName("split", split, list(SPLITS))
    text, marks = without_marks(typed)
    spans, source = marks, MARKED
    if not marks:
        spans, source = _unmarked(text, split)
    spans = [_trimmed(text, *span) for span in spans]
    phrases = [
        PromptPhrase(text[start:end], start, end, source) for start, end in spans if start < end
    ]
    if not phrases:
        raise EncoderScopeError(
            "There is no phrase in the prompt.",
            "A prompt with at least one word was expected.",
            "Write one, or mark what is to be measured: a [red] car.",
        )
    unmeasured = tuple(phrase.text for phrase in phrases[most:])
    return PhraseChoice(text, tuple(phrases[:most]), unmeasured)


def _left_out(names: Sequence[str], most: int) -> tuple[str, ...]:
    """One sentence on all of them, none where nothing is left out."""
    if not names:
        return ()
    named = deferred(lambda: first_of(names, _NAMED))
    if most == 1:
        sentence = later(
            "{phrase}: left out, one phrase is measured at once. Mark the one that matters.",
            phrase=named,
        )
    else:
        sentence = later(
            "{phrase}: left out, {most} phrases are measured at once. Mark the ones that matter.",
            phrase=named,
            most=most,
        )
    return (sentence,)


def without_marks(typed: str) -> tuple[str, list[tuple[int, int]]]:
    """The prompt without the brackets of marks, and where the marked characters stand in it. Raises
    :class:`EncoderScopeError` for a bracket that stands alone.
    """
    marks = list(_MARK.finditer(typed))
    if typed.count("[") != len(marks) or typed.count("]") != len(marks):
        raise EncoderScopeError(
            "A mark was opened or closed alone. The prompt is {text!r}.",
            "Marks such as [red] car were expected.",
            "Close every bracket, or write round ones.",
            text=typed,
        )
    text, spans, position = "", [], 0
    for mark in marks:
        text += typed[position : mark.start()]
        spans.append((len(text), len(text) + len(mark[1])))
        text += mark[1]
        position = mark.end()
    return text + typed[position:], spans


def _unmarked(text: str, split: str) -> tuple[list[tuple[int, int]], str]:
    bare = _with_quotations_closed(text)
    if split != BY_COMMA and not _is_tags(bare):
        spans = _as_read(text, bare, split)
        if spans:
            return spans, READ
    return _between_breaks(bare) or _embeddings(text), COMMA


def _with_quotations_closed(text: str) -> str:
    """The plain prompt, in which each quotation is one word."""
    return filled(plain(text), quotations(text), "x")


def _is_tags(bare: str) -> bool:
    parts = [_WORD.findall(part) for part in bare.split(",")]
    parts = [part for part in parts if part]
    return (
        len(parts) >= _TAGS
        and sum(map(len, parts)) <= _TAGS * len(parts)
        and not any(word.lower() in ("a", "an", "the") for part in parts for word in part)
    )


def _between_breaks(bare: str) -> list[tuple[int, int]]:
    """Stretches between commas and other marks that hold a word."""
    spans, start = [], 0
    for match in [*_BREAKS.finditer(bare), None]:
        end = len(bare) if match is None else match.start()
        words = list(_WORD.finditer(bare, start, end))
        if words:
            spans.append((words[0].start(), words[-1].end()))
        start = end + 1
    return spans


def _tags(bare: str) -> Iterator[tuple[int, int]]:
    """The tags of a list within a prompt, such as masterpiece, best quality, 8k."""
    run: list[tuple[int, int]] = []
    for span in [*_between_breaks(bare), None]:
        follows = span is not None and (not run or bare[run[-1][1] : span[0]].strip() == ",")
        if span is not None and follows and _is_tag(bare[slice(*span)]):
            run.append(span)
            continue
        if len(run) >= _TAGS:
            yield from run
        run = [span] if span is not None and _is_tag(bare[slice(*span)]) else []


def _is_tag(part: str) -> bool:
    words = [normalised(word) for word in _WORD.findall(part)]
    return 0 < len(words) <= _TAGS and not any(word in _EMPTY for word in words)


def _underscored(bare: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _UNDERSCORED.finditer(bare))


def _embeddings(text: str) -> list[tuple[int, int]]:
    """Textual inversions, where a prompt has nothing else."""
    return [match.span() for match in re.finditer(r"embedding:[^\s,()]+", text, re.IGNORECASE)]


def _as_read(text: str, bare: str, split: str) -> list[tuple[int, int]]:
    """Things, properties, numbers, relations, actions and negations, and whatever else has a
    meaning of its own; quotations and tags as wholes; nothing where the prompt is not English.
    """
    reading = read(text)
    spans = {APART: _apart, WHOLE_PHRASES: _whole_phrases}[split](reading)
    spans += [relation.relation.span for relation in reading.relations]
    spans += [action.verb.span for action in reading.actions]
    spans += [negation.negator.span for negation in reading.negations]
    if not spans or not is_english(plain(text), _WORD_OR_BREAK.findall(plain(text))):
        return []
    wholes = _without_overlaps([*quotations(text), *_tags(bare), *_underscored(bare)])
    spans = [*wholes, *_without_overlaps(span for span in spans if not overlap_any(span, wholes))]
    numbers = [count.number.span for count in reading.counts]
    return list(_joined(bare, sorted([*spans, *_rest(bare, spans)]), numbers))


def _joined(
    bare: str, spans: Sequence[tuple[int, int]], numbers: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Phrases, those that are written as one word joined, and names with their number (panel 2) or
    what they are a picture of (oil painting). ``numbers``: those that count things.
    """
    last: tuple[int, int] | None = None
    for span in spans:
        if last is not None and span not in numbers and _belongs_to(bare, last, span):
            last = last[0], span[1]
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last


def _belongs_to(bare: str, last: tuple[int, int], span: tuple[int, int]) -> bool:
    between, words = bare[last[1] : span[0]], bare[slice(*span)]
    if between != " ":
        return _GLUED.fullmatch(between) is not None
    is_number = words.isdecimal() and bare[last[1] - 1].isalpha()
    return is_number or normalised(words) in _PICTURES


def _apart(reading: Reading) -> list[tuple[int, int]]:
    spans = [thing.span for thing in reading.things]
    spans += [attribute.modifier.span for attribute in reading.attributes]
    return spans + [count.number.span for count in reading.counts]


def _whole_phrases(reading: Reading) -> list[tuple[int, int]]:
    """Things with their properties and numbers: a reading has the things alone."""
    words = _words(_WORD_OR_BREAK, plain(reading.text))
    things = NounPhrases(words).things
    return [(words[first].start, words[behind - 1].end) for _, first, behind in things]


def _words(pattern: re.Pattern[str], bare: str) -> list[Phrase]:
    return [Phrase(match[0], *match.span()) for match in pattern.finditer(bare)]


def _without_overlaps(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order; of two that overlap the longer one."""
    apart: list[tuple[int, int]] = []
    for start, end in sorted(set(spans), key=lambda span: (span[0] - span[1], span)):
        if start >= 0 and all(end <= a or b <= start for a, b in apart):
            apart.append((start, end))
    return sorted(apart)


def _rest(bare: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Runs of other words that are not mere function words."""
    run: list[Phrase] = []
    for word in _words(_WORD, bare):
        in_phrase = overlap_any((word.start, word.end), spans)
        broken = bool(run) and _BREAKS.search(bare, run[-1].end, word.end) is not None
        empty = normalised(word.text) in _EMPTY
        if run and (in_phrase or broken or empty):
            yield run[0].start, run[-1].end
            run = []
        if not in_phrase and not empty:
            run.append(word)
    if run:
        yield run[0].start, run[-1].end


_PICTURES = frozenset(("photo", "photograph", "picture", "image", "painting", "drawing"))
_EMPTY = lexicon.FUNCTION - _PICTURES - lexicon.PLACES - lexicon.NEGATORS | {"s", "t"}
"""Words without a meaning of their own."""


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without white space at the ends, and with the bracket that closes a name's source:
    saber_\\(fate\\).
    """
    part = text[start:end]
    if part.count("\\(") > part.count("\\)") and text.startswith("\\)", end):
        return start, end + len("\\)")
    return start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())
