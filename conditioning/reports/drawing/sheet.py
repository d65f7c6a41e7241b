"""The sheet that the probe's pictures are drawn on, and its parts: heading, tone box, paragraphs,
the line of a verdict.

Lengths are CSS pixels, drawn at the wanted scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from math import ceil, floor, hypot, isfinite, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from ..tokens import style
from .page import LEFT, Block, check

try:
    from PIL import Image, ImageDraw

    from . import fonts
    from .canvas import Canvas
except ImportError:  # told by inner(): the rest of the pack works without Pillow
    if not TYPE_CHECKING:
        Image = ImageDraw = fonts = None

Report = Mapping[str, Any]
Point = tuple[float, float]
MAX_LINES = 12  # of one paragraph


class Look(NamedTuple):
    """The line of a verdict: no meaning rests on its colour alone. ``on`` and ``off`` are its
    dashes.
    """

    colour: str
    thick: float
    on: float = 0
    off: float = 0


LOOKS: Mapping[str, Look] = {
    "BOUND": Look(style.GREEN, 2.2),
    "UNDECIDED": Look(style.BLUE, 1),
    "ORDER ONLY": Look(style.AMBER, 2, 4.5, 5),
    "COLLAPSED": Look(style.VERMILION, 2.4, 0.2, 4.6),
}


def look(verdict: str) -> Look:
    """A verdict of a newer report is drawn as one that is not known rather than left out."""
    return LOOKS.get(verdict, Look(style.SOFT, 1))


def inner(width: int, scale: int) -> float:
    """The room between the margins; refuses what cannot be drawn."""
    check(fonts, width, scale)
    return width - 2 * LEFT


def head(title: str, chips: Sequence[str], width: float, brand: bool = True) -> Block:
    """The first chip is the brightest: what the streams behind it belong to."""
    size = 20 if brand else 16
    lines = beside(
        [(min(width, fonts.measure(chip, 13) + 24), (k, chip)) for k, chip in enumerate(chips)],
        width,
        8,
    )

    def paint(canvas: Canvas, top: float) -> None:
        for dx in (0.0, 0.4):  # the default font has no bold face
            canvas.text(LEFT + dx, top + 17, title, size, style.TEXT)
        if brand:
            canvas.text(
                LEFT + width - fonts.measure("EncoderScope", 12),
                top + 16,
                "EncoderScope",
                12,
                style.DIM,
            )
        for row, line in enumerate(lines):
            for x, wide, (k, chip) in line:
                canvas.box(
                    LEFT + x, top + 32 + 33 * row, (wide, 26), style.RAISED if k else style.RULE, 13
                )
                text, ink = clipped(chip, 13, wide - 24), style.SOFT if k else style.TEXT
                canvas.text(LEFT + x + 12, top + 49.5 + 33 * row, text, 13, ink)

    return Block(45 + 33 * len(lines), paint)


def tone_box(text: str, tone: style.ToneStyle, width: float) -> Block:
    lines = bounded(text, 15, width - 54)
    size = (width - 4, 22 * len(lines) + 22)

    def paint(canvas: Canvas, top: float) -> None:
        canvas.box(LEFT, top, (20, size[1]), tone.edge, 7)
        canvas.box(LEFT + 4, top, size, tone.box, 7)
        canvas.box(LEFT + 16, top + 12.5, (19, 19), tone.edge, 9.5)
        if tone.sign == "✓":  # not in the default font
            canvas.stroke("check", LEFT + 21, top + 22, 9, tone.box)
        else:
            canvas.text(
                LEFT + 25.5 - fonts.measure(tone.sign, 15) / 2, top + 27.3, tone.sign, 15, tone.box
            )
        for k, line in enumerate(lines):
            canvas.text(LEFT + 46, top + 27 + 22 * k, line, 15, style.TEXT)

    return Block(size[1] + 20, paint)


def paragraph(text: str, colour: str, width: float, sign: str = "") -> Block:
    """Wrapped text behind a sign: an arrow for what to do, a dot for what to know, an exclamation
    mark for what is wrong.
    """
    indent = 22 if sign else 0
    lines = bounded(text, 13, width - indent)

    def paint(canvas: Canvas, top: float) -> None:
        if sign == "arrow":
            canvas.stroke("arrow", LEFT, top + 9, 13, style.GREEN)
        elif sign == "dot":
            canvas.box(LEFT + 5, top + 8, (4, 4), style.DIM, 2)
        elif sign:
            canvas.box(LEFT, top + 2.5, (14, 14), style.AMBER, 7)
            canvas.text(LEFT + 7 - fonts.measure(sign, 11) / 2, top + 13.5, sign, 11, style.CARD)
        for k, line in enumerate(lines):
            canvas.text(LEFT + indent, top + 14 + 20 * k, line, 13, colour)

    return Block(20 * len(lines) + 2, paint)


def space(height: float, ruled: bool = False, width: float = 0) -> Block:
    return Block(
        height,
        lambda canvas, top: (
            canvas.box(LEFT, top + height / 2, (width, 1), style.RULE) if ruled else None
        ),
    )


def footer(report: Report, streams: Iterable[Report], width: float) -> Block:
    """Where the picture comes from."""
    parts = [
        f"{report['format']}, version {report['version']}",
        str(report["view"]),
        *map(described, streams),
    ]
    lines = bounded(
        " · ".join([*parts, *([str(report["host"])] if report.get("host") else [])]), 11, width
    )

    def paint(canvas: Canvas, top: float) -> None:
        for k, line in enumerate(lines):
            canvas.text(LEFT, top + 24 + 16 * k, line, 11, style.DIM)

    return Block(16 * len(lines) + 12, paint)


def described(stream: Report) -> str:
    """'CLIP-L: clip, 12 layers of 768, causal'."""
    causal = ", causal" if stream["causal"] else ""
    return (
        f"{stream['title']}: {stream['kind']}, {stream['layers']} layers of "
        f"{stream['width']}{causal}"
    )


def beside(
    items: Iterable[tuple[float, Any]], width: float, gap: float
) -> list[list[tuple[float, float, Any]]]:
    """Items of known width set side by side into lines: (x, width, item)."""
    lines: list[list[tuple[float, float, Any]]] = []
    x = 0.0
    for size, item in items:
        if not lines or x + size > width:
            lines.append([])
            x = 0.0
        lines[-1].append((x, size, item))
        x += size + gap
    return lines


def bounded(text: str, size: float, width: float, most: int = MAX_LINES) -> list[str]:
    """Lines of a text, not more than ``most``. No more of it is measured than could fit: a report
    may hold a novel.
    """
    room = _most_chars(size, width)
    shown = text[: most * room]
    words = [piece for word in shown.split() for piece in _broken(word, size, width, room)]
    lines = fonts.wrap(" ".join(words), size, width)
    return lines if len(lines) <= most and shown == text else [*lines[: most - 1], "… see the JSON"]


def _most_chars(size: float, width: float) -> int:
    """More letters than a line can have."""
    return int(5 * width / size) + 8


def _broken(word: str, size: float, width: float, room: int) -> Iterator[str]:
    """Pieces of a very long word that fill a line each."""
    while len(word) > room:
        count = fonts.fit(word[:room], size, width)
        yield word[:count]
        word = word[count:]
    yield word


def clipped(text: str, size: float, width: float) -> str:
    shown = " ".join(text[: _most_chars(size, width)].split())
    if len(text) <= _most_chars(size, width) and fonts.measure(shown, size) <= width:
        return shown
    return shown[: fonts.fit(shown, size, width - fonts.measure("…", size))].rstrip() + "…"


def number(value: Any) -> float | None:
    """None for what is no number: JSON has no NaN, but a file by another hand may."""
    return float(value) if isinstance(value, (int, float)) and isfinite(value) else None


def along(share: Any) -> float:
    """Place on the square-root axis from 0 to 1."""
    return sqrt(min(1.0, max(0.0, number(share) or 0.0)))


def percent(share: Any) -> str:
    value = number(share)
    if value is None:
        return "no number"
    return "< 0.1 %" if 0 < value < 0.0005 else f"{100 * value:.1f} %"


def path(canvas: Canvas, points: Sequence[Point], line: Look) -> None:
    """A line through points in the manner of a verdict, drawn four times as large and reduced, as
    strokes are.
    """
    unit = 4 * canvas.scale
    left, top = (floor(min(values)) - 2 for values in zip(*points, strict=True))
    right, bottom = (ceil(max(values)) + 2 for values in zip(*points, strict=True))
    mask = Image.new("L", ((right - left) * unit, (bottom - top) * unit))
    draw, r = ImageDraw.Draw(mask), line.thick / 2 * unit
    for piece in _dashes(points, line):
        dots = [((x - left) * unit, (y - top) * unit) for x, y in piece]
        draw.line(dots, 255, round(2 * r), joint="curve")
        for x, y in (dots[0], dots[-1]):
            draw.ellipse([x - r, y - r, x + r, y + r], 255)
    canvas.image.paste(line.colour, (left * canvas.scale, top * canvas.scale), mask.reduce(4))


def _dashes(points: Sequence[Point], line: Look) -> Iterator[list[Point]]:
    """The stretches of a line that are drawn."""
    if not line.off:
        yield list(points)
        return
    fine: list[tuple[float, Point]] = []
    at = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        steps = max(1, ceil(hypot(x1 - x0, y1 - y0) / 0.15))
        length = hypot(x1 - x0, y1 - y0)
        fine += [
            (at + length * k / steps, (x0 + (x1 - x0) * k / steps, y0 + (y1 - y0) * k / steps))
            for k in range(steps)
        ]
        at += length
    period = line.on + line.off
    for (_, drawn), same in groupby(
        fine, lambda one: (int(one[0] / period), one[0] % period <= line.on)
    ):
        if drawn:
            yield [point for _, point in same]
