"""Legends of pictures: samples of signs with what they mean, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from . import fonts, page, palette
from .canvas import Canvas
from .page import LEFT, Block

SAMPLE = 34.0
"""Room for a sample before its words."""


class LegendLook(NamedTuple):
    gap: float = 18
    """Between two signs."""
    line: float = 22
    baseline: float = 14
    """Of the first line."""
    below: float = 4


USUAL = LegendLook()


def legend(
    items: Sequence[tuple[str, str]],
    width: float,
    paint_sample: Callable[[Canvas, str, float, float], None],
    look: LegendLook = USUAL,
    left: float = LEFT,
) -> Block:
    """``items``: a sign, or '' for words alone, with what it means. ``paint_sample``: draws a sign
    at x, on a baseline.
    """
    sized = [(fonts.measure(text, 12) + SAMPLE * bool(sign), (sign, text)) for sign, text in items]
    lines = page.beside(sized, width, look.gap)

    def paint(canvas: Canvas, top: float) -> None:
        for k, line in enumerate(lines):
            y = top + look.baseline + look.line * k
            for x, _, (sign, text) in line:
                if sign:
                    paint_sample(canvas, sign, left + x, y)
                canvas.text(left + x + SAMPLE * bool(sign), y, text, 12, palette.SOFT)

    return Block(look.line * len(lines) + look.below, paint)
