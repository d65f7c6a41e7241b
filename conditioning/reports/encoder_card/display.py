"""What the views of an encoder report draw: its ``display``, computed here once, so that the
browser lays out and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

from ...translation import in_its_language, translatable, translate, translate_count
from ..binding.display import stream_text, view_text
from ..shares import VERDICT_SIGNS, blind_text, gauge, range_text, share_text, verdict_name
from ..wording import letter, listed
from .names import phenomenon_title

Report = Mapping[str, Any]
Fields = dict[str, Any]

COUNTS = {
    "BOUND": "bound",
    "UNDECIDED": "undecided",
    "ORDER ONLY": "order_only",
    "COLLAPSED": "collapsed",
}
"""Verdict -> the field with its number. In this order in a bar."""
READOUTS = (("pooled", "mean"), ("cross-attention",))
"""Readouts that have a column; a stream has one of each group."""
LEGEND = translatable(
    "Upper bar: how many of the suite’s contrasts got which verdict. Thin line: how much of the "
    "difference is binding, on a square-root scale; hatched is what encoders that bind nothing "
    "reach."
)


class Lane(NamedTuple):
    """One stream of one card: a line in every row of the table."""

    card: Report
    stream: Report
    letter: str

    def scores(self, phenomenon: str, readouts: Sequence[str]) -> Iterator[Report]:
        """The stream's scores of these readouts, in their order."""
        for readout in readouts:
            for score in self.card["scores"]:
                if (score["stream"], score["phenomenon"], score["readout"]) == (
                    self.stream["name"],
                    phenomenon,
                    readout,
                ):
                    yield score


@in_its_language
def with_display(report: Report) -> Fields:
    """The report with ``display`` in it: the tables that it and the others beside it make."""
    cards = [report, *(report.get("others") or ())]
    scores = [score for card in cards for score in card["scores"]]
    lanes = list(_lanes(cards))
    verdicts = [
        verdict for verdict, field in COUNTS.items() if any(score[field] for score in scores)
    ]
    return {
        **report,
        "display": {
            "tone": "open",
            "sentence": claims(cards),
            "readouts_heading": translate("Other readouts"),
            "cards": [
                {
                    "title": card["title"],
                    "heading": _heading(card, alone=len(cards) == 1),
                    "details": list(_details(card)),
                    "streams": [_key(lane) for lane in lanes if lane.card is card],
                }
                for card in cards
            ],
            "table": _table(cards, lanes, READOUTS),
            "other_readouts": _table(cards, lanes, list(_other_readouts(scores))),
            "legend": {
                "text": translate(LEGEND),
                "verdicts": verdicts,
                "names": [verdict_name(verdict) for verdict in verdicts],
            },
        },
    }


def claims(cards: Sequence[Report]) -> str:
    """What the encoders bind, with the name of its card where two encoders share one."""
    encoders = [stream["title"] for card in cards for stream in card["streams"]]
    if len(cards) == 1 or len(set(encoders)) == len(encoders):
        return " ".join(str(card["sentence"]) for card in cards)
    return " ".join(
        translate("{name}: {text}", name=card["title"], text=card["sentence"]) for card in cards
    )


def _other_readouts(scores: Sequence[Report]) -> Iterator[tuple[str]]:
    """Those that the first table has no column for."""
    drawn = {readout for group in READOUTS for readout in group}
    for readout in dict.fromkeys(score["readout"] for score in scores):
        if readout not in drawn:
            yield (readout,)


def _heading(card: Report, alone: bool) -> str:
    return translate("Details") if alone else translate("Details: {title}", title=card["title"])


def _lanes(cards: Sequence[Report]) -> Iterator[Lane]:
    """A line for every stream of every card, lettered through."""
    streams = [(card, stream) for card in cards for stream in card["streams"]]
    for index, (card, stream) in enumerate(streams):
        yield Lane(card, stream, letter(index))


def _key(lane: Lane) -> Fields:
    title = lane.stream["title"]
    return {"letter": lane.letter, "title": title, "text": stream_text(lane.stream)}


def _details(card: Report) -> Iterator[str]:
    yield from card["notes"]
    yield translate_count(
        "Suite {suite}, {count} sentence for each contrast, {view}",
        "Suite {suite}, {count} sentences for each contrast, {view}",
        card["frames"],
        suite=card["suite"],
        view=view_text(card),
    )
    if card.get("host"):
        yield str(card["host"])
    yield translate("Fingerprint of its answers: {fingerprint}", fingerprint=card["fingerprint"])


def _table(
    cards: Sequence[Report], lanes: Sequence[Lane], groups: Iterable[Sequence[str]]
) -> Fields:
    """A row for every phenomenon; in it, for every lane, a cell for every group of readouts that
    has a score.
    """
    scores = [score for card in cards for score in card["scores"]]
    titles = {
        tuple(group): _either(
            dict.fromkeys(
                str(score.get("readout_title", score["readout"]))
                for score in scores
                if score["readout"] in group
            )
        )
        for group in groups
    }
    columns = [group for group, title in titles.items() if title]
    phenomena = dict.fromkeys(phenomenon for card in cards for phenomenon in card["phenomena"])
    return {
        "columns": [titles[group] for group in columns],
        "lanes": [lane.letter for lane in lanes],
        "rows": [
            {
                "phenomenon": phenomenon,
                "title": phenomenon_title(phenomenon),
                "cells": [[_cell(lane, phenomenon, group) for group in columns] for lane in lanes],
            }
            for phenomenon in phenomena
        ],
    }


def _either(titles: Iterable[str]) -> str:
    return reduce(
        lambda first, second: translate("{first} or {second}", first=first, second=second),
        titles or [""],
    )


def _cell(lane: Lane, phenomenon: str, readouts: Sequence[str]) -> Fields | None:
    score = next(lane.scores(phenomenon, readouts), None)
    if score is None:
        return None
    counts = {verdict: score[field] for verdict, field in COUNTS.items() if score[field] > 0}
    count = f"{score['bound']}/{score['total']}"
    share = share_text(score["share"])
    return {
        **gauge(score),
        "lane": lane.letter,
        "readout": score["readout"],
        "bound": count,
        "spoken": translate(
            "{bound} of {total} bound, {share}",
            bound=score["bound"],
            total=score["total"],
            share=share,
        ),
        "tallies": [
            {
                "verdict": verdict,
                "sign": VERDICT_SIGNS[verdict],
                "length": round(100 * number / (score["total"] or 1), 3),
            }
            for verdict, number in counts.items()
        ],
        "tip": _tip(lane, phenomenon, score, counts),
    }


def _tip(lane: Lane, phenomenon: str, score: Report, counts: Mapping[str, int]) -> list[str]:
    readout = score.get("readout_title", score["readout"])
    return [
        f"{phenomenon_title(phenomenon)}: {lane.stream['title']}, {readout}",
        translate(
            "{counts} of {total}",
            counts=listed(f"{each} {verdict_name(name)}" for name, each in counts.items()),
            total=score["total"],
        ),
        _average(score),
        translate(
            "{blind}. The thin line is drawn on a square-root scale.",
            blind=blind_text(score["null"]),
        ),
    ]


def _average(score: Report) -> str:
    """A card by another hand may lack its kappa."""
    share, interval = share_text(score["share"]), range_text(score["interval"])
    if score.get("kappa") is None:
        return translate(
            "Binding has {share} on average (interval {interval})", share=share, interval=interval
        )
    return translate(
        "Binding has {share} on average (interval {interval}), kappa {kappa:g}",
        share=share,
        interval=interval,
        kappa=score["kappa"],
    )
