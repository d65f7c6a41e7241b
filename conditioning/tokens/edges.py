"""Where the host's windows end in the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .placement import Placement
from .words import Word

_PHRASE_ENDS = frozenset(",.;:!?\u3001\u3002\uff0c\uff1b\uff1a\uff01\uff1f|/\n")


@dataclass(frozen=True)
class Edge:
    """The end of a window, before word ``word``. ``inside``: "word", "phrase" or "between"."""

    streams: tuple[str, ...]
    window: int
    word: int
    inside: str
    tokens: int


def edges_of(
    text: str, words: Sequence[Word], placements: Sequence[Placement]
) -> tuple[list[Edge], dict[str, dict[int, str]]]:
    """Where windows end, and by stream the words that stand at an edge inside a phrase."""
    found: dict[tuple[int, int, str, int], list[str]] = {}
    at_edge: dict[str, dict[int, str]] = {}
    for p in placements:
        for k in range(1, len(p.starts)):
            boundary = p.starts[k]
            after = next((w for w, last in enumerate(p.last) if last >= boundary), len(words))
            inside = _inside(text, words, p, boundary, after)
            found.setdefault((k, after, inside, boundary - p.starts[k - 1]), []).append(p.recording.name)
            if inside == "phrase":
                marks = at_edge.setdefault(p.recording.name, {})
                marks[after] = marks[after - 1] = "phrase_split"
    edges = [Edge(tuple(names), window, word, inside, n) for (window, word, inside, n), names in found.items()]
    return sorted(edges, key=lambda edge: edge.word), at_edge


def _inside(text: str, words: Sequence[Word], p: Placement, boundary: int, after: int) -> str:
    if not 0 < after < len(words):
        return "word" if after < len(words) and p.first[after] < boundary else "between"
    if p.first[after] < boundary:
        return "word"
    before = words[after - 1]
    gap = text[before.start if before.kind == "punctuation" else before.end : words[after].start]
    opens = words[after].kind == "punctuation" and words[after].text[0] in _PHRASE_ENDS
    return "between" if opens or any(char in _PHRASE_ENDS for char in gap) else "phrase"
