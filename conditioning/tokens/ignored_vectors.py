"""Textual inversions of another width: the host's tokenizer gives them slots, and its encoder
leaves them out. What follows moves up, and padding fills the window's end.

Read in the host's comfy/sd1_clip.py (`process_tokens`), and proved on numbers in
tests/host/test_ignored_vectors.py. Weights belong to slots there and do not move along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from .recording import Alignment, Embedding, StreamRecording, VocabularyCall
from .word_ids import recorded_ids

Window = list[tuple[Any, float, int]]


class ClosedUp(NamedTuple):
    """A stream as its encoder reads it."""

    recording: StreamRecording
    alignment: Alignment
    ignored: list[int]
    """By window: vectors that were left out of it."""


def closed_up(recording: StreamRecording, alignment: Alignment) -> ClosedUp:
    """The stream without vectors that its encoder ignores; itself where there are none, or where
    its windows do not hold what was looked up.
    """
    none = ClosedUp(recording, alignment, [0] * len(recording.windows))
    if not alignment.mismatched:
        return none
    content = [
        token if isinstance(token, int) else None
        for window in recording.windows
        for token, _, word_id in window
        if word_id
    ]
    if recorded_ids(recording.events)[: len(content)] != content:
        return none
    ignored = _ignored_tokens(recording.events)
    windows, counts = _windows(recording, ignored)
    events = [
        event._replace(vectors=0) if isinstance(event, Embedding) and _is_ignored(event) else event
        for event in recording.events
    ]
    return ClosedUp(
        replace(recording, windows=windows, events=events), _without(alignment, ignored), counts
    )


def _is_ignored(event: Embedding) -> bool:
    return bool(event.vectors and event.expected and event.width != event.expected)


def _ignored_tokens(events: Sequence[VocabularyCall | Embedding]) -> set[int]:
    """Numbers of the content tokens that are vectors of another width."""
    ignored: set[int] = set()
    number = 0
    for event in events:
        count = event.vectors if isinstance(event, Embedding) else len(event.ids)
        if isinstance(event, Embedding) and _is_ignored(event):
            ignored.update(range(number, number + count))
        number += count
    return ignored


def _windows(recording: StreamRecording, ignored: set[int]) -> tuple[list[Window], list[int]]:
    padding = recording.pad_id if recording.pad_id is not None else recording.end_id
    windows: list[Window] = []
    counts: list[int] = []
    number = -1
    for window in recording.windows:
        remaining: list[tuple[Any, int]] = []
        for token, _, word_id in window:
            number += bool(word_id)
            if not (word_id and number in ignored):
                remaining.append((token, word_id))
        counts.append(len(window) - len(remaining))
        remaining += [(padding, 0)] * counts[-1]
        windows.append(
            [
                (token, weight, word_id)
                for (token, word_id), (_, weight, _) in zip(remaining, window, strict=True)
            ]
        )
    return windows, counts


def _without(alignment: Alignment, ignored: set[int]) -> Alignment:
    remaining = [i for i in range(len(alignment.spans)) if i not in ignored]
    return replace(
        alignment,
        spans=[alignment.spans[i] for i in remaining],
        groups=[alignment.groups[i] for i in remaining],
        names={
            new: alignment.names[old] for new, old in enumerate(remaining) if old in alignment.names
        },
    )
