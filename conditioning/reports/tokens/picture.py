"""The token report as a picture for sharing: the prompt as typed, read once, with a thin lane under
each word for every readout.

Words are laid out into rows and sections into blocks, in CSS pixels; then all is drawn at the
wanted scale. Nothing is scaled up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from ..drawing import fonts, page, palette
from ..drawing.canvas import Canvas
from ..drawing.page import LEFT, Block
from . import flow, style
from .flow import ASCENT, DESCENT, LABEL, LANE, SIZE, Row, Spot

Report = Mapping[str, Any]
MAX_ADVICE = 12  # a picture stays bounded whatever the prompt
SECTION = 20


@dataclass(frozen=True)
class LaneBox:
    """Where one lane of one word is drawn, in CSS pixels of the whole picture."""

    word: int
    lane: int
    state: str
    x: float
    y: float
    width: float


def render(report: Report, *, width: int = 960, scale: int = 2) -> Image.Image:
    """The picture, `width` times `scale` pixels wide."""
    return page.draw(_blocks(report, page.content_width(width, scale)), width, scale)


def lane_boxes(report: Report, *, width: int = 960) -> list[LaneBox]:
    """Every lane in the picture: for image maps and for tests."""
    inner = width - 2 * LEFT
    rows, _ = flow.flow(report, inner)
    top = LEFT - 4 + _head(report, inner).height + _verdict(report, inner).height
    return [box for row in rows for box in _lanes(report, row, top)]


def _blocks(report: Report, width: float) -> list[Block]:
    blocks = [_prompt(report, width), _legend(report, width), _advice(report, width)]
    spaced = [Block(block.height + SECTION, block.paint) for block in blocks if block.height]
    spaced[-1] = blocks[-1]
    return [_head(report, width), _verdict(report, width), *spaced]


def _lanes(report: Report, row: Row, top: float) -> list[LaneBox]:
    return [
        LaneBox(
            spot.piece.word,
            k,
            state,
            LEFT + spot.x + 0.75,
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
                    colour = look.colour or palette.readout_colour(box.lane)
                    canvas.stroke(look.pattern, box.x, box.y + LANE / 2, box.width, colour)
            for label in row.labels:
                y = top + row.baseline - ASCENT - LABEL * label.level
                canvas.tick(LEFT + label.tick, y - 11, top + row.bottom, palette.AMBER)
                canvas.text(LEFT + label.x, y - 2, label.text, 11, palette.AMBER)
        if remark:
            canvas.text(LEFT, top + rows[-1].bottom + 22, remark, 13, palette.SOFT)

    return Block(rows[-1].bottom + (28 if remark else 0), paint)


def _paint_spot(canvas: Canvas, spot: Spot, words: Sequence[Mapping[str, Any]], y: float) -> None:
    x = LEFT + spot.x
    word = words[spot.piece.word] if spot.piece.word is not None else None
    marks = style.mark_styles(word["marks"]) if word else []
    if any(mark.decoration == "box" for mark in marks):
        canvas.box(x - 1, y - 15, (spot.width + 2, 21), palette.RULE, 4)
    canvas.text(x, y, spot.piece.text, SIZE, style.text_colour(word) if word else palette.DIM)
    _decorate(canvas, marks, (x, y), spot.width, SIZE)
    if spot.broken:
        canvas.stroke("hook", x + spot.width + 4, y - 4, 10, palette.AMBER)


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
    streams = report["streams"]
    chips = [style.family_title(report), *map(style.stream_label, streams)]
    warnings = [k for k, stream in enumerate(streams, 1) if style.over_trained(stream)]
    return page.header("Token Map", chips, width, warnings=warnings)


def _verdict(report: Report, width: float) -> Block:
    return page.verdict_box(str(report["verdict"]), style.tone(report), width)


def _legend(report: Report, width: float) -> Block:
    """Only what occurs. Readouts show their colour in the order of the lanes; states show their
    pattern without one.
    """
    items: list[tuple[style.LaneStyle | style.MarkStyle | None, str, str]] = [
        (style.LANES["seen"], str(readout["title"]), palette.readout_colour(k))
        for k, readout in enumerate(report["readouts"])
    ]
    if len(items) > 1:
        items.insert(0, (None, "Lanes, top to bottom", palette.DIM))
    first = page.beside([(_legend_width(item), item) for item in items], width, 22) if items else []
    signs = [_sign(entry) for entry in report["legend"]]
    lines = (
        [*first, *page.beside([(_legend_width(item), item) for item in signs], width, 22)]
        if signs
        else first
    )

    def paint(canvas: Canvas, top: float) -> None:
        canvas.box(LEFT, top, (width, 1), palette.RULE)
        for k, line in enumerate(lines):
            for x, _, item in line:
                _paint_sign(canvas, item, (LEFT + x, top + 27 + 23 * k))

    return Block(14 + 23 * len(lines) if lines else 0, paint if lines else lambda canvas, top: None)


def _sign(entry: Mapping[str, Any]) -> tuple[style.LaneStyle | style.MarkStyle | None, str, str]:
    name = str(entry["state"])
    if entry["type"] == "lane":
        look = style.lane_style(name)
        return (look, str(entry["title"]), look.colour or palette.TEXT)
    mark = style.MARKS.get(name)
    return (mark, str(entry["title"]), (mark.text or palette.TEXT) if mark else palette.SOFT)


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
            colour if isinstance(look, style.MarkStyle) else palette.DIM,
        )
        _decorate(canvas, [look] if isinstance(look, style.MarkStyle) else [], (x, y), 26, 12)
    canvas.text(
        x + (0 if look is None else 34), y, title, 12, palette.SOFT if look else palette.DIM
    )


def _advice(report: Report, width: float) -> Block:
    """Remedies, notes, and where the picture comes from."""
    lines: list[
        tuple[float, str, str, bool]
    ] = []  # (height, text, colour, first line of its paragraph)
    for key, colour in (("remedies", palette.TEXT), ("notes", palette.SOFT)):
        texts = [str(text) for text in report[key]]
        if len(texts) > MAX_ADVICE:
            texts = [
                *texts[:MAX_ADVICE],
                f"… and {len(texts) - MAX_ADVICE} more {key}, see the JSON",
            ]
        for text in texts:
            lines.extend(
                (20, line, colour, k == 0)
                for k, line in enumerate(fonts.bounded(text, 13, width - 22))
            )
    end = 20 * len(lines) + (24 if lines else 8)
    source = f"{report['format']}, version {report['version']}" + (
        f" · {report['host']}" if report.get("host") else ""
    )

    def paint(canvas: Canvas, top: float) -> None:
        for k, (height, text, colour, starts) in enumerate(lines):
            y = top + 14 + height * k
            if starts and colour == palette.TEXT:
                canvas.stroke("arrow", LEFT, y - 5, 13, palette.GREEN)
            elif starts:
                canvas.box(LEFT + 5, y - 6, (4, 4), palette.DIM, 2)
            canvas.text(LEFT + 22, y, text, 13, colour)
        canvas.text(LEFT, top + end - 3, source, 11, palette.DIM)

    return Block(end, paint)
