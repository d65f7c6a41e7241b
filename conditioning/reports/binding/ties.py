"""Arcs over a prompt: which words each one ties together, how high it runs, and the prompt cut
where one may end. The browser and the picture draw the same arcs; only where a line breaks is
theirs to find out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from ..shares import verdict_name

Report = Mapping[str, Any]
Span = tuple[int, int]
MAX_GROUPS = 4000
"""Groups of pieces that the browser gets; a prompt under an arc may be a novel."""
MAX_TIGHT = 32
"""Characters of a group between which no line breaks."""


@dataclass(frozen=True)
class Tie:
    """One arc, from what says something to what it is said of: spans of characters."""

    start: Span
    end: Span
    verdict: str
    contrasts: tuple[int, ...]
    """Indices of the contrasts that it belongs to."""

    @property
    def reach(self) -> Span:
        """From the first to the last character under the arc."""
        return min(self.start[0], self.end[0]), max(self.start[1], self.end[1])

    @property
    def numbers(self) -> str:
        """The numbers of its contrasts, as they stand on the arc."""
        names = [str(index + 1) for index in self.contrasts[:2]]
        if len(self.contrasts) > 2:
            names[-1] += "…"
        return ", ".join(names)


def ties_of(contrasts: Sequence[Report]) -> list[Tie]:
    """One arc for the same ends and verdict, however many contrasts say so."""
    indices: defaultdict[tuple[Span, Span, str], list[int]] = defaultdict(list)
    for index, contrast in enumerate(contrasts):
        for arc in contrast["arcs"]:
            start, end = ((span[0], span[1]) for span in (arc["from"], arc["to"]))
            indices[start, end, str(contrast["verdict"])].append(index)
    return [Tie(*key, tuple(dict.fromkeys(own))) for key, own in indices.items()]


def levels(intervals: Sequence[tuple[float, float]], slack: float = 0.0) -> list[int]:
    """Puts short intervals low, and every other one above all that it spans or crosses; from 0.
    Those that share no more than ``slack`` do not cross.
    """
    level_of: dict[int, int] = {}
    for index in sorted(range(len(intervals)), key=lambda k: intervals[k][1] - intervals[k][0]):
        left, right = intervals[index]
        below = [
            level
            for other, level in level_of.items()
            if intervals[other][0] < right - slack and left < intervals[other][1] - slack
        ]
        level_of[index] = max(below, default=-1) + 1
    return [level_of[index] for index in range(len(intervals))]


def seats(ties: Sequence[Tie], heights: Sequence[int]) -> list[list[float]]:
    """Where on either of its words each arc ends, from 0 to 1: those that share a word sit side by
    side, so that they do not cross.
    """
    sharing: defaultdict[Span, list[tuple[float, int, int]]] = defaultdict(list)
    for index, (tie, height) in enumerate(zip(ties, heights, strict=True)):
        for side, (own, other) in enumerate(((tie.start, tie.end), (tie.end, tie.start))):
            # from the left the nearest comes first, towards the right the nearest comes last
            key: float = height
            if other[0] > own[0]:
                key = 1e6 - height
            sharing[own].append((key, index, side))
    out = [[0.5, 0.5] for _ in ties]
    for ends in sharing.values():
        for seat, (_, index, side) in enumerate(sorted(ends, key=lambda end: end[0]), 1):
            out[index][side] = seat / (len(ends) + 1)
    return out


def drawn_prompt(text: str, contrasts: Sequence[Report]) -> dict[str, Any]:
    """The prompt as the browser draws it: its arcs, and groups of pieces that an arc can end on."""
    ties = ties_of(contrasts)
    heights = [level + 1 for level in levels([tie.reach for tie in ties])]
    groups = list(_groups(text, ties, heights, contrasts))
    return {
        "ties": [
            {
                "from": list(tie.start),
                "to": list(tie.end),
                "verdict": tie.verdict,
                "contrasts": list(tie.contrasts),
                "level": height,
                "seats": seat,
            }
            for tie, height, seat in zip(ties, heights, seats(ties, heights), strict=True)
        ],
        "groups": groups[:MAX_GROUPS],
        "complete": len(groups) <= MAX_GROUPS,
    }


def _groups(
    text: str, ties: Sequence[Tie], heights: Sequence[int], contrasts: Sequence[Report]
) -> Iterator[dict[str, Any]]:
    """Words and the space between them, cut also where an arc's end begins or stops. What no arc
    passes over is one piece.
    """
    edges = {edge for tie in ties for span in (tie.start, tie.end) for edge in span}
    words: list[list[dict[str, Any]]] = []
    start = 0
    for _, same in groupby(text, str.isspace):
        end = start + len(list(same))
        cuts = [start, *sorted(edge for edge in edges if start < edge < end), end]
        words.append([_piece(text, a, b, ties, heights, contrasts) for a, b in pairwise(cuts)])
        start = end
    for lifted, group in groupby(words, lambda pieces: any(piece["lift"] for piece in pieces)):
        if lifted:
            yield from map(_group, group)
            continue
        pieces = [piece for word in group for piece in word]
        text_of_all = "".join(piece["text"] for piece in pieces)
        yield _group([{**pieces[0], "text": text_of_all}])


def _group(pieces: list[dict[str, Any]]) -> dict[str, Any]:
    """Pieces that touch: no line breaks between them, unless they are long."""
    short = sum(len(piece["text"]) for piece in pieces) <= MAX_TIGHT
    return {"tight": len(pieces) > 1 and short, "pieces": pieces}


def _piece(
    text: str,
    start: int,
    end: int,
    ties: Sequence[Tie],
    heights: Sequence[int],
    contrasts: Sequence[Report],
) -> dict[str, Any]:
    """``lift``: how many levels of arcs pass above it; ``tip``: what is tied to it, where an arc
    ends here.
    """
    word = text[start:end]
    over = [
        (tie, height)
        for tie, height in zip(ties, heights, strict=True)
        if tie.reach[0] <= start < tie.reach[1] and not word[0].isspace()
    ]
    ending = [
        tie for tie, _ in over if any(span[0] <= start < span[1] for span in (tie.start, tie.end))
    ]
    lines = [
        f"{verdict_name(tie.verdict)}: {contrasts[index]['label']}"
        for tie in ending
        for index in tie.contrasts
    ]
    return {
        "text": word,
        "start": start,
        "lift": max((height for _, height in over), default=0),
        "tip": [word, *dict.fromkeys(lines)] if ending else None,
    }
