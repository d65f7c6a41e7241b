"""The prompt of an Ignored Words picture: every phrase in the ink of its influence, over a line
that is as thick, and struck through where it is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from ...generator.influence import IGNORED, UNSURE, USED
from ...translation import translate
from ..drawing import fonts, palette
from ..drawing.canvas import Canvas
from ..drawing.flow import SIZE, Piece, Row, Spot, rows_of
from ..drawing.page import LEFT, Block
from .inked_prompt import CUT_OFF, INKS

Report = Mapping[str, Any]
# a picture stays bounded whatever the prompt
MAX_ROWS = 40
MAX_CHARS = 12_000
STEP = 32
"""Height of a row."""
PALE = 0.52
"""How much of the full ink is left to what decides nothing: it can still be read."""
BOLD = 3
"""From this step of ink on, words are drawn bold."""
_WORDS = re.compile(
    r"(\s*)([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
    r"|[^\s\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+|$)"
)


def prompt(report: Report, width: float) -> Block:
    """The prompt in rows, and below it what is left out."""
    all_rows = rows_of(list(_pieces(report["display"]["pieces"])), width, lanes=0)
    rows = all_rows[:MAX_ROWS]
    notes = []
    if not report["text"].strip():
        notes.append(translate("The prompt is empty."))
    if len(all_rows) > MAX_ROWS or len(report["text"]) > MAX_CHARS:
        notes.append(translate("… and more of the prompt, see the JSON"))
    bottom = float(STEP * len(rows))

    def paint(canvas: Canvas, top: float) -> None:
        for k, row in enumerate(rows):
            _paint_row(canvas, row, report["phrases"], top + STEP * k + 18)
        for k, note in enumerate(notes):
            canvas.text(LEFT, top + bottom + 18 + 20 * k, note, 13, palette.SOFT)

    return Block(bottom + 20 * len(notes) + 16, paint)


def _pieces(pieces: Sequence[Report]) -> Iterator[Piece]:
    """Words of the first characters; ``word`` is the index of a phrase here."""
    gap, room = "", MAX_CHARS
    for piece in pieces:
        text = piece["text"][: max(0, room)]
        room -= len(piece["text"])
        for blank, typed in _WORDS.findall(text):
            gap += blank
            if typed:
                yield Piece(piece["phrase"], typed, gap)
                gap = ""


def _paint_row(canvas: Canvas, row: Row, phrases: Sequence[Report], baseline: float) -> None:
    for index, group in groupby(row.spots, key=lambda spot: spot.piece.word):
        spots = list(group)
        if index is None:
            _paint_words(canvas, spots, baseline, palette.DIM)
        else:
            _paint_phrase(canvas, spots, baseline, phrases[index]["display"])


def _paint_words(
    canvas: Canvas, spots: Sequence[Spot], baseline: float, colour: str, bold: bool = False
) -> None:
    for spot in spots:
        for dx in (0.0, 0.4)[: 1 + bold]:  # the default font has no bold face
            canvas.text(LEFT + spot.x + dx, baseline, spot.piece.text, SIZE, colour)
        if spot.broken:
            x = LEFT + spot.x + spot.width + 4
            canvas.stroke("hook", x, baseline - 4, 10, palette.AMBER)


def _paint_phrase(canvas: Canvas, spots: Sequence[Spot], baseline: float, display: Report) -> None:
    """The words of one phrase in one row, with their line."""
    ink = display["ink"]
    _paint_words(canvas, spots, baseline, ink_colour(ink), ink >= BOLD)
    last = spots[-1]
    left, right = LEFT + spots[0].x, LEFT + last.x + fonts.measure(last.piece.text, SIZE)
    line(canvas, display["state"], ink, (left, right), baseline)


def ink_colour(ink: int) -> str:
    """The colour of words with this step of ink."""
    return palette.mixed(palette.TEXT, PALE + (1 - PALE) * ink / INKS)


def line(canvas: Canvas, state: str, ink: int, ends: tuple[float, float], baseline: float) -> None:
    """The line of a phrase: below it as thick as its ink, dashed where nothing can be told, through
    it where it is ignored, twice where it never reaches the image model.
    """
    left, right = ends
    wide = right - left
    if state == IGNORED:
        canvas.box(left - 1, baseline - 6, (wide + 2, 1.8), palette.AMBER)
    elif state == CUT_OFF:
        for y in (7.5, 4.0):
            canvas.box(left - 1, baseline - y, (wide + 2, 1.4), palette.VERMILION)
    elif state == UNSURE:
        for k in range(max(1, round(wide / 7))):
            canvas.box(left + 7 * k, baseline + 4, (min(4.5, wide), 1.8), palette.BLUE)
    else:
        canvas.box(left, baseline + 4, (wide, 1.0 + 0.9 * (ink - 1)), ink_colour(ink))


def sample(canvas: Canvas, state: str, x: float, baseline: float) -> None:
    """Some letters as a phrase of this state is drawn, in 26 pixels."""
    parts = [(state, "abc", 0, x)]
    if state == UNSURE:
        parts = [(state, "abc", 1, x)]
    elif state == USED:
        parts = [(state, "a", 1, x), (state, "b", INKS, x + 13)]
    for name, text, ink, left in parts:
        canvas.text(left, baseline, text, 13, ink_colour(ink))
        line(canvas, name, ink, (left, left + fonts.measure(text, 13)), baseline)
