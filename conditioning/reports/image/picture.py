"""The image report as a picture: how far the scorer can be believed, then every picture with its
verdict, margins and percentages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PIL import Image

from ...image_probe.probe import SHOWN, SWAPPED
from ..drawing import bars, fonts, page, palette
from ..drawing.canvas import Canvas
from ..drawing.page import LEFT, Block
from . import gauges

Report = Mapping[str, Any]
MAX_PICTURES, MAX_CONTRASTS, MAX_CAPTIONS, MAX_NOTES = (
    12,
    6,
    8,
    12,
)  # a picture stays bounded whatever the report
THUMB, GUTTER, SCENES = 128, 20, 14
"""Longer side of a thumbnail, what stands between it and the gauges, and the height of the bar of
drawn scenes.
"""

HOW = (
    "Only where its own text side tells the two meanings apart, and where it is right on "
    "drawn scenes whose truth is known "
    "(mark in the middle: guessing)."
)


def render(
    report: Report, *, width: int = 960, scale: int = 2, thumbnails: Sequence[Image.Image] = ()
) -> Image.Image:
    """The picture, `width` times `scale` pixels wide. ``thumbnails``: of the report's pictures, in
    their order.
    """
    return page.draw(_blocks(report, thumbnails, page.content_width(width, scale)), width, scale)


# --- from top to bottom
# --------------------------------------------------------------------------------------------------


def _blocks(report: Report, thumbnails: Sequence[Image.Image], width: float) -> Iterator[Block]:
    yield page.header(
        "Image Probe", [str(report["scorer"]["title"]), _how_many(len(report["images"]))], width
    )
    yield page.verdict_box(str(report["sentence"]), tone(report), width)
    yield _prompt(str(report["text"]), width)
    shown = report["images"][:MAX_PICTURES]
    yield from _believed(report, width)
    if shown and report["contrasts"]:
        yield page.space(20, True, width)
        yield gauges.legend(report, gauges.Field(LEFT, width))
    if shown:
        yield _line(_percentages(report), gauges.Field(LEFT, width))
    for one in shown:
        small = thumbnails[one["index"]] if 0 <= one["index"] < len(thumbnails) else None
        yield from _picture(report, one, small, width)
    yield from _others(report["images"][MAX_PICTURES:], width)
    yield from _remarks(report, width)
    frames = max((one["frames"] for one in report["contrasts"]), default=0)
    told = {
        "view": f"four sentences in {frames} frames for each contrast"
        if frames
        else "nothing was put to the test"
    }
    yield page.footer({**report, **told}, [], width)


def _how_many(count: int) -> str:
    return "1 picture" if count == 1 else f"{count:,} pictures"


def tone(report: Report) -> palette.ToneStyle:
    """Amber as soon as one picture shows the swap, green only where all show the prompt."""
    told = {str(one["shows"]) for one in report["images"]}
    return palette.TONES["lost" if SWAPPED in told else "kept" if told == {SHOWN} else "open"]


def _prompt(text: str, width: float) -> Block:
    lines = fonts.bounded(f"“{text}”" if text.strip() else "The prompt is empty.", 16, width, 6)

    def paint(canvas: Canvas, top: float) -> None:
        for k, line in enumerate(lines):
            canvas.text(LEFT, top + 16 + 23 * k, line, 16, palette.TEXT)

    return Block(23 * len(lines) + 6, paint)


# --- the scorer
# --------------------------------------------------------------------------------------------------


def _believed(report: Report, width: float) -> Iterator[Block]:
    """For each contrast: does the scorer's text side hold it, and how often is it right on scenes
    whose truth is known?
    """
    contrasts = report["contrasts"]
    if not contrasts:
        return
    yield page.space(22, True, width)
    yield _heading("Can this scorer tell at all?", width)
    yield _line(HOW, gauges.Field(LEFT, width))
    yield page.space(6)
    for one in contrasts[:MAX_CONTRASTS]:
        yield _reader(one, width)
        yield page.paragraph(str(one["sentence"]), palette.SOFT, width)
        yield page.space(10)
    if len(contrasts) > MAX_CONTRASTS:
        yield page.paragraph(
            f"… and {len(contrasts) - MAX_CONTRASTS:,} more contrasts, see the JSON",
            palette.SOFT,
            width,
        )


def _heading(text: str, width: float) -> Block:
    return Block(
        28,
        lambda canvas, top: canvas.text(
            LEFT, top + 15, fonts.clipped(text, 15, width), 15, palette.TEXT
        ),
    )


def _reader(one: Report, width: float) -> Block:
    """The contrast, the text side's verdict in a chip, and a bar of the drawn scenes it is right
    on; one below the other if narrow.
    """
    verdict, known = str(one["text_side"]["verdict"]), one["calibration"]
    words = f"text side: {verdict}"
    chip = fonts.measure(words, 12) + 60
    narrow = width < gauges.NARROW
    room = width if narrow else 0.34 * width - 12
    lines = fonts.bounded(str(one["label"]), 14, room, 3)
    x, y = (0.0, 20.0 * len(lines) + 4) if narrow else (0.34 * width, 0.0)
    at, down = (x, y + 30) if narrow else (x + chip + 16, y)
    count = (
        f"{known['right']:,} of {known['total']:,} drawn scenes"
        if known["drawn"]
        else "not to be drawn"
    )
    bar = width - at - fonts.measure(count, 12) - 14

    def paint(canvas: Canvas, top: float) -> None:
        for k, line in enumerate(lines):
            canvas.text(LEFT, top + 17 + 20 * k, line, 14, palette.TEXT)
        look = palette.verdict_look(verdict)
        canvas.box(LEFT + x, top + y, (chip, 24), palette.mixed(look.colour, 0.16), 12)
        canvas.path([(LEFT + x + 14, top + y + 12), (LEFT + x + 38, top + y + 12)], look)
        canvas.text(LEFT + x + 46, top + y + 16.5, words, 12, look.colour)
        _scenes(canvas, known, (LEFT + at, top + down + 5), bar)
        canvas.text(LEFT + at + bar + 10, top + down + 16.5, count, 12, palette.TEXT)

    return Block(max(20.0 * len(lines), down + 24) + 8, paint)


def _scenes(canvas: Canvas, known: Report, at: tuple[float, float], long: float) -> None:
    """Right ones of all; guessing reaches the tick in the middle."""
    x, y = at
    total = bars.number(known["total"]) or 0.0
    share = min(1.0, max(0.0, (bars.number(known["right"]) or 0.0) / total)) if total > 0 else 0.0
    canvas.box(x, y, (long, SCENES), palette.RAISED, 3)
    canvas.box(
        x, y, (long * share, SCENES), palette.DIM if known["threshold"] is None else palette.SOFT, 3
    )
    canvas.tick(x + long / 2, y - 3, y + SCENES + 3, palette.TEXT)


# --- pictures
# --------------------------------------------------------------------------------------------------


def _picture(
    report: Report, one: Report, small: Image.Image | None, width: float
) -> Iterator[Block]:
    yield page.space(24, True, width)
    narrow = width < gauges.NARROW
    if small is not None and narrow:
        yield _thumbnail(small, 0.0)
    indent = THUMB + GUTTER if small is not None and not narrow else 0.0
    field = gauges.Field(LEFT + indent, width - indent)
    rows = [_title(one, field), *_rows(report, one, field)]
    beside = [] if small is None or narrow else [_thumbnail(small, 0.0)]
    yield _together(beside, rows)


def _together(beside: Sequence[Block], rows: Sequence[Block]) -> Block:
    """Rows one below the other, with something else on their left."""

    def paint(canvas: Canvas, top: float) -> None:
        for block in beside:
            block.paint(canvas, top)
        for block in rows:
            block.paint(canvas, top)
            top += block.height

    return Block(max(sum(block.height for block in each) for each in (beside, rows)), paint)


def _thumbnail(small: Image.Image, left: float) -> Block:
    ratio = THUMB / max(small.size)
    wide, high = (max(1.0, side * ratio) for side in small.size)

    def paint(canvas: Canvas, top: float) -> None:
        size = (max(1, round(wide * canvas.scale)), max(1, round(high * canvas.scale)))
        shown = small.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        canvas.box(LEFT + left - 1, top - 1, (wide + 2, high + 2), palette.RULE)
        canvas.image.paste(shown, (round((LEFT + left) * canvas.scale), round(top * canvas.scale)))

    return Block(high + 10, paint)


def _title(one: Report, field: gauges.Field) -> Block:
    name = f"Picture {one['index'] + 1}"
    indent = fonts.measure(name, 15) + 14

    def paint(canvas: Canvas, top: float) -> None:
        canvas.text(field.left, top + 17, name, 15, palette.TEXT)
        gauges.chip(canvas, (field.left + indent, top), str(one["shows"]), field.width - indent)

    return Block(34, paint)


def _rows(report: Report, one: Report, field: gauges.Field) -> Iterator[Block]:
    far = gauges.reach(report)
    shown = list(zip(one["contrasts"], report["contrasts"], strict=False))[:MAX_CONTRASTS]
    for seen, contrast in shown:
        yield gauges.margin_row(seen, contrast, far, field)
    if shown:
        yield gauges.margin_axis(far, field)
    yield _line("Percentages, as other tools show them", field)
    captions = list(zip(report["captions"], one["percentages"], strict=False))
    for caption, percentage in captions[:MAX_CAPTIONS]:
        yield gauges.caption_row(caption, percentage, field)
    if len(captions) > MAX_CAPTIONS:
        yield _line(f"… and {len(captions) - MAX_CAPTIONS:,} more captions, see the JSON", field)


def _percentages(report: Report) -> str:
    if report["scorer"]["objective"] == "sigmoid":
        return (
            "Percentages are no part of the verdict. Here each bar stands alone: they need "
            "not add up to 100 %."
        )
    return (
        "Percentages are no part of the verdict. They are shares among the captions shown: "
        "together 100 %."
    )


def _line(text: str, field: gauges.Field) -> Block:
    lines = fonts.bounded(text, 12, field.width, 4)

    def paint(canvas: Canvas, top: float) -> None:
        for k, line in enumerate(lines):
            canvas.text(field.left, top + 16 + 17 * k, line, 12, palette.SOFT)

    return Block(17 * len(lines) + 8, paint)


# --- what has no room
# --------------------------------------------------------------------------------------------------


def _others(rest: Sequence[Report], width: float) -> Iterator[Block]:
    """Pictures beyond the first ones, by number under their verdict."""
    if not rest:
        return
    yield page.space(24, True, width)
    yield _heading(f"… and {len(rest):,} more, see the JSON", width)
    for shows in dict.fromkeys(str(one["shows"]) for one in rest):
        numbers = [one["index"] + 1 for one in rest if one["shows"] == shows]
        yield _named(shows, f"{shows} ({len(numbers):,}): {_ranges(numbers)}", width)


def _named(shows: str, text: str, width: float) -> Block:
    indent = 24.0
    lines = fonts.bounded(text, 13, width - indent, 4)

    def paint(canvas: Canvas, top: float) -> None:
        gauges.sign(canvas, (LEFT, top + 10), shows)
        for k, line in enumerate(lines):
            canvas.text(LEFT + indent, top + 14 + 20 * k, line, 13, palette.SOFT)

    return Block(20 * len(lines) + 2, paint)


def _ranges(numbers: Sequence[int]) -> str:
    """'13 to 15, 18'."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def _remarks(report: Report, width: float) -> Iterator[Block]:
    """What was left out, not understood or must be known; nothing that the sentence on top says."""
    told = [*report["skipped"], *report["unread"], *report["notes"], *report["scorer"]["notes"]]
    texts = list(Counter(str(one) for one in told if str(one) not in report["sentence"]))
    if texts:
        yield page.space(24, True, width)
    for text in texts[:MAX_NOTES]:
        yield page.paragraph(text, palette.SOFT, width, "dot")
    if len(texts) > MAX_NOTES:
        yield page.paragraph(
            f"… and {len(texts) - MAX_NOTES:,} more notes, see the JSON", palette.SOFT, width, "dot"
        )
