"""Where every word of the prompt went: which tokens, slots and windows of which stream hold it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Sequence
from dataclasses import dataclass

from .recording import Alignment, Span, StreamRecording, Token
from .word_ids import recorded_ids
from .words import PromptWord


@dataclass(frozen=True)
class Placement:
    """One stream, laid against the words of the prompt.

    Content tokens are numbered in reading order from 0. ``first[w]``, ``last[w]``: the tokens that
    hold word ``w``, -1 without any. ``window[i]``, ``slot[i]``: where token ``i`` stands (slot
    counts from 0 within its window); tokens from ``kept`` on were dropped by the host.
    ``starts[k]``: number of the first content token of window ``k``. ``moved``: token ranges that
    moved whole. ``template``: content tokens of a template before the prompt's first.
    """

    recording: StreamRecording
    aligned: Alignment
    first: list[int]
    last: list[int]
    window: list[int]
    slot: list[int]
    kept: int
    starts: list[int]
    ids: list[int | None]
    moved: list[tuple[int, int]]
    template: int
    words: Sequence[PromptWord]

    @property
    def content(self) -> int:
        """Content tokens of the artist's own text, dropped ones included."""
        return (
            sum(span is not None for span in self.aligned.spans)
            if self.template
            else len(self.aligned.spans)
        )

    def content_before(self, length: int, with_template: bool) -> int:
        """Content tokens inside a length that counts start and end, and the template or not."""
        recording = self.recording
        if self.template:
            tail = len(self.aligned.spans) - self.template - self.content
            return length - tail if with_template else self.template + length
        return length - (recording.start_id is not None) - (recording.end_id is not None)

    def before(self, limit: int) -> int:
        """How many content tokens stand below slot ``limit`` of the joined windows."""
        offset = 0
        for k, window in enumerate(self.recording.windows):
            if offset + len(window) > limit:
                low = self.starts[k]
                high = self.starts[k + 1] if k + 1 < len(self.starts) else self.kept
                return low + sum(self.slot[i] + offset < limit for i in range(low, high))
            offset += len(window)
        return self.kept


def place(recording: StreamRecording, aligned: Alignment, words: Sequence[PromptWord]) -> Placement:
    """Lay one stream's tokens against ``words``; a recording that does not add up to the host's
    windows claims nothing.
    """
    window: list[int] = []
    slot: list[int] = []
    given: list[int | None] = []
    starts: list[int] = []
    for k, tokens in enumerate(recording.windows):
        starts.append(len(window))
        for s, token in enumerate(tokens):
            if token[2]:
                window.append(k)
                slot.append(s)
                given.append(token[0] if isinstance(token[0], int) else None)
    ids = recorded_ids(recording.events)
    if ids[: len(given)] != given:
        ids = given
        aligned = Alignment(
            [None] * len(given),
            {},
            [0] * len(given),
            misaligned=[(0, words[-1].end)] if words else [],
        )
    first, last = _hold(aligned.spans, words)
    spans = aligned.spans
    template = (
        next((i for i, span in enumerate(spans) if span is not None), 0)
        if recording.origin.offset
        else 0
    )
    moved = _moved(recording, aligned, starts)
    return Placement(
        recording,
        aligned,
        first,
        last,
        window,
        slot,
        len(window),
        starts,
        ids,
        moved,
        template,
        words,
    )


def _hold(spans: Sequence[Span | None], words: Sequence[PromptWord]) -> tuple[list[int], list[int]]:
    """First and last token of every word. Both lists run forward, so one pass is enough."""
    starts = [word.start for word in words]
    ends = [word.end for word in words]
    count = len(words)
    first, last = [-1] * count, [-1] * count
    w = 0
    for i, span in enumerate(spans):
        if span is None:
            continue
        a, b = span
        if (
            w < count and starts[w] <= a < b <= ends[w]
        ):  # the common case: one more token of the same word
            if first[w] < 0:
                first[w] = i
            last[w] = i
            continue
        if w and a < ends[w - 1]:
            w = bisect_right(ends, a)  # a stream that the host put together in another order
        while w < count and ends[w] <= a:
            w += 1
        v = w
        while v < count and starts[v] < b:
            if first[v] < 0:
                first[v] = i
            last[v] = i
            v += 1
    return first, last


def _moved(
    recording: StreamRecording, aligned: Alignment, starts: Sequence[int]
) -> list[tuple[int, int]]:
    """Groups that open a window although the window before had room left."""
    found = []
    for k in range(1, len(recording.windows)):
        begin = starts[k]
        room = (recording.capacity or 0) - (begin - starts[k - 1])
        if room > 0 and begin < len(aligned.groups):
            end = begin
            while end < len(aligned.groups) and aligned.groups[end] == aligned.groups[begin]:
                end += 1
            found.append((begin, end))
    return found


def tokens_of(placement: Placement, text: str) -> list[list[Token]]:
    """The host's windows, slot by slot, each token with its characters and word. Spans leave out
    white space at their ends.
    """
    recording = placement.recording
    content = iter(_content(placement, text))
    windows = []
    for window in recording.windows:
        row: list[Token] = []
        met: set[str] = set()
        for token, weight, word_id in window:
            if word_id:
                number, kind, span, word, name = next(content)
                row.append(Token(number, weight, kind, span, word, name))
                continue
            kind = _special(recording, token, met)
            met.add(kind)
            row.append(Token(token if isinstance(token, int) else None, weight, kind))
        windows.append(row)
    return windows


def _word_of_each(p: Placement) -> list[int | None]:
    """The word that each content token belongs to; a token of two words belongs to the first."""
    spans = p.aligned.spans
    out: list[int | None] = [None] * len(spans)
    scattered = (
        p.recording.origin.table is not None
    )  # tokens of other words may stand between a word's first and last
    for w in range(len(p.first) - 1, -1, -1):
        low, high = p.first[w], p.last[w] + 1
        if low >= 0 and not scattered:
            out[low:high] = [w] * (high - low)
        for i in range(low, high) if scattered and low >= 0 else ():
            span = spans[i]
            if span and span[0] < p.words[w].end and p.words[w].start < span[1]:
                out[i] = w
    return out


_Content = tuple[int | None, str, Span | None, int | None, str | None]


def _content(p: Placement, text: str) -> list[_Content]:
    """(id, kind, span, word, embedding) of every content token."""
    words = _word_of_each(p)
    plain = "text" if p.aligned.misaligned or not p.recording.origin.known else "template"
    names = p.aligned.names
    out: list[_Content] = []
    for i, (number, span) in enumerate(zip(p.ids, p.aligned.spans, strict=True)):
        if i in names:
            out.append((None, "embedding", span, words[i], names[i]))
        elif span is None:
            out.append((number, plain, None, None, None))
        else:
            out.append((number, "text", _trimmed(text, span), words[i], None))
    return out


def _trimmed(text: str, span: Span) -> Span:
    """Without the white space that some vocabularies count to the word behind it; all-white tokens
    keep theirs.
    """
    a, b = span
    if not (text[a].isspace() or text[b - 1].isspace()):
        return span
    inner = text[a:b].strip()
    start = a + text[a:b].index(inner)
    return (start, start + len(inner)) if inner else span


def _special(recording: StreamRecording, token: object, met: Container[str]) -> str:
    """What a slot without content is; ``met``: the kinds before it in its window."""
    if recording.start_id is not None and token == recording.start_id and "start" not in met:
        return "start"
    if recording.end_id is not None and token == recording.end_id and "end" not in met:
        return "end"
    return "pad" if recording.pad_id in (None, token) else "template"
