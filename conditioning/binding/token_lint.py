"""What follows from the tokens alone, without any measuring: words that cannot meet, whatever the
encoder learned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..encoding.text_encoder import Architecture, Rows
from ..english.statements import Pair, Reading, Word
from .readouts import rows_at


@dataclass(frozen=True)
class Lint:
    kind: str
    """before, apart, pooled, unread."""
    stream: str
    text: str
    remedy: str
    span: tuple[int, int]


def lint(
    reading: Reading, stream: str, title: str, architecture: Architecture, rows: Rows
) -> list[Lint]:
    """``rows``: the prompt's tokens in this stream. What is said twice is named where it goes wrong
    every time.
    """
    said: dict[tuple[str, str], list[dict[str, _Found]]] = {}
    for pair in reading.pairs:
        found = {one[1]: one for one in _pair(pair, title, architecture, rows)}
        said.setdefault((pair.modifier.text.lower(), pair.object.text.lower()), []).append(found)
    wrong = [
        first[text]
        for first, *rest in said.values()
        for text in first
        if all(text in one for one in rest)
    ]
    return [Lint(kind, stream, text, remedy, span) for kind, text, remedy, span in wrong]


_Found = tuple[str, str, str, tuple[int, int]]


def _pair(pair: Pair, title: str, architecture: Architecture, rows: Rows) -> Iterator[_Found]:
    modifier, thing = pair.modifier, pair.object
    at, of = _rows(rows, modifier), _rows(rows, thing)
    span = (min(modifier.start, thing.start), max(modifier.end, thing.end))
    name = f"“{modifier.text}” and “{thing.text}”"
    for word, found in ((modifier, at), (thing, of)):
        if not found and any(one is not None for one in rows.spans):
            yield (
                "unread",
                f"{title} has no token for “{word.text}”: it was cut off or left out.",
                "Move it forward, or shorten the prompt; Token Map shows where it is lost.",
                (word.start, word.end),
            )
    if not at or not of:
        return
    apart = {rows.windows[k] for k in at}.isdisjoint({rows.windows[k] for k in of})
    if apart:
        yield (
            "apart",
            f"{name} are read in different windows of {title}, which do not see each other.",
            (
                "Put both into one sentence near the beginning, or write BREAK before the "
                "one that comes first."
            ),
            span,
        )
    elif architecture.causal and thing.start < modifier.start:
        yield (
            "before",
            (
                f"{title} reads “{thing.text}” before “{modifier.text}”, and a word knows "
                "only what stands before it."
            ),
            f"Write the property first: “{modifier.text} {thing.text}”.",
            span,
        )
    if architecture.windows and min(rows.windows[k] for k in (*at, *of)) > 0:
        yield (
            "pooled",
            f"{name} come behind {title}'s first window: its pooled vector does not know them.",
            "Move them to the front; Compare Prompt Orders suggests how.",
            span,
        )


def _rows(rows: Rows, word: Word) -> list[int]:
    return rows_at(rows, (word.start, word.end))
