"""What the views of a benchmark report draw: its ``display``, computed here once, so that the
browser lays out and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..wording import plural

Report = Mapping[str, Any]
Fields = dict[str, Any]

MARGINS = (
    "Margins: the cosine with what is true less the cosine with the swap; right of the dashed "
    "line a pair is won."
)
PREDICTIONS = "Do margins foretell failures?"
LEGEND = {
    "above": "won pairs, surely more than guessing",
    "alike": "won pairs, not surely more",
    "interval": "95 % interval",
    "half": "guessing wins half",
}
_GUESSING = {
    "above": "Surely more than guessing wins.",
    "alike": "Guessing could win as many.",
    "below": "Surely fewer than guessing wins.",
    "tied": "It gives caption and swap the same cosine in every pair.",
}


def with_display(report: Report) -> Fields:
    """The report with ``display`` in it."""
    dataset, encoders = report["dataset"], report["encoders"]
    fingerprints = [
        f"Fingerprint of the pictures and sentences: {dataset['fingerprint']}",
        *(f"Fingerprint of {each['letter']}: {each['fingerprint']}" for each in encoders),
    ]
    return {
        **report,
        "display": {
            "tone": "open",
            "title": title(report),
            "details": [*fingerprints, *filter(None, [report.get("host")])],
            "legend": [{"name": name, "title": words} for name, words in LEGEND.items()],
            "questions": [_question(report, question) for question in report["questions"]],
            "predictions": {
                "title": PREDICTIONS,
                "rows": [_prediction(prediction) for prediction in report["predictions"]],
            },
        },
    }


def title(report: Report) -> str:
    """'200 drawn scenes, 200 pairs'."""
    dataset = report["dataset"]
    return f"{dataset['title']}, {plural(dataset['pairs'], 'pair')}"


def kind_title(kind: str | None) -> str:
    """What a score is about; None stands for all pairs."""
    return kind or "all pairs"


def ties_text(score: Report) -> str:
    """Stands beside a histogram, which leaves ties out."""
    if not score["ties"]:
        return ""
    return f"{score['ties']:,} tied, not drawn"


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
            "text": MARGINS,
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
    won = f"{score['wins']:,} of {score['pairs']:,} won, {_percent(score['share'])}"
    if not score["ties"]:
        low, high = score["interval"]
        won += f" (95 % interval {100 * low:.1f} to {_percent(high)})"
    elif score["decided"]:
        low, high = score["decided"]["interval"]
        won += (
            f", {score['ties']:,} tied; without these {_percent(score['decided']['share'])} "
            f"(95 % interval {100 * low:.1f} to {_percent(high)})"
        )
    else:
        won += f", {score['ties']:,} tied"
    least, _, middle, _, most = score["margin"]["quantiles"]
    yield head
    yield won
    yield _GUESSING.get(score["guessing"], "")
    yield f"Margin: {middle:g} in the middle, {least:g} to {most:g} for nine pairs of ten"


def _histogram(score: Report, bins: Sequence[float]) -> Fields:
    """Columns in percent of the tallest."""
    counts = score["histogram"]
    most = max([*counts, 1])
    return {
        "encoder": score["encoder"],
        "title": f"{score['encoder']}: median {score['margin']['quantiles'][2]:g}",
        "ties": ties_text(score),
        "columns": [
            {
                "won": index >= len(counts) / 2,
                "count": count,
                "height": round(100 * count / most, 3),
                "title": f"{bins[index]:g} to {bins[index + 1]:g}: {count:,}",
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
        "title": f"AUC of {prediction['encoder']}",
        "auc": auc,
        "sentence": prediction["sentence"],
    }
