"""Hand-made recordings: a toy host that gives each word and each sign one id, cuts windows exactly
at their capacity, and pads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from encoderscope.conditioning.tokens.recording import (
    Embedding,
    Origin,
    StreamRecording,
    VocabularyCall,
)

START, END, PAD, UNKNOWN = 1, 2, 0, 3
_TOKEN = re.compile(r"<end>|\w+|[^\w\s]")


def piece(text: str, split: Sequence[str] = (), unknown: Sequence[str] = ()) -> VocabularyCall:
    """Words in `split` get an id for every letter; words in `unknown` get the unknown id."""
    ids: list[int] = []
    spans: list[tuple[int, int]] = []
    for match in _TOKEN.finditer(text):
        parts = (
            [(i, i + 1) for i in range(*match.span())] if match.group() in split else [match.span()]
        )
        spans += parts
        ids += [number(text[a:b], unknown) for a, b in parts]
    return VocabularyCall(text, ids, spans)


def number(word: str, unknown: Sequence[str] = ()) -> int:
    if word == "<end>":
        return END
    return (
        UNKNOWN
        if word in unknown
        else 100 + sum(ord(c) * pow(7, i, 40_000) for i, c in enumerate(word)) % 40_000
    )


def stream(
    name: str, text: str, events: Sequence[VocabularyCall | Embedding] | None = None, **options: Any
) -> StreamRecording:
    """A stream that was given `text`. Options: those of StreamRecording, `kept` windows, `whole`:
    groups that move whole when they do not fit.
    """
    capacity = options.setdefault("capacity", None)
    kept, whole = options.pop("kept", None), options.pop("whole", ())
    bare = options.pop("bare", False)
    events = [piece(text)] if events is None else list(events)
    windows: list[list[tuple[Any, float, int]]] = [[]]
    for k, event in enumerate(events):
        group: list[Any] = (
            [object()] * event.vectors if isinstance(event, Embedding) else list(event.ids)
        )
        if capacity and k in whole and len(windows[-1]) + len(group) > capacity:
            windows.append([])
        for token in group:
            if capacity and len(windows[-1]) == capacity:
                windows.append([])
            windows[-1].append((token, 1.0, k + 1))
    if not bare:
        for window in windows:
            window.insert(0, (START, 1.0, 0))
            window.append((END, 1.0, 0))
            window.extend([(PAD, 1.0, 0)] * ((capacity or 0) + 2 - len(window)))
    inputs: dict[str, Any] = {
        "source": text,
        "weights": True,
        "origin": Origin(0, len(text)),
        "unknown_id": UNKNOWN,
        "start_id": None if bare else START,
        "end_id": None if bare else END,
    }
    return StreamRecording(name=name, windows=windows[:kept], events=events, **(inputs | options))
