"""Which slots of the host's windows hold content, where the host does not number them.

Most tokenizers give ``(token, weight, word_id)`` with a ``word_id`` of 0 for whatever is not
content. Some give pairs, or zeros alone, or put a template around windows that are already made.
What the vocabulary was asked then tells the content from the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .recording import Embedding, VocabularyCall

Slot = tuple[Any, float, int]


def recorded_ids(events: Sequence[VocabularyCall | Embedding]) -> list[int | None]:
    """Ids of all content in reading order; ``None`` for each vector of a textual inversion."""
    ids: list[int | None] = []
    for event in events:
        ids.extend([None] * event.vectors if isinstance(event, Embedding) else event.ids)
    return ids


def numbered(
    windows: Sequence[Sequence[Any]],
    own: Sequence[Sequence[Any]],
    ids: Sequence[int | None],
    start_id: int | None = None,
) -> Sequence[Sequence[Slot]]:
    """``windows`` with a word id in every slot: the host's own where they tell anything, else 1 for
    content and 0 for the rest.

    ``own``: the windows as the stream's tokenizer made them, before anything was put around them.
    ``ids``: what its vocabulary answered. Where ``own`` is not found in ``windows``, every slot
    counts as content.
    """
    slots = [slot for window in windows for slot in window]
    if all(len(slot) > 2 for slot in slots) and (not ids or any(slot[2] for slot in slots)):
        return windows
    own_tokens = [slot[0] for window in own for slot in window]
    flags = [1] * len(slots)
    if own_tokens:
        start = position([slot[0] for slot in slots], own_tokens)
        if start is not None:
            flags = [0] * start + _content_flags(own_tokens, ids, start_id) + [0] * len(slots)
    flag = iter(flags)
    return [[(slot[0], slot[1], next(flag)) for slot in window] for window in windows]


def position(tokens: Sequence[Any], part: Sequence[Any]) -> int | None:
    """Where ``part``, or as much of its beginning as ``tokens`` can hold, stands in ``tokens``;
    ``None`` when it stands nowhere.
    """
    size = min(len(part), len(tokens))
    for start in range(len(tokens) - size + 1):
        if all(_same(tokens[start + i], part[i]) for i in range(size)):
            return start
    return None


def _content_flags(
    tokens: Sequence[Any], ids: Sequence[int | None], start_id: int | None
) -> list[int]:
    """1 for the slots that hold ``ids``, one after the other, 0 for marks and padding between and
    around them.
    """
    flags = []
    used = 0  # how many of the ids are found
    for i, token in enumerate(tokens):
        number = token if isinstance(token, int) else None
        is_start = i == 0 and start_id is not None and token == start_id
        is_content = not is_start and used < len(ids) and number == ids[used]
        used += is_content
        flags.append(int(is_content))
    return flags


def _same(a: Any, b: Any) -> bool:
    """Ids are compared by value, vectors by identity."""
    return a is b or (isinstance(a, int) and isinstance(b, int) and a == b)
