"""What every picture of a report starts from: what can be drawn at all, and the sheet that blocks
are painted onto, one below the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import EncoderScopeError
from ..tokens import style

try:
    from PIL import Image, ImageDraw

    from .canvas import Canvas
except ImportError:  # told by check(): the rest of the pack works without Pillow
    if not TYPE_CHECKING:
        Image = ImageDraw = None

LEFT, MIN_WIDTH, MAX_SCALE = 40, 320, 4


class Block(NamedTuple):
    height: float
    paint: Callable[[Canvas, float], None]


def check(fonts: Any, width: int, scale: int) -> None:
    """Refuses what cannot be drawn. ``fonts``: the drawer's module of that name, None without
    Pillow.
    """
    if fonts is None or not fonts.ready():
        raise EncoderScopeError(
            "Pillow with FreeType is missing.",
            "The picture is drawn with Pillow 10.1 or newer.",
            "pip install -U pillow",
        )
    if width < MIN_WIDTH or not 1 <= scale <= MAX_SCALE:
        raise EncoderScopeError(
            f"width {width}, scale {scale}.",
            f"The width is at least {MIN_WIDTH}, the scale 1 to {MAX_SCALE}.",
            "Use 960 and 2.",
        )


def sheet(blocks: Iterable[Block], width: int, scale: int) -> Image.Image:
    """The picture, ``width`` times ``scale`` pixels wide."""
    placed = list(blocks)
    height = ceil(sum(block.height for block in placed) + 2 * (LEFT - 4))
    image = Image.new("RGB", (width * scale, height * scale), style.PAGE)
    canvas = Canvas(image, ImageDraw.Draw(image), scale)
    canvas.box(14, 14, (width - 28, height - 28), style.RULE, 12)
    canvas.box(14.5, 14.5, (width - 29, height - 29), style.CARD, 11.5)
    y = LEFT - 4.0
    for block in placed:
        block.paint(canvas, y)
        y += block.height
    return image
