"""The probe report as a picture: the prompt with its arcs, then for each contrast a verdict, its
bars, what it means and what to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PIL import Image

from ...translation import in_its_language, translate, translate_count
from ..drawing import bars, fonts, page, palette
from ..drawing.canvas import Canvas
from ..drawing.legends import legend
from ..drawing.page import LEFT, Block
from ..shares import verdict_name
from ..wording import listed
from . import arcs, display
from .text import selectivity_text

Report = Mapping[str, Any]
# a picture stays bounded whatever the report
MAX_CONTRASTS = 8
MAX_BARS = 18
MAX_SELECTIVITY = 9
MAX_NOTES = 12
ROW, FIGURES, NARROW = 26, 148, 560
NAME = 58
"""Where a verdict's name stands behind its share."""
TICKS = ((0.0, "0"), (0.01, "1"), (0.05, "5"), (0.2, "20"), (0.5, "50"), (1.0, "100 %"))
DIMMED = 0.32
"""How much of its colour is left to a readout that the generator does not take."""


@in_its_language
def render(report: Report, *, width: int = 960, scale: int = 2, remark: str = "") -> Image.Image:
    """The picture, `width` times `scale` pixels wide. ``remark``: stands in its last line."""
    return page.draw(_blocks(report, page.content_width(width, scale), remark), width, scale)


# --- from top to bottom
# --------------------------------------------------------------------------------------------------


def _blocks(report: Report, width: float, remark: str) -> Iterator[Block]:
    yield page.header(translate("Binding Probe"), _chips(report), width)
    yield from _body(report, width, remark)
    if other := report.get("compare"):
        yield page.space(40, True, width)
        yield page.header(translate("Compared with"), _chips(other), width, brand=False)
        yield from _body(other, width, remark, legend=not report["contrasts"])
        if other.get("compare"):
            rest = translate("… and what that is compared with, see the JSON")
            yield page.paragraph(rest, palette.SOFT, width, "dot")


def _chips(report: Report) -> list[str]:
    family = report["family_title"] or report["family"]
    if family and report["generator"]:
        family = f"{family}, {report['generator']}"
    titles = [str(stream["title"]) for stream in report["streams"]]
    if not family:
        return titles
    return [str(family), *titles]


def _body(report: Report, width: float, remark: str, legend: bool = True) -> Iterator[Block]:
    contrasts = report["contrasts"][:MAX_CONTRASTS]
    yield page.verdict_box(str(report["sentence"]), tone(report), width)
    yield arcs.prompt(str(report["text"]), contrasts, width)
    if contrasts and legend:
        yield _legend(_rows(report, range(len(contrasts))), width)
    for index, contrast in enumerate(contrasts):
        yield from _contrast(report, index, contrast, width)
    if rest := Counter(str(each["verdict"]) for each in report["contrasts"][MAX_CONTRASTS:]):
        counts = (f"{count:,} {verdict_name(verdict)}" for verdict, count in rest.items())
        text = translate_count(
            "… and {count:,} more contrast ({verdicts}), see the JSON",
            "… and {count:,} more contrasts ({verdicts}), see the JSON",
            rest.total(),
            verdicts=listed(counts),
        )
        yield page.space(14)
        yield page.paragraph(text, palette.SOFT, width)
    yield from _remarks(report, width)
    view = {"view": display.view_text(report)}
    yield page.footer({**report, **view}, report["streams"], width, remark)


def tone(report: Report) -> palette.ToneStyle:
    """Green where all is bound, amber where something is not."""
    return palette.TONES[display.tone(report)]


def _rows(report: Report, contrasts: Sequence[int]) -> list[Report]:
    return [verdict for verdict in report["verdicts"] if verdict["pair"] in contrasts]


def _remarks(report: Report, width: float) -> Iterator[Block]:
    """Lints first, then what was left out or not understood; nothing that the sentence
    on top says.
    """
    lints = Counter(f"{lint['text']} {lint['remedy']}" for lint in report["lint"])
    notes = Counter(
        str(note)
        for key in ("skipped", "unread", "notes")
        for note in report[key]
        if str(note) not in report["sentence"]
    )
    if lints or notes:
        yield page.space(24, True, width)
    for text in list(_counted(lints))[:MAX_NOTES]:
        yield page.paragraph(text, palette.TEXT, width, "!")
    if (hidden := len(lints) - MAX_NOTES) > 0:
        rest = translate_count(
            "… and {count:,} more warning, see the JSON",
            "… and {count:,} more warnings, see the JSON",
            hidden,
        )
        yield page.paragraph(rest, palette.SOFT, width, "dot")
    yield from page.notes(list(_counted(notes)), MAX_NOTES, width)


def _counted(texts: Counter[str]) -> Iterator[str]:
    """Each text once, with how often it stands there."""
    for text, count in texts.items():
        if count == 1:
            yield text
        else:
            yield translate_count(
                "{text} ({count:,} time)", "{text} ({count:,} times)", count, text=text
            )


# --- one contrast
# --------------------------------------------------------------------------------------------------


def _contrast(report: Report, index: int, contrast: Report, width: float) -> Iterator[Block]:
    yield page.space(26, True, width)
    yield _title(contrast, str(index + 1) if len(report["contrasts"]) > 1 else "", width)
    cells = contrast["cells"]
    pair = translate_count(
        "“{asked}” against “{rival}”, in {count} sentence frame",
        "“{asked}” against “{rival}”, in {count} sentence frames",
        contrast["frames"],
        asked=cells["asked"],
        rival=cells["rival"],
    )
    yield page.lines(pair, width, page.SMALL)
    rows = _rows(report, (index,))
    for row in rows[:MAX_BARS]:
        yield _bar_block(row, width)
    if rows:
        yield _axis(width)
    if (hidden := len(rows) - MAX_BARS) > 0:
        text = translate_count(
            "… and {count:,} more readout, see the JSON",
            "… and {count:,} more readouts, see the JSON",
            hidden,
        )
        yield page.paragraph(text, palette.SOFT, width)
    yield page.paragraph(str(contrast["sentence"]), palette.TEXT, width, "dot")
    yield page.paragraph(str(contrast["remedy"]), palette.TEXT, width, "arrow")
    if contrast["note"]:
        yield page.paragraph(str(contrast["note"]), palette.SOFT, width, "dot")
    yield from _selectivity(report, contrast["selectivity"], width)


def _selectivity(report: Report, entries: Sequence[Report], width: float) -> Iterator[Block]:
    for entry in entries[:MAX_SELECTIVITY]:
        yield page.paragraph(selectivity_text(report, entry), palette.SOFT, width, "dot")
    if (hidden := len(entries) - MAX_SELECTIVITY) > 0:
        rest = translate_count(
            "… and {count:,} more on selectivity, see the JSON",
            "… and {count:,} more on selectivity, see the JSON",
            hidden,
        )
        yield page.paragraph(rest, palette.SOFT, width, "dot")


def _title(contrast: Report, number: str, width: float) -> Block:
    look = palette.verdict_look(str(contrast["verdict"]))
    verdict = verdict_name(str(contrast["verdict"]))
    chip = fonts.measure(verdict, 12) + 60
    lead = 0.0
    if number:
        lead = fonts.measure(number, 14) + 10
    indent, first, below = lead + chip + 12, 19, 10
    if width < NARROW:  # the label stands below the chip
        indent, first, below = 0.0, 47, 36
    lines = fonts.bounded(str(contrast["label"]), 17, width - indent, 3)

    def paint(canvas: Canvas, top: float) -> None:
        canvas.text(LEFT, top + 18, number, 14, look.colour)
        canvas.box(LEFT + lead, top + 1, (chip, 24), palette.mixed(look.colour, 0.16), 12)
        canvas.path([(LEFT + lead + 14, top + 13), (LEFT + lead + 38, top + 13)], look)
        canvas.text(LEFT + lead + 46, top + 17.5, verdict, 12, look.colour)
        for k, line in enumerate(lines):
            canvas.text(LEFT + indent, top + first + 22 * k, line, 17, palette.TEXT)

    return Block(22 * len(lines) + below, paint)


# --- bars
# --------------------------------------------------------------------------------------------------


def _places(width: float) -> tuple[float, float]:
    """Where the bars begin, and how long they are. On a narrow sheet names and figures stand over
    them.
    """
    if width < NARROW:
        return 0.0, width
    return 0.36 * width, 0.64 * width - _figures() - 14


def _figures() -> float:
    """Room for a share and the longest name of a verdict in the report's language."""
    names = (fonts.measure(verdict_name(verdict), 12) for verdict in palette.VERDICT_LOOKS)
    return max(FIGURES, NAME + max(names))


def _bar_block(row: Report, width: float) -> Block:
    left, long = _places(width)
    ink, verdict_ink, colour = _inks(row)
    names = _names(row, left, width)
    figures, below, baseline = width - _figures(), 0.0, 17.5
    if not left:  # the bar stands below its names and figures
        figures, below, baseline = 0.0, 17.0 * len(names) + 21, 17.5 + 17 * len(names)

    def paint(canvas: Canvas, top: float) -> None:
        for k, name in enumerate(names):
            canvas.text(LEFT, top + 17.5 + 17 * k, name, 12, ink)
        y = top + baseline
        canvas.text(LEFT + figures, y, bars.percent(row["share"]), 12, ink)
        canvas.text(LEFT + figures + NAME, y, verdict_name(str(row["verdict"])), 12, verdict_ink)
        for share, _ in TICKS:
            x = LEFT + left + long * bars.along(share) - 0.5
            canvas.box(x, top + below, (1, ROW), palette.RAISED)
        bar(canvas, row, (LEFT + left, top + below + (ROW - bars.BAR) / 2), long, colour)

    return Block(ROW + below, paint)


def _inks(row: Report) -> tuple[str, str, str]:
    """Colours of the names, of the verdict and of the bar; dim where the generator does not take
    the readout, bright where it decides.
    """
    colour = palette.verdict_look(str(row["verdict"])).colour
    if not row["taken"]:
        return palette.DIM, palette.DIM, palette.mixed(colour, DIMMED)
    if row["counts"]:
        return palette.TEXT, colour, colour
    return palette.SOFT, colour, colour


def _names(row: Report, left: float, width: float) -> list[str]:
    note = ""
    if row["lost_in_prompt"]:
        note = " " + translate("(lost in the prompt itself)")
    elif not row["taken"]:
        note = " " + translate("(not used)")
    name = f"{row['title']}: {row['readout_title']}"
    if not left:
        return fonts.bounded(name + note, 12, width, 4)
    return [fonts.clipped(name, 12, left - fonts.measure(note, 12) - 14) + note]


def bar(canvas: Canvas, row: Report, at: tuple[float, float], long: float, colour: str) -> None:
    """Filled up to the share; hatched as far as blind encoders reach; a whisker for the
    interval.
    """
    x, y = at
    length, blind = (long * bars.along(value) for value in (row["share"], row["null"][1]))
    canvas.box(x, y, (long, bars.BAR), palette.RAISED, 3)
    canvas.box(x, y, (length, bars.BAR), colour, 3)
    bars.hatch(canvas, (x, y), (0, min(length, blind)), palette.CARD)
    bars.hatch(canvas, (x, y), (min(length, blind), blind), palette.DIM)
    canvas.box(x + blind - 0.75, y - 3, (1.5, bars.BAR + 6), palette.SOFT)
    low, high = (bars.number(value) for value in row["interval"])
    if low is not None and high is not None:
        ink = palette.TEXT if row["taken"] else palette.DIM
        ends = (x + long * bars.along(low), x + long * bars.along(high))
        bars.whisker(canvas, ends, y + bars.BAR / 2, ink)


def _axis(width: float) -> Block:
    left, long = _places(width)

    def paint(canvas: Canvas, top: float) -> None:
        for share, text in TICKS:
            x = LEFT + left + long * bars.along(share)
            anchor = max(0.5, share)  # in their middle; the last one ends with the axis
            canvas.box(x - 0.5, top, (1, 4), palette.RULE)
            canvas.text(x - anchor * fonts.measure(text, 10), top + 14, text, 10, palette.DIM)

    return Block(28, paint)


def _legend(rows: Sequence[Report], width: float) -> Block:
    """Only what occurs."""
    if not rows:
        return Block(0, lambda canvas, top: None)
    items = [
        ("bar", translate("share of binding")),
        ("", translate("square-root axis")),
        ("whisker", translate("its interval")),
        ("hatch", translate("as far as blind encoders reach")),
    ]
    if not all(row["taken"] for row in rows):
        items.append(("", translate("dim: this model does not use it")))
    if not all(row["counts"] for row in rows):
        items.append(("", translate("bright: decides")))
    return legend(items, width, _paint_sample)


def _paint_sample(canvas: Canvas, sign: str, x: float, y: float) -> None:
    canvas.box(x, y - 11, (26, bars.BAR), palette.SOFT if sign == "bar" else palette.RAISED, 3)
    if sign == "hatch":
        bars.hatch(canvas, (x, y - 11), (0, 26), palette.DIM)
    elif sign == "whisker":
        bars.whisker(canvas, (x + 5, x + 21), y - 4, palette.TEXT)
