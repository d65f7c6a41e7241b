"""The image report as a picture: how far the scorer can be believed, then every picture with its
verdict, margins and percentages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PIL import Image

from ...translation import in_its_language, translate, translate_count
from ..drawing import fonts, page, palette
from ..drawing.canvas import Canvas
from ..drawing.page import LEFT, Block
from ..shares import verdict_name
from ..wording import listed
from . import caption_display, display, gauges, judged_display, judged_rows
from .gauges import GaugeRoom

Report = Mapping[str, Any]
# a picture stays bounded whatever the report
MAX_PICTURES = display.FIRST
MAX_CONTRASTS = 6
MAX_CAPTIONS = 8
MAX_NOTES = 12
THUMB, GUTTER, SCENES = 128, 20, 14
"""Longer side of a thumbnail, what stands between it and the gauges, and the height of the bar of
drawn scenes.
"""


@in_its_language
def render(
    report: Report,
    *,
    width: int = 960,
    scale: int = 2,
    thumbnails: Sequence[Image.Image] = (),
    remark: str = "",
) -> Image.Image:
    """The picture, `width` times `scale` pixels wide. ``thumbnails``: of the report's pictures, in
    their order. ``remark``: stands beside its source.
    """
    room = page.content_width(width, scale)
    blocks = [
        *_blocks(report, thumbnails, room),
        page.footer({**report, "view": _view(report)}, [], room, remark),
    ]
    return page.draw(blocks, width, scale)


# --- from top to bottom
# --------------------------------------------------------------------------------------------------


def _blocks(report: Report, thumbnails: Sequence[Image.Image], width: float) -> Iterator[Block]:
    images = report["images"]
    chips = [*display.seers(report), display.pictures(report)]
    yield page.header(translate("Image Probe"), chips, width)
    yield page.verdict_box(str(report["sentence"]), tone(report), width)
    yield _prompt(str(report["text"]), width)
    yield from _believed(report, width)
    yield from _judges(report, width)
    room = GaugeRoom(LEFT, width)
    if images and report["contrasts"]:
        yield page.space(20, True, width)
        yield gauges.legend(report, room)
    if images and report["captions"]:
        yield _line(caption_display.standing(report), room)
    for image in images[:MAX_PICTURES]:
        thumbnail = None
        if 0 <= image["index"] < len(thumbnails):
            thumbnail = thumbnails[image["index"]]
        yield from _picture(report, image, thumbnail, width)
    yield from _others(images[MAX_PICTURES:], width)
    yield from _remarks(report, width)


def _view(report: Report) -> str:
    frames = max((contrast["frames"] for contrast in report["contrasts"]), default=0)
    parts = []
    if frames:
        parts.append(
            translate_count(
                "four sentences in {count} frame for each contrast",
                "four sentences in {count} frames for each contrast",
                frames,
            )
        )
    if report["questions"]:
        count = len(report["questions"])
        parts.append(translate_count("{count:,} question", "{count:,} questions", count))
    return listed(parts) or translate("nothing was put to the test")


def tone(report: Report) -> palette.ToneStyle:
    """Amber as soon as one picture shows the swap, green only where all show the prompt."""
    return palette.TONES[display.tone(report)]


def _prompt(text: str, width: float) -> Block:
    quoted = translate("The prompt is empty.")
    if text.strip():
        quoted = f"“{text}”"
    lines = fonts.bounded(quoted, 16, width, 6)

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
    yield page.lines(display.headings()["scorer"], width, page.HEADING)
    yield _line(translate(display.SCORER_NOTE), GaugeRoom(LEFT, width))
    yield page.space(6)
    for contrast in contrasts[:MAX_CONTRASTS]:
        yield _reader(contrast, width)
        yield page.paragraph(str(contrast["sentence"]), palette.SOFT, width)
        yield page.space(10)
    if len(contrasts) > MAX_CONTRASTS:
        more = translate_count(
            "… and {count:,} more contrast, see the JSON",
            "… and {count:,} more contrasts, see the JSON",
            len(contrasts) - MAX_CONTRASTS,
        )
        yield page.paragraph(more, palette.SOFT, width)


def _judges(report: Report, width: float) -> Iterator[Block]:
    """For each judge: of what it may speak."""
    for judge in report["judges"]:
        yield page.space(22, True, width)
        heading = f"{display.headings()['judge']} {judge['title']}"
        yield page.lines(heading, width, page.HEADING)
        yield page.paragraph(str(judge["sentence"]), palette.SOFT, width)


def _reader(contrast: Report, width: float) -> Block:
    """The contrast, the text side's verdict in a chip, and a bar of the drawn scenes it is right
    on; one below the other if narrow.
    """
    look = palette.verdict_look(str(contrast["text_side"]["verdict"]))
    verdict = verdict_name(str(contrast["text_side"]["verdict"]))
    words = translate("text side: {verdict}", verdict=verdict)
    calibration = contrast["calibration"]
    count = display.scenes_text(calibration)
    chip = fonts.measure(words, 12) + 60
    if width < gauges.NARROW:
        lines = fonts.bounded(str(contrast["label"]), 14, width, 3)
        x, y = 0.0, 20.0 * len(lines) + 4
        bar_x, bar_y = x, y + 30
    else:
        lines = fonts.bounded(str(contrast["label"]), 14, 0.34 * width - 12, 3)
        x, y = 0.34 * width, 0.0
        bar_x, bar_y = x + chip + 16, y
    bar = width - bar_x - fonts.measure(count, 12) - 14

    def paint(canvas: Canvas, top: float) -> None:
        for k, line in enumerate(lines):
            canvas.text(LEFT, top + 17 + 20 * k, line, 14, palette.TEXT)
        canvas.box(LEFT + x, top + y, (chip, 24), palette.mixed(look.colour, 0.16), 12)
        canvas.path([(LEFT + x + 14, top + y + 12), (LEFT + x + 38, top + y + 12)], look)
        canvas.text(LEFT + x + 46, top + y + 16.5, words, 12, look.colour)
        _scenes(canvas, calibration, (LEFT + bar_x, top + bar_y + 5), bar)
        canvas.text(LEFT + bar_x + bar + 10, top + bar_y + 16.5, count, 12, palette.TEXT)

    return Block(max(20.0 * len(lines), bar_y + 24) + 8, paint)


def _scenes(canvas: Canvas, calibration: Report, at: tuple[float, float], long: float) -> None:
    """Right ones of all; guessing reaches the tick in the middle."""
    x, y = at
    ink = palette.DIM if calibration["threshold"] is None else palette.SOFT
    canvas.box(x, y, (long, SCENES), palette.RAISED, 3)
    canvas.box(x, y, (long * display.right_share(calibration), SCENES), ink, 3)
    canvas.tick(x + long / 2, y - 3, y + SCENES + 3, palette.TEXT)


# --- pictures
# --------------------------------------------------------------------------------------------------


def _picture(
    report: Report, image: Report, thumbnail: Image.Image | None, width: float
) -> Iterator[Block]:
    yield page.space(24, True, width)
    beside, indent = [], 0
    if thumbnail is not None and width < gauges.NARROW:
        yield _thumbnail(thumbnail, 0.0)
    elif thumbnail is not None:
        beside, indent = [_thumbnail(thumbnail, 0.0)], THUMB + GUTTER
    room = GaugeRoom(LEFT + indent, width - indent)
    yield _together(beside, [_title(image, room), *_rows(report, image, room)])


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
        resized = small.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        canvas.box(LEFT + left - 1, top - 1, (wide + 2, high + 2), palette.RULE)
        canvas.image.paste(
            resized, (round((LEFT + left) * canvas.scale), round(top * canvas.scale))
        )

    return Block(high + 10, paint)


def _title(image: Report, room: GaugeRoom) -> Block:
    name = display.title(image)
    indent = fonts.measure(name, 15) + 14

    def paint(canvas: Canvas, top: float) -> None:
        canvas.text(room.left, top + 17, name, 15, palette.TEXT)
        gauges.chip(canvas, (room.left + indent, top), str(image["shows"]), room.width - indent)

    return Block(34, paint)


def _rows(report: Report, image: Report, room: GaugeRoom) -> Iterator[Block]:
    far = display.reach(report)
    margins = list(zip(image["contrasts"], report["contrasts"], strict=False))[:MAX_CONTRASTS]
    for margin, contrast in margins:
        yield gauges.margin_row(margin, contrast, far, room)
    if margins:
        yield gauges.margin_axis(far, room)
    if image["judged"] is not None:
        yield _line(judged_display.judged_title(image), room)
        yield from judged_rows.answer_blocks(report, image, room)
    if not report["captions"]:
        return
    yield _line(display.shares_title(report), room)
    captions = list(zip(report["captions"], image["percentages"], strict=False))
    for caption, percentage in captions[:MAX_CAPTIONS]:
        yield gauges.caption_row(caption, percentage, room)
    if len(captions) > MAX_CAPTIONS:
        more = translate_count(
            "… and {count:,} more caption, see the JSON",
            "… and {count:,} more captions, see the JSON",
            len(captions) - MAX_CAPTIONS,
        )
        yield _line(more, room)


def _line(text: str, room: GaugeRoom) -> Block:
    lines = fonts.bounded(text, 12, room.width, 4)

    def paint(canvas: Canvas, top: float) -> None:
        for k, line in enumerate(lines):
            canvas.text(room.left, top + 16 + 17 * k, line, 12, palette.SOFT)

    return Block(17 * len(lines) + 8, paint)


# --- what has no room
# --------------------------------------------------------------------------------------------------


def _others(rest: Sequence[Report], width: float) -> Iterator[Block]:
    """Pictures beyond the first ones, by number under their verdict."""
    if not rest:
        return
    yield page.space(24, True, width)
    more = translate_count(
        "… and {count:,} more, see the JSON", "… and {count:,} more, see the JSON", len(rest)
    )
    yield page.lines(more, width, page.HEADING)
    for shows in dict.fromkeys(str(image["shows"]) for image in rest):
        numbers = [image["index"] + 1 for image in rest if image["shows"] == shows]
        text = f"{translate(shows)} ({len(numbers):,}): {_ranges(numbers)}"
        yield _named(shows, text, width)


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
    return listed(
        str(low) if low == high else translate("{low} to {high}", low=low, high=high)
        for low, *_, high in ([*run, run[-1]] for run in runs)
    )


def _remarks(report: Report, width: float) -> Iterator[Block]:
    """What was left out, not understood or must be known; nothing that the sentence on top says."""
    notes = [*report["skipped"], *report["unread"], *report["notes"], *report["scorer"]["notes"]]
    texts = list(dict.fromkeys(str(note) for note in notes if str(note) not in report["sentence"]))
    if texts:
        yield page.space(24, True, width)
    yield from page.notes(texts, MAX_NOTES, width)
