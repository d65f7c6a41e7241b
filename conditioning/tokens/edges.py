"""Where the host's windows end in the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .placement import Placement
from .words import PromptWord

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
    text: str, words: Sequence[PromptWord], placements: Sequence[Placement]
) -> tuple[list[Edge], dict[str, dict[int, str]]]:
    """Where windows end, and by stream the words that stand at an edge inside a phrase."""
    found: dict[tuple[int, int, str, int], list[str]] = {}
    at_edge: dict[str, dict[int, str]] = {}
    for p in placements:
        after = 0
        for k in range(1, len(p.starts)):
            boundary = p.starts[k]
            after = next((w for w in range(after, len(words)) if p.last[w] >= boundary), len(words))
            before = next((w for w in range(after - 1, -1, -1) if words[w].kind != "syntax"), -1)
            if after < len(words) and p.first[after] < boundary:
                inside = "word"
            elif before < 0 or after == len(words) or _ends_phrase(text, words, before, after):
                inside = "between"
            else:
                inside = "phrase"
            found.setdefault((k, after, inside, boundary - p.starts[k - 1]), []).append(
                p.recording.name
            )
            if inside == "phrase":
                marks = at_edge.setdefault(p.recording.name, {})
                marks[after] = marks[before] = "phrase_split"
    edges = [
        Edge(tuple(names), window, word, inside, n)
        for (window, word, inside, n), names in found.items()
    ]
    return sorted(edges, key=lambda edge: edge.word), at_edge


def _ends_phrase(text: str, words: Sequence[PromptWord], before: int, after: int) -> bool:
    """Is there a comma or a stop between the last word of one window and the first of the next?
    Brackets count for nothing.
    """
    last = words[before]
    gap = text[last.start if last.kind == "punctuation" else last.end : words[after].start]
    for syntax in words[before + 1 : after]:
        gap = gap.replace(syntax.text, " ")  # a weight's own colon and stop end no phrase
    opens = words[after].kind == "punctuation" and words[after].text[0] in _PHRASE_ENDS
    return opens or any(char in _PHRASE_ENDS for char in gap)
