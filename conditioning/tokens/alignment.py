"""Where in the prompt each token of the host stands.

The host's events (:mod:`.recording`) are walked along the segments that :mod:`.syntax` reads. A
string that is not where it should be is never searched for elsewhere: that stretch of the prompt is
reported as misaligned.
"""

from __future__ import annotations

from .recording import Alignment, Embedding, StreamRecording, TokenizedText
from .syntax import WeightedText, as_it_stands, parse

IDENTIFIER = "embedding:"


def align(recording: StreamRecording) -> Alignment:
    """Spans for every content token of ``recording``, in the order in which the host put them into
    windows.
    """
    parsed = (
        as_it_stands(recording.source)
        if recording.verbatim
        else parse(recording.source, recording.weights)
    )
    out = Alignment([], {}, [])
    for start, end, explicit in parsed.syntax:
        span = recording.origin.span(start, end)
        if span and recording.origin.known:
            out.syntax.append((*span, explicit))
    _Walk(recording, parsed.segments, out).run()
    return out


class _Walk:
    """One pass over events and segments, side by side."""

    def __init__(
        self, recording: StreamRecording, segments: list[WeightedText], out: Alignment
    ) -> None:
        self.recording, self.segments, self.out = recording, segments, out
        self.at = 0  # current segment
        self.position = 0  # next unread character of it
        self.group = 0

    def run(self) -> None:
        for event in self.recording.events:
            if isinstance(event, TokenizedText):
                self._piece(event)
            else:
                self._embedding(event)

    def _piece(self, piece: TokenizedText) -> None:
        starts_ends = self._locate(piece.text)
        group = self.group
        self.group += 1
        self.out.groups.extend([group] * len(piece.ids))
        origin = self.recording.origin
        if starts_ends is None or piece.spans is None or not origin.known:
            self.out.spans.extend([None] * len(piece.ids))
            self._misaligned(starts_ends)
            return
        starts, ends = starts_ends
        if (
            origin.table is None
            and isinstance(starts, range)
            and origin.offset == 0
            and len(starts)
        ):
            shift = starts[
                0
            ]  # the common case: plain text, no template, one addition for each token
            self.out.spans.extend(
                [(a + shift, b + shift) if a < b else None for a, b in piece.spans]
            )
            return
        for a, b in piece.spans:
            self.out.spans.append(origin.span(starts[a], ends[b - 1]) if a < b else None)

    def _embedding(self, event: Embedding) -> None:
        kept = len("".join(event.raw.split())) - len("".join(event.leftover.split()))
        located = self._locate(IDENTIFIER + _prefix(event.raw, kept))
        name = event.raw.strip()[:kept]
        span = None
        if located is not None and self.recording.origin.known:
            starts, ends = located
            span = self.recording.origin.span(starts[0], ends[len(ends) - 1])
        if event.vectors:
            for _ in range(event.vectors):
                self.out.names[len(self.out.spans)] = name
                self.out.spans.append(span)
                self.out.groups.append(self.group)
            self.group += 1
        if span is None:
            self._misaligned(None)
        elif not event.vectors:
            self.out.missing.append((name, span))
        elif event.expected and event.width != event.expected:
            self.out.mismatched.append((name, span, event.width, event.expected))
        else:
            self.out.found.append((name, span))

    def _locate(self, wanted: str) -> tuple[range | list[int], range | list[int]] | None:
        """Positions in the source of each character of ``wanted``, which must come next; moves past
        it.
        """
        while self.at < len(self.segments):
            segment = self.segments[self.at]
            if self.position == 0 and len(wanted) == len(segment.text) and wanted == segment.text:
                self.at, self.position = self.at + 1, 0
                return segment.starts, segment.ends
            hit = _match(segment.text, self.position, wanted)
            if hit is not None:
                self.position = hit[-1] + 1 if hit else self.position
                return [segment.starts[i] for i in hit], [segment.ends[i] for i in hit]
            if segment.text[self.position :].strip():
                return None
            self.at, self.position = self.at + 1, 0
        return None

    def _misaligned(self, located: tuple[range | list[int], range | list[int]] | None) -> None:
        """Nothing is claimed for this stretch, or for all that follows when even its place is
        unknown.
        """
        origin = self.recording.origin
        if located is not None and len(located[0]):
            span = origin.span(located[0][0], located[1][len(located[1]) - 1])
        elif self.at < len(self.segments):
            rest = self.segments[self.at].starts
            begin = rest[self.position] if self.position < len(rest) else len(self.recording.source)
            span = origin.span(begin, len(self.recording.source))
            self.at = len(self.segments)
        else:
            span = None
        if span:
            self.out.misaligned.append(span)


def _match(text: str, position: int, wanted: str) -> list[int] | range | None:
    """Indices of ``wanted`` in ``text`` from ``position`` on. The host drops and normalises white
    space around embeddings; nothing else.
    """
    if text.startswith(wanted, position):
        return range(position, position + len(wanted))
    hit: list[int] = []
    for char in wanted:
        if char.isspace():
            # one space of the host's leftover stands for a run, or for nothing after a stripped
            # comma
            if position < len(text) and text[position].isspace():
                hit.append(position)
                position += 1
            else:
                hit.append(max(position - 1, 0))
            continue
        while position < len(text) and text[position].isspace():
            position += 1
        if position >= len(text) or text[position] != char:
            return None
        hit.append(position)
        position += 1
    return hit


def _prefix(raw: str, count: int) -> str:
    """The start of ``raw`` that holds ``count`` characters which are not white space."""
    seen = 0
    for i, char in enumerate(raw):
        if seen == count:
            return raw[:i]
        seen += not char.isspace()
    return raw
