"""The doctor's report as a picture: the sentence, the phrases beside their lamps, what happened
to each phrase that is not well, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PIL import Image

from ...translation import in_its_language, translate
from ..drawing import fonts, page, palette
from ..drawing.canvas import Canvas
from ..drawing.page import LEFT, Block
from . import lamps
from .display import with_display

Report = Mapping[str, Any]
# a picture stays bounded whatever the report
MAX_ROWS = 40
MAX_LINES = 16
MAX_NOTES = 8


@in_its_language
def render(
    report: Report,
    *,
    width: int = 960,
    scale: int = 2,
    pictures: Sequence[Image.Image] = (),
    remark: str = "",
) -> Image.Image:
    """The picture, `width` times `scale` pixels wide. ``pictures``: before and after a remedy was
    tried. ``remark``: stands in the last line.
    """
    room = page.content_width(width, scale)
    return page.draw(_blocks(with_display(report), pictures, room, remark), width, scale)


def _blocks(
    report: Report, pictures: Sequence[Image.Image], width: float, remark: str
) -> Iterator[Block]:
    display = report["display"]
    yield page.header(translate("Prompt Doctor"), list(_chips(report)), width)
    yield page.verdict_box(str(report["sentence"]), palette.TONES[display["tone"]], width)
    yield from _phrases(report, width)
    yield from _evidence(report, width)
    yield from _remedies(report, width)
    yield from _verification(report, pictures, width)
    yield from _remarks(report, width)
    view = " · ".join(filter(None, (display["phrases"], remark)))
    yield page.footer({**report, "view": view}, [], width)


def _chips(report: Report) -> Iterator[str]:
    if report["family_title"]:
        yield str(report["family_title"])
    for station in report["display"]["stations"]:
        if station["seen"]:
            yield translate("{name}: {text}", name=station["title"], text=station["text"])


def _phrases(report: Report, width: float) -> Iterator[Block]:
    rows = report["display"]["rows"] or report["phrases"]
    if not rows:
        return
    heads = [str(station["title"]) for station in report["display"]["stations"]]
    yield lamps.table(rows[:MAX_ROWS], heads, width)
    if len(rows) > MAX_ROWS:
        text = translate("… and {rest} more, see the JSON", rest=f"{len(rows) - MAX_ROWS:,}")
        yield page.paragraph(text, palette.SOFT, width)
    yield lamps.legend(report["display"]["legend"], width)


def _evidence(report: Report, width: float) -> Iterator[Block]:
    """What happened to each phrase that is not well, or whose suspicion was withdrawn."""
    lines = report["display"]["lines"]
    if not lines:
        return
    yield page.space(20, True, width)
    for line in lines[:MAX_LINES]:
        yield _phrase_line(line, width)
    if len(lines) > MAX_LINES:
        text = translate("… and {rest} more, see the JSON", rest=f"{len(lines) - MAX_LINES:,}")
        yield page.paragraph(text, palette.SOFT, width)


def _phrase_line(line: Report, width: float) -> Block:
    text = f"{line['label']} ({line['where']}): {line['text']}"
    rows = fonts.bounded(text, 13, width - 26)

    def paint(canvas: Canvas, top: float) -> None:
        lamps.lamp(canvas, line["lamp"], LEFT, top + 2)
        for k, row in enumerate(rows):
            canvas.text(LEFT + 26, top + 14 + 20 * k, row, 13, palette.TEXT)

    return Block(20 * len(rows) + 6, paint)


def _remedies(report: Report, width: float) -> Iterator[Block]:
    changes = report["changes"]
    if not changes and not report["display"]["suggests"]:
        return
    yield page.space(20, True, width)
    for change in changes[:MAX_LINES]:
        yield page.paragraph(str(change), palette.TEXT, width, "arrow")
    if len(changes) > MAX_LINES:
        text = translate("… and {rest} more, see the JSON", rest=f"{len(changes) - MAX_LINES:,}")
        yield page.paragraph(text, palette.SOFT, width)
    if report["display"]["suggests"]:
        yield page.space(6)
        yield page.paragraph(report["display"]["titles"]["suggested"], palette.SOFT, width)
        yield page.paragraph(str(report["suggested_prompt"]), palette.TEXT, width)


def _verification(report: Report, pictures: Sequence[Image.Image], width: float) -> Iterator[Block]:
    verification = report["display"]["verification"]
    if verification is None:
        return
    yield page.space(20, True, width)
    yield page.paragraph(str(verification["sentence"]), palette.TEXT, width, "dot")
    if pictures:
        yield _side_by_side(pictures, verification["titles"])


def _side_by_side(pictures: Sequence[Image.Image], titles: Sequence[str]) -> Block:
    wide = 200.0
    tall = max(picture.height * wide / picture.width for picture in pictures)

    def paint(canvas: Canvas, top: float) -> None:
        for k, (picture, title) in enumerate(zip(pictures, titles, strict=False)):
            left = LEFT + k * (wide + 24)
            high = picture.height * wide / picture.width
            size = round(wide * canvas.scale), max(1, round(high * canvas.scale))
            at = round(left * canvas.scale), round((top + 8) * canvas.scale)
            canvas.image.paste(picture.resize(size, Image.Resampling.BICUBIC), at)
            canvas.text(left, top + tall + 26, title, 12, palette.SOFT)

    return Block(tall + 38, paint)


def _remarks(report: Report, width: float) -> Iterator[Block]:
    """Stations that were not looked at, and what else must be known."""
    lines = [
        translate("{name}: {text}.", name=station["title"], text=station["text"])
        for station in report["display"]["stations"]
        if not station["seen"]
    ]
    lines += [str(note) for note in report["notes"]]
    if not lines:
        return
    yield page.space(20, True, width)
    yield from page.notes(lines, MAX_NOTES, width)
