"""The benchmark report as a picture: a bar for each kind and encoder, how the margins lie, and
which encoders differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PIL import Image

from ...translation import in_its_language, translate, translate_count
from ..drawing import bars, fonts, page, palette
from ..drawing.canvas import Canvas
from ..drawing.legends import LegendLook, legend
from ..drawing.page import LEFT, Block
from ..wording import listed
from . import display

Report = Mapping[str, Any]
# a picture stays bounded whatever the report
MAX_ENCODERS = 12
MAX_KINDS = 16
MAX_COMPARISONS = 24
MAX_NOTES = 12
ROW, GAP, HEIGHT, FIGURES, LETTER = 21, 12, 60, 196, 26
HALF = 0.5
"""What guessing wins."""


@in_its_language
def render(report: Report, *, width: int = 960, scale: int = 2, remark: str = "") -> Image.Image:
    """The picture, `width` times `scale` pixels wide. ``remark``: stands beside its source."""
    room = page.content_width(width, scale)
    return page.draw([*_blocks(report, room), _footer(report, room, remark)], width, scale)


def _footer(report: Report, width: float, remark: str) -> Block:
    dataset = report["dataset"]
    view = translate(
        "{dataset} · fingerprint {fingerprint}",
        dataset=dataset["name"],
        fingerprint=dataset["fingerprint"],
    )
    return page.footer({**report, "view": view}, [], width, remark)


def _blocks(report: Report, width: float) -> Iterator[Block]:
    encoders = report["encoders"][:MAX_ENCODERS]
    chips = [f"{encoder['letter']}  {encoder['title']}" for encoder in encoders]
    yield page.header(translate("Binding Benchmark"), [display.title(report), *chips], width)
    yield page.verdict_box(str(report["sentence"]), palette.TONES["open"], width)
    for question in report["questions"]:
        letters = [
            str(encoder["letter"])
            for encoder in encoders
            if encoder["question"] == question["name"]
        ]
        yield from _question(report, question, letters, width)
    if report["predictions"]:
        yield page.header(translate(display.PREDICTIONS), [], width, brand=False)
        for prediction in report["predictions"][:MAX_ENCODERS]:
            if prediction["auc"]:
                yield _prediction(prediction, width)
            yield page.paragraph(str(prediction["sentence"]), palette.SOFT, width)
        yield page.space(12)
    for text in _left_out(report):
        yield page.paragraph(text, palette.SOFT, width, "dot")
    for note in report["notes"][:MAX_NOTES]:
        yield page.paragraph(str(note), palette.SOFT, width, "dot")


def _left_out(report: Report) -> Iterator[str]:
    encoders = len(report["encoders"]) - MAX_ENCODERS
    kinds = len(report["dataset"]["kinds"]) - MAX_KINDS
    comparisons = len(report["comparisons"]) - MAX_COMPARISONS
    notes = len(report["notes"]) - MAX_NOTES
    more = []
    if encoders > 0:
        more.append(translate_count("{count:,} more encoder", "{count:,} more encoders", encoders))
    if kinds > 0:
        more.append(translate_count("{count:,} more kind", "{count:,} more kinds", kinds))
    if comparisons > 0:
        more.append(
            translate_count("{count:,} more comparison", "{count:,} more comparisons", comparisons)
        )
    if notes > 0:
        more.append(translate_count("{count:,} more note", "{count:,} more notes", notes))
    if more:
        yield translate("… and {more}, see the JSON", more=listed(more))


def _question(
    report: Report, question: Report, letters: Sequence[str], width: float
) -> Iterator[Block]:
    yield page.header(str(question["title"]), [], width, brand=False)
    yield page.paragraph(str(question["asks"]), palette.SOFT, width)
    yield page.space(6)
    for kind in [None, *report["dataset"]["kinds"][:MAX_KINDS]]:
        scores = [
            score
            for score in report["scores"]
            if score["encoder"] in letters and score["kind"] == kind
        ]
        if scores:
            yield _bars(display.kind_title(kind), scores, width)
    yield _legend(width)
    yield from _histograms(report, question, letters, width)
    for comparison in report["comparisons"][:MAX_COMPARISONS]:
        if comparison["question"] == question["name"]:
            ink = palette.TEXT if comparison["better"] else palette.SOFT
            yield page.paragraph(str(comparison["sentence"]), ink, width, "dot")
    yield page.space(14)


# --- wins
# --------------------------------------------------------------------------------------------------


def _names(width: float) -> float:
    return min(124.0, 0.24 * width)


def _bars(kind: str, scores: Sequence[Report], width: float) -> Block:
    """One kind: a bar for each encoder on an axis from 0 to 1, with its interval."""
    names = _names(width)
    figures = FIGURES
    if width <= 520:
        figures = 96
    left = LEFT + names + LETTER
    room = width - names - LETTER - figures

    def paint(canvas: Canvas, top: float) -> None:
        canvas.box(LEFT, top, (width, 1), palette.RAISED)
        canvas.text(LEFT, top + 21, fonts.clipped(kind, 13, names - 10), 13, palette.TEXT)
        for k, score in enumerate(scores):
            y = top + 9 + ROW * k
            text = _figures(score, figures - 12)
            canvas.text(LEFT + names, y + 12, str(score["encoder"]), 12, palette.SOFT)
            _bar(canvas, score, (left, y), room)
            canvas.text(left + room + 12, y + 12, text, 11, palette.TEXT)

    return Block(ROW * len(scores) + GAP, paint)


def _colour(guessing: str) -> str:
    """Green where more is won than by guessing."""
    return palette.GREEN if guessing == "above" else palette.DIM


def _bar(canvas: Canvas, score: Report, at: tuple[float, float], width: float) -> None:
    x, y = at
    length = max(2.0, width * _within(score["share"]))
    canvas.box(x, y, (width, 14), palette.RAISED, 3)
    canvas.box(x, y, (length, 14), _colour(score["guessing"]), 3)
    canvas.tick(x + width * HALF, y - 3, y + 17, palette.TEXT)
    low, high = (width * _within(value) for value in display.drawn_interval(score))
    canvas.box(x + low, y + 5.5, (max(2.0, high - low), 3), palette.CARD)
    canvas.box(x + low, y + 6.25, (max(2.0, high - low), 1.5), palette.TEXT)
    for end in (low, high):
        canvas.box(x + end - 0.75, y + 3.5, (1.5, 7), palette.TEXT)


def _within(value: Any) -> float:
    return min(1.0, max(0.0, bars.number(value) or 0.0))


def _figures(score: Report, width: float) -> str:
    """As much as has room."""
    low, high = (100 * _within(value) for value in display.drawn_interval(score))
    count, share = f"{score['wins']:,}/{score['pairs']:,}", f"{100 * _within(score['share']):.1f} %"
    tries = (
        f"{count}  {share} [{translate('{low} to {high}', low=f'{low:.1f}', high=f'{high:.1f}')}]",
        f"{share} [{translate('{low} to {high}', low=f'{low:.0f}', high=f'{high:.0f}')}]",
        share,
    )
    return next((text for text in tries if fonts.measure(text, 11) <= width), share)


def _legend(width: float) -> Block:
    look = LegendLook(gap=22, line=23, baseline=16, below=16)
    return legend(list(display.legend()), width, _paint_sample, look)


def _paint_sample(canvas: Canvas, sign: str, x: float, y: float) -> None:
    if sign == "half":
        canvas.tick(x + 13, y - 12, y + 2, palette.TEXT)
    elif sign == "interval":
        canvas.box(x, y - 5.5, (26, 1.5), palette.TEXT)
        for end in (0.0, 24.5):
            canvas.box(x + end, y - 8.25, (1.5, 7), palette.TEXT)
    else:
        canvas.box(x, y - 10, (26, 11), _colour(sign), 3)


# --- margins
# --------------------------------------------------------------------------------------------------


def _histograms(
    report: Report, question: Report, letters: Sequence[str], width: float
) -> Iterator[Block]:
    """On one axis for all encoders of a question."""
    yield page.paragraph(translate(display.MARGINS), palette.SOFT, width)
    for score in report["scores"]:
        if score["kind"] is None and score["encoder"] in letters:
            yield _histogram(score, question["bins"], width)


def _histogram(score: Report, bins: Sequence[float], width: float) -> Block:
    names = _names(width)
    room = width - names - LETTER
    margins = fonts.clipped(translate("margins"), 13, names - 10)
    median = translate("median {median:.3g}", median=score["margin"]["quantiles"][2])
    notes = [median, display.ties_text(score)]

    def paint(canvas: Canvas, top: float) -> None:
        x, base = LEFT + names + LETTER, top + 8 + HEIGHT
        canvas.text(LEFT, top + 21, margins, 13, palette.TEXT)
        canvas.text(LEFT + names, top + 21, str(score["encoder"]), 12, palette.SOFT)
        _columns(canvas, score["histogram"], (x, base), room)
        canvas.box(x, base, (room, 1), palette.RULE)
        canvas.tick(x + room / 2, top + 4, base + 4, palette.TEXT)
        for edge, place in ((bins[0], 0.0), (0, 0.5), (bins[-1], 1.0)):
            text = f"{edge:.3g}"
            left = x + place * (room - fonts.measure(text, 11))
            canvas.text(left, base + 16, text, 11, palette.DIM)
        for k, note in enumerate(notes):
            text = fonts.clipped(note, 11, names + LETTER - 8)
            canvas.text(LEFT, top + 40 + 16 * k, text, 11, palette.SOFT)

    return Block(HEIGHT + 36, paint)


def _columns(canvas: Canvas, counts: Sequence[int], at: tuple[float, float], width: float) -> None:
    """Columns on a base line; the left half is lost, the right half won."""
    x, base = at
    unit, most = width / max(1, len(counts)), max([*counts, 1])
    for k, count in enumerate(counts):
        if count:
            colour = palette.GREEN if k >= len(counts) / 2 else palette.VERMILION
            tall = max(1.5, HEIGHT * count / most)
            canvas.box(x + unit * k + 1, base - tall, (unit - 2, tall), colour)


def _prediction(prediction: Report, width: float) -> Block:
    """The AUC on an axis from 0 to 1."""
    names = _names(width)
    room = width - names - LETTER
    auc = prediction["auc"]

    def paint(canvas: Canvas, top: float) -> None:
        x, y = LEFT + names + LETTER, top + 12
        canvas.text(LEFT, y + 5, "AUC", 13, palette.TEXT)
        canvas.text(LEFT + names, y + 5, str(prediction["encoder"]), 12, palette.SOFT)
        canvas.box(x, y, (room, 1), palette.RULE)
        canvas.tick(x + room / 2, y - 8, y + 9, palette.TEXT)
        low, high = (room * _within(value) for value in auc["interval"])
        canvas.box(x + low, y - 0.5, (max(2.0, high - low), 2), palette.TEXT)
        canvas.box(x + room * _within(auc["value"]) - 4, y - 3.5, (8, 8), palette.TEXT, 4)

    return Block(28, paint)
