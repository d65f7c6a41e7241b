"""The page of a report's picture, and the parts that every picture has: heading, verdict,
paragraphs, footer.

Blocks are painted one below the other. Lengths are CSS pixels, drawn at the wanted scale.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import Any, NamedTuple

from PIL import Image, ImageDraw

from ...errors import EncoderScopeError
from ...translation import translate, translate_count
from . import fonts, palette
from .canvas import Canvas

Report = Mapping[str, Any]
LEFT, MIN_WIDTH, MAX_SCALE = 40, 320, 4


class Block(NamedTuple):
    """A stretch of the page: its height, and what paints it from a given top."""

    height: float
    paint: Callable[[Canvas, float], None]


def content_width(width: int, scale: int) -> float:
    """The room between the margins.

    Raises EncoderScopeError for a size out of bounds, and for a Pillow without FreeType.
    """
    if not fonts.ready():
        raise EncoderScopeError(
            "Pillow with FreeType is missing.",
            "The picture is drawn with Pillow 10.1 or newer.",
            "pip install -U pillow",
        )
    if width < MIN_WIDTH or not 1 <= scale <= MAX_SCALE:
        raise EncoderScopeError(
            "A picture should be {width} pixels wide at scale {scale}.",
            "A width of at least {least} and a scale from 1 to {most} were expected.",
            "Use 960 and 2.",
            width=width,
            scale=scale,
            least=MIN_WIDTH,
            most=MAX_SCALE,
        )
    return width - 2 * LEFT


def draw(blocks: Iterable[Block], width: int, scale: int) -> Image.Image:
    """The picture, ``width`` times ``scale`` pixels wide."""
    blocks = list(blocks)
    height = ceil(sum(block.height for block in blocks) + 2 * (LEFT - 4))
    image = Image.new("RGB", (width * scale, height * scale), palette.PAGE)
    canvas = Canvas(image, ImageDraw.Draw(image), scale)
    canvas.box(14, 14, (width - 28, height - 28), palette.RULE, 12)
    canvas.box(14.5, 14.5, (width - 29, height - 29), palette.CARD, 11.5)
    y = LEFT - 4.0
    for block in blocks:
        block.paint(canvas, y)
        y += block.height
    return image


def header(
    title: str,
    chips: Sequence[str],
    width: float,
    brand: bool = True,
    warnings: Collection[int] = (),
) -> Block:
    """Title and chips. The first chip is the brightest: what the streams behind it belong to.

    ``brand``: the page's own heading, not one further down. ``warnings``: indices of amber chips.
    """
    size = {True: 20, False: 16}[brand]
    lines = beside(
        [(min(width, fonts.measure(chip, 13) + 24), (k, chip)) for k, chip in enumerate(chips)],
        width,
        8,
    )

    def paint(canvas: Canvas, top: float) -> None:
        for dx in (0.0, 0.4):  # the default font has no bold face
            canvas.text(LEFT + dx, top + 17, title, size, palette.TEXT)
        if brand:
            x = LEFT + width - fonts.measure("EncoderScope", 12)
            canvas.text(x, top + 16, "EncoderScope", 12, palette.DIM)
        for row, line in enumerate(lines):
            for x, wide, (k, chip) in line:
                y = top + 32 + 33 * row
                fill, ink = _chip_colours(k, warnings)
                canvas.box(LEFT + x, y, (wide, 26), fill, 13)
                text = fonts.clipped(chip, 13, wide - 24)
                canvas.text(LEFT + x + 12, y + 17.5, text, 13, ink)

    return Block(45 + 33 * len(lines), paint)


def _chip_colours(index: int, warnings: Collection[int]) -> tuple[str, str]:
    """Ground and text of a chip."""
    if index in warnings:
        return palette.RAISED, palette.AMBER
    if index == 0:
        return palette.RULE, palette.TEXT
    return palette.RAISED, palette.SOFT


def verdict_box(text: str, tone: palette.ToneStyle, width: float) -> Block:
    """The sentence on top, in the colours and with the sign of its tone."""
    lines = fonts.bounded(text, 15, width - 54)
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
            canvas.text(LEFT + 46, top + 27 + 22 * k, line, 15, palette.TEXT)

    return Block(size[1] + 20, paint)


class Lines(NamedTuple):
    """How plain lines of text stand: size of the type, from line to line, from the top to the first
    one's foot, room below, colour, and how many there are at most.
    """

    size: int
    step: int
    first: int
    below: int
    colour: str
    most: int = fonts.MAX_LINES


HEADING = Lines(15, 20, 15, 8, palette.TEXT, most=2)
SMALL = Lines(12, 17, 12, 10, palette.SOFT, most=4)
FOOT = Lines(11, 16, 24, 12, palette.DIM)


def lines(text: str, width: float, look: Lines) -> Block:
    """Wrapped text with nothing beside it."""
    rows = fonts.bounded(text, look.size, width, look.most)

    def paint(canvas: Canvas, top: float) -> None:
        for k, row in enumerate(rows):
            canvas.text(LEFT, top + look.first + look.step * k, row, look.size, look.colour)

    return Block(look.step * len(rows) + look.below, paint)


def paragraph(text: str, colour: str, width: float, sign: str = "") -> Block:
    """Wrapped text behind a sign: an arrow for what to do, a dot for what to know, an exclamation
    mark for what is wrong.
    """
    indent = 22 * bool(sign)
    lines = fonts.bounded(text, 13, width - indent)

    def paint(canvas: Canvas, top: float) -> None:
        if sign == "arrow":
            canvas.stroke("arrow", LEFT, top + 9, 13, palette.GREEN)
        elif sign == "dot":
            canvas.box(LEFT + 5, top + 8, (4, 4), palette.DIM, 2)
        elif sign:
            canvas.box(LEFT, top + 2.5, (14, 14), palette.AMBER, 7)
            canvas.text(LEFT + 7 - fonts.measure(sign, 11) / 2, top + 13.5, sign, 11, palette.CARD)
        for k, line in enumerate(lines):
            canvas.text(LEFT + indent, top + 14 + 20 * k, line, 13, colour)

    return Block(20 * len(lines) + 2, paint)


def notes(texts: Sequence[str], most: int, width: float) -> Iterator[Block]:
    """So many of the notes, and how many more there are."""
    for text in texts[:most]:
        yield paragraph(text, palette.SOFT, width, "dot")
    if len(texts) > most:
        text = translate_count(
            "… and {count:,} more note, see the JSON",
            "… and {count:,} more notes, see the JSON",
            len(texts) - most,
        )
        yield paragraph(text, palette.SOFT, width, "dot")


def space(height: float, ruled: bool = False, width: float = 0) -> Block:
    """An empty stretch, with a line in its middle where it is ``ruled``."""

    def paint(canvas: Canvas, top: float) -> None:
        if ruled:
            canvas.box(LEFT, top + height / 2, (width, 1), palette.RULE)

    return Block(height, paint)


def footer(report: Report, streams: Iterable[Report], width: float, remark: str = "") -> Block:
    """Where the picture comes from. ``remark``: on the picture itself, such as its language."""
    parts = [
        translate(
            "{format}, version {version}", format=report["format"], version=report["version"]
        ),
        str(report["view"]),
        *map(_stream_facts, streams),
    ]
    if report.get("host"):
        parts.append(str(report["host"]))
    if remark:
        parts.append(remark)
    return lines(" · ".join(parts), width, FOOT)


def _stream_facts(stream: Report) -> str:
    """'CLIP-L: clip, 12 layers of 768, causal'."""
    facts = translate_count(
        "{title}: {kind}, {count} layer of {width}",
        "{title}: {kind}, {count} layers of {width}",
        stream["layers"],
        title=stream["title"],
        kind=stream["kind"],
        width=stream["width"],
    )
    return translate("{facts}, causal", facts=facts) if stream["causal"] else facts


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
