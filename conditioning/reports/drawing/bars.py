"""Bars of a picture: stripes over a part of one, a whisker for an interval, numbers as places and
percentages.
"""

from __future__ import annotations

from math import isfinite, sqrt
from typing import Any

from PIL import Image, ImageDraw

from ...translation import translate
from ..shares import percentage_text
from . import palette
from .canvas import Canvas

BAR = 14
"""Height of a bar."""


def hatch(canvas: Canvas, at: tuple[float, float], part: tuple[float, float], colour: str) -> None:
    """Slanted stripes over a part of a bar, from one place on it to another; they go on from part
    to part.
    """
    unit = 4 * canvas.scale
    left, right = (round(value * canvas.scale) for value in part)
    if right <= left:
        return
    mask = Image.new("L", (right * 4, BAR * unit))
    draw = ImageDraw.Draw(mask)
    for x in range(-BAR * unit, right * 4, round(5.5 * unit)):
        draw.line([(x, BAR * unit), (x + BAR * unit, 0)], 255, round(1.8 * unit))
    place = (round(at[0] * canvas.scale) + left, round(at[1] * canvas.scale))
    canvas.image.paste(colour, place, mask.reduce(4).crop((left, 0, right, BAR * canvas.scale)))


def whisker(canvas: Canvas, ends: tuple[float, float], y: float, colour: str) -> None:
    """A line with a cap at either end, on a dark ground that parts it from the bar."""
    low, high = ends
    for grow, ink in ((1.0, palette.CARD), (0.0, colour)):
        canvas.box(low - grow, y - 0.75 - grow, (high - low + 2 * grow, 1.5 + 2 * grow), ink)
        for x in ends:
            canvas.box(x - 0.75 - grow, y - 4 - grow, (1.5 + 2 * grow, 8 + 2 * grow), ink)
    canvas.box(low, y - 0.75, (high - low, 1.5), colour)


def number(value: Any) -> float | None:
    """None for what is no number: JSON has no NaN, but a file by another hand may."""
    if not isinstance(value, (int, float)) or not isfinite(value):
        return None
    return float(value)


def along(share: Any) -> float:
    """Place on the square-root axis from 0 to 1."""
    return sqrt(min(1.0, max(0.0, number(share) or 0.0)))


def percent(share: Any) -> str:
    """A share as text, such as '12.3 %'."""
    value = number(share)
    if value is None:
        return translate("no number")
    return percentage_text(100 * value, 1)
