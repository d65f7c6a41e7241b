"""The rows of judges' answers in the picture of the image report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...translation import translate_count
from ..drawing import bars, fonts, palette
from ..drawing.canvas import Canvas
from ..drawing.page import Block
from .gauges import FIGURES, GaugeRoom
from .judged_display import judged_rows

Report = Mapping[str, Any]
MOST = 16
"""Questions of one picture that are drawn."""
_INKS = {"kept": palette.GREEN, "lost": palette.VERMILION}
_SIGN, _LINE, _BAR = 20, 17.0, 22.0


def answer_blocks(report: Report, image: Report, room: GaugeRoom) -> Iterator[Block]:
    """One block for each question: its words, a bar for each judge, and what came of it."""
    rows = judged_rows(report, image)
    for row in rows[:MOST]:
        yield _answers(row, room)
    if len(rows) > MOST:
        text = translate_count(
            "… and {count:,} more question, see the JSON",
            "… and {count:,} more questions, see the JSON",
            len(rows) - MOST,
        )
        yield Block(
            _LINE + 4, lambda canvas, top: canvas.text(room.left, top + 13, text, 12, palette.SOFT)
        )


def _answers(row: Report, room: GaugeRoom) -> Block:
    left, long = room.bar
    ink = _INKS.get(row["tone"], palette.BLUE)
    width = (room.names or room.width) - _SIGN - 12
    names = fonts.bounded(str(row["question"]), 12, width, 3)
    verdict = fonts.bounded(str(row["text"]), 11, FIGURES - 14 if room.wide else room.width, 4)
    under = 0.0 if room.wide else _LINE * len(names)
    beside = left + long + 14, 0.0
    if not room.wide:
        beside = room.left, under + _BAR * len(row["bars"])
    ends = (_LINE * len(names), under + _BAR * len(row["bars"]), beside[1] + 15.0 * len(verdict))

    def paint(canvas: Canvas, top: float) -> None:
        canvas.text(room.left, top + 14, str(row["sign"]), 14, ink)
        for k, name in enumerate(names):
            canvas.text(room.left + _SIGN, top + 14 + _LINE * k, name, 12, palette.TEXT)
        for k, bar in enumerate(row["bars"]):
            _bar(canvas, bar, (left, top + under + _BAR * k), long - 44, ink)
        for k, text in enumerate(verdict):
            canvas.text(beside[0], top + beside[1] + 14 + 15 * k, text, 11, palette.SOFT)

    return Block(max(ends) + 10, paint)


def _bar(canvas: Canvas, bar: Report, at: tuple[float, float], long: float, ink: str) -> None:
    """Filled where the judge is believed, else an empty frame; guessing reaches the middle."""
    x, y = at
    share = min(1.0, max(0.0, float(bar["width"]) / 100)) * long
    canvas.box(x, y + 3, (long, bars.BAR - 4), palette.RAISED, 3)
    canvas.box(x, y + 4, (share, bars.BAR - 6), ink)
    if not bar["believed"]:
        canvas.box(x + 1, y + 5, (max(0.0, share - 2), bars.BAR - 8), palette.CARD)
    canvas.box(x + long / 2 - 0.5, y + 1, (1, bars.BAR), palette.DIM)
    canvas.text(x + long + 8, y + 14, str(bar["text"]), 11, palette.TEXT)
