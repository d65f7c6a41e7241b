"""The audit report as a picture: the sentence, bars of what is lost and found, and how many tokens
captions have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PIL import Image

from ...translation import in_its_language, translate, translate_count
from ..drawing import fonts, page, palette
from ..drawing.canvas import Canvas
from ..drawing.page import LEFT, Block
from .report import NOT_REACHED, WITH_FINDINGS, share

Report = Mapping[str, Any]
ROW, HEIGHT, MOST_ROWS, MOST_BARS = 24, 90, 15, 40
NAMES = 300
"""Width of the column of names."""


@in_its_language
def render(report: Report, *, width: int = 960, scale: int = 2, remark: str = "") -> Image.Image:
    """The picture, `width` times `scale` pixels wide."""
    return page.draw(_blocks(report, page.content_width(width, scale), remark), width, scale)


def _blocks(report: Report, width: float, remark: str) -> Iterator[Block]:
    captions = translate_count("{count:,} caption", "{count:,} captions", report["captions"])
    yield page.header(
        translate("Audit of captions"), [str(report["family_title"]), captions], width
    )
    tone = palette.TONES["lost" if report["with_lost_words"] else "kept"]
    yield page.verdict_box(str(report["sentence"]), tone, width)
    lost = [(str(entry["readout"]), entry["captions"]) for entry in report["missed_by"]]
    findings = [(str(entry["title"]), entry["captions"]) for entry in report["findings"]]
    yield from _bars(translate(NOT_REACHED), lost, report, width)
    yield from _bars(translate(WITH_FINDINGS), findings, report, width)
    for number, tokens in enumerate(report["tokens"]):
        yield _histogram(tokens, palette.readout_colour(number), width)
    yield page.footer({**report, "view": report["source"]}, [], width, remark)


def _bars(
    title: str, entries: Sequence[tuple[str, int]], report: Report, width: float
) -> Iterator[Block]:
    if not entries:
        return
    yield page.space(18, True, width)
    yield page.paragraph(title, palette.SOFT, width)
    total = max(1, report["captions"])
    for name, count in entries[:MOST_ROWS]:
        yield _bar(name, count, total, width)


def _bar(name: str, count: int, total: int, width: float) -> Block:
    """A name, a bar as long as the share, and the figures."""
    room = width - NAMES - 170

    def paint(canvas: Canvas, top: float) -> None:
        canvas.text(LEFT, top + 16, fonts.clipped(name, 14, NAMES - 12), 14, palette.TEXT)
        canvas.box(LEFT + NAMES, top + 5, (room, 13), palette.RAISED, 3)
        canvas.box(LEFT + NAMES, top + 5, (max(2, room * count / total), 13), palette.AMBER, 3)
        text = f"{count:,}  {share(count, total)}"
        canvas.text(LEFT + NAMES + room + 12, top + 16, text, 13, palette.SOFT)

    return Block(ROW, paint)


def _histogram(tokens: Report, colour: str, width: float) -> Block:
    """Captions by their tokens; longer ones than the last bar are in it."""
    counts = list(tokens["captions"])
    if len(counts) > MOST_BARS:
        counts = [*counts[: MOST_BARS - 1], sum(counts[MOST_BARS - 1 :])]
    step = width / max(1, len(counts))
    tallest = max(counts, default=1) or 1

    def paint(canvas: Canvas, top: float) -> None:
        title = translate(
            "Tokens of {stream}, {bin} a bar; the most: {longest:,}",
            stream=tokens["stream"],
            bin=tokens["bin"],
            longest=tokens["longest"],
        )
        canvas.text(LEFT, top + 34, title, 13, palette.SOFT)
        base = top + 46 + HEIGHT
        for number, count in enumerate(counts):
            tall = HEIGHT * count / tallest
            canvas.box(LEFT + number * step, base - tall, (max(1, step - 2), tall), colour, 2)
        canvas.box(LEFT, base, (width, 1), palette.RULE)
        for number in range(0, len(counts), max(1, len(counts) // 8)):
            label = str(number * tokens["bin"])
            canvas.text(LEFT + number * step, base + 15, label, 11, palette.DIM)

    return Block(46 + HEIGHT + 24, paint)
