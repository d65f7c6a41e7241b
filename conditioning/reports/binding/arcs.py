"""A prompt as typed, with arcs over its words from what says something to what it is said of, in
the manner of their verdicts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, pi, sin
from typing import Any, NamedTuple

from ..drawing import fonts, palette
from ..drawing.canvas import Canvas
from ..drawing.page import LEFT, Block
from ..tokens import flow, style
from ..tokens.flow import Row

Report = Mapping[str, Any]
Span = tuple[int, int]
MAX_ROWS = 40  # a picture stays bounded whatever the prompt
RISE, LEVEL, TEXT, LINE = 13, 12, 16, 34
"""Height of the lowest arc, of every further one, of the words, and of a row without arcs."""
_WORDS = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]|[^\s\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+"
)


class Arc(NamedTuple):
    start: Span
    end: Span
    verdict: str
    names: str
    """Numbers of the contrasts that it belongs to."""


@dataclass(frozen=True)
class Line:
    """An arc in one row. One that goes on in another row has no foot at that side."""

    row: int
    left: float
    right: float
    feet: tuple[bool, bool]
    tip: float | None
    """Where it points to, if that is in this row."""
    arc: Arc
    level: int = 0


def prompt(text: str, contrasts: Sequence[Report], width: float) -> Block:
    report = _words(text, contrasts)
    rows, shown = flow.flow(report, width)
    if len(rows) > MAX_ROWS:
        hidden = [
            spot.piece.word
            for row in rows[MAX_ROWS:]
            for spot in row.spots
            if spot.piece.word is not None
        ]
        rows, shown = rows[:MAX_ROWS], min(hidden, default=shown)
    arcs = arcs_of(contrasts)
    found = [list(_lines(arc, rows, report, width)) for arc in arcs]
    lines = levelled([line for each in found for line in each])
    remarks = [
        style.more(report, shown) if text.strip() else "The prompt is empty: no words to follow."
    ]
    if lost := sum(not each for each in found):
        remarks.append(f"… and {lost:,} more arcs to words that are not shown, see the JSON")
    tops = _tops(len(rows), lines)
    said = [line for remark in remarks for line in fonts.bounded(remark, 13, width)]

    def paint(canvas: Canvas, top: float) -> None:
        for line in lines:
            _paint(canvas, line, top + tops[line.row + 1] - LINE + 10)
        for k, row in enumerate(rows):
            for spot in row.spots:
                ink, y = (
                    palette.DIM if spot.piece.word is None else palette.TEXT,
                    top + tops[k + 1] - 10,
                )
                canvas.text(LEFT + spot.x, y, spot.piece.text, TEXT, ink)
                if spot.broken:
                    canvas.stroke("hook", LEFT + spot.x + spot.width + 4, y - 4, 10, palette.AMBER)
        for k, remark in enumerate(said):
            canvas.text(LEFT, top + tops[-1] + 14 + 20 * k, remark, 13, palette.SOFT)

    return Block(tops[-1] + 20 * len(said) + 10, paint)


def arcs_of(contrasts: Sequence[Report]) -> list[Arc]:
    """Each arc once for each verdict; it carries the numbers of its contrasts where there are
    several.
    """
    found: dict[tuple[Span, Span, str], list[str]] = {}
    for k, one in enumerate(contrasts):
        for arc in one["arcs"]:
            place = (
                (arc["from"][0], arc["from"][1]),
                (arc["to"][0], arc["to"][1]),
                str(one["verdict"]),
            )
            found.setdefault(place, []).append(str(k + 1))
    several = len(contrasts) > 1
    return [
        Arc(*place, _named(list(dict.fromkeys(names))) if several else "")
        for place, names in found.items()
    ]


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:2]) + ("…" if len(names) > 2 else "")


def _words(text: str, contrasts: Sequence[Report]) -> dict[str, Any]:
    """The prompt in the form that the token report's rows are made of, cut where an arc may end."""
    cuts = {
        edge
        for one in contrasts
        for arc in one["arcs"]
        for span in (arc["from"], arc["to"])
        for edge in span
    }
    words: list[dict[str, Any]] = []
    for found in _WORDS.finditer(text):
        places = [
            found.start(),
            *sorted(edge for edge in cuts if found.start() < edge < found.end()),
            found.end(),
        ]
        for start, end in pairwise(places):
            kind = "word" if any(char.isalnum() for char in text[start:end]) else "punctuation"
            words.append(
                {"text": text[start:end], "span": [start, end], "kind": kind, "lost": False}
            )
    return {"text": text, "words": words, "edges": [], "streams": [], "readouts": []}


def _lines(arc: Arc, rows: Sequence[Row], report: Report, width: float) -> Iterator[Line]:
    """The arc in every row that it touches; nothing where one of its ends is not shown."""
    start, end = (_place(span, rows, report) for span in (arc.start, arc.end))
    if start is None or end is None:
        return
    (top, a), (bottom, b) = min(start, end), max(start, end)
    for row in range(top, bottom + 1):
        left, right = a if row == top else 0.0, b if row == bottom else width
        yield Line(
            row, left, right, (row == top, row == bottom), end[1] if row == end[0] else None, arc
        )


def _place(span: Span, rows: Sequence[Row], report: Report) -> tuple[int, float] | None:
    """Row and middle of some characters of the prompt: where they begin, if they are broken."""
    for k, row in enumerate(rows):
        spots = [
            spot
            for spot in row.spots
            if spot.piece.word is not None and _meet(report["words"][spot.piece.word]["span"], span)
        ]
        if spots:
            return k, (spots[0].x + spots[-1].x + fonts.measure(spots[-1].piece.text, TEXT)) / 2
    return None


def _meet(a: Sequence[int], b: Sequence[int]) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def levelled(lines: Sequence[Line]) -> list[Line]:
    """Short arcs low, and every other one above all that it spans or crosses."""
    out: list[Line] = []
    for line in sorted(lines, key=lambda one: one.right - one.left):
        below = [one.level for one in out if one.row == line.row and _cross(one, line)]
        out.append(
            Line(
                line.row,
                line.left,
                line.right,
                line.feet,
                line.tip,
                line.arc,
                max(below, default=-1) + 1,
            )
        )
    return out


def _cross(a: Line, b: Line) -> bool:
    return a.left < b.right - 1 and b.left < a.right - 1


def _tops(rows: int, lines: Sequence[Line]) -> list[float]:
    """Where each row starts, and where the last one ends."""
    tops = [0.0]
    for k in range(rows):
        levels = [line.level for line in lines if line.row == k]
        tops.append(tops[-1] + LINE + (RISE + LEVEL * max(levels) if levels else 0))
    return tops


def _paint(canvas: Canvas, line: Line, foot: float) -> None:
    look = palette.verdict_look(line.arc.verdict)
    x0, x1, height = LEFT + line.left, LEFT + line.right, RISE + LEVEL * line.level - 4.0
    radius = min((x1 - x0) / 2, 9.0 + 3 * line.level)
    bend = [(radius * (1 - cos(t * pi / 24)), height * sin(t * pi / 24)) for t in range(13)]
    left = [(x0 + dx, foot - dy) for dx, dy in bend] if line.feet[0] else [(x0, foot - height)]
    right = (
        [(x1 - dx, foot - dy) for dx, dy in reversed(bend)]
        if line.feet[1]
        else [(x1, foot - height)]
    )
    if x1 - x0 < 1:  # both ends in one word
        return
    canvas.path([*left, *right], look)
    if line.tip is not None:
        x = LEFT + line.tip
        canvas.path([(x - 3.2, foot - 3.6), (x, foot), (x + 3.2, foot - 3.6)], look._replace(off=0))
    if line.arc.names:
        wide = fonts.measure(line.arc.names, 10)
        middle, fits = (x0 + x1 - wide) / 2, wide + 14 < x1 - x0  # else it stands over its arc
        if fits:
            canvas.box(middle - 3, foot - height - 6, (wide + 6, 12), palette.CARD)
        canvas.text(middle, foot - height + (3.5 if fits else -3), line.arc.names, 10, look.colour)
