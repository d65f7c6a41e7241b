"""What the views of a benchmark report draw: its ``display``, computed here once, so that the
browser lays out and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...benchmark.dataset import OTHER
from ...translation import in_its_language, translatable, translate, translate_count
from ..wording import translate_name

Report = Mapping[str, Any]
Fields = dict[str, Any]

MARGINS = translatable(
    "Margins: the cosine with what is true less the cosine with the swap; right of the dashed "
    "line a pair is won."
)
PREDICTIONS = translatable("Do margins foretell failures?")
LEGEND = {
    "above": translatable("won pairs, surely more than guessing"),
    "alike": translatable("won pairs, not surely more"),
    "interval": translatable("95 % interval"),
    "half": translatable("guessing wins half"),
}
_GUESSING = {
    "above": translatable("Surely more than guessing wins."),
    "alike": translatable("Guessing could win as many."),
    "below": translatable("Surely fewer than guessing wins."),
    "tied": translatable("It gives caption and swap the same cosine in every pair."),
}


_KINDS = {
    "colour": translatable("colour"),
    "size": translatable("size"),
    "relation": translatable("relation"),
    OTHER: translatable("other"),
}
"""Of the drawn sets, and of pairs that name none; an artist's own kinds stay as they are."""


@in_its_language
def with_display(report: Report) -> Fields:
    """The report with ``display`` in it."""
    dataset, encoders = report["dataset"], report["encoders"]
    fingerprints = [
        translate(
            "Fingerprint of the pictures and sentences: {fingerprint}",
            fingerprint=dataset["fingerprint"],
        ),
        *(
            translate(
                "Fingerprint of {encoder}: {fingerprint}",
                encoder=each["letter"],
                fingerprint=each["fingerprint"],
            )
            for each in encoders
        ),
    ]
    return {
        **report,
        "display": {
            "tone": "open",
            "title": title(report),
            "headings": {"notes": translate("Good to know"), "details": translate("Details")},
            "details": [*fingerprints, *filter(None, [report.get("host")])],
            "legend": [{"name": name, "title": words} for name, words in legend()],
            "questions": [_question(report, question) for question in report["questions"]],
            "predictions": {
                "title": translate(PREDICTIONS),
                "rows": [_prediction(prediction) for prediction in report["predictions"]],
            },
        },
    }


def legend() -> Iterator[tuple[str, str]]:
    """Name and words of each thing that a bar shows."""
    return ((name, translate(words)) for name, words in LEGEND.items())


def title(report: Report) -> str:
    """'200 drawn scenes, 200 pairs'."""
    dataset = report["dataset"]
    return translate_count(
        "{title}, {count:,} pair",
        "{title}, {count:,} pairs",
        dataset["pairs"],
        title=dataset["title"],
    )


def kind_title(kind: str | None) -> str:
    """What a score is about; None stands for all pairs."""
    return translate_name(_KINDS, kind) if kind else translate("all pairs")


def ties_text(score: Report) -> str:
    """Stands beside a histogram, which leaves ties out."""
    if not score["ties"]:
        return ""
    return translate_count("{count:,} tied, not drawn", "{count:,} tied, not drawn", score["ties"])


def _question(report: Report, question: Report) -> Fields:
    titles = {
        encoder["letter"]: encoder["title"]
        for encoder in report["encoders"]
        if encoder["question"] == question["name"]
    }
    scores = [score for score in report["scores"] if score["encoder"] in titles]
    kinds = [None, *report["dataset"]["kinds"]]
    rows = [
        {
            "kind": kind or "",
            "title": kind_title(kind),
            "bars": [
                _bar(score, titles[score["encoder"]]) for score in scores if score["kind"] == kind
            ],
        }
        for kind in kinds
    ]
    return {
        "name": question["name"],
        "title": question["title"],
        "asks": question["asks"],
        "rows": [row for row in rows if row["bars"]],
        "margins": {
            "text": translate(MARGINS),
            "rows": [
                _histogram(score, question["bins"]) for score in scores if score["kind"] is None
            ],
        },
        "comparisons": [
            {"better": comparison["better"], "sentence": comparison["sentence"]}
            for comparison in report["comparisons"]
            if comparison["question"] == question["name"]
        ],
    }


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _places(interval: Sequence[float]) -> Fields:
    low, high = interval
    return {"left": round(100 * low, 3), "width": round(100 * (high - low), 3)}


def drawn_interval(score: Report) -> Sequence[float]:
    """Of the pairs that are no ties: counted as lost, ties would seem to exclude a coin. The whole
    axis where all are ties.
    """
    if not score["ties"]:
        return list(score["interval"])
    if score["decided"] is None:
        return [0.0, 1.0]
    return list(score["decided"]["interval"])


def _bar(score: Report, encoder: str) -> Fields:
    name, share = kind_title(score["kind"]), _percent(score["share"])
    return {
        "encoder": score["encoder"],
        "guessing": score["guessing"],
        "share": score["share"],
        "length": round(100 * score["share"], 3),
        "interval": _places(drawn_interval(score)),
        "count": f"{score['wins']:,}/{score['pairs']:,}",
        "share_text": share,
        "spoken": f"{score['encoder']}, {name}: {share}",
        "tip": [line for line in _tip(score, f"{name}: {encoder}") if line],
    }


def _tip(score: Report, head: str) -> Iterator[str]:
    least, _, middle, _, most = score["margin"]["quantiles"]
    yield head
    yield _won(score)
    if score["guessing"] in _GUESSING:
        yield translate(_GUESSING[score["guessing"]])
    yield translate(
        "Margin: {middle:g} in the middle, {least:g} to {most:g} for nine pairs of ten",
        middle=middle,
        least=least,
        most=most,
    )


def _won(score: Report) -> str:
    figures = {"wins": score["wins"], "pairs": score["pairs"], "share": _percent(score["share"])}
    if not score["ties"]:
        return translate(
            "{wins:,} of {pairs:,} won, {share} (95 % interval {interval})",
            **figures,
            interval=_interval(score["interval"]),
        )
    if not score["decided"]:
        return translate(
            "{wins:,} of {pairs:,} won, {share}, {ties:,} tied", **figures, ties=score["ties"]
        )
    return translate(
        "{wins:,} of {pairs:,} won, {share}, {ties:,} tied; without these {decided} (95 % interval "
        "{interval})",
        **figures,
        ties=score["ties"],
        decided=_percent(score["decided"]["share"]),
        interval=_interval(score["decided"]["interval"]),
    )


def _interval(interval: Sequence[float]) -> str:
    low, high = interval
    return translate("{low} to {high}", low=f"{100 * low:.1f}", high=_percent(high))


def _histogram(score: Report, bins: Sequence[float]) -> Fields:
    """Columns in percent of the tallest."""
    counts = score["histogram"]
    most = max([*counts, 1])
    return {
        "encoder": score["encoder"],
        "title": translate(
            "{encoder}: median {median:g}",
            encoder=score["encoder"],
            median=score["margin"]["quantiles"][2],
        ),
        "ties": ties_text(score),
        "columns": [
            {
                "won": index >= len(counts) / 2,
                "count": count,
                "height": round(100 * count / most, 3),
                "title": translate(
                    "{low:g} to {high:g}: {count:,}",
                    low=bins[index],
                    high=bins[index + 1],
                    count=count,
                ),
            }
            for index, count in enumerate(counts)
        ],
        "ends": [f"{edge:g}" for edge in (bins[0], 0, bins[-1])],
    }


def _prediction(prediction: Report) -> Fields:
    auc = prediction["auc"]
    if auc:
        auc = {"place": round(100 * auc["value"], 3), "interval": _places(auc["interval"])}
    return {
        "encoder": prediction["encoder"],
        "title": translate("AUC of {encoder}", encoder=prediction["encoder"]),
        "auc": auc,
        "sentence": prediction["sentence"],
    }
