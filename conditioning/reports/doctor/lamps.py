"""The lamps of a doctor's picture: a shape and a colour for each state, and the table of phrases
and stations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..drawing import fonts, page, palette
from ..drawing.canvas import Canvas
from ..drawing.page import LEFT, Block
from .display import SIGNS

Report = Mapping[str, Any]
LAMP = 16.0
"""Size of a lamp."""
SIZE, HEAD, CELL_GAP, ROW = 16, 12, 22.0, 27.0
COLOURS = {
    "passed": palette.GREEN,
    "lost": palette.VERMILION,
    "part": palette.AMBER,
    "unsure": palette.BLUE,
    "unseen": palette.DIM,
    "after": palette.DIM,
}
_WIDEST_HEAD = 110.0
"""Of a station's name; longer ones are cut."""


def lamp(canvas: Canvas, name: str, x: float, y: float) -> None:
    """One lamp: a disc with a tick (passed), a square with a cross (lost here), a ring with ½
    (goes on in part) or with a question mark, a small ring (not looked at), a dash (lost before).
    """
    colour = COLOURS.get(name, palette.SOFT)
    middle = x + LAMP / 2, y + LAMP / 2
    if name == "passed":
        canvas.box(x, y, (LAMP, LAMP), colour, LAMP / 2)
        canvas.stroke("check", x + 3.5, middle[1], 9, palette.CARD)
    elif name == "lost":
        canvas.box(x - 1, y - 1, (LAMP + 2, LAMP + 2), colour, 3)
        _cross(canvas, middle)
    elif name == "after":
        canvas.box(x + 3, middle[1] - 1, (LAMP - 6, 2), colour)
    elif name == "unseen":
        _ring(canvas, middle, 8, 1.2, colour)
    else:
        _ring(canvas, middle, LAMP, 1.6, colour)
        sign = SIGNS.get(name, SIGNS["unsure"])
        canvas.text(middle[0] - fonts.measure(sign, 11) / 2, middle[1] + 4, sign, 11, colour)


def _ring(
    canvas: Canvas, middle: tuple[float, float], size: float, thick: float, colour: str
) -> None:
    for wide, ink in ((size, colour), (size - 2 * thick, palette.CARD)):
        place = middle[0] - wide / 2, middle[1] - wide / 2
        canvas.box(*place, (wide, wide), ink, wide / 2)


def _cross(canvas: Canvas, middle: tuple[float, float]) -> None:
    x, y = middle
    look = palette.LineLook(palette.CARD, 2.2)
    for way in (-1, 1):
        canvas.path([(x - 4, y - 4 * way), (x + 4, y + 4 * way)], look)


def table(rows: Sequence[Report], heads: Sequence[str], width: float) -> Block:
    """A row for each phrase, or for all that fared alike; a column of lamps for each station."""
    columns = [min(_WIDEST_HEAD, fonts.measure(head, HEAD)) + CELL_GAP for head in heads]
    longest = max(fonts.measure(str(row["text"]), SIZE) for row in rows)
    first = min(longest + CELL_GAP, width - sum(columns))
    middles = [first + sum(columns[:k]) + column / 2 for k, column in enumerate(columns)]

    def paint(canvas: Canvas, top: float) -> None:
        for head, middle, column in zip(heads, middles, columns, strict=True):
            text = fonts.clipped(head, HEAD, column)
            place = LEFT + middle - fonts.measure(text, HEAD) / 2
            canvas.text(place, top + 14, text, HEAD, palette.DIM)
        for k, row in enumerate(rows):
            _paint_row(canvas, row, top + ROW * (k + 1), first - CELL_GAP, middles)

    return Block(ROW * (len(rows) + 1) + 6, paint)


def _paint_row(
    canvas: Canvas, row: Report, y: float, wide: float, middles: Sequence[float]
) -> None:
    ink = {"kept": palette.SOFT}.get(row["display"]["tone"], palette.TEXT)
    text = fonts.clipped(str(row["text"]), SIZE, wide)
    canvas.text(LEFT, y + 14, text, SIZE, ink)
    if row["display"]["tone"] == "lost":
        canvas.box(LEFT, y + 19, (fonts.measure(text, SIZE), 1.8), palette.VERMILION)
    for middle, each in zip(middles, row["display"]["lamps"], strict=False):
        lamp(canvas, each["name"], LEFT + middle - LAMP / 2, y + 2)


def legend(items: Sequence[Report], width: float) -> Block:
    """A lamp of each state beside what it means."""
    sized = [(min(width, fonts.measure(str(item["title"]), 12) + LAMP + 8), item) for item in items]
    lines = page.beside(sized, width, 18)

    def paint(canvas: Canvas, top: float) -> None:
        for k, line in enumerate(lines):
            for left, wide, item in line:
                y = top + 4 + 24 * k
                lamp(canvas, str(item["name"]), LEFT + left, y)
                text = fonts.clipped(str(item["title"]), 12, wide - LAMP - 7)
                canvas.text(LEFT + left + LAMP + 8, y + 12, text, 12, palette.SOFT)

    return Block(24 * len(lines) + 4, paint)
