"""Strokes, boxes and text on a picture, in CSS pixels at any scale."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import groupby, pairwise
from math import ceil, floor, hypot, pi, sin

from PIL import Image, ImageDraw

from .fonts import GlyphRun, advance, measure, runs, sized
from .palette import LineLook

Point = tuple[float, float]
Stroke = Callable[[ImageDraw.ImageDraw, float, float], None]


def _spread(width: float, step: float) -> list[float]:
    """Middles of as many equal parts as fit, at least one: a lane of one letter still shows its
    pattern.
    """
    count = max(1, round(width / step))
    return [(k + 0.5) * width / count for k in range(count)]


def _hatch(draw: ImageDraw.ImageDraw, w: float, u: float) -> None:
    for x in (-4 * u + k * 4.5 * u for k in range(int(w / (4.5 * u)) + 2)):
        draw.polygon(
            [(x, 6.5 * u), (x + 2.4 * u, 6.5 * u), (x + 5.4 * u, 1.5 * u), (x + 3 * u, 1.5 * u)],
            255,
        )


def _dots(
    draw: ImageDraw.ImageDraw, w: float, u: float, step: float = 6, radius: float = 1.7
) -> None:
    for x in _spread(w, step * u):
        draw.ellipse([x - radius * u, (4 - radius) * u, x + radius * u, (4 + radius) * u], 255)


def _crosses(draw: ImageDraw.ImageDraw, w: float, u: float) -> None:
    for x in _spread(w, 8 * u):
        for way in (-1, 1):
            draw.line(
                [x - 2.3 * u, (4 - 2.3 * way) * u, x + 2.3 * u, (4 + 2.3 * way) * u],
                255,
                round(1.3 * u),
            )


def _dashed(draw: ImageDraw.ImageDraw, w: float, u: float) -> None:
    for x in _spread(w, 5 * u):
        for y in (1.5 * u, 5.6 * u):
            draw.rectangle([x - 1.5 * u, y, x + 1.5 * u, y + 0.9 * u], 255)
    for x in (0, w - 0.9 * u):
        draw.rectangle([x, 2.8 * u, x + 0.9 * u, 5.2 * u], 255)


def _question(draw: ImageDraw.ImageDraw, w: float, u: float) -> None:
    if w > 14 * u:
        for x in (0.0, w / 2 + 5 * u):
            draw.rectangle([x, 3.6 * u, x + w / 2 - 5 * u, 4.4 * u], 255)
    draw.text((w / 2, 7.2 * u), "?", 255, sized(0, round(9 * u)), anchor="ms")


def _wave(draw: ImageDraw.ImageDraw, w: float, u: float, thick: float = 1.5) -> None:
    points = [(x, (4 + 1.4 * sin(x / u * pi / 2.5)) * u) for x in range(0, int(w) + 1, 2)]
    draw.line(points, 255, round(thick * u), joint="curve")


def _strike(draw: ImageDraw.ImageDraw, w: float, u: float) -> None:
    draw.rectangle([0, 3.3 * u, w, 4.7 * u], 255)


def _double(draw: ImageDraw.ImageDraw, w: float, u: float) -> None:
    for y in (2.4, 4.8):
        draw.rectangle([0, y * u, w, (y + 0.9) * u], 255)


def _arrow(draw: ImageDraw.ImageDraw, w: float, u: float) -> None:
    draw.rectangle([0, 3.5 * u, w - 3 * u, 4.5 * u], 255)
    draw.polygon([(w - 5 * u, 1.6 * u), (w, 4 * u), (w - 5 * u, 6.4 * u)], 255)


def _path(*points: tuple[float, float], thick: float = 1.6) -> Stroke:
    """A stroke along fixed points, in CSS pixels."""

    def draw_path(draw: ImageDraw.ImageDraw, w: float, u: float) -> None:
        draw.line([(x * u, y * u) for x, y in points], 255, round(thick * u), joint="curve")

    return draw_path


_STROKES: dict[str, Stroke] = {
    "solid": lambda draw, w, u: draw.rounded_rectangle(
        [0, 1.5 * u, w - 1, 6.5 * u - 1], 1.6 * u, 255
    ),
    "hatch": _hatch,
    "dots": _dots,
    "crosses": _crosses,
    "dashed": _dashed,
    "question": _question,
    "wave": _wave,
    "thin wave": partial(_wave, thick=0.8),
    "strike": _strike,
    "dotted strike": partial(_dots, step=3.5, radius=0.9),
    "dotted": partial(_dots, step=3.5, radius=0.9),
    "arrow": _arrow,
    "double": _double,
    "check": _path((0.5, 4), (3.3, 6.8), (8.5, 1.2)),
    "hook": _path((9, 0), (9, 4.5), (1, 4.5), (3.5, 2), (1, 4.5), (3.5, 7), thick=1.1),
}
STROKE = 8  # height of every stroke


@lru_cache(maxsize=512)
def stroke(name: str, width: int, scale: int) -> Image.Image:
    """A mask `width` device pixels wide, drawn four times as large and reduced: Pillow's own
    strokes have stairs.
    """
    mask = Image.new("L", (width * 4, STROKE * scale * 4))
    _STROKES[name](ImageDraw.Draw(mask), width * 4, scale * 4)
    return mask.reduce(4)


@lru_cache(maxsize=64)
def _corner(radius: int) -> Image.Image:
    mask = Image.new("L", (radius * 8, radius * 8))
    ImageDraw.Draw(mask).ellipse([0, 0, radius * 8 - 1, radius * 8 - 1], 255)
    return mask.reduce(4)


@dataclass(frozen=True)
class Canvas:
    """Draws onto a picture. Places and sizes are in CSS pixels; the `y` of a text is its baseline,
    that of a stroke its middle.
    """

    image: Image.Image
    draw: ImageDraw.ImageDraw
    scale: int

    def _px(self, *values: float) -> list[int]:
        return [round(value * self.scale) for value in values]

    def text(self, x: float, y: float, text: str, size: float, colour: str) -> None:
        """A line of text, as far as the picture is wide; what no font covers is a box with its code
        point.
        """
        for run in runs(text):
            if x * self.scale >= self.image.width:
                return
            if run.kind == "text":
                self._glyphs((x, y), run, size, colour)
            elif run.kind != "space":
                self._code_box((x, y), run, size, colour)
            x += advance(run, size)

    def _glyphs(self, at: tuple[float, float], run: GlyphRun, size: float, colour: str) -> None:
        font = sized(run.face, round(size * self.scale))
        x, y = self._px(*at)
        self.draw.text((x, y), run.text, fill=colour, font=font, anchor="ls")

    def _code_box(self, at: tuple[float, float], run: GlyphRun, size: float, colour: str) -> None:
        """A box with the code point in two rows of digits; lower and narrower for what has no width
        of its own.
        """
        code = f"{ord(run.text):04X}"
        height, small = size * 0.94, size * 0.4
        if run.kind == "missing":
            height, small = size * 1.12, size * 0.48
        left = at[0] + 0.08 * size
        right = at[0] + advance(run, size) - 0.08 * size
        top = at[1] + 0.2 * size - height
        self.draw.rounded_rectangle(
            self._px(left, top, right, top + height),
            self._px(0.12 * size)[0],
            outline=colour,
            width=max(1, self.scale // 2),
        )
        middle = (len(code) + 1) // 2
        for row, digits in enumerate((code[:middle], code[middle:])):
            x = (left + right - measure(digits, small)) / 2
            y = top + height * (0.46 + 0.41 * row)
            self._glyphs((x, y), GlyphRun("text", digits), small, colour)

    def stroke(self, name: str, x: float, y: float, width: float, colour: str) -> None:
        """One of the named strokes: a lane's pattern, a mark's decoration, or a sign."""
        left, top, right = self._px(x, y - STROKE / 2, x + width)
        mask = stroke(name, max(2, right - left), self.scale)
        self.image.paste(colour, (left, top), mask)

    def box(
        self, x: float, y: float, size: tuple[float, float], colour: str, radius: float = 0
    ) -> None:
        """A filled box, with round corners where there is a ``radius``."""
        left, top, right, bottom = self._px(x, y, x + size[0], y + size[1])
        r = min(self._px(radius)[0], (right - left) // 2, (bottom - top) // 2)
        self.image.paste(colour, (left + r, top, right - r, bottom))
        self.image.paste(colour, (left, top + r, right, bottom - r))
        if r:
            disc = _corner(r)
            for x0, dx in ((left, 0), (right - r, r)):
                for y0, dy in ((top, 0), (bottom - r, r)):
                    self.image.paste(colour, (x0, y0), disc.crop((dx, dy, dx + r, dy + r)))

    def tick(self, x: float, top: float, bottom: float, colour: str) -> None:
        """A dashed upright line."""
        # on whole pixels, so that all ticks are alike
        x, y = (value / self.scale for value in self._px(x - 0.75, top))
        left, right, start, end = self._px(x, x + 1.5, y, bottom)
        rows = bytearray(max(0, end - start))
        while y < bottom:
            first, last = self._px(y, y + min(3.5, bottom - y))
            rows[first - start : last - start] = b"\xff" * (last - first)
            y += 5.5
        if rows:
            column = Image.frombytes("L", (1, len(rows)), bytes(rows))
            self.image.paste(colour, (left, start), column.resize((right - left, len(rows))))

    def path(self, points: Sequence[Point], look: LineLook) -> None:
        """A line through points in a verdict's look, drawn four times as large and reduced, as
        strokes are.
        """
        unit = 4 * self.scale
        left, top = (floor(min(values)) - 2 for values in zip(*points, strict=True))
        right, bottom = (ceil(max(values)) + 2 for values in zip(*points, strict=True))
        mask = Image.new("L", ((right - left) * unit, (bottom - top) * unit))
        draw, r = ImageDraw.Draw(mask), look.thick / 2 * unit
        for piece in _dashes(points, look):
            dots = [((x - left) * unit, (y - top) * unit) for x, y in piece]
            draw.line(dots, 255, round(2 * r), joint="curve")
            for x, y in (dots[0], dots[-1]):
                draw.ellipse([x - r, y - r, x + r, y + r], 255)
        self.image.paste(look.colour, (left * self.scale, top * self.scale), mask.reduce(4))


def _dashes(points: Sequence[Point], look: LineLook) -> Iterator[list[Point]]:
    """The stretches of a line that are drawn."""
    if not look.off:
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
    period = look.on + look.off
    for (_, drawn), same in groupby(
        fine, lambda point: (int(point[0] / period), point[0] % period <= look.on)
    ):
        if drawn:
            yield [point for _, point in same]
