"""The benchmark report as a picture: a bar for each kind and encoder, how the margins lie, and
which encoders differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from PIL import Image

from ..drawing import bars, fonts, page, palette
from ..drawing.canvas import Canvas
from ..drawing.page import LEFT, Block

Report = Mapping[str, Any]
MAX_ENCODERS, MAX_KINDS, MAX_COMPARISONS, MAX_NOTES = (
    12,
    16,
    24,
    12,
)  # a picture stays bounded whatever the report
ROW, GAP, HEIGHT, FIGURES, LETTER = 21, 12, 60, 196, 26
HALF = 0.5
"""What guessing wins."""


class Line(NamedTuple):
    letter: str
    score: Report


def render(report: Report, *, width: int = 960, scale: int = 2) -> Image.Image:
    """The picture, `width` times `scale` pixels wide."""
    return page.draw(_blocks(report, page.content_width(width, scale)), width, scale)


def _blocks(report: Report, width: float) -> Iterator[Block]:
    data, shown = report["dataset"], report["encoders"][:MAX_ENCODERS]
    chips = [
        f"{data['title']}, {data['pairs']:,} pairs",
        *(f"{one['letter']}  {one['title']}" for one in shown),
    ]
    yield page.header("Binding Benchmark", chips, width)
    yield page.verdict_box(str(report["sentence"]), palette.TONES["open"], width)
    for question in report["questions"]:
        yield from _question(
            report, question, [one for one in shown if one["question"] == question["name"]], width
        )
    if report["predictions"]:
        yield page.header("Do margins foretell failures?", [], width, brand=False)
        for one in report["predictions"][:MAX_ENCODERS]:
            yield _foretold(one, width)
            yield page.paragraph(str(one["sentence"]), palette.SOFT, width)
        yield page.space(12)
    for text in _left_out(report):
        yield page.paragraph(text, palette.SOFT, width, "dot")
    for note in report["notes"][:MAX_NOTES]:
        yield page.paragraph(str(note), palette.SOFT, width, "dot")
    told = {"view": f"{data['name']} · fingerprint {data['fingerprint']}"}
    yield page.footer({**report, **told}, [], width)


def _left_out(report: Report) -> Iterator[str]:
    rest = [
        (len(report["encoders"]) - MAX_ENCODERS, "encoders"),
        (len(report["dataset"]["kinds"]) - MAX_KINDS, "kinds"),
        (len(report["comparisons"]) - MAX_COMPARISONS, "comparisons"),
        (len(report["notes"]) - MAX_NOTES, "notes"),
    ]
    more = [f"{count:,} more {what}" for count, what in rest if count > 0]
    if more:
        yield f"… and {', '.join(more)}, see the JSON"


def _question(
    report: Report, question: Report, encoders: Sequence[Report], width: float
) -> Iterator[Block]:
    yield page.header(str(question["title"]), [], width, brand=False)
    yield page.paragraph(str(question["asks"]), palette.SOFT, width)
    yield page.space(6)
    letters = [str(one["letter"]) for one in encoders]
    kinds = [None, *report["dataset"]["kinds"][:MAX_KINDS]]
    for kind in kinds:
        lines = [
            Line(one["encoder"], one)
            for one in report["scores"]
            if one["encoder"] in letters and one["kind"] == kind
        ]
        if lines:
            yield _bars("all pairs" if kind is None else str(kind), lines, width)
    yield _legend(width)
    yield from _histograms(report, question, letters, width)
    mine = [
        one
        for one in report["comparisons"][:MAX_COMPARISONS]
        if one["question"] == question["name"]
    ]
    for one in mine:
        yield page.paragraph(
            str(one["sentence"]), palette.TEXT if one["better"] else palette.SOFT, width, "dot"
        )
    yield page.space(14)


# --- wins
# --------------------------------------------------------------------------------------------------


def _names(width: float) -> float:
    return min(124.0, 0.24 * width)


def _bars(kind: str, lines: Sequence[Line], width: float) -> Block:
    """One kind: a bar for each encoder on an axis from 0 to 1, with its interval."""
    names = _names(width)
    figures = FIGURES if width > 520 else 96
    room = width - names - LETTER - figures

    def paint(canvas: Canvas, top: float) -> None:
        canvas.box(LEFT, top, (width, 1), palette.RAISED)
        canvas.text(LEFT, top + 21, fonts.clipped(kind, 13, names - 10), 13, palette.TEXT)
        for k, (letter, score) in enumerate(lines):
            y = top + 9 + ROW * k
            canvas.text(LEFT + names, y + 12, letter, 12, palette.SOFT)
            _bar(canvas, score, (LEFT + names + LETTER, y), room)
            canvas.text(
                LEFT + names + LETTER + room + 12,
                y + 12,
                _figures(score, figures - 12),
                11,
                palette.TEXT,
            )

    return Block(ROW * len(lines) + GAP, paint)


def _bar(canvas: Canvas, score: Report, at: tuple[float, float], width: float) -> None:
    x, y = at
    canvas.box(x, y, (width, 14), palette.RAISED, 3)
    share = _within(score["share"])
    canvas.box(
        x,
        y,
        (max(2.0, width * share), 14),
        palette.GREEN if score["guessing"] == "above" else palette.DIM,
        3,
    )
    canvas.tick(x + width * HALF, y - 3, y + 17, palette.TEXT)
    low, high = (width * _within(value) for value in score["interval"])
    canvas.box(x + low, y + 5.5, (max(2.0, high - low), 3), palette.CARD)
    canvas.box(x + low, y + 6.25, (max(2.0, high - low), 1.5), palette.TEXT)
    for end in (low, high):
        canvas.box(x + end - 0.75, y + 3.5, (1.5, 7), palette.TEXT)


def _within(value: Any) -> float:
    return min(1.0, max(0.0, bars.number(value) or 0.0))


def _figures(score: Report, width: float) -> str:
    """As much as has room."""
    low, high = (100 * _within(value) for value in score["interval"])
    count, share = f"{score['wins']:,}/{score['pairs']:,}", f"{100 * _within(score['share']):.1f} %"
    tries = (
        f"{count}  {share} [{low:.1f} to {high:.1f}]",
        f"{share} [{low:.0f} to {high:.0f}]",
        share,
    )
    return next((text for text in tries if fonts.measure(text, 11) <= width), share)


def _legend(width: float) -> Block:
    items = [
        ("above", "won pairs, surely more than guessing"),
        ("alike", "won pairs, not surely more"),
        ("interval", "95 % interval"),
        ("half", "guessing wins half"),
    ]
    lines = page.beside(
        [(fonts.measure(text, 12) + 34, (sign, text)) for sign, text in items], width, 22
    )
    return Block(23 * len(lines) + 16, partial(_paint_legend, lines))


def _paint_legend(
    lines: Sequence[Sequence[tuple[float, float, tuple[str, str]]]], canvas: Canvas, top: float
) -> None:
    for k, line in enumerate(lines):
        y = top + 16 + 23 * k
        for left, _, (sign, text) in line:
            x = LEFT + left
            if sign == "half":
                canvas.tick(x + 13, y - 12, y + 2, palette.TEXT)
            elif sign == "interval":
                canvas.box(x, y - 5.5, (26, 1.5), palette.TEXT)
                for end in (0.0, 24.5):
                    canvas.box(x + end, y - 8.25, (1.5, 7), palette.TEXT)
            else:
                canvas.box(
                    x, y - 10, (26, 11), palette.GREEN if sign == "above" else palette.DIM, 3
                )
            canvas.text(x + 34, y, text, 12, palette.SOFT)


# --- margins
# --------------------------------------------------------------------------------------------------


def _histograms(
    report: Report, question: Report, letters: Sequence[str], width: float
) -> Iterator[Block]:
    """On one axis for all encoders of a question."""
    yield page.paragraph(
        (
            "Margins: the cosine with what is true less the cosine with the swap; right of "
            "the dashed line a pair is won."
        ),
        palette.SOFT,
        width,
    )
    for one in report["scores"]:
        if one["kind"] is None and one["encoder"] in letters:
            yield _histogram(one, question["bins"], width)


def _histogram(score: Report, bins: Sequence[float], width: float) -> Block:
    names = _names(width)
    room = width - names - LETTER
    counts: Sequence[int] = score["histogram"]
    unit, most = room / max(1, len(counts)), max([*counts, 1])

    def paint(canvas: Canvas, top: float) -> None:
        x, base = LEFT + names + LETTER, top + 8 + HEIGHT
        canvas.text(LEFT, top + 21, "margins", 13, palette.TEXT)
        canvas.text(LEFT + names, top + 21, str(score["encoder"]), 12, palette.SOFT)
        for k, count in enumerate(counts):
            tall = HEIGHT * count / most
            if count:
                colour = palette.GREEN if k >= len(counts) / 2 else palette.VERMILION
                canvas.box(
                    x + unit * k + 1, base - max(1.5, tall), (unit - 2, max(1.5, tall)), colour
                )
        canvas.box(x, base, (room, 1), palette.RULE)
        canvas.tick(x + room / 2, top + 4, base + 4, palette.TEXT)
        low, middle, high = (f"{value:.3g}" for value in (bins[0], 0, bins[-1]))
        for text, place in ((low, 0.0), (middle, 0.5), (high, 1.0)):
            canvas.text(
                x + place * (room - fonts.measure(text, 11)), base + 16, text, 11, palette.DIM
            )
        ties = [f"{score['ties']:,} tied, not drawn"] if score["ties"] else []
        for k, told in enumerate([f"median {score['margin']['quantiles'][2]:.3g}", *ties]):
            canvas.text(
                LEFT,
                top + 40 + 16 * k,
                fonts.clipped(told, 11, names + LETTER - 8),
                11,
                palette.SOFT,
            )

    return Block(HEIGHT + 36, paint)


def _foretold(one: Report, width: float) -> Block:
    """The AUC on an axis from 0 to 1."""
    names = _names(width)
    room = width - names - LETTER
    auc = one["auc"]

    def paint(canvas: Canvas, top: float) -> None:
        x, y = LEFT + names + LETTER, top + 12
        canvas.text(LEFT, y + 5, "AUC", 13, palette.TEXT)
        canvas.text(LEFT + names, y + 5, str(one["encoder"]), 12, palette.SOFT)
        canvas.box(x, y, (room, 1), palette.RULE)
        canvas.tick(x + room / 2, y - 8, y + 9, palette.TEXT)
        low, high = (room * _within(value) for value in auc["interval"])
        canvas.box(x + low, y - 0.5, (max(2.0, high - low), 2), palette.TEXT)
        canvas.box(x + room * _within(auc["value"]) - 4, y - 3.5, (8, 8), palette.TEXT, 4)

    return Block(28, paint) if auc else Block(0, lambda canvas, top: None)
