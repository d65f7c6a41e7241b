"""A conditioning or states report as a picture for sharing: a cell for each token, a bar for the
pooled vector, bars for the schedule.

A cell's strength is its ``level``; hollow is all zero, crossed is no number. Lengths are CSS
pixels, drawn at the wanted scale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any

from PIL import Image, ImageDraw

from ...translation import in_its_language, translate, translate_count
from ..drawing import fonts, page, palette
from ..drawing.canvas import Canvas
from ..drawing.page import LEFT, Block
from ..wording import listed, short
from .tensor_words import length

Report = Mapping[str, Any]
# a picture stays bounded whatever the conditioning
MAX_CELLS = 2048
MAX_ENTRIES = 6
MAX_NOTES = 12
MAX_TRACKS = 24
CELL, CELL_HEIGHT, STEP = 9, 16, 10
LEVELS = 8
COLOURS = {
    **dict(zip(("pooled", "clip", "t5"), palette.READOUT_COLOURS, strict=False)),
    "change": palette.AMBER,
}


@in_its_language
def render(report: Report, *, width: int = 960, scale: int = 2, remark: str = "") -> Image.Image:
    """The picture, `width` times `scale` pixels wide. ``remark``: stands in its last line."""
    return page.draw(_blocks(report, page.content_width(width, scale), remark), width, scale)


def shade(name: str, level: int) -> str:
    """A part's colour, mixed with the card: the higher the level, the purer."""
    share = 0.2 + 0.8 * level / LEVELS
    return palette.mixed(COLOURS.get(name, palette.SOFT), share)


# From top to bottom


def _blocks(report: Report, width: float, remark: str) -> Iterator[Block]:
    yield _head(report, width)
    yield _sentence(report, width)
    if "streams" in report:
        for stream in report["streams"]:
            yield from _stream(stream, width)
    else:
        yield from _conditioning(report, width)
    yield from _notes(report, width, remark)


def _conditioning(report: Report, width: float) -> Iterator[Block]:
    entries = report["entries"]
    for k, entry in enumerate(entries[:MAX_ENTRIES]):
        if len(entries) > 1:
            name = translate(
                "Entry {number}, {start:.4g} to {end:.4g} %",
                number=k + 1,
                start=100 * entry["schedule"]["start"],
                end=100 * entry["schedule"]["end"],
            )
            yield _line(name, 14, palette.TEXT, 28)
        yield from _entry(entry, width)
    if len(entries) > MAX_ENTRIES:
        more = translate(
            "… and {count} more entries, see the JSON", count=len(entries) - MAX_ENTRIES
        )
        yield _line(more, 13, palette.SOFT, 26)
    if report["timeline"]:
        when = translate("When each part holds, from the first step to the last")
        yield _line(when, 12, palette.SOFT, 26)
        yield _timeline(report["timeline"][:MAX_TRACKS], width)
    if len(report["timeline"]) > MAX_TRACKS:
        rest = len(report["timeline"]) - MAX_TRACKS
        more = translate("… and {rest} more, see the JSON", rest=rest)
        yield _line(more, 13, palette.SOFT, 26)
    if report["differences"]:
        yield from _differences(report, width)


def _entry(entry: Report, width: float) -> Iterator[Block]:
    sequence = entry["sequence"]
    for row in sequence["rows"]:
        cells = [(row["name"], level) for level in sequence["levels"][row["start"] : row["stop"]]]
        text = translate_count(
            "{owner} rows: {count:,} token of {width:,}, {norm}",
            "{owner} rows: {count:,} tokens of {width:,}, {norm}",
            len(cells),
            owner=row["title"],
            width=sequence["shape"][-1],
            norm=length(row["zero"], row["mean_norm"], mean=True),
        )
        yield _line(text, 12, palette.SOFT, 26)
        yield from _strip(cells, width)
    yield from _pooled(entry["pooled"], entry["no_pooled"], width)


def _stream(stream: Report, width: float) -> Iterator[Block]:
    name = stream["part"]
    levels = list(stream["sequence"]["levels"])
    yield _line(f"{stream['title']}: {stream['use']}", 14, palette.TEXT, 28)
    for k, count in enumerate(stream["windows"] or [len(levels)]):
        if len(stream["windows"]) > 1:
            text = translate_count(
                "Window {window}: {count:,} token",
                "Window {window}: {count:,} tokens",
                count,
                window=k + 1,
            )
            yield _line(text, 12, palette.SOFT, 24)
        yield from _strip([(name, level) for level in levels[:count]], width)
        del levels[:count]
    if stream["pooled"]:
        yield from _pooled(stream["pooled"], "", width)


def _strip(cells: Sequence[tuple[str, int | None]], width: float) -> Iterator[Block]:
    """A cell for each token, wrapped into rows."""
    per_row = int(width // STEP)
    first = cells[:MAX_CELLS]

    def paint(canvas: Canvas, top: float) -> None:
        tiles = {cell: _tile(canvas.scale, *cell) for cell in set(first)}
        for k, cell in enumerate(first):
            x, y = LEFT + k % per_row * STEP, top + k // per_row * (CELL_HEIGHT + 2)
            canvas.image.paste(tiles[cell], (round(x * canvas.scale), round(y * canvas.scale)))

    yield Block(ceil(len(first) / per_row) * (CELL_HEIGHT + 2) + 6, paint)
    if len(cells) > len(first):
        rest = f"{len(cells) - len(first):,}"
        more = translate("… and {count} more tokens, see the JSON", count=rest)
        yield _line(more, 12, palette.SOFT, 22)


def _tile(scale: int, name: str, level: int | None) -> Image.Image:
    """One cell, drawn once: a strip has thousands of few kinds."""
    tile = Image.new("RGB", (CELL * scale, CELL_HEIGHT * scale), palette.CARD)
    canvas = Canvas(tile, ImageDraw.Draw(tile), scale)
    if level:
        canvas.box(0, 0, (CELL, CELL_HEIGHT), shade(name, level), 2)
    else:
        canvas.box(0, 0, (CELL, CELL_HEIGHT), palette.RULE, 2)
        canvas.box(1, 1, (CELL - 2, CELL_HEIGHT - 2), palette.CARD, 1)
    if level is None:
        canvas.text(1.5, 12, "x", 11, palette.VERMILION)
    return tile


def _pooled(pooled: Report | None, without: str, width: float) -> Iterator[Block]:
    if pooled is None:
        yield _line(without, 12, palette.AMBER, 26)
        return
    parts = pooled["parts"] or [
        {
            "title": "",
            "start": 0,
            "stop": pooled["shape"][-1],
            "norm": pooled["norm"],
            "zero": pooled["zero"],
        }
    ]
    text = translate(
        "Pooled vector of {width:,}, {norm}",
        width=pooled["shape"][-1],
        norm=length(pooled["zero"], pooled["norm"]),
    )
    yield _line(text, 12, palette.SOFT, 26)
    unit = width / parts[-1]["stop"]

    def paint(canvas: Canvas, top: float) -> None:
        for part in parts:
            x, long = LEFT + unit * part["start"], unit * (part["stop"] - part["start"]) - 2
            if part["zero"]:
                canvas.box(x, top, (long, 22), palette.RULE, 4)
                canvas.box(x + 1, top + 1, (long - 2, 20), palette.CARD, 3)
            else:
                canvas.box(x, top, (long, 22), palette.mixed(COLOURS["pooled"], 0.45), 4)
            if len(parts) > 1:
                text = f"{part['title']} {_number(part['zero'], part['norm'])}"
                canvas.text(x + 8, top + 15.5, text, 12, palette.TEXT)

    yield Block(30, paint)


def _number(zero: bool, norm: float | None) -> str:
    """A norm without its name, for want of room."""
    if zero:
        return translate("all zero")
    return translate("not a number") if norm is None else f"{norm:.4g}"


def _timeline(tracks: Sequence[Report], width: float) -> Block:
    names = 0.36 * width

    def paint(canvas: Canvas, top: float) -> None:
        for k, track in enumerate(tracks):
            y = top + 22 * k
            name = short(listed((track["title"], track["text"])), int(names / 6.6))
            colour = COLOURS.get(track["part"], palette.SOFT)
            canvas.text(LEFT, y + 12, name, 12, palette.SOFT)
            canvas.box(LEFT + names, y + 7, (width - names, 2), palette.RULE)
            for span in track["spans"]:
                x = LEFT + names + span["start"] * (width - names)
                long = max(0.0, span["end"] - span["start"]) * (width - names)
                canvas.box(x, y + 1, (max(2, long - 2), 14), colour, 4)
                if track["empty"] and long > 6:
                    canvas.box(x + 1.5, y + 2.5, (long - 5, 11), palette.CARD, 3)

    return Block(22 * len(tracks) + 6, paint)


def _differences(report: Report, width: float) -> Iterator[Block]:
    height = 28
    for line in fonts.wrap(report["differences"]["sentence"], 14, width):
        yield _line(line, 14, palette.TEXT, height)
        height = 20
    pair = report["differences"]["pairs"][report["differences"]["shown"]]
    if pair["sequence"]["parts"]:
        text = translate("Change of each token, hollow where nothing changed")
        yield _line(text, 12, palette.SOFT, 26)
        yield from _strip([("change", level) for level in pair["sequence"]["levels"]], width)


def _head(report: Report, width: float) -> Block:
    title = report.get("title")
    if not title and "streams" in report:
        title = translate("What the Encoders Returned")
    elif not title:
        title = translate("What Is in This Conditioning?")

    def paint(canvas: Canvas, top: float) -> None:
        for dx in (0.0, 0.4):  # the default font has no bold face
            canvas.text(LEFT + dx, top + 17, title, 20, palette.TEXT)
        canvas.text(
            LEFT + width - fonts.measure("EncoderScope", 12),
            top + 16,
            "EncoderScope",
            12,
            palette.DIM,
        )

    return Block(36, paint)


def _sentence(report: Report, width: float) -> Block:
    lines = fonts.wrap(str(report["sentence"]), 15, width - 40)
    tone = palette.TONES["open" if report["usable"] else "lost"]
    size = (width - 4, 22 * len(lines) + 18)

    def paint(canvas: Canvas, top: float) -> None:
        canvas.box(LEFT, top, (20, size[1]), tone.edge, 7)
        canvas.box(LEFT + 4, top, size, tone.box, 7)
        for k, line in enumerate(lines):
            canvas.text(LEFT + 20, top + 25 + 22 * k, line, 15, palette.TEXT)

    return Block(size[1] + 8, paint)


def _notes(report: Report, width: float, remark: str) -> Iterator[Block]:
    notes = [str(note) for note in report["notes"]]
    for note in notes[:MAX_NOTES]:
        for line in fonts.wrap(f"- {note}", 13, width):
            yield _line(line, 13, palette.SOFT, 22)
    if len(notes) > MAX_NOTES:
        more = translate_count(
            "… and {count:,} more note, see the JSON",
            "… and {count:,} more notes, see the JSON",
            len(notes) - MAX_NOTES,
        )
        yield _line(more, 13, palette.SOFT, 22)
    source = translate(
        "{format}, version {version}", format=report["format"], version=report["version"]
    )
    source = " · ".join(filter(None, (source, report.get("host"), remark)))
    yield _line(source, 11, palette.DIM, 26)


def _line(text: str, size: float, colour: str, height: float) -> Block:
    return Block(
        height, lambda canvas, top: canvas.text(LEFT, top + height - 8, text, size, colour)
    )
