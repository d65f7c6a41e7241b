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
    streams: dict[tuple[int, int, str, int], list[str]] = {}
    at_edge: dict[str, dict[int, str]] = {}
    for placement in placements:
        name = placement.recording.name
        after = 0
        for k in range(1, len(placement.starts)):
            boundary = placement.starts[k]
            rest = range(after, len(words))
            after = next((w for w in rest if placement.last[w] >= boundary), len(words))
            before = next((w for w in range(after - 1, -1, -1) if words[w].kind != "syntax"), -1)
            if after < len(words) and placement.first[after] < boundary:
                inside = "word"
            elif before < 0 or after == len(words) or _ends_phrase(text, words, before, after):
                inside = "between"
            else:
                inside = "phrase"
                fates = at_edge.setdefault(name, {})
                fates[after] = fates[before] = "phrase_split"
            tokens = boundary - placement.starts[k - 1]
            streams.setdefault((k, after, inside, tokens), []).append(name)
    edges = [
        Edge(tuple(names), window, word, inside, tokens)
        for (window, word, inside, tokens), names in streams.items()
    ]
    return sorted(edges, key=lambda edge: edge.word), at_edge


def _ends_phrase(text: str, words: Sequence[PromptWord], before: int, after: int) -> bool:
    """Is there a comma or a stop between the last word of one window and the first of the next?
    Brackets count for nothing.
    """
    last = words[before]
    gap = text[last.end : words[after].start]
    if last.kind == "punctuation":
        gap = last.text + gap
    for syntax in words[before + 1 : after]:
        gap = gap.replace(syntax.text, " ")  # a weight's own colon and stop end no phrase
    opens = words[after].kind == "punctuation" and words[after].text[0] in _PHRASE_ENDS
    return opens or any(char in _PHRASE_ENDS for char in gap)
