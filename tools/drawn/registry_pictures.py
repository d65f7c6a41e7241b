"""Draws what the Comfy Registry shows of the pack, with the engine that draws its reports:
`.venv/bin/python -m encoderscope.tools.drawn.registry_pictures` writes docs/pictures/icon.png
(400 x 400) and docs/pictures/banner.png (21 : 9).
"""

from __future__ import annotations

from math import cos, pi, sin
from pathlib import Path

from PIL import Image, ImageDraw

from ...conditioning.reports.drawing import fonts, palette
from ...conditioning.reports.drawing.canvas import Canvas, Point
from ...conditioning.reports.drawing.palette import LineLook
from ..places import ROOT

FOLDER = ROOT / "docs" / "pictures"
ICON, BANNER = (100, 100), (630, 270)
"""In units that are drawn four times as large (the icon) and twice (the banner)."""
WORDS = (("a", True), ("red", True), ("fox,", True), ("golden", False), ("hour", False))
"""The banner's prompt: each word, and whether CLIP's pooled vector gets it there."""
CLAIM = "Which words of your prompt did every text encoder really get?"


def icon() -> Image.Image:
    """Three words as bars over the lanes of two encoders, one of them lost, under a lens."""
    canvas = _canvas(ICON, 4)
    canvas.box(4, 4, (92, 92), palette.CARD, 14)
    for x, wide, colour in ((16, 18, palette.TEXT), (38, 22, palette.TEXT), (64, 20, palette.DIM)):
        canvas.box(x, 28, (wide, 8), colour, 4)
        canvas.box(x, 44, (wide, 5), palette.readout_colour(1), 2.5)
    for x, wide in ((16, 18), (38, 22)):
        canvas.box(x, 54, (wide, 5), palette.readout_colour(2), 2.5)
    canvas.path([(65, 56.5), (83, 56.5)], LineLook(palette.AMBER, 3, 0.2, 5))
    canvas.path(_circle((72, 46), 19), LineLook(palette.AMBER, 4))
    canvas.path([(58, 60), (42, 79)], LineLook(palette.AMBER, 4))
    return canvas.image


def banner() -> Image.Image:
    """The name, the question that the pack answers, and a prompt with its lanes."""
    canvas = _canvas(BANNER, 2)
    canvas.box(12, 12, (606, 246), palette.RULE, 14)
    canvas.box(13, 13, (604, 244), palette.CARD, 13)
    for dx in (0.0, 0.5):  # the default font has no bold face
        canvas.text(40 + dx, 74, "EncoderScope", 40, palette.TEXT)
    canvas.text(41, 104, CLAIM, 17, palette.SOFT)
    _prompt(canvas, 41, 168)
    return canvas.image


def _prompt(canvas: Canvas, x: float, y: float) -> None:
    """The words at a baseline, and below each the lanes of those readouts that get it."""
    for word, pooled in WORDS:
        wide = fonts.measure(word, 34)
        ink = (palette.AMBER, palette.TEXT)[pooled]
        canvas.text(x, y, word, 34, ink)
        if pooled:
            canvas.box(x, y + 16, (wide, 6), palette.readout_colour(0), 3)
        else:
            dots = LineLook(palette.AMBER, 2.4, 0.2, 6)
            canvas.path([(x + 2, y + 19), (x + wide - 2, y + 19)], dots)
        canvas.box(x, y + 32, (wide, 6), palette.readout_colour(1), 3)
        x += wide + 14
    for line, text in enumerate(("pooled vector", "sequence")):
        canvas.text(x + 8, y + 23 + 16 * line, text, 12, palette.readout_colour(line))


def _canvas(size: tuple[int, int], scale: int) -> Canvas:
    image = Image.new("RGB", (size[0] * scale, size[1] * scale), palette.PAGE)
    return Canvas(image, ImageDraw.Draw(image), scale)


def _circle(middle: Point, radius: float) -> list[Point]:
    turns = [2 * pi * k / 90 for k in range(91)]
    return [(middle[0] + radius * cos(t), middle[1] + radius * sin(t)) for t in turns]


def main(folder: Path = FOLDER) -> None:
    """Write both pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in (("icon", icon()), ("banner", banner())):
        picture.save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
