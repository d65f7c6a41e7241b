"""Where in the prompt each token of the host stands.

The host's events (:mod:`.recording`) are walked along the segments that :mod:`.syntax` reads. A
string that is not where it should be is never searched for elsewhere: that stretch of the prompt is
reported as misaligned.
"""

from __future__ import annotations

from collections.abc import Sequence

from .recording import Alignment, Embedding, Span, StreamRecording, VocabularyCall
from .syntax import WeightedText, as_it_stands, parse

IDENTIFIER = "embedding:"

Places = tuple[Sequence[int], Sequence[int]]
"""Where each of some characters starts and where it ends."""


def align(recording: StreamRecording) -> Alignment:
    """Spans for every content token of ``recording``, in the order in which the host put them into
    windows.
    """
    if recording.verbatim:
        parsed = as_it_stands(recording.source)
    else:
        parsed = parse(recording.source, recording.weights)
    alignment = Alignment([], {}, [])
    for start, end, explicit in parsed.syntax:
        span = recording.origin.span(start, end)
        if span and recording.origin.traced:
            alignment.syntax.append((*span, explicit))
    _EventWalk(recording, parsed.segments, alignment).run()
    return alignment


class _EventWalk:
    """One pass over events and segments, side by side."""

    def __init__(
        self, recording: StreamRecording, segments: list[WeightedText], alignment: Alignment
    ) -> None:
        self.recording = recording
        self.segments = segments
        self.alignment = alignment
        self.segment = 0  # index of the current segment
        self.position = 0  # next unread character of it
        self.group = 0

    def run(self) -> None:
        for event in self.recording.events:
            if isinstance(event, VocabularyCall):
                self._text(event)
            else:
                self._embedding(event)

    def _text(self, tokenized: VocabularyCall) -> None:
        places = self._locate(tokenized.text)
        count = len(tokenized.ids)
        self.alignment.groups.extend([self.group] * count)
        self.group += 1
        if places is None or tokenized.spans is None or not self.recording.origin.traced:
            self.alignment.spans.extend([None] * count)
            self._misaligned(places)
            return
        self.alignment.spans.extend(_spans_in_prompt(self.recording, tokenized.spans, *places))

    def _embedding(self, event: Embedding) -> None:
        length = len("".join(event.raw.split())) - len("".join(event.leftover.split()))
        places = self._locate(IDENTIFIER + _prefix(event.raw, length))
        name = event.raw.strip()[:length]
        span = None
        if places is not None and self.recording.origin.traced:
            starts, ends = places
            span = self.recording.origin.span(starts[0], ends[-1])
        alignment = self.alignment
        if event.vectors:
            for _ in range(event.vectors):
                alignment.names[len(alignment.spans)] = name
                alignment.spans.append(span)
                alignment.groups.append(self.group)
            self.group += 1
        if span is None:
            self._misaligned(None)
        elif not event.vectors:
            alignment.missing.append((name, span))
        elif event.expected and event.width != event.expected:
            alignment.mismatched.append((name, span, event.width, event.expected))
            if event.fitting and event.key:
                alignment.fitting[span] = (event.fitting, event.key)
        else:
            alignment.embeddings.append((name, span))

    def _locate(self, text: str) -> Places | None:
        """Places in the source of each character of ``text``, which must come next; moves past
        it.
        """
        while self.segment < len(self.segments):
            segment = self.segments[self.segment]
            if self.position == 0 and text == segment.text:
                self._next_segment()
                return segment.starts, segment.ends
            indices = _match(segment.text, self.position, text)
            if indices is not None:
                if indices:
                    self.position = indices[-1] + 1
                return [segment.starts[i] for i in indices], [segment.ends[i] for i in indices]
            if segment.text[self.position :].strip():
                return None
            self._next_segment()
        return None

    def _next_segment(self) -> None:
        self.segment += 1
        self.position = 0

    def _misaligned(self, places: Places | None) -> None:
        """Nothing is claimed for this stretch, or for all that follows when even its place is
        unknown.
        """
        source_end = len(self.recording.source)
        if places is not None and places[0]:
            span = self.recording.origin.span(places[0][0], places[1][-1])
        elif self.segment < len(self.segments):
            starts = self.segments[self.segment].starts
            unread = starts[self.position :]
            span = self.recording.origin.span(min(unread, default=source_end), source_end)
            self.segment = len(self.segments)
        else:
            return
        if span:
            self.alignment.misaligned.append(span)


def _spans_in_prompt(
    recording: StreamRecording, spans: Sequence[Span], starts: Sequence[int], ends: Sequence[int]
) -> list[Span | None]:
    """The prompt's characters of tokens whose ``spans`` count within a text; ``starts`` and
    ``ends``: where its characters stand in the source.
    """
    origin = recording.origin
    untemplated = origin.table is None and origin.offset == 0
    plain = untemplated and isinstance(starts, range) and len(starts) > 0
    shift = starts[0] if plain else 0
    out: list[Span | None] = []
    for start, end in spans:
        if start >= end:
            out.append(None)
        elif plain:
            out.append((start + shift, end + shift))  # the common case: one addition
        else:
            out.append(origin.span(starts[start], ends[end - 1]))
    return out


def _match(text: str, position: int, expected: str) -> Sequence[int] | None:
    """Indices of ``expected`` in ``text`` from ``position`` on. The host drops and normalises white
    space around embeddings; nothing else.
    """
    if text.startswith(expected, position):
        return range(position, position + len(expected))
    indices: list[int] = []
    for char in expected:
        if char.isspace():
            # one space of the host's leftover stands for a run, or for nothing after a stripped
            # comma
            if position < len(text) and text[position].isspace():
                indices.append(position)
                position += 1
            else:
                indices.append(max(position - 1, 0))
            continue
        while position < len(text) and text[position].isspace():
            position += 1
        if position >= len(text) or text[position] != char:
            return None
        indices.append(position)
        position += 1
    return indices


def _prefix(raw: str, count: int) -> str:
    """The start of ``raw`` that holds ``count`` characters which are not white space."""
    solid = 0
    for i, char in enumerate(raw):
        if solid == count:
            return raw[:i]
        solid += not char.isspace()
    return raw
