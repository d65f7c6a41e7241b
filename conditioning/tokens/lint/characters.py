"""Text that an encoder hardly knows: pieces that are missing, bytes instead of words, invisible
characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from ...translation import translatable, translate, translate_count
from ..placement import Placement
from .finding import Finding, finding, shortened
from .prompt_reading import PromptReading
from .regions import Span, SpanCounter
from .scripts import in_bytes, is_latin

_INVISIBLE = {
    "\u00ad": translatable("a soft hyphen"),
    "\u034f": translatable("a combining joiner"),
    **dict.fromkeys(
        "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
        translatable("a mark of direction"),
    ),
    "\u180e": translatable("a Mongolian separator"),
    "\u200b": translatable("a zero-width space"),
    "\u200c": translatable("a zero-width non-joiner"),
    "\u200d": translatable("a zero-width joiner"),
    "\u2060": translatable("a word joiner"),
    **dict.fromkeys("\u2061\u2062\u2064", translatable("an invisible operator")),
    "\u2063": translatable("an invisible separator"),
    "\ufeff": translatable("a byte-order mark"),
    "\ufffc": translatable("an object's placeholder"),
}
_BRIEF = 32
_ENGLISH_WORDS = translatable("Say it in English words.")
_PLAIN_LETTERS = translatable("Write “{plain}”, in plain letters.")
_OTHER_WORDS = translatable("Delete it, or say it in words.")
_OTHER_SIGN = translatable("Delete it, or use a sign of ASCII.")
_PART_OF_IT = translatable(
    "There is no piece for part of “{text}” in {reader}: it becomes “unknown” there."
)


UnknownSpans = Mapping[str, list[Span]]
"""Stream -> where it has no piece, worked out once."""
SpanCounters = Mapping[str, SpanCounter]
"""Stream -> the same places, to ask whether a stretch holds one."""


def characters(reading: PromptReading) -> Iterator[Finding]:
    """Findings about characters, in no order."""
    unknown = {p.recording.name: _unknown_spans(p, reading.text) for p in reading.placements}
    yield from _invisible(reading)
    lacking = {name: SpanCounter(spans) for name, spans in unknown.items()}
    yield from _unknown(reading, unknown, lacking)
    yield from _bytes(reading, lacking)


def _invisible(reading: PromptReading) -> Iterator[Finding]:
    text = reading.text
    at = len(text) if _INVISIBLE.keys().isdisjoint(text) else 0
    while at < len(text):
        if text[at] not in _INVISIBLE or _is_part_of_writing(text, at):
            at += 1
            continue
        end = at + 1
        while end < len(text) and text[end] in _INVISIBLE:
            end += 1
        yield finding("invisible", text, (at, end), invisible=_what_it_does(reading, at, end))
        at = end


def _what_it_does(reading: PromptReading, at: int, end: int) -> str:
    sign = translate(_INVISIBLE[reading.text[at]])
    tokens = reading.tokens_taken(at, end)
    if tokens:
        return translate(
            "There is {sign} here: it is read with {tokens}.", sign=sign, tokens=tokens
        )
    return translate(
        "There is {sign} here: it is dropped, but may part the word it stands in.", sign=sign
    )


def _is_part_of_writing(text: str, at: int) -> bool:
    """A joiner inside an emoji, or inside a word of a script that needs it."""
    if text[at] not in "\u200c\u200d" or not 0 < at < len(text) - 1:
        return False
    around = text[at - 1] + text[at + 1]
    emoji = all(unicodedata.category(char) in ("So", "Sk", "Mn") for char in around)
    letters = all(char.isalpha() or unicodedata.category(char)[0] == "M" for char in around)
    return emoji or (
        letters and not around.isascii() and "LATIN" not in unicodedata.name(around[0], "")
    )


def _unknown(
    reading: PromptReading, unknown: UnknownSpans, lacking: SpanCounters
) -> Iterator[Finding]:
    counters: dict[str, SpanCounter] = {}
    by_span: dict[Span, list[Placement]] = {}
    for placement in reading.placements:
        for span in _unknown_runs(reading, unknown[placement.recording.name]):
            by_span.setdefault(span, []).append(placement)
    for span, placements in sorted(by_span.items(), key=lambda item: item[0]):
        meaningful = any(_has_meaning(char) for char in reading.text[slice(*span)])
        remedy = _instead_of(reading, span, meaningful)
        name = placements[0].recording.name
        if name not in counters:
            counters[name] = SpanCounter(_known_spans(placements[0], reading.text))
        in_part = meaningful and counters[name].touching(*span) > 0
        yield finding(
            "unknown_pieces",
            reading.text,
            span,
            certain=meaningful,
            text=_in_brief(reading.text, span),
            remedy=remedy,
            reader=reading.titles(placements),
            other=_readers_of(reading, span, placements, lacking),
            **({"does": _PART_OF_IT} if in_part else {}),
        )


def _in_brief(text: str, span: Span) -> str:
    """The characters, few of a text in another script: its beginning stands before the sentence."""
    return shortened(" ".join(text[slice(*span)].split()), _BRIEF)


def _unknown_runs(reading: PromptReading, spans: Sequence[Span]) -> list[Span]:
    """Stretches without a piece; those of one text in another script are one, with what the encoder
    knows of it, such as single letters of Cyrillic.
    """
    text = reading.text
    runs: list[Span] = []
    for span in spans:
        if runs and _is_one_run(text, runs[-1], span):
            start, _ = reading.words_around(*runs[-1])
            _, end = reading.words_around(*span)
            runs[-1] = (start, end)
        else:
            runs.append(span)
    return runs


def _is_one_run(text: str, before: Span, behind: Span) -> bool:
    """Whether letters and pictures on both sides have nothing but signs, and letters of another
    script than Latin, between them.
    """
    parts = [text[slice(*before)], text[slice(*behind)], text[before[1] : behind[0]]]
    return all(any(map(_has_meaning, part)) for part in parts[:2]) and not any(
        char.isalnum() and is_latin(char) for part in parts for char in part
    )


def _instead_of(reading: PromptReading, span: Span, meaningful: bool) -> str:
    """The remedy for text that has no piece."""
    text = reading.text[slice(*span)]
    if meaningful:
        return _in_plain_letters(reading.text[slice(*reading.words_around(*span))])
    return translate(_OTHER_WORDS if text.isascii() else _OTHER_SIGN)


def _in_plain_letters(text: str) -> str:
    """The remedy for a word: its plain letters where it has any, such as those of naïve."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    if plain.isascii() and re.search("[a-zA-Z]", plain):
        return translate(_PLAIN_LETTERS, plain=" ".join(plain.split()))
    return translate(_ENGLISH_WORDS)


def _known_spans(placement: Placement, text: str) -> Iterator[Span]:
    """The characters behind each id that is a piece of text, signs aside: ½ is 1, a slash, and
    2.
    """
    for number, span in zip(placement.ids, placement.alignment.spans, strict=False):
        if span is None or not placement.recording.holds_text(number):
            continue
        if any(map(str.isalnum, text[slice(*span)])):
            yield span


def _has_meaning(char: str) -> bool:
    """Letters, figures and pictures; not the signs of a sentence, of code, or of JSON."""
    return unicodedata.category(char)[0] in "LN" or unicodedata.category(char) == "So"


def _unknown_spans(placement: Placement, text: str) -> list[Span]:
    """The characters behind each unknown id, neighbours joined, without blanks at their ends."""
    unknown = placement.recording.unknown_id
    if unknown is None:
        return []
    spans: list[Span] = []
    for number, span in zip(placement.ids, placement.alignment.spans, strict=False):
        if number != unknown or span is None:
            continue
        if spans and all(char in _INVISIBLE for char in text[spans[-1][1] : span[0]]):
            spans[-1] = (spans[-1][0], max(spans[-1][1], span[1]))
        else:
            spans.append(span)
    return [stripped for span in spans if (stripped := _strip(text, span))[0] < stripped[1]]


def _strip(text: str, span: Span) -> Span:
    start, end = span
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _readers_of(
    reading: PromptReading, span: Span, placements: Sequence[Placement], lacking: SpanCounters
) -> str:
    """Encoders of this model that know the words which these characters stand in: a hint behind
    the remedy.
    """
    start, end = reading.words_around(*span)
    others = []
    for placement in reading.placements:
        pieces = reading.token_count(placement, start, end)
        lacks = lacking[placement.recording.name].touching(start, end) > 0
        if placement in placements or lacks or not pieces:
            continue
        if reading.learned_more(placement) or not in_bytes(reading.text[start:end], pieces):
            others.append(placement)
    if not others:
        return ""
    return f" {translate('It is known to {readers}.', readers=reading.titles(others))}"


def _bytes(reading: PromptReading, lacking: SpanCounters) -> Iterator[Finding]:
    """Words of a foreign script with nothing but signs between them become one finding."""
    by_span: dict[Span, list[tuple[Placement, int]]] = {}
    for placement in reading.placements:
        for span in _byte_spans(reading, placement):
            pieces = reading.token_count(placement, *span)
            by_span.setdefault(span, []).append((placement, pieces))
    for span, readers in sorted(by_span.items(), key=lambda item: item[0]):
        counts = sorted({count for _, count in readers})
        placements = [placement for placement, _ in readers]
        yield finding(
            "byte_pieces",
            reading.text,
            span,
            text=_in_brief(reading.text, span),
            pieces=_pieces(counts),
            reader=reading.titles(placements),
            remedy=_in_plain_letters(reading.text[slice(*span)]),
            other=_readers_of(reading, span, placements, lacking),
        )


def _pieces(counts: Sequence[int]) -> str:
    """ "2 pieces", "2 or 3 pieces": different encoders, different counts."""
    if len(counts) == 1:
        return translate_count("{count} piece", "{count} pieces", counts[0])
    fewer = ", ".join(map(str, counts[:-1]))
    return translate("{fewer} or {most} pieces", fewer=fewer, most=counts[-1])


def _byte_spans(reading: PromptReading, placement: Placement) -> list[Span]:
    """Stretches of another script that are judged as a whole, and words with letters that the
    vocabulary lacks. Language models and UMT5 learned to read bytes of any script as words.
    """
    if reading.learned_more(placement):
        return []
    words = reading.prompt_map.words
    spans: list[Span] = []
    for run in reading.foreign_runs:
        known = [at for at in run if _pieces_of(placement, at) > 0]
        letters = "".join(words[at].text for at in known)
        if letters and in_bytes(letters, sum(_pieces_of(placement, at) for at in known)):
            spans.append((words[known[0]].start, words[known[-1]].end))
    return spans


def _pieces_of(placement: Placement, at: int) -> int:
    """Pieces of text in a word; 0 for one that the encoder lacks in part or is not given."""
    first, last = placement.first[at], placement.last[at]
    recording, ids = placement.recording, placement.ids[first : last + 1]
    if first < 0 or recording.unknown_id in ids:
        return 0
    return sum(map(recording.holds_text, ids))
