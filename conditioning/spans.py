"""Stretches of characters, from a first one to the one behind the last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def overlap(a: Sequence[int] | None, b: Sequence[int]) -> bool:
    """Whether two stretches share a character; None shares nothing."""
    return a is not None and a[0] < b[1] and b[0] < a[1]


def overlap_any(span: Sequence[int], others: Iterable[Sequence[int]]) -> bool:
    """Whether a stretch shares a character with any of the others."""
    return any(overlap(other, span) for other in others)


def filled(text: str, spans: Iterable[Sequence[int]], sign: str, first: str = "") -> str:
    """The text with one sign for each character of the stretches, and ``first`` for the first of
    each, so that all else stays in its place.
    """
    for start, end in spans:
        text = text[:start] + ((first or sign) + sign * (end - start))[: end - start] + text[end:]
    return text
