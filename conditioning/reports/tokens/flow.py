"""The prompt laid out into rows, in CSS pixels: which word stands where, and where the
windows end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..drawing import fonts
from . import style
from .style import Piece

MAX_ROWS = 150  # a picture stays bounded whatever the prompt
SIZE, SPACE, MIN_CELL, EDGE, HOOK = 16, 5.0, 7.0, 9.0, 16.0
ASCENT, DESCENT, LANE, LABEL, ROW_GAP = 18, 11, 8, 15, 12


@dataclass(frozen=True)
class Spot:
    """A piece in its row. `broken`: the word goes on in the next row."""

    piece: Piece
    x: float
    width: float
    broken: bool = False


@dataclass(frozen=True)
class Label:
    """The title of a window edge, `level` lines above the words."""

    text: str
    x: float
    tick: float
    level: int


@dataclass(frozen=True)
class Row:
    spots: tuple[Spot, ...]
    labels: tuple[Label, ...]
    top: float
    lanes: int

    @property
    def baseline(self) -> float:
        return (
            self.top
            + LABEL * (1 + max((label.level for label in self.labels), default=-1))
            + ASCENT
        )

    @property
    def bottom(self) -> float:
        return self.baseline + DESCENT + LANE * self.lanes if self.spots else self.top


def flow(report: Mapping[str, Any], width: float) -> tuple[list[Row], int]:
    """Rows of the prompt, and how many words they show."""
    lines: list[list[Spot]] = [[]]
    for unit in style.units(style.pieces(report)):
        if (breaks := unit[0].breaks) and lines[0]:
            lines.extend([] for _ in range(min(breaks, 2)))
        elif lines[-1] and _end(lines[-1]) + _lead(unit[0]) + sum(map(_cell, unit)) > width:
            lines.append([])
        for piece in unit:
            _put(lines, piece, width)
    words = len(report["words"])
    shown = min(words, style.MAX_WORDS)
    if len(lines) > MAX_ROWS:
        lost = [
            spot.piece.word
            for line in lines[MAX_ROWS:]
            for spot in line
            if spot.piece.word is not None
        ]
        shown, lines = min(lost, default=shown), lines[:MAX_ROWS]
    rows: list[Row] = []
    top = 0.0
    for line in lines:
        rows.append(Row(tuple(line), tuple(_labels(line, width)), top, len(report["readouts"])))
        top = rows[-1].bottom + ROW_GAP
    return rows, shown


def _cell(piece: Piece) -> float:
    return max(MIN_CELL, fonts.measure(piece.text, SIZE)) + (EDGE if piece.edge else 0)


def _lead(piece: Piece) -> float:
    return SPACE * min(piece.space, 8)


def _end(line: Sequence[Spot]) -> float:
    return line[-1].x + line[-1].width if line else 0.0


def _put(lines: list[list[Spot]], piece: Piece, width: float) -> None:
    """Sets a piece behind the last one; a piece longer than a line is broken, with a hook where it
    goes on.
    """
    if lines[-1] and _end(lines[-1]) + _cell(piece) > width:
        lines.append([])
    x = EDGE if piece.edge else 0.0
    if lines[-1]:
        last = lines[-1][-1]
        lead = _lead(
            piece
        )  # a comma's lane is wider than the comma: the blank behind it makes up for that
        x += _end(lines[-1]) + max(
            min(lead, 2.0), lead - last.width + fonts.measure(last.piece.text, SIZE)
        )
    text = piece.text
    while fonts.measure(text, SIZE) > width - x and (
        count := fonts.fit(text, SIZE, width - x - HOOK)
    ) < len(text):
        head = Piece(piece.word, text[:count], edge=piece.edge if text == piece.text else "")
        lines[-1].append(Spot(head, x, fonts.measure(head.text, SIZE), broken=True))
        lines.append([])
        text, x = text[count:], 0.0
    rest = piece if text == piece.text else Piece(piece.word, text)
    lines[-1].append(Spot(rest, x, max(MIN_CELL, fonts.measure(text, SIZE))))


def _labels(line: Sequence[Spot], width: float) -> list[Label]:
    """Titles of the edges in a row, from the right: each starts at its tick, over the ones to its
    right where they would touch.
    """
    taken: list[list[tuple[float, float]]] = []
    out: list[Label] = []
    for spot in reversed([spot for spot in line if spot.piece.edge]):
        tick = spot.x - EDGE / 2
        for text in reversed(fonts.wrap(spot.piece.edge, 11, max(width - tick, tick) - 5)):
            size = fonts.measure(text, 11)
            x = (
                tick + 5
                if tick + 5 + size <= width
                else max(0.0, min(tick - 5 - size, width - size))
            )
            span = (min(x, tick) - 6, max(x + size, tick) + 6)
            level = next(
                (
                    k
                    for k, spans in enumerate(taken)
                    if all(span[1] < a or b < span[0] for a, b in spans)
                ),
                len(taken),
            )
            taken.extend([] for _ in range(level + 1 - len(taken)))
            for spans in taken[: level + 1]:
                spans.append((tick - 3, tick + 3))
            taken[level].append(span)
            out.append(Label(text, x, tick, level))
    return out
