"""Text on a canvas with the fonts that happen to be there: Pillow's own face for Latin, the system's for every other script.

Lengths are in CSS pixels and independent of the scale of the picture: text is measured as it falls at double scale, the usual one,
so that every scale has the same lines. A character that no font covers becomes a box with its code point, never a blank.
"""

from __future__ import annotations

import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import accumulate, groupby
from math import pi, sin
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

# File names, as Pillow looks them up in the system's font folders; opened only when a character asks for them.
_FONTS = {
    "win32": (
        "segoeui.ttf", "arial.ttf", "msyh.ttc", "YuGothM.ttc", "msgothic.ttc", "malgun.ttf", "simsun.ttc", "Nirmala.ttf",
        "Nirmala.ttc", "leelawui.ttf", "seguisym.ttf", "seguiemj.ttf",
    ),
    "darwin": (
        "Arial.ttf", "Arial Unicode.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc", "AppleSDGothicNeo.ttc", "GeezaPro.ttc",
        "Thonburi.ttc", "Apple Symbols.ttf",
    ),
    "linux": (
        "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "arial.ttf", "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf",
        "NotoSansCJKtc-Regular.otf", "wqy-microhei.ttc", "DroidSansFallbackFull.ttf", "NotoSansArabic-Regular.ttf",
        "NotoSansHebrew-Regular.ttf", "NotoSansDevanagari-Regular.ttf", "NotoSansThai-Regular.ttf",
        "NotoSansSymbols2-Regular.ttf", "NotoEmoji-Regular.ttf", "FreeSans.ttf", "unifont.otf", "unifont.ttf",
    ),
}  # fmt: skip
SYSTEM_FONTS = ("DejaVuSans.ttf", *_FONTS.get(sys.platform, _FONTS["linux"]), "Symbola.ttf")

_ABSENT = "\uffff"  # never a character, so every font answers with its .notdef glyph
_DOTTED_CIRCLE = "\u25cc"  # carries a combining mark that has no letter of its own

Kind = Literal["text", "space", "missing", "invisible"]


@dataclass(frozen=True)
class Run:
    """A stretch of text that is drawn in one call. `face` is an index into the font stack."""

    kind: Kind
    text: str
    face: int = 0


@lru_cache(maxsize=512)
def _font(face: int, size: int) -> ImageFont.FreeTypeFont | None:
    """The face-th font of the stack; None where this machine does not have it."""
    try:
        font = ImageFont.truetype(SYSTEM_FONTS[face - 1], size) if face else ImageFont.load_default(size)
    except (OSError, ImportError):  # no such font, or a Pillow without FreeType, which has no font that can be scaled
        return None
    return font if isinstance(font, ImageFont.FreeTypeFont) else None


def ready() -> bool:
    return _font(0, 24) is not None


@lru_cache(maxsize=65536)
def _glyph(face: int, char: str) -> tuple[tuple[int, int], bytes] | None:
    font = _font(face, 24)
    if font is None:
        return None
    mask = font.getmask(char)
    return mask.size, bytes(mask)


@lru_cache(maxsize=65536)
def covers(face: int, char: str) -> bool:
    """True when the font has a glyph with ink for this character, told from .notdef by its picture."""
    if unicodedata.category(char) in ("Cc", "Cf", "Cs") or _is_selector(char):
        return False  # some fonts draw these as a blank or as a sketch of their name; ours is a box with the code point
    glyph = _glyph(face, char)
    return glyph is not None and any(glyph[1]) and glyph != _glyph(face, _ABSENT)


def _face_for(text: str) -> int | None:
    return next((face for face in range(len(SYSTEM_FONTS) + 1) if all(covers(face, char) for char in text)), None)


def _is_space(char: str) -> bool:
    return unicodedata.category(char) == "Zs" or char in "\t\n\r\v\f"


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def clusters(text: str) -> Iterator[str]:
    """A letter with the marks that combine with it: what must not be torn apart at the end of a line."""
    cluster = ""
    for char in text:
        if cluster and unicodedata.category(char) in ("Mn", "Me", "Mc") and not _is_space(cluster[0]):
            cluster += char
            continue
        if cluster:
            yield cluster
        cluster = char
    if cluster:
        yield cluster


def _cluster_runs(cluster: str) -> Iterator[Run]:
    base = cluster[0] + "".join(char for char in cluster[1:] if not _is_selector(char))
    if (face := _face_for(base)) is not None:
        if unicodedata.category(base[0]) in ("Mn", "Me") and covers(face, _DOTTED_CIRCLE):
            base = _DOTTED_CIRCLE + base
        yield Run("text", base, face)
    elif len(base) > 1:
        for char in base:
            yield from _cluster_runs(char)
    else:
        hidden = unicodedata.category(base) == "Cf" or _is_selector(base) or unicodedata.category(base) == "Mn"
        yield Run("invisible" if hidden else "missing", base)


@lru_cache(maxsize=16384)
def runs(text: str) -> tuple[Run, ...]:
    """The text by font: a whole word in one face where one covers it, else letter by letter."""
    out: list[Run] = []
    for space, group in groupby(text, _is_space):
        word = "".join(group)
        if space:
            out.append(Run("space", "".join(char if char == "\u3000" else " " for char in word)))
        elif unicodedata.category(word[0]) not in ("Mn", "Me") and (face := _face_for(word)) is not None:
            out.append(Run("text", word, face))
        else:
            parts = [run for cluster in clusters(word) for run in _cluster_runs(cluster)]
            for (kind, face), same in groupby(parts, lambda run: (run.kind, run.face)):
                texts = [run.text for run in same]
                out.extend(
                    [Run(kind, "".join(texts), face)] if kind == "text" else [Run(kind, text, face) for text in texts]
                )
    return tuple(out)


@lru_cache(maxsize=16384)
def _advance(run: Run, size: float) -> float:
    if run.kind in ("text", "space"):
        font = _font(run.face, round(size * 2))
        wide = run.text.count("\u3000")
        return (font.getlength(run.text.replace("\u3000", "")) / 2 if font else 0.0) + wide * size
    return size * ((5 if ord(run.text) <= 0xFFFF else 7) // 2 * (0.34 if run.kind == "missing" else 0.26) + 0.3)


@lru_cache(maxsize=16384)
def measure(text: str, size: float) -> float:
    return sum(_advance(run, size) for run in runs(text))


def fit(text: str, size: float, width: float) -> int:
    """How many characters of the text fit into the width: whole clusters, at least one."""
    parts = list(clusters(text))
    ends = list(accumulate(len(part) for part in parts))
    widths = [measure(text[:end], size) for end in ends]
    return ends[max(0, bisect_right(widths, width) - 1)]


def wrap(text: str, size: float, width: float) -> list[str]:
    """Lines no wider than the width; a word that is longer than a line is broken."""
    lines, line = [], ""
    for word in text.split():
        if line and measure(f"{line} {word}", size) > width:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line else word
        while measure(line, size) > width and (count := fit(line, size, width)) < len(line):
            lines.append(line[:count])
            line = line[count:]
    return [*lines, line] if line else lines


Stroke = Callable[[ImageDraw.ImageDraw, float, float], None]


def _spread(width: float, step: float) -> list[float]:
    """Middles of as many equal parts as fit, at least one: a lane of one letter still shows its pattern."""
    count = max(1, round(width / step))
    return [(k + 0.5) * width / count for k in range(count)]


def _hatch(draw: ImageDraw.ImageDraw, w: float, u: float) -> None:
    for x in (-4 * u + k * 4.5 * u for k in range(int(w / (4.5 * u)) + 2)):
        draw.polygon([(x, 6.5 * u), (x + 2.4 * u, 6.5 * u), (x + 5.4 * u, 1.5 * u), (x + 3 * u, 1.5 * u)], 255)


def _dots(draw: ImageDraw.ImageDraw, w: float, u: float, step: float = 6, radius: float = 1.7) -> None:
    for x in _spread(w, step * u):
        draw.ellipse([x - radius * u, (4 - radius) * u, x + radius * u, (4 + radius) * u], 255)


def _crosses(draw: ImageDraw.ImageDraw, w: float, u: float) -> None:
    for x in _spread(w, 8 * u):
        for way in (-1, 1):
            draw.line([x - 2.3 * u, (4 - 2.3 * way) * u, x + 2.3 * u, (4 + 2.3 * way) * u], 255, round(1.3 * u))


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
    draw.text((w / 2, 7.2 * u), "?", 255, _font(0, round(9 * u)), anchor="ms")


def _wave(draw: ImageDraw.ImageDraw, w: float, u: float, thick: float = 1.5) -> None:
    points = [(x, (4 + 1.4 * sin(x / u * pi / 2.5)) * u) for x in range(0, int(w) + 1, 2)]
    draw.line(points, 255, round(thick * u), joint="curve")


def _strike(draw: ImageDraw.ImageDraw, w: float, u: float) -> None:
    draw.rectangle([0, 3.3 * u, w, 4.7 * u], 255)


def _arrow(draw: ImageDraw.ImageDraw, w: float, u: float) -> None:
    draw.rectangle([0, 3.5 * u, w - 3 * u, 4.5 * u], 255)
    draw.polygon([(w - 5 * u, 1.6 * u), (w, 4 * u), (w - 5 * u, 6.4 * u)], 255)


def _path(*points: tuple[float, float], thick: float = 1.6) -> Stroke:
    """A stroke along fixed points, in CSS pixels."""

    def draw_path(draw: ImageDraw.ImageDraw, w: float, u: float) -> None:
        draw.line([(x * u, y * u) for x, y in points], 255, round(thick * u), joint="curve")

    return draw_path


_STROKES: dict[str, Stroke] = {
    "solid": lambda draw, w, u: draw.rounded_rectangle([0, 1.5 * u, w - 1, 6.5 * u - 1], 1.6 * u, 255),
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
    "check": _path((0.5, 4), (3.3, 6.8), (8.5, 1.2)),
    "hook": _path((9, 0), (9, 4.5), (1, 4.5), (3.5, 2), (1, 4.5), (3.5, 7), thick=1.1),
}
STROKE = 8  # height of every stroke


@lru_cache(maxsize=4096)
def stroke(name: str, width: int, scale: int) -> Image.Image:
    """A mask `width` device pixels wide, drawn four times as large and reduced: Pillow's own strokes have stairs."""
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
    """Draws onto a picture. Places and sizes are in CSS pixels; the `y` of a text is its baseline, that of a stroke its middle."""

    image: Image.Image
    draw: ImageDraw.ImageDraw
    scale: int

    def _px(self, *values: float) -> list[int]:
        return [round(value * self.scale) for value in values]

    def text(self, x: float, y: float, text: str, size: float, colour: str) -> None:
        for run in runs(text):
            if run.kind == "text":
                self._glyphs((x, y), run, size, colour)
            elif run.kind != "space":
                self._code_box((x, y), run, size, colour)
            x += _advance(run, size)

    def _glyphs(self, at: tuple[float, float], run: Run, size: float, colour: str) -> None:
        font = _font(run.face, round(size * self.scale))
        x, y = self._px(*at)
        self.draw.text((x, y), run.text, fill=colour, font=font, anchor="ls")

    def _code_box(self, at: tuple[float, float], run: Run, size: float, colour: str) -> None:
        """A box with the code point in two rows of digits; lower and narrower for what has no width of its own."""
        code, plain = f"{ord(run.text):04X}", run.kind == "missing"
        height, small, middle = size * (1.12 if plain else 0.94), size * (0.48 if plain else 0.4), (len(code) + 1) // 2
        left, right, top = at[0] + 0.08 * size, at[0] + _advance(run, size) - 0.08 * size, at[1] + 0.2 * size - height
        box = self._px(left, top, right, top + height)
        self.draw.rounded_rectangle(box, self._px(0.12 * size)[0], outline=colour, width=max(1, self.scale // 2))
        for row, digits in enumerate((code[:middle], code[middle:])):
            x = (left + right - measure(digits, small)) / 2
            self._glyphs((x, top + height * (0.46 + 0.41 * row)), Run("text", digits), small, colour)

    def stroke(self, name: str, x: float, y: float, width: float, colour: str) -> None:
        left, top, right = self._px(x, y - STROKE / 2, x + width)
        mask = stroke(name, max(2, right - left), self.scale)
        self.image.paste(colour, (left, top), mask)

    def box(self, x: float, y: float, size: tuple[float, float], colour: str, radius: float = 0) -> None:
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
        x, y = (value / self.scale for value in self._px(x - 0.75, top))  # on whole pixels, so that all ticks are alike
        while y < bottom:
            self.box(x, y, (1.5, min(3.5, bottom - y)), colour)
            y += 5.5
