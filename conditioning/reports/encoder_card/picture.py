"""The encoder report as a picture: a row for each phenomenon, a column for each stream and readout,
other encoders beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from math import ceil
from typing import Any, NamedTuple

from PIL import Image

from ...translation import in_its_language, translatable, translate, translate_count
from ..binding.display import view_text
from ..drawing import bars, fonts, page, palette
from ..drawing.canvas import Canvas
from ..drawing.legends import LegendLook, legend
from ..drawing.page import LEFT, Block
from ..wording import listed
from .display import COUNTS, READOUTS, claims
from .names import phenomenon_title

Report = Mapping[str, Any]
# a picture stays bounded whatever the report
MAX_OTHERS = 8
MAX_COLUMNS = 32
MAX_ROWS = 24
MAX_NOTES = 12
_DIFFERENCES = {
    "suite": translatable("suite {own} instead of {other}"),
    "view": translatable("view {own} instead of {other}"),
    "frames": translatable("sentence frames {own} instead of {other}"),
}
ROW, MIN_COLUMN, MAX_COLUMN, GAP = 50, 104, 240, 22


class ScoreColumn(NamedTuple):
    """The scores of one readout of one stream."""

    owner: int
    """0: the report's own; else one of the others."""
    title: str
    readout: str
    scores: Mapping[str, Report]
    """By phenomenon."""


@in_its_language
def render(report: Report, *, width: int = 960, scale: int = 2, remark: str = "") -> Image.Image:
    """The picture, `width` times `scale` pixels wide. ``remark``: stands beside its source."""
    room = page.content_width(width, scale)
    return page.draw([*_blocks(report, room), _footer(report, room, remark)], width, scale)


def _footer(report: Report, width: float, remark: str) -> Block:
    view = translate_count(
        "{view} · suite {suite}, {count} sentence frame",
        "{view} · suite {suite}, {count} sentence frames",
        report["frames"],
        view=view_text(report),
        suite=report["suite"],
    )
    return page.footer({**report, "view": view}, report["streams"], width, remark)


def _blocks(report: Report, width: float) -> Iterator[Block]:
    cards = [report, *_others(report)[:MAX_OTHERS]]
    yield page.header(translate("Encoder Report"), [str(card["title"]) for card in cards], width)
    yield page.verdict_box(claims(cards), palette.TONES["open"], width)
    all_columns = [column for k, card in enumerate(cards) for column in _columns(k, card)]
    columns = all_columns[:MAX_COLUMNS]
    bands = _bands(columns, width)
    for band in bands:
        yield _table(band, cards, width, max(map(len, bands)))
    if columns:
        yield _legend(columns, width)
    else:
        yield page.paragraph(
            translate("No scores: nothing was put to the test."), palette.SOFT, width
        )
    for text in _left_out(report, all_columns, cards):
        yield page.paragraph(text, palette.SOFT, width, "dot")
    for card in cards[1:]:
        yield from _beside(report, card, width)
    yield from page.notes([str(note) for note in report["notes"]], MAX_NOTES, width)


def _columns(owner: int, card: Report) -> Iterator[ScoreColumn]:
    for stream in card["streams"]:
        for group in READOUTS:
            scores = [
                score
                for score in card["scores"]
                if score["stream"] == stream["name"] and score["readout"] in group
            ]
            for title, same in groupby(scores, lambda score: str(score["readout_title"])):
                by_phenomenon = {str(score["phenomenon"]): score for score in same}
                yield ScoreColumn(owner, str(stream["title"]), title, by_phenomenon)


def _others(report: Report) -> Sequence[Report]:
    return report.get("others") or ()


def _bands(columns: Sequence[ScoreColumn], width: float) -> list[list[ScoreColumn]]:
    """Columns that stand side by side; more than fit start a table below. One encoder's stay
    together where they can.
    """
    fit = max(1, int((width - _names(width)) // MIN_COLUMN))
    bands: list[list[ScoreColumn]] = []
    for _, same in groupby(columns, lambda column: column.owner):
        group = list(same)
        if not bands or len(bands[-1]) + len(group) > fit:
            bands.append([])
        size = ceil(len(group) / ceil(len(group) / fit))
        for k in range(0, len(group), size):
            if k:
                bands.append([])
            bands[-1] += group[k : k + size]
    return bands


def _names(width: float) -> float:
    return min(124.0, 0.3 * width)


def _left_out(
    report: Report, columns: Sequence[ScoreColumn], cards: Sequence[Report]
) -> Iterator[str]:
    encoders = len(_others(report)) - MAX_OTHERS
    undrawn_columns = len(columns) - MAX_COLUMNS
    phenomena = len(_phenomena(columns, cards)) - MAX_ROWS
    more = []
    if encoders > 0:
        more.append(translate_count("{count:,} more encoder", "{count:,} more encoders", encoders))
    if undrawn_columns > 0:
        more.append(
            translate_count("{count:,} more column", "{count:,} more columns", undrawn_columns)
        )
    if phenomena > 0:
        more.append(
            translate_count("{count:,} more phenomenon", "{count:,} more phenomena", phenomena)
        )
    if more:
        yield translate("… and {more}, see the JSON", more=listed(more))
    drawn = {readout for group in READOUTS for readout in group}
    undrawn = dict.fromkeys(
        str(score["readout_title"]) for score in report["scores"] if score["readout"] not in drawn
    )
    if undrawn:
        yield translate("Not drawn: {readouts}, see the JSON", readouts=listed(undrawn))


def _beside(report: Report, card: Report, width: float) -> Iterator[Block]:
    """What must be known before another card is compared."""
    if card["fingerprint"] == report["fingerprint"]:
        same = translate("{title} gives the same answers: equal fingerprints.", title=card["title"])
        yield page.paragraph(same, palette.SOFT, width, "dot")
    differing = [
        translate(difference, own=card[key], other=report[key])
        for key, difference in _DIFFERENCES.items()
        if card[key] != report[key]
    ]
    if differing:
        text = translate(
            "{title} was scored otherwise: {differences}.",
            title=card["title"],
            differences=listed(differing),
        )
        yield page.paragraph(text, palette.TEXT, width, "!")


# --- the table
# --------------------------------------------------------------------------------------------------


def _phenomena(columns: Sequence[ScoreColumn], cards: Sequence[Report]) -> list[str]:
    """In the reports' order, with any that have a score and are not listed."""
    named = [str(phenomenon) for card in cards for phenomenon in card["phenomena"]]
    scored = [phenomenon for column in columns for phenomenon in column.scores]
    return list(dict.fromkeys([*named, *scored]))


def _table(
    columns: Sequence[ScoreColumn], cards: Sequence[Report], width: float, most: int
) -> Block:
    """``most``: the columns of the widest table, so that all have the same measure."""
    names = _names(width)
    room = min(MAX_COLUMN, (width - names) / most)
    places = [(LEFT + names + room * k, column) for k, column in enumerate(columns)]
    rows = _phenomena(columns, cards)[:MAX_ROWS]
    titles = [fonts.bounded(column.readout, 11, room - GAP, 3) for column in columns]
    lead = 0.0
    if len(cards) > 1:
        lead = 22.0
    head = lead + 34 + 14 * max(map(len, titles))

    def paint(canvas: Canvas, top: float) -> None:
        for owner, same in groupby(places, lambda place: place[1].owner):
            group = list(same)
            if lead:
                _group(canvas, (group[0][0], top), room * len(group), str(cards[owner]["title"]))
        for (x, column), lines in zip(places, titles, strict=True):
            title = fonts.clipped(column.title, 13, room - GAP)
            canvas.text(x, top + lead + 14, title, 13, palette.TEXT)
            for k, line in enumerate(lines):
                canvas.text(x, top + lead + 30 + 14 * k, line, 11, palette.DIM)
        for k, name in enumerate(rows):
            y = top + head + ROW * k
            canvas.box(LEFT, y, (width, 1), palette.RAISED)
            for number, text in enumerate(fonts.bounded(phenomenon_title(name), 13, names - 10, 2)):
                canvas.text(LEFT, y + 19 + 16 * number, text, 13, palette.TEXT)
            for x, column in places:
                _cell(canvas, column.scores.get(name), (x, y), room - GAP)

    return Block(head + ROW * len(rows) + 18, paint)


def _group(canvas: Canvas, at: tuple[float, float], width: float, title: str) -> None:
    """The heading over the columns of one encoder."""
    canvas.text(at[0], at[1] + 12, fonts.clipped(title, 12, width - GAP), 12, palette.SOFT)
    canvas.box(at[0], at[1] + 18, (width - GAP, 1), palette.RULE)


def _cell(canvas: Canvas, score: Report | None, at: tuple[float, float], width: float) -> None:
    x, y = at
    if score is None or not score["total"]:
        canvas.text(x, y + 19, translate("not measured"), 11, palette.DIM)
        return
    count = f"{score['bound']}/{score['total']}"
    # as long for every count
    bar = width - fonts.measure(f"{score['total']}/{score['total']}", 11) - 8
    canvas.text(x + bar + 8, y + 19, count, 11, palette.TEXT)
    _counts(canvas, score, (x, y + 9), bar)
    _share(canvas, score, (x, y + 28), bar)
    canvas.text(x, y + 43, _figures(score, width), 10, palette.SOFT)


def _counts(canvas: Canvas, score: Report, at: tuple[float, float], width: float) -> None:
    """How many of the contrasts are bound, as a bar; the others as lines in the manner of their
    verdicts.
    """
    x, y = at
    canvas.box(x, y, (width, 12), palette.RAISED, 3)
    unit = width / score["total"]
    for verdict, field in COUNTS.items():
        size = unit * score[field]
        if verdict == "BOUND":
            canvas.box(x, y, (size, 12), palette.GREEN, 3)
        elif size > 8:
            canvas.path([(x + 4, y + 6), (x + size - 4, y + 6)], palette.verdict_look(verdict))
        elif size:
            canvas.box(x + size / 2 - 1, y + 4, (2, 4), palette.verdict_look(verdict).colour)
        x += size


def _share(canvas: Canvas, score: Report, at: tuple[float, float], width: float) -> None:
    """The mean share and its interval on the square-root axis, and how far blind encoders reach."""
    x, y = at
    canvas.box(x, y - 0.5, (width, 1), palette.RULE)
    canvas.tick(x + width * bars.along(score["null"][1]), y - 5, y + 5, palette.SOFT)
    low, high = (width * bars.along(value) for value in score["interval"])
    canvas.box(x + low, y - 1, (max(1.0, high - low), 2), palette.TEXT)
    if bars.number(score["share"]) is not None:
        canvas.box(x + width * bars.along(score["share"]) - 3, y - 3, (6, 6), palette.TEXT, 3)


def _figures(score: Report, width: float) -> str:
    """As much of share and interval as has room."""
    share = bars.percent(score["share"])
    low, high = (bars.number(value) for value in score["interval"])
    if low is None or high is None:
        return share
    for digits in (1, 0):
        ends = {"low": f"{100 * low:.{digits}f}", "high": f"{100 * high:.{digits}f}"}
        text = f"{share} [{translate('{low} to {high}', **ends)}]"
        if fonts.measure(text, 10) <= width:
            return text
    return share


_CONTRASTS = {
    "BOUND": translatable("bound contrasts"),
    "UNDECIDED": translatable("undecided contrasts"),
    "ORDER ONLY": translatable("order only contrasts"),
    "COLLAPSED": translatable("collapsed contrasts"),
}


def _legend(columns: Sequence[ScoreColumn], width: float) -> Block:
    """Only what occurs."""
    scores = [score for column in columns for score in column.scores.values()]
    items: list[tuple[str, str]] = [
        (verdict, translate(_CONTRASTS[verdict]))
        for verdict, field in COUNTS.items()
        if any(score[field] for score in scores)
    ]
    items += [
        ("share", translate("mean share of binding")),
        ("", translate("line: its interval, square-root axis")),
        ("null", translate("blind encoders stay below")),
    ]
    look = LegendLook(gap=22, line=23, baseline=12, below=16)
    return legend(items, width, _paint_sample, look)


def _paint_sample(canvas: Canvas, sign: str, x: float, y: float) -> None:
    if sign == "share":
        canvas.box(x, y - 5, (26, 2), palette.TEXT)
        canvas.box(x + 10, y - 7, (6, 6), palette.TEXT, 3)
    elif sign == "null":
        canvas.tick(x + 13, y - 10, y + 1, palette.SOFT)
    elif sign == "BOUND":
        canvas.box(x, y - 9, (26, 11), palette.GREEN, 3)
    else:
        canvas.path([(x + 2, y - 4), (x + 24, y - 4)], palette.verdict_look(sign))
