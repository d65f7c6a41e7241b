"""Where every word of the prompt went: which tokens, slots and windows of which stream hold it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Sequence
from dataclasses import dataclass

from ..spans import overlap
from .ignored_vectors import closed_up
from .recording import Alignment, Span, StreamRecording, Token
from .word_ids import recorded_ids
from .words import PromptWord


@dataclass(frozen=True)
class Placement:
    """One stream, laid against the words of the prompt.

    Content tokens are numbered in reading order from 0. ``first[w]``, ``last[w]``: the tokens that
    hold word ``w``, -1 without any. ``window[i]``, ``slot[i]``: where token ``i`` stands (slot
    counts from 0 within its window); tokens from ``in_windows`` on were dropped by the host.
    ``starts[k]``: number of the first content token of window ``k``. ``moved``: token ranges that
    moved whole. ``template``: content tokens of a template before the prompt's first.
    """

    recording: StreamRecording
    alignment: Alignment
    first: list[int]
    last: list[int]
    window: list[int]
    slot: list[int]
    in_windows: int
    starts: list[int]
    ids: list[int | None]
    moved: list[tuple[int, int]]
    template: int
    words: Sequence[PromptWord]

    @property
    def content(self) -> int:
        """Content tokens of the artist's own text, dropped ones included."""
        if not self.template:
            return len(self.alignment.spans)
        return sum(span is not None for span in self.alignment.spans)

    def window_end(self, window: int) -> int:
        """Number of the first content token behind a window."""
        return self.starts[window + 1] if window + 1 < len(self.starts) else self.in_windows

    def content_before(self, length: int, with_template: bool) -> int:
        """Content tokens inside a length that counts start and end, and the template or not."""
        recording = self.recording
        if self.template:
            tail = len(self.alignment.spans) - self.template - self.content
            return length - tail if with_template else self.template + length
        return length - (recording.start_id is not None) - (recording.end_id is not None)

    def before(self, limit: int) -> int:
        """How many content tokens stand below slot ``limit`` of the joined windows."""
        offset = 0
        for k, window in enumerate(self.recording.windows):
            if offset + len(window) > limit:
                tokens = range(self.starts[k], self.window_end(k))
                return tokens.start + sum(self.slot[i] + offset < limit for i in tokens)
            offset += len(window)
        return self.in_windows


def place(
    recording: StreamRecording, alignment: Alignment, words: Sequence[PromptWord]
) -> Placement:
    """Lay one stream's tokens against ``words``, as its encoder reads them; a recording that does
    not add up to the host's windows claims nothing.
    """
    recording, alignment, ignored = closed_up(recording, alignment)
    window: list[int] = []
    slot: list[int] = []
    content: list[int | None] = []
    starts: list[int] = []
    for k, tokens in enumerate(recording.windows):
        starts.append(len(window))
        for s, (token, _, word_id) in enumerate(tokens):
            if word_id:
                window.append(k)
                slot.append(s)
                content.append(token if isinstance(token, int) else None)
    ids = recorded_ids(recording.events)
    count = len(content)
    if ids[:count] != content:
        ids = content
        everything = [(0, words[-1].end)] if words else []
        alignment = Alignment([None] * count, {}, [0] * count, misaligned=everything)
    first, last = _token_ranges(alignment.spans, words)
    return Placement(
        recording,
        alignment,
        first,
        last,
        window,
        slot,
        count,
        starts,
        ids,
        _moved(recording, alignment, starts, ignored),
        _template_tokens(recording, alignment),
        words,
    )


def _template_tokens(recording: StreamRecording, alignment: Alignment) -> int:
    """Content tokens before the prompt's first."""
    if not recording.origin.offset:
        return 0
    return next((i for i, span in enumerate(alignment.spans) if span is not None), 0)


def _token_ranges(
    spans: Sequence[Span | None], words: Sequence[PromptWord]
) -> tuple[list[int], list[int]]:
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
        # the common case: one more token of the same word
        if w < count and starts[w] <= a < b <= ends[w]:
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
    recording: StreamRecording, alignment: Alignment, starts: Sequence[int], ignored: Sequence[int]
) -> list[tuple[int, int]]:
    """Groups that open a window although the window before had room left. Vectors that are
    ``ignored`` took room when the windows were made.
    """
    groups = []
    for k in range(1, len(recording.windows)):
        begin = starts[k]
        room = (recording.capacity or 0) - (begin - starts[k - 1]) - ignored[k - 1]
        if room > 0 and begin < len(alignment.groups):
            end = begin
            while end < len(alignment.groups) and alignment.groups[end] == alignment.groups[begin]:
                end += 1
            groups.append((begin, end))
    return groups


def padding_of(placement: Placement) -> int:
    """Slots of padding in all windows of a stream."""
    recording, count = placement.recording, 0
    for window in recording.windows:
        kinds: set[str] = set()
        for token, _, word_id in window:
            if not word_id:
                kind = _special(recording, token, kinds)
                kinds.add(kind)
                count += kind == "pad"
    return count


def tokens_of(placement: Placement, text: str) -> list[list[Token]]:
    """The host's windows, slot by slot, each token with its characters and word. Spans leave out
    white space at their ends.
    """
    recording, alignment = placement.recording, placement.alignment
    words = _word_of_each(placement)
    untraced = alignment.misaligned or not recording.origin.traced
    unplaced = "text" if untraced else "template"  # the kind of content without a span
    windows = []
    i = 0  # number of the next content token
    for window in recording.windows:
        row: list[Token] = []
        kinds: set[str] = set()
        for token, weight, word_id in window:
            if word_id:
                row.append(_content_token(placement, text, i, weight, words[i], unplaced))
                i += 1
                continue
            kind = _special(recording, token, kinds)
            kinds.add(kind)
            row.append(Token(_number(token), weight, kind))
        windows.append(row)
    return windows


def _content_token(
    placement: Placement, text: str, i: int, weight: float, word: int | None, unplaced: str
) -> Token:
    alignment = placement.alignment
    span = alignment.spans[i]
    if i in alignment.names:
        return Token(None, weight, "embedding", span, word, alignment.names[i])
    if span is None:
        return Token(placement.ids[i], weight, unplaced)
    return Token(placement.ids[i], weight, "text", _trimmed(text, span), word)


def _number(token: object) -> int | None:
    """The id; None for a vector."""
    return token if isinstance(token, int) else None


def _word_of_each(placement: Placement) -> list[int | None]:
    """The word that each content token belongs to; a token of two words belongs to the first."""
    spans = placement.alignment.spans
    owners: list[int | None] = [None] * len(spans)
    # tokens of other words may stand between a word's first and last
    scattered = placement.recording.origin.table is not None
    for w in range(len(placement.first) - 1, -1, -1):
        word, tokens = placement.words[w], range(placement.first[w], placement.last[w] + 1)
        if tokens.start < 0:
            continue
        for i in tokens:
            span = spans[i]
            if not scattered or overlap(span, (word.start, word.end)):
                owners[i] = w
    return owners


def _trimmed(text: str, span: Span) -> Span:
    """Without the white space that some vocabularies count to the word behind it; all-white tokens
    keep theirs.
    """
    a, b = span
    if not (text[a].isspace() or text[b - 1].isspace()):
        return span
    inner = text[a:b].strip()
    if not inner:
        return span
    start = a + text[a:b].index(inner)
    return start, start + len(inner)


def _special(recording: StreamRecording, token: object, kinds: Container[str]) -> str:
    """What a slot without content is; ``kinds``: those before it in its window."""
    if recording.start_id is not None and token == recording.start_id and "start" not in kinds:
        return "start"
    if recording.end_id is not None and token == recording.end_id and "end" not in kinds:
        return "end"
    if recording.pad_id in (None, token):
        return "pad"
    return "template"
