"""What a benchmark came to, in a sentence for each question, and what must be known before it is
believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...benchmark.scoring import IMAGE, TEXT

Report = Mapping[str, Any]
_SAID = 4  # encoders that a sentence names before it counts the rest
_PICKS = {
    IMAGE: "Pictures prefer their caption to the swap",
    TEXT: (
        "Without pictures, another question: the same scene in other words is nearer to the "
        "caption than to the swap"
    ),
}


def sentence_of(report: Report) -> str:
    return " ".join(_of_question(report, question) for question in report["questions"])


def _of_question(report: Report, question: Report) -> str:
    mine = [one for one in report["encoders"] if one["question"] == question["name"]]
    named = len(report["encoders"]) > 1
    told = [_encoder(report, one, named) for one in mine[:_SAID]]
    more = [f"{len(mine) - _SAID} more"] if len(mine) > _SAID else []
    return (
        f"{_PICKS[question['name']]}: {'; '.join([*told, *more])}.{_differences(report, question)}"
    )


def _encoder(report: Report, encoder: Report, named: bool) -> str:
    whole, *kinds = (one for one in report["scores"] if one["encoder"] == encoder["letter"])
    name = f"{encoder['letter']} ({encoder['title']})" if named else str(encoder["title"])
    worst = min(kinds, key=lambda one: float(one["share"]), default=None)
    but = (
        f", least in {worst['kind']} ({_share(worst)})"
        if worst and whole["guessing"] == "above"
        else ""
    )
    return f"{name} in {_share(whole)}{but}"


_GUESSING = {
    "above": "",
    "alike": ", no better than guessing",
    "below": ", worse than guessing",
    "tied": ", it tells none apart",
}


def _share(score: Report) -> str:
    return f"{100 * score['share']:.1f} %{_GUESSING[score['guessing']]}"


def _differences(report: Report, question: Report) -> str:
    mine = [one for one in report["comparisons"] if one["question"] == question["name"]]
    sure = [one for one in mine if one["better"]]
    if not mine:
        return ""
    if len(mine) == 1:
        one = mine[0]
        return (
            f" {sure[0]['better']} is better ({_p(one['p_corrected'])})."
            if sure
            else f" No difference is shown ({_p(one['p'])})."
        )
    return f" {len(sure)} of {len(mine)} pairs of encoders differ."


def _p(value: float) -> str:
    return f"p = {value:.3f}" if value >= 0.001 else "p < 0.001"


def compared(one: Report) -> str:
    """Such as "A against B: A alone wins 30 pairs, B alone 12, p = 0.008: A is better."."""
    told = f"{one['better']} is better" if one["better"] else "no difference is shown"
    left = f", {one['tied']:,} are left out (a tie)" if one["tied"] else ""
    corrected = (
        f", corrected {_p(one['p_corrected'])}" if _p(one["p_corrected"]) != _p(one["p"]) else ""
    )
    return (
        f"{one['a']} against {one['b']}: {one['a']} alone wins {one['only_a']:,} pairs, "
        f"{one['b']} alone {one['only_b']:,}{left}, "
        f"{_p(one['p'])}{corrected}: {told}."
    )


def predicted(one: Report) -> str:
    counts = f"{one['encoder']}: {one['correct']:,} of {one['judged']:,} pictures came out right"
    if one["auc"] is None:
        return f"{counts}: with only one outcome nothing can be told."
    (low, high), (least, most) = one["auc"]["interval"], one["spearman"]["interval"]
    return (
        f"{counts}; AUC {one['auc']['value']:.2f} [{low:.2f} to {high:.2f}], "
        f"rank correlation {one['spearman']['value']:.2f} [{least:.2f} to {most:.2f}]."
    )


def notes_of(report: Report) -> list[str]:
    return list(_notes(report))


def _notes(report: Report) -> Iterator[str]:
    blind = [
        f"{one['letter']} ({one['title']})" for one in report["encoders"] if one["question"] == TEXT
    ]
    if blind:
        yield (
            f"Without an image tower: {', '.join(blind)}. What is asked there is another "
            "question than image matching: is the caption "
            "nearer than the swap to the same scene in other words? Never compare the "
            "two kinds of shares."
        )
    yield from _ties(report["scores"])
    data = report["dataset"]
    if data["pictures"] < data["pairs"]:
        yield (
            f"{data['pairs']:,} pairs share {data['pictures']:,} pictures: intervals and "
            "p values take pairs as independent and are a "
            "little too sure."
        )
    if any(one["auc"] is None for one in report["predictions"]):
        yield (
            "Whether the margin foretells failures cannot be told: of the judged pictures "
            "all came out right, or none did."
        )
    elif report["predictions"] and report["predictions"][0]["judged"] < data["pairs"]:
        yield (
            f"{data['pairs'] - report['predictions'][0]['judged']:,} pairs have no "
            "generated_correctly and are left out of that question."
        )


def _ties(scores: Sequence[Report]) -> Iterator[str]:
    for one in scores:
        if one["kind"] is None and one["ties"]:
            count = f"{one['ties']:,} of {one['pairs']:,} pairs"
            yield (
                f"{one['encoder']} gives caption and swap the same cosine in {count}: these "
                "are not won."
            )
