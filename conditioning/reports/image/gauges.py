"""What stands beside a picture in the image report: its verdict, how clearly it fits the prompt or
the swap, and the percentages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...image_probe.probe_images import SHOWN, SWAPPED, UNKNOWN
from ...translation import translate
from ..drawing import bars, fonts, legends, palette
from ..drawing.canvas import Canvas
from ..drawing.legends import LegendLook
from ..drawing.page import Block
from . import caption_display, display

Report = Mapping[str, Any]
Place = tuple[float, float]
COLOURS = {SHOWN: palette.GREEN, SWAPPED: palette.VERMILION, UNKNOWN: palette.BLUE}
ROW, CHIP, FIGURES, NARROW = 28, 24, 176, 560


class GaugeRoom(NamedTuple):
    """Where the rows of a picture stand: from `left`, `width` wide."""

    left: float
    width: float

    @property
    def wide(self) -> bool:
        """Names stand on the left of the bars and figures on their right; else over and under."""
        return self.width >= NARROW

    @property
    def names(self) -> float:
        """Width of the names on the left; 0 where they stand over the bars."""
        return 0.34 * self.width * self.wide

    @property
    def bar(self) -> tuple[float, float]:
        """Where bars begin, and how long they are."""
        if not self.wide:
            return self.left, self.width
        return self.left + self.names, self.width - self.names - FIGURES

    def titles(self, text: str, most: int) -> list[str]:
        """A name in one line beside its bar, or in several over it."""
        if self.wide:
            return [fonts.clipped(text, 12, self.names - 12)]
        return fonts.bounded(text, 12, self.width, most)


def colour(shows: str) -> str:
    """The colour of a verdict."""
    return COLOURS.get(shows, palette.SOFT)


def chip(canvas: Canvas, at: Place, shows: str, room: float) -> None:
    """The verdict in words, in a shape of its own: filled with a tick, square with two arrows, or
    an empty frame with a question mark.
    """
    x, y = at
    text = fonts.clipped(translate(shows), 12, room - 46)
    size = (fonts.measure(text, 12) + 46, CHIP)
    ink = colour(shows)
    if shows == SHOWN:
        canvas.box(x, y, size, ink, CHIP / 2)
        canvas.stroke("check", x + 14, y + CHIP / 2, 9, palette.CARD)
        canvas.text(x + 32, y + 16.5, text, 12, palette.CARD)
        return
    if shows == SWAPPED:
        _frame(canvas, at, size, (ink, palette.mixed(ink, 0.22)), (2, 2))
    else:
        _frame(canvas, at, size, (ink, palette.CARD), (CHIP / 2, 1))
    sign(canvas, (x + 12, y + CHIP / 2), shows)
    canvas.text(x + 32, y + 16.5, text, 12, palette.TEXT)


def _frame(
    canvas: Canvas, at: Place, size: Place, inks: tuple[str, str], shape: tuple[float, float]
) -> None:
    """``inks``: of the edge and of the ground; ``shape``: the edge's radius and its thickness."""
    (x, y), (wide, high), (edge, ground), (radius, thick) = at, size, inks, shape
    canvas.box(x, y, size, edge, radius)
    inner = (wide - 2 * thick, high - 2 * thick)
    canvas.box(x + thick, y + thick, inner, ground, max(0.0, radius - thick))


def sign(canvas: Canvas, at: Place, shows: str) -> None:
    """A mark about 13 wide, the middle of its left side at `at`."""
    x, y = at
    ink = colour(shows)
    if shows == SHOWN:
        canvas.stroke("check", x + 2, y, 9, ink)
    elif shows == SWAPPED:
        _arrow(canvas, (x, y - 3.0), [x + 13 - k for k in (1, 2, 3)], ink)
        _arrow(canvas, (x, y + 3.0), [x + k - 1 for k in (1, 2, 3)], ink)
    else:
        canvas.text(x + 6.5 - fonts.measure("?", 14) / 2, y + 5, "?", 14, ink)


def _arrow(canvas: Canvas, at: Place, steps: Sequence[float], ink: str) -> None:
    """A shaft with a head of three steps, each as high as it is far from the tip."""
    x, y = at
    canvas.box(x, y - 0.75, (13, 1.5), ink)
    for k, step in enumerate(steps, 1):
        canvas.box(step, y - k, (1, 2 * k), ink)


# --- margins
# --------------------------------------------------------------------------------------------------


def margin_row(margin: Report, contrast: Report, far: float, room: GaugeRoom) -> Block:
    """One contrast in one picture: a bar from the middle, to the swap on the left or to the prompt
    on the right.
    """
    left, long = room.bar
    names = room.titles(str(contrast["label"]), 2)
    verdict = fonts.bounded(
        display.shows_text(margin), 11, FIGURES - 14 if room.wide else room.width, 3
    )
    figures = 15.0 * (1 + len(verdict))
    first, bar, x, y, height = 18.5, 0.0, left + long + 14, 0.0, max(ROW, figures + 6)
    if not room.wide:  # names over the bar, figures under it
        bar = 17.0 * len(names)
        first, x, y, height = 13, room.left, bar + ROW, bar + ROW + figures + 4

    def paint(canvas: Canvas, top: float) -> None:
        for k, name in enumerate(names):
            canvas.text(room.left, top + first + 17 * k, name, 12, palette.TEXT)
        place = (left, top + bar + (ROW - bars.BAR) / 2)
        margin_bar(canvas, margin, contrast, place, (long, far))
        canvas.text(x, top + y + 14, display.clear_text(margin), 12, palette.TEXT)
        for k, text in enumerate(verdict, 1):
            canvas.text(x, top + y + 14 + 15 * k, text, 11, palette.SOFT)

    return Block(height, paint)


def margin_bar(
    canvas: Canvas, margin: Report, contrast: Report, at: Place, size: tuple[float, float]
) -> None:
    """``size``: length, and how far it reaches in noises. The noise is hatched, thresholds are
    ticks, what is believed is filled.
    """
    x, y = at
    long, far = size
    middle, unit = x + long / 2, long / 2 / far
    clear = bars.number(margin["clear"]) or 0.0
    canvas.box(x, y, (long, bars.BAR), palette.RAISED, 3)
    bars.hatch(canvas, (x, y), (long / 2 - unit, long / 2 + unit), palette.DIM)
    end = middle + max(-far, min(far, clear)) * unit
    _fill(canvas, str(margin["shows"]), at, (min(middle, end), max(middle, end)))
    ink = colour(str(margin["shows"]))
    for k in range(5):  # it goes on
        rest = (1, bars.BAR - 4 - 2 * k)
        if clear > far:
            canvas.box(x + long + 1 + k, y + 2 + k, rest, ink)
        elif clear < -far:
            canvas.box(x - 2 - k, y + 2 + k, rest, ink)
    for threshold in display.thresholds(contrast, far):
        canvas.tick(middle + threshold * unit, y - 4, y + bars.BAR + 4, palette.TEXT)
    canvas.box(middle - 0.75, y - 4, (1.5, bars.BAR + 8), palette.TEXT)


def _fill(canvas: Canvas, shows: str, at: Place, ends: Place) -> None:
    """From the middle to the margin; thin and empty where nothing is claimed, striped for the
    swap.
    """
    (x, y), (left, right) = at, ends
    ink = colour(shows)
    if shows == UNKNOWN:
        canvas.box(left, y + 3, (right - left, bars.BAR - 6), ink)
        inner = (max(0.0, right - left - 2), bars.BAR - 8)
        canvas.box(left + 1, y + 4, inner, palette.CARD)
        return
    canvas.box(left, y + 1, (right - left, bars.BAR - 2), ink)
    if shows == SWAPPED:
        bars.hatch(canvas, (x, y), (left - x, right - x), palette.CARD)


def margin_axis(far: float, room: GaugeRoom) -> Block:
    """Ticks in noises, and what either side means."""
    left, long = room.bar
    swap, noise, prompt = display.ends()

    def paint(canvas: Canvas, top: float) -> None:
        for tick in display.ticks(far):
            text = str(abs(tick))
            x = left + long / 2 * (1 + tick / far)
            wide = fonts.measure(text, 10)
            canvas.box(x - 0.5, top, (1, 4), palette.RULE)
            start = min(max(x - wide / 2, left), left + long - wide)
            canvas.text(start, top + 14, text, 10, palette.DIM)
        canvas.text(left, top + 28, swap, 11, palette.SOFT)
        x = left + long - fonts.measure(prompt, 11)
        canvas.text(x, top + 28, prompt, 11, palette.SOFT)
        x = left + long / 2 - fonts.measure(noise, 10) / 2
        canvas.text(x, top + 28, noise, 10, palette.DIM)

    return Block(38, paint)


# --- percentages
# --------------------------------------------------------------------------------------------------


def caption_row(caption: Report, percentage: Any, room: GaugeRoom) -> Block:
    """One caption: whose meaning it has, how much it gets."""
    left, long = room.bar
    role, text = str(caption["role"]), str(caption["text"])
    value = bars.number(percentage)
    share = None if value is None else value / 100
    names = room.titles(text, 3)
    label = fonts.clipped(translate(role), 11, FIGURES - 76)
    first, bar, height = 15.0, 0.0, 22.0
    label_x, label_y = left + long + 70, 15.0
    if not room.wide:
        long -= 64
        first, bar = 13.0, 17.0 * len(names)
        height = bar + 40
        label_x, label_y = left, 31.0

    def paint(canvas: Canvas, top: float) -> None:
        for k, name in enumerate(names):
            canvas.text(room.left, top + first + 17 * k, name, 12, palette.SOFT)
        y = top + bar
        share_bar(canvas, role, (left, y + 5), (long, min(1.0, max(0.0, share or 0.0))))
        figure = "—" if percentage is None else bars.percent(share)
        canvas.text(left + long + 14, y + 15, figure, 11, palette.TEXT)
        canvas.text(label_x, y + label_y, label, 11, palette.DIM)

    return Block(height, paint)


def share_bar(canvas: Canvas, role: str, at: Place, size: tuple[float, float]) -> None:
    """``size``: length, and the part of it that is filled. The swap's is striped, that of something
    else is thin.
    """
    (x, y), (long, share) = at, size
    canvas.box(x, y, (long, bars.BAR), palette.RAISED, 3)
    match caption_display.meaning(role):
        case "prompt":
            canvas.box(x, y, (long * share, bars.BAR), palette.GREEN, 3)
        case "swap":
            canvas.box(x, y, (long * share, bars.BAR), palette.VERMILION, 3)
            bars.hatch(canvas, (x, y), (0, long * share), palette.CARD)
        case _:
            canvas.box(x, y + 5, (long * share, bars.BAR - 10), palette.SOFT)


# --- legend
# --------------------------------------------------------------------------------------------------


def legend(report: Report, room: GaugeRoom) -> Block:
    """Only what occurs."""
    items = list(display.legend(report))
    if not items:
        return Block(0, lambda canvas, top: None)
    return legends.legend(items, room.width, _paint_sample, LegendLook(below=6), room.left)


def _paint_sample(canvas: Canvas, name: str, x: float, baseline: float) -> None:
    y = baseline - 11
    at = (x, y)
    if name == "threshold":
        canvas.tick(x + 13, y - 1, y + bars.BAR + 1, palette.TEXT)
        return
    if name == "noise":
        canvas.box(x, y, (26, bars.BAR), palette.RAISED, 3)
        bars.hatch(canvas, at, (0, 26), palette.DIM)
        return
    canvas.box(x, y, (26, bars.BAR), colour(name), 3)
    if name == SWAPPED:
        bars.hatch(canvas, at, (0, 26), palette.CARD)
    elif name == UNKNOWN:
        canvas.box(x + 1, y + 1, (24, bars.BAR - 2), palette.CARD, 2)
