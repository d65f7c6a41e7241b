"""The token report as a picture for sharing: the prompt as typed, read once, with a thin lane under
each word for every readout.

Words are laid out into rows and sections into blocks, in CSS pixels; then all is drawn at the
wanted scale. Nothing is scaled up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from PIL import Image

from ...tokens.fates import LANES, MARKS, LaneState, Mark, lane_state, marks_by_rank
from ...translation import in_its_language, translate
from ..drawing import fonts, page, palette
from ..drawing.canvas import Canvas
from ..drawing.flow import ASCENT, DESCENT, LABEL, LANE, SIZE, Row, Spot
from ..drawing.page import LEFT, Block
from . import style
from .pieces import more, prompt_rows

Report = Mapping[str, Any]
MAX_ADVICE = 12  # a picture stays bounded whatever the prompt
SECTION = 20
SAMPLE, SAMPLE_GAP, LEGEND_SIZE = 26, 8, 12
# Where a mark is drawn, in sizes of the text below its baseline.
_HEIGHTS = {
    "strike": -0.32,
    "dotted strike": -0.32,
    "arrow": -1.0,
    "wave": 0.42,
    "thin wave": 0.42,
    "dotted": 0.42,
    "double": 0.48,
}


@dataclass(frozen=True)
class LaneBox:
    """Where one lane of one word is drawn, in CSS pixels of the whole picture."""

    word: int
    lane: int
    state: str
    x: float
    y: float
    width: float


@in_its_language
def render(report: Report, *, width: int = 960, scale: int = 2, remark: str = "") -> Image.Image:
    """The picture, `width` times `scale` pixels wide. ``remark``: stands beside its source."""
    return page.draw(_blocks(report, page.content_width(width, scale), remark), width, scale)


def lane_boxes(report: Report, *, width: int = 960) -> list[LaneBox]:
    """Every lane in the picture: for image maps and for tests."""
    inner = width - 2 * LEFT
    rows, _ = prompt_rows(report, inner)
    top = LEFT - 4 + _header(report, inner).height + _verdict(report, inner).height
    return [box for row in rows for box in _lanes(report, row, top)]


def _blocks(report: Report, width: float, remark: str = "") -> list[Block]:
    blocks = [_prompt(report, width), _legend(report, width), _advice(report, width, remark)]
    spaced = [Block(block.height + SECTION, block.paint) for block in blocks if block.height]
    spaced[-1] = blocks[-1]
    return [_header(report, width), _verdict(report, width), *spaced]


def _lanes(report: Report, row: Row, top: float) -> list[LaneBox]:
    return [
        LaneBox(
            word=spot.piece.word,
            lane=k,
            state=state,
            x=LEFT + spot.x + 0.75,
            y=top + row.baseline + DESCENT + LANE * k,
            width=spot.width - 1.5,
        )
        for spot in row.spots
        if spot.piece.word is not None
        for k, state in enumerate(report["words"][spot.piece.word]["lanes"])
    ]


# Blocks, from top to bottom.


def _header(report: Report, width: float) -> Block:
    streams = report["streams"]
    chips = [style.family_title(report), *map(style.stream_label, streams)]
    warnings = [k for k, stream in enumerate(streams, 1) if style.over_trained(stream)]
    return page.header("Token Map", chips, width, warnings=warnings)


def _verdict(report: Report, width: float) -> Block:
    tone = palette.TONES[style.tone_name(report)]
    return page.verdict_box(str(report["verdict"]), tone, width)


def _prompt(report: Report, width: float) -> Block:
    rows, count = prompt_rows(report, width)
    remark = more(report, count)
    if not report["words"]:
        remark = translate("The prompt is empty: no words to follow.")

    def paint(canvas: Canvas, top: float) -> None:
        for row in rows:
            _paint_row(canvas, report, row, top)
        if remark:
            canvas.text(LEFT, top + rows[-1].bottom + 22, remark, 13, palette.SOFT)

    return Block(rows[-1].bottom + 28 * bool(remark), paint)


def _paint_row(canvas: Canvas, report: Report, row: Row, top: float) -> None:
    for spot in row.spots:
        _paint_spot(canvas, spot, report["words"], top + row.baseline)
    for box in _lanes(report, row, top):
        state = lane_state(box.state)
        if state.pattern != "blank":
            colour = style.lane_colour(state, palette.readout_colour(box.lane))
            canvas.stroke(state.pattern, box.x, box.y + LANE / 2, box.width, colour)
    for label in row.labels:
        y = top + row.baseline - ASCENT - LABEL * label.level
        canvas.tick(LEFT + label.tick, y - 11, top + row.bottom, palette.AMBER)
        canvas.text(LEFT + label.x, y - 2, label.text, 11, palette.AMBER)


def _paint_spot(canvas: Canvas, spot: Spot, words: Sequence[Report], y: float) -> None:
    x = LEFT + spot.x
    marks: list[Mark] = []
    colour = palette.DIM
    if spot.piece.word is not None:
        word = words[spot.piece.word]
        marks = marks_by_rank(word["marks"])
        colour = style.text_colour(word)
    if any(mark.decoration == "box" for mark in marks):
        canvas.box(x - 1, y - 15, (spot.width + 2, 21), palette.RULE, 4)
    canvas.text(x, y, spot.piece.text, SIZE, colour)
    _decorate(canvas, marks, (x, y), spot.width, SIZE)
    if spot.broken:
        canvas.stroke("hook", x + spot.width + 4, y - 4, 10, palette.AMBER)


def _decorate(
    canvas: Canvas, marks: Sequence[Mark], at: tuple[float, float], width: float, size: float
) -> None:
    x, y = at
    for mark in marks:
        if mark.decoration in _HEIGHTS:
            middle = y + size * _HEIGHTS[mark.decoration]
            canvas.stroke(mark.decoration, x, middle, width, palette.COLOURS[mark.colour])


class _LegendItem(NamedTuple):
    """A title behind the sample of a lane state or of a mark, in ``colour``. It has neither where
    it is a heading, or names what this version does not know.
    """

    title: str
    colour: str
    lane: LaneState | None = None
    mark: Mark | None = None

    @property
    def indent(self) -> float:
        return (SAMPLE + SAMPLE_GAP) * self.has_sample

    @property
    def has_sample(self) -> bool:
        return self.lane is not None or self.mark is not None

    @property
    def title_colour(self) -> str:
        return palette.SOFT if self.has_sample else palette.DIM

    @property
    def width(self) -> float:
        return fonts.measure(self.title, LEGEND_SIZE) + self.indent


def _legend(report: Report, width: float) -> Block:
    """Only what occurs. Readouts show their colour in the order of the lanes; states show their
    pattern without one.
    """
    readouts = [
        _LegendItem(str(readout["title"]), palette.readout_colour(k), lane=LANES["seen"])
        for k, readout in enumerate(report["readouts"])
    ]
    if len(readouts) > 1:
        readouts.insert(0, _LegendItem(translate("Lanes, top to bottom"), palette.DIM))
    lines = [
        line
        for items in (readouts, [_legend_item(entry) for entry in report["legend"]])
        for line in page.beside([(item.width, item) for item in items], width, 22)
    ]

    def paint(canvas: Canvas, top: float) -> None:
        canvas.box(LEFT, top, (width, 1), palette.RULE)
        for k, line in enumerate(lines):
            for x, _, item in line:
                _paint_legend_item(canvas, item, LEFT + x, top + 27 + 23 * k)

    if not lines:
        return page.space(0)
    return Block(14 + 23 * len(lines), paint)


def _legend_item(entry: Report) -> _LegendItem:
    name, title = str(entry["state"]), str(entry["title"])
    if entry["type"] == "lane":
        state = lane_state(name)
        return _LegendItem(title, style.lane_colour(state, palette.TEXT), lane=state)
    mark = MARKS.get(name)
    if mark is None or not mark.recolours:
        return _LegendItem(title, palette.TEXT, mark=mark)
    return _LegendItem(title, palette.COLOURS[mark.colour], mark=mark)


def _paint_legend_item(canvas: Canvas, item: _LegendItem, x: float, y: float) -> None:
    if item.lane:
        _paint_lane_sample(canvas, item.lane, item.colour, x, y)
    if item.mark:
        if item.mark.decoration == "box":
            canvas.box(x - 1, y - 14, (SAMPLE + 4, 19), palette.COLOURS[item.mark.colour], 4)
        _paint_sample_text(canvas, "word", item.colour, x, y)
        _decorate(canvas, [item.mark], (x, y), SAMPLE, LEGEND_SIZE)
    canvas.text(x + item.indent, y, item.title, LEGEND_SIZE, item.title_colour)


def _paint_lane_sample(canvas: Canvas, lane: LaneState, colour: str, x: float, y: float) -> None:
    if lane.pattern == "blank":
        _paint_sample_text(canvas, "(:1)", palette.DIM, x, y)
    else:
        canvas.stroke(lane.pattern, x, y - 4, SAMPLE, colour)


def _paint_sample_text(canvas: Canvas, text: str, colour: str, x: float, y: float) -> None:
    centred = x + (SAMPLE - fonts.measure(text, LEGEND_SIZE)) / 2
    canvas.text(centred, y, text, LEGEND_SIZE, colour)


class _AdviceLine(NamedTuple):
    """A line of a paragraph. ``key``: remedies, notes or findings. ``starts``: the first, which has
    the sign.
    """

    text: str
    key: str
    starts: bool

    @property
    def colour(self) -> str:
        return palette.SOFT if self.key == "notes" else palette.TEXT


def _advice(report: Report, width: float, remark: str) -> Block:
    """Remedies, notes, and where the picture comes from."""
    lines = [
        _AdviceLine(line, key, k == 0)
        for key, texts in _advice_texts(report)
        for text in _bounded_list(texts)
        for k, line in enumerate(fonts.bounded(text, 13, width - 22))
    ]
    end = 8
    if lines:
        end = 20 * len(lines) + 24
    source = f"{report['format']}, version {report['version']}"
    if report.get("host"):
        source = f"{source} · {report['host']}"
    if remark:
        source = f"{source} · {remark}"

    def paint(canvas: Canvas, top: float) -> None:
        for k, line in enumerate(lines):
            _paint_advice(canvas, line, top + 14 + 20 * k)
        canvas.text(LEFT, top + end - 3, source, 11, palette.DIM)

    return Block(end, paint)


def _advice_texts(report: Report) -> list[tuple[str, Sequence[object]]]:
    return [
        ("findings", report.get("display", {}).get("findings", ())),
        ("remedies", report["remedies"]),
        ("notes", report["notes"]),
    ]


def _bounded_list(texts: Sequence[object]) -> list[str]:
    out = [str(text) for text in texts[:MAX_ADVICE]]
    if len(texts) > MAX_ADVICE:
        rest = len(texts) - MAX_ADVICE
        out.append(translate("… and {rest} more, see the JSON", rest=rest))
    return out


def _paint_advice(canvas: Canvas, line: _AdviceLine, y: float) -> None:
    if line.starts and line.key == "remedies":
        canvas.stroke("arrow", LEFT, y - 5, 13, palette.GREEN)
    elif line.starts and line.key == "findings":
        canvas.stroke("double", LEFT, y - 5, 13, palette.AMBER)
    elif line.starts:
        canvas.box(LEFT + 5, y - 6, (4, 4), palette.DIM, 2)
    canvas.text(LEFT + 22, y, line.text, 13, line.colour)
