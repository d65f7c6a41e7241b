"""The prompt of the probe's picture as typed, with arcs over its words from what says something to
what it is said of, in the manner of their verdicts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import cos, pi, sin
from typing import Any

from ...spans import overlap
from ...translation import translate, translate_count
from ..drawing import fonts, palette
from ..drawing.canvas import Canvas
from ..drawing.flow import Row
from ..drawing.page import LEFT, Block
from ..tokens.pieces import more, prompt_rows
from .ties import Span, Tie, levels, ties_of

Report = Mapping[str, Any]
MAX_ROWS = 40  # a picture stays bounded whatever the prompt
RISE, LEVEL, TEXT, LINE = 13, 12, 16, 34
"""Height of the lowest arc, of every further one, of the words, and of a row without arcs."""
_WORDS = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]|[^\s\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+"
)


@dataclass(frozen=True)
class ArcInRow:
    """An arc in one row. One that goes on in another row has no foot at that side."""

    row: int
    left: float
    right: float
    feet: tuple[bool, bool]
    tip: float | None
    """Where it points to, if that is in this row."""
    arc: Tie
    numbers: str
    """Of its contrasts; empty where there is but one contrast."""
    level: int = 0

    @property
    def height(self) -> float:
        """How far it rises above its words."""
        return RISE + LEVEL * self.level - 4.0


def prompt(text: str, contrasts: Sequence[Report], width: float) -> Block:
    """The words of the prompt in rows, the arcs over them, and what is left out below."""
    report = _words(text, contrasts)
    all_rows, typed = prompt_rows(report, width)
    rows = all_rows[:MAX_ROWS]
    hidden_words = [word for row in all_rows[MAX_ROWS:] for word in row.words()]
    arcs = [
        list(in_rows(tie, rows, report, width, numbered=len(contrasts) > 1))
        for tie in ties_of(contrasts)
    ]
    lines = levelled([line for arc in arcs for line in arc])
    remarks = [translate("The prompt is empty: no words to follow.")]
    if text.strip():
        remarks = [more(report, min(hidden_words, default=typed))]
    if hidden := sum(not arc for arc in arcs):
        remarks.append(
            translate_count(
                "… and {count:,} more arc to words that are not shown, see the JSON",
                "… and {count:,} more arcs to words that are not shown, see the JSON",
                hidden,
            )
        )
    tops = _tops(len(rows), lines)
    notes = [line for remark in remarks for line in fonts.bounded(remark, 13, width)]

    def paint(canvas: Canvas, top: float) -> None:
        for line in lines:
            _paint_arc(canvas, line, top + tops[line.row + 1] - LINE + 10)
        for row, bottom in zip(rows, tops[1:], strict=True):
            _paint_words(canvas, row, top + bottom - 10)
        for number, note in enumerate(notes):
            canvas.text(LEFT, top + tops[-1] + 14 + 20 * number, note, 13, palette.SOFT)

    return Block(tops[-1] + 20 * len(notes) + 10, paint)


def _words(text: str, contrasts: Sequence[Report]) -> dict[str, Any]:
    """The prompt in the form that the token report's rows are made of, cut where an arc may end."""
    edges = {edge for tie in ties_of(contrasts) for span in (tie.start, tie.end) for edge in span}
    words: list[dict[str, Any]] = []
    for word in _WORDS.finditer(text):
        inside = sorted(edge for edge in edges if word.start() < edge < word.end())
        for start, end in pairwise([word.start(), *inside, word.end()]):
            kind = "punctuation"
            if any(char.isalnum() for char in text[start:end]):
                kind = "word"
            words.append(
                {"text": text[start:end], "span": [start, end], "kind": kind, "lost": False}
            )
    return {"text": text, "words": words, "edges": [], "streams": [], "readouts": []}


def in_rows(
    tie: Tie, rows: Sequence[Row], report: Report, width: float, numbered: bool
) -> Iterator[ArcInRow]:
    """The arc in every row that it touches; nothing where one of its ends is not shown."""
    start, end = (_place(span, rows, report) for span in (tie.start, tie.end))
    if start is None or end is None:
        return
    (first_row, left), (last_row, right) = min(start, end), max(start, end)
    lefts, rights, tips = {first_row: left}, {last_row: right}, {end[0]: end[1]}
    for row in range(first_row, last_row + 1):
        yield ArcInRow(
            row=row,
            left=lefts.get(row, 0.0),
            right=rights.get(row, width),
            feet=(row == first_row, row == last_row),
            tip=tips.get(row),
            arc=tie,
            numbers=tie.numbers if numbered else "",
        )


def _place(span: Span, rows: Sequence[Row], report: Report) -> tuple[int, float] | None:
    """Row and middle of some characters of the prompt: where they begin, if they are broken."""
    for number, row in enumerate(rows):
        spots = [
            spot
            for spot in row.spots
            if spot.piece.word is not None
            and overlap(report["words"][spot.piece.word]["span"], span)
        ]
        if spots:
            right = spots[-1].x + fonts.measure(spots[-1].piece.text, TEXT)
            return number, (spots[0].x + right) / 2
    return None


def levelled(arcs: Sequence[ArcInRow]) -> list[ArcInRow]:
    """Gives every arc its level among those of its row; short arcs first."""
    out = []
    for row in {arc.row for arc in arcs}:
        in_row = [arc for arc in arcs if arc.row == row]
        heights = levels([(arc.left, arc.right) for arc in in_row], slack=1)
        out += [replace(arc, level=level) for arc, level in zip(in_row, heights, strict=True)]
    return sorted(out, key=lambda arc: arc.right - arc.left)


def _tops(rows: int, arcs: Sequence[ArcInRow]) -> list[float]:
    """Where each row starts, and where the last one ends."""
    tops = [0.0]
    for row in range(rows):
        rise = max((RISE + LEVEL * arc.level for arc in arcs if arc.row == row), default=0)
        tops.append(tops[-1] + LINE + rise)
    return tops


def _paint_words(canvas: Canvas, row: Row, baseline: float) -> None:
    for spot in row.spots:
        ink = palette.DIM if spot.piece.word is None else palette.TEXT
        canvas.text(LEFT + spot.x, baseline, spot.piece.text, TEXT, ink)
        if spot.broken:
            canvas.stroke("hook", LEFT + spot.x + spot.width + 4, baseline - 4, 10, palette.AMBER)


def _paint_arc(canvas: Canvas, arc: ArcInRow, foot: float) -> None:
    look = palette.verdict_look(arc.arc.verdict)
    left, right = LEFT + arc.left, LEFT + arc.right
    if right - left < 1:  # both ends in one word
        return
    top = foot - arc.height
    radius = min((right - left) / 2, 9.0 + 3 * arc.level)
    bend = [
        (radius * (1 - cos(step * pi / 24)), arc.height * sin(step * pi / 24)) for step in range(13)
    ]
    rising, falling = [(left, top)], [(right, top)]
    if arc.feet[0]:
        rising = [(left + dx, foot - dy) for dx, dy in bend]
    if arc.feet[1]:
        falling = [(right - dx, foot - dy) for dx, dy in reversed(bend)]
    canvas.path([*rising, *falling], look)
    if arc.tip is not None:
        x = LEFT + arc.tip
        head = [(x - 3.2, foot - 3.6), (x, foot), (x + 3.2, foot - 3.6)]
        canvas.path(head, look._replace(off=0))
    if arc.numbers:
        _paint_numbers(canvas, arc.numbers, (left, right), top, look.colour)


def _paint_numbers(
    canvas: Canvas, numbers: str, ends: tuple[float, float], top: float, colour: str
) -> None:
    """In a gap of the arc where they fit, else over it."""
    left, right = ends
    wide = fonts.measure(numbers, 10)
    x = (left + right - wide) / 2
    if wide + 14 < right - left:
        canvas.box(x - 3, top - 6, (wide + 6, 12), palette.CARD)
        canvas.text(x, top + 3.5, numbers, 10, colour)
    else:
        canvas.text(x, top - 3, numbers, 10, colour)
