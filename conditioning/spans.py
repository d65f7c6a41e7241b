"""Stretches of characters, from a first one to the one behind the last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def overlap(a: Sequence[int] | None, b: Sequence[int]) -> bool:
    """Whether two stretches share a character; None shares nothing."""
    return a is not None and a[0] < b[1] and b[0] < a[1]


def overlap_any(span: Sequence[int], others: Iterable[Sequence[int]]) -> bool:
    """Whether a stretch shares a character with any of the others."""
    return any(overlap(other, span) for other in others)
