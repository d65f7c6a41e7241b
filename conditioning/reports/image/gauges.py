"""What stands beside a picture in the image report: its verdict, how clearly it fits the prompt or
the swap, and the percentages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import ceil
from typing import Any, NamedTuple

from ...image_probe.probe import SHOWN, SWAPPED, UNKNOWN
from ..drawing import bars, fonts, page, palette
from ..drawing.canvas import Canvas
from ..drawing.page import Block

Report = Mapping[str, Any]
Place = tuple[float, float]
COLOURS = {SHOWN: palette.GREEN, SWAPPED: palette.VERMILION, UNKNOWN: palette.BLUE}
LEAST, MOST = 3.0, 8.0
"""How far a gauge reaches at least and at most, in units of noise."""
ROW, CHIP, FIGURES, NARROW = 28, 24, 176, 560


class Field(NamedTuple):
    """Where the rows of a picture stand: from `left`, `width` wide."""

    left: float
    width: float

    @property
    def names(self) -> float:
        """Width of the names on the left; 0 where they stand over the bars."""
        return 0.0 if self.width < NARROW else 0.34 * self.width

    @property
    def bar(self) -> tuple[float, float]:
        """Where bars begin, and how long they are."""
        names = self.names
        return (
            (self.left + names, self.width - names - FIGURES) if names else (self.left, self.width)
        )


def colour(shows: str) -> str:
    return COLOURS.get(shows, palette.SOFT)


def chip_width(text: str) -> float:
    return fonts.measure(text, 12) + 46


def chip(canvas: Canvas, at: Place, shows: str, room: float) -> None:
    """The verdict in words, in a shape of its own: filled with a tick, square with two arrows, or
    an empty frame with a question mark.
    """
    x, y = at
    text = fonts.clipped(shows, 12, room - 46)
    wide, ink = chip_width(text), colour(shows)
    if shows == SHOWN:
        canvas.box(x, y, (wide, CHIP), ink, CHIP / 2)
        canvas.stroke("check", x + 14, y + CHIP / 2, 9, palette.CARD)
        canvas.text(x + 32, y + 16.5, text, 12, palette.CARD)
        return
    radius = 2 if shows == SWAPPED else CHIP / 2
    canvas.box(x, y, (wide, CHIP), ink, radius)
    inner = 2.0 if shows == SWAPPED else 1.0
    ground = palette.mixed(ink, 0.22) if shows == SWAPPED else palette.CARD
    canvas.box(
        x + inner, y + inner, (wide - 2 * inner, CHIP - 2 * inner), ground, max(0.0, radius - inner)
    )
    sign(canvas, (x + 12, y + CHIP / 2), shows)
    canvas.text(x + 32, y + 16.5, text, 12, palette.TEXT)


def sign(canvas: Canvas, at: Place, shows: str) -> None:
    """A mark about 13 wide, the middle of its left side at `at`."""
    x, y = at
    ink = colour(shows)
    if shows == SHOWN:
        canvas.stroke("check", x + 2, y, 9, ink)
    elif shows == SWAPPED:
        for dy, tip in ((-3.0, x + 13), (3.0, x)):
            canvas.box(x, y + dy - 0.75, (13, 1.5), ink)
            for k in (1, 2, 3):  # a head of three steps
                canvas.box(tip - k if tip > x else tip + k - 1, y + dy - k, (1, 2 * k), ink)
    else:
        canvas.text(x + 6.5 - fonts.measure("?", 14) / 2, y + 5, "?", 14, ink)


# --- margins
# --------------------------------------------------------------------------------------------------


def reach(report: Report) -> float:
    """How far the gauges of one report reach to either side: all of them alike, so that pictures
    can be compared.
    """
    found = [bars.number(seen["clear"]) for one in report["images"] for seen in one["contrasts"]]
    found += [bars.number(one["calibration"]["threshold"]) for one in report["contrasts"]]
    most = max((abs(value) for value in found if value is not None), default=0.0)
    return float(min(MOST, max(LEAST, ceil(most + 0.2))))


def margin_row(seen: Report, contrast: Report, far: float, field: Field) -> Block:
    """One contrast in one picture: a bar from the middle, to the swap on the left or to the prompt
    on the right.
    """
    left, long = field.bar
    names = _names(str(contrast["label"]), field, 2)
    said = f"{seen['shows']}: {seen['why']}" if seen["why"] else str(seen["shows"])
    figures = [
        clearness(seen),
        *fonts.bounded(said, 11, FIGURES - 14 if field.names else field.width, 3),
    ]
    above = 0.0 if field.names else 17.0 * len(names)
    height = (
        max(ROW, 15.0 * len(figures) + 6) if field.names else above + ROW + 15.0 * len(figures) + 4
    )

    def paint(canvas: Canvas, top: float) -> None:
        for k, name in enumerate(names):
            canvas.text(
                field.left, top + (18.5 if field.names else 13) + 17 * k, name, 12, palette.TEXT
            )
        margin_bar(canvas, seen, contrast, (left, top + above + (ROW - bars.BAR) / 2), (long, far))
        x, y = (left + long + 14, top) if field.names else (field.left, top + above + ROW)
        for k, text in enumerate(figures):
            canvas.text(
                x, y + 14 + 15 * k, text, 11 if k else 12, palette.SOFT if k else palette.TEXT
            )

    return Block(height, paint)


def _names(text: str, field: Field, most: int) -> list[str]:
    return (
        [fonts.clipped(text, 12, field.names - 12)]
        if field.names
        else fonts.bounded(text, 12, field.width, most)
    )


def clearness(seen: Report) -> str:
    """'+3.2 × the noise'."""
    value = bars.number(seen["clear"])
    return "no number" if value is None else f"{value:+.2g} × the noise".replace("-", "−", 1)


def margin_bar(
    canvas: Canvas, seen: Report, contrast: Report, at: Place, size: tuple[float, float]
) -> None:
    """``size``: length, and how far it reaches in noises. The noise is hatched, thresholds are
    ticks, what is believed is filled.
    """
    x, y = at
    long, far = size
    middle, unit = x + long / 2, long / 2 / far
    value = max(-far, min(far, bars.number(seen["clear"]) or 0.0))
    ends = sorted((middle, middle + value * unit))
    ink = colour(str(seen["shows"]))
    canvas.box(x, y, (long, bars.BAR), palette.RAISED, 3)
    bars.hatch(canvas, (x, y), (long / 2 - unit, long / 2 + unit), palette.DIM)
    if seen["shows"] == UNKNOWN:
        canvas.box(ends[0], y + 3, (ends[1] - ends[0], bars.BAR - 6), ink)
        canvas.box(
            ends[0] + 1, y + 4, (max(0.0, ends[1] - ends[0] - 2), bars.BAR - 8), palette.CARD
        )
    else:
        canvas.box(ends[0], y + 1, (ends[1] - ends[0], bars.BAR - 2), ink)
        if seen["shows"] == SWAPPED:
            bars.hatch(canvas, (x, y), (ends[0] - x, ends[1] - x), palette.CARD)
    if abs(bars.number(seen["clear"]) or 0.0) > far:  # it goes on
        for k in range(5):
            canvas.box(
                x - 2 - k if value < 0 else x + long + 1 + k,
                y + 2 + k,
                (1, bars.BAR - 4 - 2 * k),
                ink,
            )
    threshold = bars.number(contrast["calibration"]["threshold"]) if contrast["can_tell"] else None
    for side in (-1, 1):
        if threshold is not None and threshold <= far:
            canvas.tick(middle + side * threshold * unit, y - 4, y + bars.BAR + 4, palette.TEXT)
    canvas.box(middle - 0.75, y - 4, (1.5, bars.BAR + 8), palette.TEXT)


def margin_axis(far: float, field: Field) -> Block:
    """Ticks in noises, and what either side means."""
    left, long = field.bar
    step = 1 if far <= 4 else 2
    ticks = range(-int(far) // step * step, int(far) + 1, step)

    def paint(canvas: Canvas, top: float) -> None:
        for tick in (one for one in ticks if abs(one) <= far):
            text, x = f"{abs(tick)}", left + long / 2 * (1 + tick / far)
            canvas.box(x - 0.5, top, (1, 4), palette.RULE)
            size = fonts.measure(text, 10)
            canvas.text(
                min(max(x - size / 2, left), left + long - size), top + 14, text, 10, palette.DIM
            )
        for x, text in (
            (left, "the swap"),
            (left + long - fonts.measure("the prompt", 11), "the prompt"),
        ):
            canvas.text(x, top + 28, text, 11, palette.SOFT)
        text = "× the noise"
        canvas.text(left + long / 2 - fonts.measure(text, 10) / 2, top + 28, text, 10, palette.DIM)

    return Block(38, paint)


# --- percentages
# --------------------------------------------------------------------------------------------------


def caption_row(caption: Report, percentage: Any, field: Field) -> Block:
    """One caption: whose meaning it has, how much it gets."""
    left, long = field.bar
    role, text = str(caption["role"]), str(caption["text"])
    value = bars.number(percentage)
    figure = bars.percent(None if value is None else value / 100)
    names = _names(text, field, 3)
    above = 0.0 if field.names else 17.0 * len(names)
    long = long if field.names else long - 64
    label = fonts.clipped(role, 11, FIGURES - 76)

    def paint(canvas: Canvas, top: float) -> None:
        for k, name in enumerate(names):
            canvas.text(
                field.left, top + (15 if field.names else 13) + 17 * k, name, 12, palette.SOFT
            )
        y = top + above
        share_bar(
            canvas,
            role,
            (left, y + 5),
            (long, 0.0 if value is None else min(1.0, max(0.0, value / 100))),
        )
        canvas.text(left + long + 14, y + 15, figure, 11, palette.TEXT)
        x = left + long + 14 + 56 if field.names else left
        canvas.text(x, y + (15 if field.names else 31), label, 11, palette.DIM)

    return Block(above + (22 if field.names else 40), paint)


def share_bar(canvas: Canvas, role: str, at: Place, size: tuple[float, float]) -> None:
    """``size``: length, and the part of it that is filled. The swap's is striped, that of something
    else is thin.
    """
    (x, y), (long, share) = at, size
    meaning = meant(role)
    canvas.box(x, y, (long, bars.BAR), palette.RAISED, 3)
    if meaning == "unrelated":
        canvas.box(x, y + 5, (long * share, bars.BAR - 10), palette.SOFT)
        return
    canvas.box(
        x,
        y,
        (long * share, bars.BAR),
        palette.GREEN if meaning == "prompt" else palette.VERMILION,
        3,
    )
    if meaning == "swap":
        bars.hatch(canvas, (x, y), (0, long * share), palette.CARD)


def meant(role: str) -> str:
    """prompt, swap or unrelated. A role of a newer report means neither."""
    first = role.split(" ", 1)[0]
    return first if first in ("prompt", "swap") else "unrelated"


# --- legend
# --------------------------------------------------------------------------------------------------


def legend(report: Report, field: Field) -> Block:
    """Only what occurs."""
    can_tell = any(one["can_tell"] for one in report["contrasts"])
    seen = {str(one["shows"]) for picture in report["images"] for one in picture["contrasts"]}
    items = [(verdict, words) for verdict, words in _SAID.items() if verdict in seen]
    items += [("noise", "noise: what wording changes")] if seen else []
    items += [("threshold", "this scorer is believed from here")] if can_tell else []
    lines = page.beside(
        [(fonts.measure(text, 12) + 34, (name, text)) for name, text in items], field.width, 18
    )
    return Block(22 * len(lines) + (6 if lines else 0), partial(_paint_legend, field.left, lines))


_SAID = {
    SHOWN: "clear for the prompt",
    SWAPPED: "clear for the swap",
    UNKNOWN: "not clear, or not believed",
}


def _paint_legend(
    at: float,
    lines: Sequence[Sequence[tuple[float, float, tuple[str, str]]]],
    canvas: Canvas,
    top: float,
) -> None:
    for k, line in enumerate(lines):
        for left, _, (name, text) in line:
            x, y = at + left, top + 14 + 22 * k
            _sample(canvas, name, (x, y - 11))
            canvas.text(x + 34, y, text, 12, palette.SOFT)


def _sample(canvas: Canvas, name: str, at: Place) -> None:
    x, y = at
    if name == "threshold":
        canvas.tick(x + 13, y - 1, y + bars.BAR + 1, palette.TEXT)
        return
    canvas.box(x, y, (26, bars.BAR), palette.RAISED if name == "noise" else colour(name), 3)
    if name == "noise":
        bars.hatch(canvas, at, (0, 26), palette.DIM)
    elif name == SWAPPED:
        bars.hatch(canvas, at, (0, 26), palette.CARD)
    elif name == UNKNOWN:
        canvas.box(x + 1, y + 1, (24, bars.BAR - 2), palette.CARD, 2)
