"""The token report as a picture for sharing: the prompt as typed, read once, with a thin lane under
each word for every readout.

Words are laid out into rows and sections into blocks, in CSS pixels; then all is drawn at the
wanted scale. Nothing is scaled up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from ..drawing.page import check
from . import style

try:
    from PIL import Image, ImageDraw

    from ..drawing import fonts
    from ..drawing.canvas import Canvas
    from . import flow
    from .flow import ASCENT, DESCENT, LABEL, LANE, SIZE, Row, Spot
except ImportError:  # told by render(): the rest of the pack works without Pillow
    if not TYPE_CHECKING:
        Image = ImageDraw = fonts = None

Report = Mapping[str, Any]
MAX_LINES, MAX_ADVICE = 12, 12  # a picture stays bounded whatever the prompt
MARGIN, PAD, SECTION = 14, 26, 20


@dataclass(frozen=True)
class LaneBox:
    """Where one lane of one word is drawn, in CSS pixels of the whole picture."""

    word: int
    lane: int
    state: str
    x: float
    y: float
    width: float


@dataclass(frozen=True)
class Block:
    height: float
    paint: Callable[[Canvas, float], None]


def render(report: Report, *, width: int = 960, scale: int = 2) -> Image.Image:
    """The picture, `width` times `scale` pixels wide."""
    check(fonts, width, scale)
    blocks, height = _page(report, width)
    image = Image.new("RGB", (width * scale, height * scale), style.PAGE)
    canvas = Canvas(image, ImageDraw.Draw(image), scale)
    canvas.box(MARGIN, MARGIN, (width - 2 * MARGIN, height - 2 * MARGIN), style.RULE, 12)
    canvas.box(
        MARGIN + 0.5,
        MARGIN + 0.5,
        (width - 2 * MARGIN - 1, height - 2 * MARGIN - 1),
        style.CARD,
        11.5,
    )
    for top, block in blocks:
        block.paint(canvas, top)
    return image


def lane_boxes(report: Report, *, width: int = 960) -> list[LaneBox]:
    """Every lane in the picture: for image maps and for tests."""
    rows, _ = flow.flow(report, width - 2 * _left())
    top = _page(report, width)[0][2][0]
    return [box for row in rows for box in _lanes(report, row, top)]


def _left() -> float:
    return MARGIN + PAD


def _page(report: Report, width: int) -> tuple[list[tuple[float, Block]], int]:
    inner = width - 2 * _left()
    y, placed = float(_left() - 4), []
    for block in (
        _head(report, inner),
        _verdict(report, inner),
        _prompt(report, inner),
        _legend(report, inner),
        _advice(report, inner),
    ):
        placed.append((y, block))
        y += block.height + (SECTION if block.height else 0)
    return placed, ceil(y - SECTION + _left() - 4)


def _lanes(report: Report, row: Row, top: float) -> list[LaneBox]:
    return [
        LaneBox(
            spot.piece.word,
            k,
            state,
            _left() + spot.x + 0.75,
            top + row.baseline + DESCENT + LANE * k,
            spot.width - 1.5,
        )
        for spot in row.spots
        if spot.piece.word is not None
        for k, state in enumerate(report["words"][spot.piece.word]["lanes"])
    ]


# Blocks, from top to bottom.


def _prompt(report: Report, width: float) -> Block:
    rows, shown = flow.flow(report, width)
    words, remark = report["words"], style.more(report, shown)
    if not words:
        remark = remark or "The prompt is empty: no words to follow."

    def paint(canvas: Canvas, top: float) -> None:
        for row in rows:
            for spot in row.spots:
                _paint_spot(canvas, spot, words, top + row.baseline)
            for box in _lanes(report, row, top):
                look = style.lane_style(box.state)
                if look.pattern != "blank":
                    colour = look.colour or style.readout_colour(box.lane)
                    canvas.stroke(look.pattern, box.x, box.y + LANE / 2, box.width, colour)
            for label in row.labels:
                y = top + row.baseline - ASCENT - LABEL * label.level
                canvas.tick(_left() + label.tick, y - 11, top + row.bottom, style.AMBER)
                canvas.text(_left() + label.x, y - 2, label.text, 11, style.AMBER)
        if remark:
            canvas.text(_left(), top + rows[-1].bottom + 22, remark, 13, style.SOFT)

    return Block(rows[-1].bottom + (28 if remark else 0), paint)


def _paint_spot(canvas: Canvas, spot: Spot, words: Sequence[Mapping[str, Any]], y: float) -> None:
    x = _left() + spot.x
    word = words[spot.piece.word] if spot.piece.word is not None else None
    marks = style.mark_styles(word["marks"]) if word else []
    if any(mark.decoration == "box" for mark in marks):
        canvas.box(x - 1, y - 15, (spot.width + 2, 21), style.RULE, 4)
    canvas.text(x, y, spot.piece.text, SIZE, style.text_colour(word) if word else style.DIM)
    _decorate(canvas, marks, (x, y), spot.width, SIZE)
    if spot.broken:
        canvas.stroke("hook", x + spot.width + 4, y - 4, 10, style.AMBER)


def _decorate(
    canvas: Canvas,
    marks: Sequence[style.MarkStyle],
    at: tuple[float, float],
    width: float,
    size: float,
) -> None:
    place = {
        "strike": -0.32,
        "dotted strike": -0.32,
        "arrow": -1.0,
        "wave": 0.42,
        "thin wave": 0.42,
        "dotted": 0.42,
    }
    for mark in marks:
        if mark.decoration in place:
            canvas.stroke(
                mark.decoration, at[0], at[1] + size * place[mark.decoration], width, mark.colour
            )


def _head(report: Report, width: float) -> Block:
    chips: list[tuple[str, str, str]] = [(style.family_title(report), style.RULE, style.TEXT)]
    for stream in report["streams"]:
        chips.append(
            (
                style.stream_label(stream),
                style.RAISED,
                style.AMBER if style.over_trained(stream) else style.SOFT,
            )
        )
    lines = _wrapped(
        [(fonts.measure(text, 13) + 24, (text, fill, ink)) for text, fill, ink in chips], width, 8
    )

    def paint(canvas: Canvas, top: float) -> None:
        x = _left()
        for dx in (0.0, 0.4):  # the default font has no bold face
            canvas.text(x + dx, top + 17, "Token Map", 20, style.TEXT)
        canvas.text(
            x + width - fonts.measure("EncoderScope", 12), top + 16, "EncoderScope", 12, style.DIM
        )
        for k, line in enumerate(lines):
            for left, size, (text, fill, ink) in line:
                canvas.box(x + left, top + 32 + 33 * k, (size, 26), fill, 13)
                canvas.text(x + left + 12, top + 32 + 33 * k + 17.5, text, 13, ink)

    return Block(32 + 33 * len(lines) - 7, paint)


def _wrapped(
    items: Sequence[tuple[float, Any]], width: float, gap: float
) -> list[list[tuple[float, float, Any]]]:
    """Items of known width set side by side into lines: (x, width, item)."""
    lines: list[list[tuple[float, float, Any]]] = [[]]
    x = 0.0
    for size, item in items:
        if lines[-1] and x + size > width:
            lines.append([])
            x = 0.0
        lines[-1].append((x, size, item))
        x += size + gap
    return lines


def _lines(text: str, size: float, width: float) -> list[str]:
    lines = fonts.wrap(text, size, width)
    return lines if len(lines) <= MAX_LINES else [*lines[: MAX_LINES - 1], "… see the JSON"]


def _verdict(report: Report, width: float) -> Block:
    tone, lines = style.tone(report), _lines(str(report["verdict"]), 15, width - 54)

    def paint(canvas: Canvas, top: float) -> None:
        canvas.box(_left(), top, (20, 22 * len(lines) + 22), tone.edge, 7)
        canvas.box(_left() + 4, top, (width - 4, 22 * len(lines) + 22), tone.box, 7)
        canvas.box(_left() + 16, top + 12.5, (19, 19), tone.edge, 9.5)
        if tone.sign == "✓":  # not in the default font
            canvas.stroke("check", _left() + 21, top + 22, 9, tone.box)
        else:
            canvas.text(
                _left() + 25.5 - fonts.measure(tone.sign, 15) / 2,
                top + 27.3,
                tone.sign,
                15,
                tone.box,
            )
        for k, line in enumerate(lines):
            canvas.text(_left() + 46, top + 27 + 22 * k, line, 15, style.TEXT)

    return Block(22 * len(lines) + 22, paint)


def _legend(report: Report, width: float) -> Block:
    """Only what occurs. Readouts show their colour in the order of the lanes; states show their
    pattern without one.
    """
    items: list[tuple[style.LaneStyle | style.MarkStyle | None, str, str]] = [
        (style.LANES["seen"], str(readout["title"]), style.readout_colour(k))
        for k, readout in enumerate(report["readouts"])
    ]
    if len(items) > 1:
        items.insert(0, (None, "Lanes, top to bottom", style.DIM))
    first = _wrapped([(_legend_width(item), item) for item in items], width, 22) if items else []
    signs = [_sign(entry) for entry in report["legend"]]
    lines = (
        [*first, *_wrapped([(_legend_width(item), item) for item in signs], width, 22)]
        if signs
        else first
    )

    def paint(canvas: Canvas, top: float) -> None:
        canvas.box(_left(), top, (width, 1), style.RULE)
        for k, line in enumerate(lines):
            for x, _, item in line:
                _paint_sign(canvas, item, (_left() + x, top + 27 + 23 * k))

    return Block(14 + 23 * len(lines) if lines else 0, paint if lines else lambda canvas, top: None)


def _sign(entry: Mapping[str, Any]) -> tuple[style.LaneStyle | style.MarkStyle | None, str, str]:
    name = str(entry["state"])
    if entry["type"] == "lane":
        look = style.lane_style(name)
        return (look, str(entry["title"]), look.colour or style.TEXT)
    mark = style.MARKS.get(name)
    return (mark, str(entry["title"]), (mark.text or style.TEXT) if mark else style.SOFT)


def _legend_width(item: tuple[object, str, str]) -> float:
    return fonts.measure(item[1], 12) + (0 if item[0] is None else 34)


def _paint_sign(
    canvas: Canvas,
    item: tuple[style.LaneStyle | style.MarkStyle | None, str, str],
    at: tuple[float, float],
) -> None:
    look, title, colour = item
    x, y = at
    if isinstance(look, style.LaneStyle) and look.pattern != "blank":
        canvas.stroke(look.pattern, x, y - 4, 26, colour)
    elif look is not None:
        if isinstance(look, style.MarkStyle) and look.decoration == "box":
            canvas.box(x - 1, y - 14, (30, 19), look.colour, 4)
        sample = "word" if isinstance(look, style.MarkStyle) else "(:1)"
        canvas.text(
            x + (26 - fonts.measure(sample, 12)) / 2,
            y,
            sample,
            12,
            colour if isinstance(look, style.MarkStyle) else style.DIM,
        )
        _decorate(canvas, [look] if isinstance(look, style.MarkStyle) else [], (x, y), 26, 12)
    canvas.text(x + (0 if look is None else 34), y, title, 12, style.SOFT if look else style.DIM)


def _advice(report: Report, width: float) -> Block:
    """Remedies, notes, and where the picture comes from."""
    lines: list[
        tuple[float, str, str, bool]
    ] = []  # (height, text, colour, first line of its paragraph)
    for key, colour in (("remedies", style.TEXT), ("notes", style.SOFT)):
        texts = [str(text) for text in report[key]]
        if len(texts) > MAX_ADVICE:
            texts = [
                *texts[:MAX_ADVICE],
                f"… and {len(texts) - MAX_ADVICE} more {key}, see the JSON",
            ]
        for text in texts:
            lines.extend(
                (20, line, colour, k == 0) for k, line in enumerate(_lines(text, 13, width - 22))
            )
    end = 20 * len(lines) + (24 if lines else 8)
    source = f"{report['format']}, version {report['version']}" + (
        f" · {report['host']}" if report.get("host") else ""
    )

    def paint(canvas: Canvas, top: float) -> None:
        for k, (height, text, colour, starts) in enumerate(lines):
            y = top + 14 + height * k
            if starts and colour == style.TEXT:
                canvas.stroke("arrow", _left(), y - 5, 13, style.GREEN)
            elif starts:
                canvas.box(_left() + 5, y - 6, (4, 4), style.DIM, 2)
            canvas.text(_left() + 22, y, text, 13, colour)
        canvas.text(_left(), top + end - 3, source, 11, style.DIM)

    return Block(end, paint)
