"""The probe report as a picture: the prompt with its arcs, then for each contrast a verdict, its
bars, what it means and what to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from PIL import Image

from ..drawing import bars, fonts, page, palette
from ..drawing.canvas import Canvas
from ..drawing.page import LEFT, Block
from . import arcs

Report = Mapping[str, Any]
MAX_CONTRASTS, MAX_BARS, MAX_HEARD, MAX_NOTES = (
    8,
    18,
    9,
    12,
)  # a picture stays bounded whatever the report
ROW, FIGURES, NARROW = 26, 148, 560
TICKS = ((0.0, "0"), (0.01, "1"), (0.05, "5"), (0.2, "20"), (0.5, "50"), (1.0, "100 %"))
DIMMED = 0.32
"""How much of its colour is left to a readout that the generator does not take."""


def render(report: Report, *, width: int = 960, scale: int = 2) -> Image.Image:
    """The picture, `width` times `scale` pixels wide."""
    return page.draw(_blocks(report, page.content_width(width, scale)), width, scale)


# --- from top to bottom
# --------------------------------------------------------------------------------------------------


def _blocks(report: Report, width: float) -> Iterator[Block]:
    yield page.header("Binding Probe", _chips(report), width)
    yield from _body(report, width)
    if other := report.get("compare"):
        yield page.space(40, True, width)
        yield page.header("Compared with", _chips(other), width, brand=False)
        yield from _body(other, width, legend=not report["contrasts"])
        if other.get("compare"):
            yield page.paragraph(
                "… and what that is compared with, see the JSON", palette.SOFT, width, "dot"
            )


def _chips(report: Report) -> list[str]:
    place = report["family_title"] or report["family"]
    if place and report["generator"]:
        place = f"{place}, {report['generator']}"
    return [
        *([str(place)] if place else []),
        *(str(stream["title"]) for stream in report["streams"]),
    ]


def _body(report: Report, width: float, legend: bool = True) -> Iterator[Block]:
    contrasts = report["contrasts"]
    shown = contrasts[:MAX_CONTRASTS]
    yield page.verdict_box(str(report["sentence"]), tone(report), width)
    yield arcs.prompt(str(report["text"]), shown, width)
    if shown and legend:
        yield _legend(_rows(report, range(len(shown))), width)
    for k, one in enumerate(shown):
        yield from _contrast(report, k, one, width)
    if rest := Counter(str(one["verdict"]) for one in contrasts[len(shown) :]):
        told = ", ".join(f"{count:,} {verdict}" for verdict, count in rest.items())
        yield page.space(14)
        yield page.paragraph(
            f"… and {rest.total():,} more contrasts ({told}), see the JSON", palette.SOFT, width
        )
    yield from _remarks(report, width)
    yield page.footer(report, report["streams"], width)


def tone(report: Report) -> palette.ToneStyle:
    return palette.TONES[{True: "kept", False: "lost"}.get(report["bound"], "open")]


def _rows(report: Report, contrasts: Sequence[int]) -> list[Report]:
    return [one for one in report["verdicts"] if one["pair"] in contrasts]


def _remarks(report: Report, width: float) -> Iterator[Block]:
    """Lints first, then what was left out or not understood; nothing that the sentence
    on top says.
    """
    lints = Counter(f"{one['text']} {one['remedy']}" for one in report["lint"])
    keys = ("skipped", "unread", "notes")
    texts = Counter(
        str(one) for key in keys for one in report[key] if str(one) not in report["sentence"]
    )
    if lints or texts:
        yield page.space(24, True, width)
    for kind, found, colour, sign in (
        ("warnings", lints, palette.TEXT, "!"),
        ("notes", texts, palette.SOFT, "dot"),
    ):
        for text, count in list(found.items())[:MAX_NOTES]:
            yield page.paragraph(
                f"{text} ({count:,} times)" if count > 1 else text, colour, width, sign
            )
        if len(found) > MAX_NOTES:
            yield page.paragraph(
                f"… and {len(found) - MAX_NOTES:,} more {kind}, see the JSON",
                palette.SOFT,
                width,
                "dot",
            )


# --- one contrast
# --------------------------------------------------------------------------------------------------


def _contrast(report: Report, k: int, one: Report, width: float) -> Iterator[Block]:
    yield page.space(26, True, width)
    yield _title(one, str(k + 1) if len(report["contrasts"]) > 1 else "", width)
    cells = one["cells"]
    yield _small(
        f"“{cells['asked']}” against “{cells['rival']}”, in {one['frames']} sentence frames", width
    )
    rows = _rows(report, (k,))
    for row in rows[:MAX_BARS]:
        yield _bar_block(row, width)
    if rows:
        yield _axis(width)
    if len(rows) > MAX_BARS:
        yield page.paragraph(
            f"… and {len(rows) - MAX_BARS:,} more readouts, see the JSON", palette.SOFT, width
        )
    yield page.paragraph(str(one["sentence"]), palette.TEXT, width, "dot")
    yield page.paragraph(str(one["remedy"]), palette.TEXT, width, "arrow")
    heard = _heard(report, one)
    if len(heard) > MAX_HEARD:
        heard = [
            *heard[:MAX_HEARD],
            f"… and {len(heard) - MAX_HEARD:,} more on who hears whom, see the JSON",
        ]
    for text in [*([str(one["note"])] if one["note"] else []), *heard]:
        yield page.paragraph(text, palette.SOFT, width, "dot")


def _heard(report: Report, one: Report) -> list[str]:
    """Selectivity, with the stream's name where there are several."""
    titles = {stream["name"]: f"{stream['title']}: " for stream in report["streams"]}
    several = len(titles) > 1
    return [
        (titles.get(hears["stream"], "") if several else "") + str(hears["sentence"])
        for hears in one["selectivity"]
    ]


def _title(one: Report, name: str, width: float) -> Block:
    verdict = str(one["verdict"])
    look = palette.verdict_look(verdict)
    chip = fonts.measure(verdict, 12) + 60
    lead = fonts.measure(name, 14) + 10 if name else 0.0
    indent = lead + chip + 12 if width >= NARROW else 0.0
    lines = fonts.bounded(str(one["label"]), 17, width - indent, 3)

    def paint(canvas: Canvas, top: float) -> None:
        canvas.text(LEFT, top + 18, name, 14, look.colour)
        canvas.box(LEFT + lead, top + 1, (chip, 24), palette.mixed(look.colour, 0.16), 12)
        canvas.path([(LEFT + lead + 14, top + 13), (LEFT + lead + 38, top + 13)], look)
        canvas.text(LEFT + lead + 46, top + 17.5, verdict, 12, look.colour)
        for k, line in enumerate(lines):
            canvas.text(
                LEFT + indent, top + (19 if indent else 47) + 22 * k, line, 17, palette.TEXT
            )

    return Block(22 * len(lines) + (10 if indent else 36), paint)


def _small(text: str, width: float) -> Block:
    lines = fonts.bounded(text, 12, width, 4)

    def paint(canvas: Canvas, top: float) -> None:
        for k, line in enumerate(lines):
            canvas.text(LEFT, top + 12 + 17 * k, line, 12, palette.SOFT)

    return Block(17 * len(lines) + 10, paint)


# --- bars
# --------------------------------------------------------------------------------------------------


def _places(width: float) -> tuple[float, float]:
    """Where the bars begin, and how long they are. On a narrow sheet names and figures stand over
    them.
    """
    return (0.0, width) if width < NARROW else (0.36 * width, 0.64 * width - FIGURES - 14)


def _bar_block(row: Report, width: float) -> Block:
    left, long = _places(width)
    look, taken = palette.verdict_look(str(row["verdict"])), row["taken"]
    ink = palette.DIM if not taken else palette.TEXT if row["counts"] else palette.SOFT
    note = (
        " (lost in the prompt itself)" if row["lost_in_prompt"] else "" if taken else " (not used)"
    )
    names = [f"{row['title']}: {row['readout_title']}"]
    if left:
        names = [fonts.clipped(names[0], 12, left - fonts.measure(note, 12) - 14) + note]
    else:
        names = fonts.bounded(names[0] + note, 12, width, 4)
    figures, below = (width - FIGURES, 0.0) if left else (0.0, 17.0 * len(names) + 21)

    def paint(canvas: Canvas, top: float) -> None:
        for k, name in enumerate(names):
            canvas.text(LEFT, top + 17.5 + 17 * k, name, 12, ink)
        y = top + (17.5 if left else 17.5 + 17 * len(names))
        canvas.text(LEFT + figures, y, bars.percent(row["share"]), 12, ink)
        canvas.text(
            LEFT + figures + 58, y, str(row["verdict"]), 12, look.colour if taken else palette.DIM
        )
        for share, _ in TICKS:
            canvas.box(
                LEFT + left + long * bars.along(share) - 0.5, top + below, (1, ROW), palette.RAISED
            )
        place = (LEFT + left, top + below + (ROW - bars.BAR) / 2)
        bar(canvas, row, place, long, look.colour if taken else palette.mixed(look.colour, DIMMED))

    return Block(ROW + below, paint)


def bar(canvas: Canvas, row: Report, at: tuple[float, float], long: float, colour: str) -> None:
    """Filled up to the share; hatched as far as blind encoders reach; a whisker for the
    interval.
    """
    x, y = at
    filled, blind = (long * bars.along(value) for value in (row["share"], row["null"][1]))
    canvas.box(x, y, (long, bars.BAR), palette.RAISED, 3)
    canvas.box(x, y, (filled, bars.BAR), colour, 3)
    bars.hatch(canvas, (x, y), (0, min(filled, blind)), palette.CARD)
    bars.hatch(canvas, (x, y), (min(filled, blind), blind), palette.DIM)
    canvas.box(x + blind - 0.75, y - 3, (1.5, bars.BAR + 6), palette.SOFT)
    low, high = (bars.number(value) for value in row["interval"])
    if low is not None and high is not None:
        ink = palette.TEXT if row["taken"] else palette.DIM
        bars.whisker(
            canvas, (x + long * bars.along(low), x + long * bars.along(high)), y + bars.BAR / 2, ink
        )


def _axis(width: float) -> Block:
    left, long = _places(width)

    def paint(canvas: Canvas, top: float) -> None:
        for share, text in TICKS:
            x, size = LEFT + left + long * bars.along(share), fonts.measure(text, 10)
            canvas.box(x - 0.5, top, (1, 4), palette.RULE)
            canvas.text(x - (size if share == 1 else size / 2), top + 14, text, 10, palette.DIM)

    return Block(28, paint)


def _legend(rows: Sequence[Report], width: float) -> Block:
    """Only what occurs."""
    items = [
        ("bar", "share of who has what"),
        ("", "square-root axis"),
        ("whisker", "its interval"),
        ("hatch", "as far as blind encoders reach"),
        *(
            [("", "dim: this model does not use it")]
            if not all(one["taken"] for one in rows)
            else []
        ),
        *([("", "bright: decides")] if not all(one["counts"] for one in rows) else []),
    ]
    lines = page.beside(
        [(fonts.measure(text, 12) + (34 if sign else 0), (sign, text)) for sign, text in items],
        width,
        18,
    )
    return Block(22 * len(lines) + 4 if rows else 0, partial(_paint_legend, lines if rows else []))


def _paint_legend(
    lines: Sequence[Sequence[tuple[float, float, tuple[str, str]]]], canvas: Canvas, top: float
) -> None:
    for k, line in enumerate(lines):
        for left, _, (sign, text) in line:
            x, y = LEFT + left, top + 14 + 22 * k
            if sign:
                canvas.box(
                    x, y - 11, (26, bars.BAR), palette.SOFT if sign == "bar" else palette.RAISED, 3
                )
            if sign == "hatch":
                bars.hatch(canvas, (x, y - 11), (0, 26), palette.DIM)
            elif sign == "whisker":
                bars.whisker(canvas, (x + 5, x + 21), y - 4, palette.TEXT)
            canvas.text(x + (34 if sign else 0), y, text, 12, palette.SOFT)
