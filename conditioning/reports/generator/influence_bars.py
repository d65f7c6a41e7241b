"""Bars of an Ignored Words picture: what each phrase decides, and binding at the text encoder and
at the image model. Places come from ``display``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...generator.influence import IGNORED, UNSURE, USED
from ..drawing import bars, fonts, palette
from ..drawing.canvas import Canvas
from ..drawing.page import LEFT, Block
from .inked_prompt import CUT_OFF

Report = Mapping[str, Any]
Place = tuple[float, float]
COLOURS = {
    USED: palette.GREEN,
    IGNORED: palette.AMBER,
    UNSURE: palette.BLUE,
    CUT_OFF: palette.VERMILION,
}
ROW, FIGURES, NARROW = 26, 190, 560


def places(width: float) -> Place:
    """Where the bars begin, and how long they are. On a narrow sheet names and figures stand over
    them.
    """
    if width < NARROW:
        return 0.0, width
    return 0.3 * width, 0.7 * width - FIGURES - 14


def phrase_row(phrase: Report, floor: Report, width: float) -> Block:
    """Name, bar with whisker and floor, figure, verdict, and the way by which it acts."""
    display = phrase["display"]
    left, long = places(width)
    names = fonts.bounded(str(phrase["text"]), 13, (left or width) - 14, 3)
    words = display["route"] or display["state_text"]
    figures = fonts.bounded(words, 12, FIGURES - 76, 3)
    x, below, height = width - FIGURES, 0.0, 17.0 * max(len(names), len(figures)) + 9
    if not left:  # the bar stands below its name and figures
        figures = [fonts.clipped(words, 12, width - 76)]
        x, below = 0.0, 17.0 * len(names)
        height = below + 22 + ROW
    first, bar_top = 17.0 + below, (ROW - bars.BAR) / 2
    if not left:
        bar_top = below + 25

    def paint(canvas: Canvas, top: float) -> None:
        for k, name in enumerate(names):
            canvas.text(LEFT, top + 17 + 17 * k, name, 13, palette.TEXT)
        sign(canvas, display, (LEFT + x, top + first))
        canvas.text(LEFT + x + 20, top + first, display["share_text"], 12, palette.TEXT)
        for k, text in enumerate(figures):
            canvas.text(LEFT + x + 76, top + first + 17 * k, text, 12, palette.SOFT)
        bar(canvas, display, floor, (LEFT + left, top + bar_top), long)

    return Block(max(height, ROW), paint)


def floor_row(floor: Report, width: float) -> Block:
    """What swapping filler words does, as a bar of its own: nothing but the band."""
    left, long = places(width)
    below = 22.0 * (not left)
    x = LEFT + (width - FIGURES if left else 160.0)

    def paint(canvas: Canvas, top: float) -> None:
        canvas.text(LEFT, top + 17, floor["text"], 12, palette.SOFT)
        canvas.text(x + 20, top + 17, floor["share_text"], 12, palette.SOFT)
        at = (LEFT + left, top + below + (ROW - bars.BAR) / 2)
        canvas.box(*at, (long, bars.BAR), palette.RAISED, 3)
        _band(canvas, at, long / 100 * floor["width"])
        _whisker(canvas, floor["interval"], at, long / 100)

    return Block(ROW + below + 2, paint)


def _band(canvas: Canvas, at: Place, width: float) -> None:
    """Hatched up to its end, which is a line."""
    x, y = at
    bars.hatch(canvas, at, (0, width), palette.DIM)
    canvas.box(x + width - 0.75, y - 3, (1.5, bars.BAR + 6), palette.SOFT)


def _whisker(canvas: Canvas, interval: Report, at: Place, unit: float) -> None:
    x, y = at
    left = x + unit * interval["left"]
    ends = (left, left + unit * interval["width"])
    bars.whisker(canvas, ends, y + bars.BAR / 2, palette.TEXT)


def colour(state: str) -> str:
    """The colour of a state; soft for one of a newer report."""
    return COLOURS.get(state, palette.SOFT)


def sign(canvas: Canvas, display: Report, at: Place) -> None:
    """The sign of a state; the default font has no tick."""
    (x, y), ink = at, colour(display["state"])
    if display["sign"] == "✓":
        canvas.stroke("check", x, y - 4.5, 9, ink)
    else:
        canvas.text(x, y, display["sign"], 14, ink)


def bar(canvas: Canvas, display: Report, floor: Report, at: Place, long: float) -> None:
    """Filled up to the share, hollow where it acts through other words; the floor is hatched."""
    x, y = at
    unit = long / 100
    canvas.box(x, y, (long, bars.BAR), palette.RAISED, 3)
    own = display["own"]
    if own is None:
        own = display["width"]
    if display["width"] > 0:
        fill(canvas, colour(display["state"]), at, max(2.0, unit * display["width"]), unit * own)
    _band(canvas, at, unit * floor["width"])
    _whisker(canvas, display["interval"], at, unit)
    for k in range(5 * bool(display["beyond"])):  # it goes on
        rest = (1, bars.BAR - 4 - 2 * k)
        canvas.box(x + long + 1 + k, y + 2 + k, rest, colour(display["state"]))


def fill(canvas: Canvas, ink: str, at: Place, width: float, own: float) -> None:
    """A bar of this width, filled up to ``own`` and hollow from there."""
    x, y = at
    canvas.box(x, y, (width, bars.BAR), ink, 2)
    if own < width - 2:
        start = max(1.5, own)
        inner = (max(0.0, width - start - 1.5), bars.BAR - 3)
        canvas.box(x + start, y + 1.5, inner, palette.mixed(ink, 0.14))


def axis_row(axis: Report, width: float) -> Block:
    """Ticks below the bars, and what they measure."""
    left, long = places(width)

    def paint(canvas: Canvas, top: float) -> None:
        for tick in axis["ticks"]:
            x = LEFT + left + long * tick["place"] / 100
            wide = fonts.measure(tick["text"], 10)
            start = min(max(x - wide / 2, LEFT + left), LEFT + left + long - wide)
            canvas.box(x - 0.5, top, (1, 4), palette.RULE)
            canvas.text(start, top + 15, tick["text"], 10, palette.DIM)
        title = fonts.clipped(axis["title"], 11, long)
        canvas.text(LEFT + left, top + 30, title, 11, palette.DIM)

    return Block(40, paint)


# --- binding
# --------------------------------------------------------------------------------------------------


def binding_rows(entry: Report, titles: Report, width: float) -> Block:
    """The label, and below it a bar for the text encoder and one for the image model."""
    labels = fonts.bounded(str(entry["label"]), 14, width, 2)
    display = entry["display"]
    rows = []
    if display["encoder"] is not None:
        rows.append((titles["encoder"], display["encoder"]))
    rows.append((titles["generator"], display["generator"]))
    head = 20.0 * len(labels) + 2
    left, long = places(width)
    step = ROW + 17 * (not left)
    figures, gap = width - FIGURES + 20, 56.0
    if not left:
        figures, gap = 80.0, 50.0

    def paint(canvas: Canvas, top: float) -> None:
        for k, label in enumerate(labels):
            canvas.text(LEFT, top + 15 + 20 * k, label, 14, palette.TEXT)
        for k, (name, gauge) in enumerate(rows):
            y = top + head + step * k
            canvas.text(LEFT, y + 17, name, 12, palette.SOFT)
            canvas.text(LEFT + figures, y + 17, gauge["share_text"], 12, palette.TEXT)
            text = fonts.clipped(gauge["text"], 12, width - figures - gap)
            canvas.text(LEFT + figures + gap, y + 17, text, 12, palette.SOFT)
            drop = 17.0 * (not left) + (ROW - bars.BAR) / 2
            _binding_bar(canvas, gauge, (LEFT + left, y + drop + 2 * (not left)), long)

    return Block(head + step * len(rows) + 4, paint)


def _binding_bar(canvas: Canvas, gauge: Report, at: Place, long: float) -> None:
    """The image model's has a whisker, and is hollow where it does not leave the band of what binds
    nothing.
    """
    x, y = at
    unit = long / 100
    canvas.box(x, y, (long, bars.BAR), palette.RAISED, 3)
    if "interval" not in gauge:
        fill(canvas, palette.SOFT, at, unit * gauge["share"], long)
        return
    ink, own = palette.AMBER, 0.0
    if gauge["beyond"]:
        ink, own = palette.GREEN, long
    fill(canvas, ink, at, unit * gauge["share"], own)
    _band(canvas, at, unit * gauge["null"][1])
    _whisker(canvas, gauge["interval"], at, unit)
