"""A prompt laid out into rows, in CSS pixels: where every word stands, and where windows end."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from . import fonts

SIZE, SPACE, MIN_CELL, EDGE, HOOK = 16, 5.0, 7.0, 9.0, 16.0
ASCENT, DESCENT, LANE, LABEL, ROW_GAP = 18, 11, 8, 15, 12
_BREAKS = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")


class Piece(NamedTuple):
    """A stretch of the prompt that is drawn in one go: a word, or a part of one that a window's
    edge cuts in two.

    ``word``: index into the report's words; None for text that no word claims and for our own
    remarks. ``gap``: white space before it as typed. ``edge``: the window edges that stand just
    before it, in words; ``edges``: their indices in the report.
    """

    word: int | None
    text: str
    gap: str = ""
    edge: str = ""
    edges: tuple[int, ...] = ()

    @property
    def breaks(self) -> int:
        """Line breaks before it as typed."""
        return len(_BREAKS.findall(self.gap))


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
    """One line of words with what stands above and below it."""

    spots: tuple[Spot, ...]
    labels: tuple[Label, ...]
    top: float
    lanes: int

    @property
    def baseline(self) -> float:
        levels = 1 + max((label.level for label in self.labels), default=-1)
        return self.top + LABEL * levels + ASCENT

    @property
    def bottom(self) -> float:
        if not self.spots:
            return self.top
        return self.baseline + DESCENT + LANE * self.lanes

    def words(self) -> list[int]:
        """Indices of the words that stand in it."""
        return [spot.piece.word for spot in self.spots if spot.piece.word is not None]


def units(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces that stay on one line if they can: a word with the comma behind it."""
    out: list[list[Piece]] = []
    for piece in pieces:
        if out and touch(out[-1][-1], piece):
            out[-1].append(piece)
        else:
            out.append([piece])
    return out


def touch(before: Piece, piece: Piece) -> bool:
    """Do two pieces stand together as typed? Scripts that are written without spaces break between
    any two characters.
    """
    return not piece.gap and not (_is_wide(before.text[-1:]) and _is_wide(piece.text[:1]))


def _is_wide(text: str) -> bool:
    if not text or unicodedata.category(text) not in ("Lo", "So"):
        return False
    return unicodedata.east_asian_width(text) in "WF"


def rows_of(pieces: Sequence[Piece], width: float, lanes: int = 0) -> list[Row]:
    """The pieces in rows of that width, with room for lanes below every row."""
    lines: list[list[Spot]] = [[]]
    for unit in units(pieces):
        if (breaks := unit[0].breaks) and lines[0]:
            lines.extend([] for _ in range(min(breaks, 2)))
        elif lines[-1] and _end(lines[-1]) + _lead(unit[0]) + sum(map(_cell, unit)) > width:
            lines.append([])
        for piece in unit:
            _put(lines, piece, width)
    rows: list[Row] = []
    top = 0.0
    for line in lines:
        rows.append(Row(tuple(line), tuple(_labels(line, width)), top, lanes))
        top = rows[-1].bottom + ROW_GAP
    return rows


def _cell(piece: Piece) -> float:
    return max(MIN_CELL, fonts.measure(piece.text, SIZE)) + EDGE * bool(piece.edge)


def _lead(piece: Piece) -> float:
    return SPACE * min(len(piece.gap), 8)


def _end(line: Sequence[Spot]) -> float:
    """Where a line ends that has at least one piece."""
    return line[-1].x + line[-1].width


def _put(lines: list[list[Spot]], piece: Piece, width: float) -> None:
    """Sets a piece behind the last one; a piece longer than a line is broken, with a hook where it
    goes on.
    """
    if lines[-1] and _end(lines[-1]) + _cell(piece) > width:
        lines.append([])
    x = EDGE * bool(piece.edge)
    if lines[-1]:
        # a comma's lane is wider than the comma: the blank behind it makes up for that
        last, lead = lines[-1][-1], _lead(piece)
        narrowed = lead - last.width + fonts.measure(last.piece.text, SIZE)
        x += _end(lines[-1]) + max(min(lead, 2.0), narrowed)
    text, edge = piece.text, piece.edge
    while fonts.measure(text, SIZE) > width - x:
        count = fonts.fit(text, SIZE, width - x - HOOK)
        if count >= len(text):
            break
        head = Piece(piece.word, text[:count], edge=edge)
        lines[-1].append(Spot(head, x, fonts.measure(head.text, SIZE), broken=True))
        lines.append([])
        text, edge, x = text[count:], "", 0.0
    rest = piece
    if text != piece.text:
        rest = Piece(piece.word, text)
    lines[-1].append(Spot(rest, x, max(MIN_CELL, fonts.measure(text, SIZE))))


def _labels(line: Sequence[Spot], width: float) -> list[Label]:
    """Titles of the edges in a row, from the right: each starts at its tick, over the ones to its
    right where they would touch.
    """
    levels: list[list[tuple[float, float]]] = []
    out: list[Label] = []
    for spot in reversed([spot for spot in line if spot.piece.edge]):
        tick = spot.x - EDGE / 2
        for text in reversed(fonts.wrap(spot.piece.edge, 11, max(width - tick, tick) - 5)):
            size = fonts.measure(text, 11)
            x = tick + 5
            if x + size > width:
                x = max(0.0, min(tick - 5 - size, width - size))
            span = (min(x, tick) - 6, max(x + size, tick) + 6)
            free = (k for k, spans in enumerate(levels) if not _overlaps(span, spans))
            level = next(free, len(levels))
            levels.extend([] for _ in range(level + 1 - len(levels)))
            for spans in levels[: level + 1]:
                spans.append((tick - 3, tick + 3))
            levels[level].append(span)
            out.append(Label(text, x, tick, level))
    return out


def _overlaps(span: tuple[float, float], others: Sequence[tuple[float, float]]) -> bool:
    return any(span[1] >= start and end >= span[0] for start, end in others)
