"""Small helpers for the sentences of all reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def plural(count: int, noun: str) -> str:
    """'1 word', '2 words'."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def joined(names: Sequence[str]) -> str:
    """'A, B and C'."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def quoted(names: Iterable[str]) -> str:
    """'"A", "B"'."""
    return ", ".join(f'"{name}"' for name in names)


def short(text: str, limit: int = 24) -> str:
    """The text, cut to ``limit`` characters with an ellipsis as the last one."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
