"""The Ignored Words report as a picture: the prompt in the ink of its influence, the sentence, then
a bar for each phrase, and the binding at the encoder beside that at the generator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from PIL import Image

from ...translation import in_its_language, translate
from ..drawing import bars, fonts, page, palette
from ..drawing.canvas import Canvas
from ..drawing.page import LEFT, Block
from . import influence_bars, ink_rows
from .display import more_text, parted, with_display
from .inked_prompt import STRUCK

Report = Mapping[str, Any]
# a picture stays bounded whatever the report
MAX_PHRASES = 24
MAX_BINDING = 8
MAX_NOTES = 12
MAX_MAPS = 18
MAP = 128.0
"""Width of a where-map."""
SAMPLE = 34
"""Room for a sample in the legend."""
_SIGNS = dict.fromkeys(STRUCK, "arrow")
"""Before a phrase's sentence: what is ignored has something to do about it."""


@in_its_language
def render(
    report: Report,
    *,
    width: int = 960,
    scale: int = 2,
    maps: Sequence[Image.Image] = (),
    remark: str = "",
) -> Image.Image:
    """The picture, `width` times `scale` pixels wide. ``maps``: of the report's where-map.
    ``remark``: stands in the last line.
    """
    room = page.content_width(width, scale)
    return page.draw(_blocks(with_display(report), maps, room, remark), width, scale)


# --- from top to bottom
# --------------------------------------------------------------------------------------------------


def _blocks(
    report: Report, maps: Sequence[Image.Image], width: float, remark: str
) -> Iterator[Block]:
    display = report["display"]
    yield page.header(
        translate("Ignored Words"), [fact["text"] for fact in display["facts"]], width
    )
    yield ink_rows.prompt(report, width)
    yield page.verdict_box(str(report["sentence"]), palette.TONES[display["tone"]], width)
    yield _legend(display["legend"], width)
    yield from _bars(report, width)
    yield from _binding(report, width)
    if display["where"] and maps:
        yield from _where(display["where"], maps[:MAX_MAPS], width)
    yield from _remarks(display, width)
    view = " · ".join(filter(None, (display["phrases"], remark)))
    yield page.footer({**report, "view": view}, [], width)


def _bars(report: Report, width: float) -> Iterator[Block]:
    """The phrases by their share, the strongest first."""
    display = report["display"]
    phrases = report["phrases"]
    if not phrases:
        return
    visible, rest = parted(display["order"], phrases, MAX_PHRASES)
    yield page.space(20, True, width)
    yield page.lines(display["titles"]["bars"], width, page.HEADING)
    for index in visible:
        phrase = phrases[index]
        yield influence_bars.phrase_row(phrase, display["floor"], width)
        if sentence := phrase["display"]["said"]:
            yield page.paragraph(
                sentence, palette.SOFT, width, _SIGNS.get(phrase["display"]["state"], "dot")
            )
            yield page.space(4)
    yield influence_bars.floor_row(display["floor"], width)
    yield influence_bars.axis_row(display["axis"], width)
    if rest:
        text = translate("… and {phrases}, see the JSON", phrases=more_text(phrases, rest))
        yield page.paragraph(text, palette.SOFT, width)


def _binding(report: Report, width: float) -> Iterator[Block]:
    entries, titles = report["binding"], report["display"]["titles"]
    if not entries:
        return
    yield page.space(20, True, width)
    yield page.lines(titles["binding"], width, page.HEADING)
    for entry in entries[:MAX_BINDING]:
        yield influence_bars.binding_rows(entry, titles, width)
        yield page.paragraph(str(entry["sentence"]), palette.SOFT, width, "dot")
        yield page.space(6)
    yield influence_bars.axis_row(report["display"]["binding_axis"], width)
    if len(entries) > MAX_BINDING:
        yield _rest(f"{len(entries) - MAX_BINDING:,}", width)


def _rest(rest: str, width: float) -> Block:
    text = translate("… and {rest} more, see the JSON", rest=rest)
    return page.paragraph(text, palette.SOFT, width)


def _where(where: Report, maps: Sequence[Image.Image], width: float) -> Iterator[Block]:
    """The where-maps side by side, each over the phrase's words."""
    yield page.space(20, True, width)
    yield page.lines(where["title"], width, page.HEADING)
    yield page.paragraph(where["text"], palette.SOFT, width)
    yield page.space(6)
    sized = [(MAP, (picture, own)) for picture, own in zip(maps, where["maps"], strict=False)]
    for line in page.beside(sized, width, 16):
        yield _map_row(line)
    if rest := len(where["maps"]) - len(maps):
        yield _rest(f"{rest:,}", width)


def _map_row(line: Sequence[tuple[float, float, tuple[Image.Image, Report]]]) -> Block:
    tall = max(picture.height * MAP / picture.width for _, _, (picture, _) in line)

    def paint(canvas: Canvas, top: float) -> None:
        for left, wide, (picture, own) in line:
            high = max(1.0, picture.height * wide / picture.width)
            size = (round(wide * canvas.scale), round(high * canvas.scale))
            resized = picture.resize(size, Image.Resampling.BICUBIC)
            at = (round((LEFT + left) * canvas.scale), round(top * canvas.scale))
            canvas.image.paste(resized, at)
            for k, (text, ink) in enumerate(
                ((own["title"], palette.TEXT), (own["text"], palette.SOFT))
            ):
                clipped = fonts.clipped(text, 12, wide)
                canvas.text(LEFT + left, top + tall + 16 + 16 * k, clipped, 12, ink)

    return Block(tall + 46, paint)


def _remarks(display: Report, width: float) -> Iterator[Block]:
    """What was left out or must be known."""
    lines: Sequence[str] = [display["how"], *display["notes"]]
    yield page.space(20, True, width)
    yield from page.notes(lines, MAX_NOTES, width)


# --- legend
# --------------------------------------------------------------------------------------------------


def _legend(items: Sequence[Report], width: float) -> Block:
    sized = [(min(width, fonts.measure(item["title"], 12) + SAMPLE), item) for item in items]
    lines = page.beside(sized, width, 18)
    return Block(22 * len(lines), partial(_paint_legend, lines))


def _paint_legend(
    lines: Sequence[Sequence[tuple[float, float, Report]]], canvas: Canvas, top: float
) -> None:
    for k, line in enumerate(lines):
        for left, wide, item in line:
            x, y = LEFT + left, top + 14 + 22 * k
            _sample(canvas, item["name"], x, y)
            text = fonts.clipped(item["title"], 12, wide - SAMPLE + 1)
            canvas.text(x + SAMPLE, y, text, 12, palette.SOFT)


def _sample(canvas: Canvas, name: str, x: float, baseline: float) -> None:
    y = baseline - 11
    if name in influence_bars.COLOURS:
        ink_rows.sample(canvas, name, x, baseline)
        return
    if name == "interval":
        bars.whisker(canvas, (x + 3, x + 23), y + bars.BAR / 2, palette.TEXT)
        return
    if name in ("floor", "blind"):
        bars.hatch(canvas, (x, y), (0, 24), palette.DIM)
        canvas.box(x + 24, y - 1, (1.5, bars.BAR + 2), palette.SOFT)
        return
    influence_bars.fill(canvas, palette.GREEN, (x, y), 26, 26 * (name == "own"))
