"""What a benchmark came to, in a sentence for each question, and what must be known before it is
believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...benchmark.judge_scores import BLIP_VQA, DSG, SCORES, VQASCORE
from ...benchmark.scoring import IMAGE, TEXT
from ..wording import plural, verb

Report = Mapping[str, Any]
_NAMED = 4  # encoders that a sentence names before it counts the rest
_PICKS = {
    IMAGE: "Pictures prefer their caption to the swap",
    TEXT: (
        "Without pictures, another question: the same scene in other words is nearer to the "
        "caption than to the swap"
    ),
    VQASCORE: "VQAScore is higher for the caption than for the swap",
    BLIP_VQA: "The BLIP-VQA score is higher for the caption than for the swap",
    DSG: "The DSG score is higher for the caption than for the swap",
}


def sentence_of(report: Report) -> str:
    """What it came to, a sentence for each question."""
    return " ".join(_of_question(report, question) for question in report["questions"])


def _of_question(report: Report, question: Report) -> str:
    own = [each for each in report["encoders"] if each["question"] == question["name"]]
    parts = [_encoder(report, encoder) for encoder in own[:_NAMED]]
    if len(own) > _NAMED:
        parts.append(f"{len(own) - _NAMED} more")
    return f"{_PICKS[question['name']]}: {'; '.join(parts)}.{_differences(report, question)}"


def _encoder(report: Report, encoder: Report) -> str:
    scores = [score for score in report["scores"] if score["encoder"] == encoder["letter"]]
    overall, *by_kind = scores
    text = f"{encoder['title']} in {_share(overall)}"
    if len(report["encoders"]) > 1:
        text = f"{encoder['letter']} ({encoder['title']}) in {_share(overall)}"
    if overall.get("mean_score") is not None:
        text += f" (mean score {overall['mean_score']:.3f})"
    if by_kind and overall["guessing"] == "above":
        worst = min(by_kind, key=lambda score: float(score["share"]))
        text += f", least in {worst['kind']} ({_share(worst)})"
    return text


_GUESSING = {
    "above": "",
    "alike": ", no better than guessing",
    "below": ", worse than guessing",
    "tied": ", it tells none apart",
}


def _share(score: Report) -> str:
    return f"{100 * score['share']:.1f} %{_GUESSING[score['guessing']]}"


def _differences(report: Report, question: Report) -> str:
    own = [each for each in report["comparisons"] if each["question"] == question["name"]]
    differing = [comparison for comparison in own if comparison["better"]]
    if not own:
        return ""
    if len(own) > 1:
        differ = verb(len(differing), "differs", "differ")
        return f" {len(differing)} of {len(own)} pairs of encoders {differ}."
    if differing:
        return f" {differing[0]['better']} is better ({_p(differing[0]['p_corrected'])})."
    return f" No difference is shown ({_p(own[0]['p'])})."


def _p(value: float) -> str:
    if value < 0.001:
        return "p < 0.001"
    return f"p = {value:.3f}"


def comparison_sentence(comparison: Report) -> str:
    """Such as "A against B: A alone wins 30 pairs, B alone 12, p = 0.008: A is better."."""
    a, b = comparison["a"], comparison["b"]
    parts = [
        f"{a} against {b}: {a} alone wins {plural(comparison['only_a'], 'pair')}",
        f"{b} alone {comparison['only_b']:,}",
    ]
    if comparison["tied"]:
        verb = "is" if comparison["tied"] == 1 else "are"
        parts.append(f"{comparison['tied']:,} {verb} left out (a tie)")
    p, corrected = _p(comparison["p"]), _p(comparison["p_corrected"])
    parts.append(p)
    if corrected != p:
        parts.append(f"corrected {corrected}")
    conclusion = "no difference is shown"
    if comparison["better"]:
        conclusion = f"{comparison['better']} is better"
    return f"{', '.join(parts)}: {conclusion}."


def prediction_sentence(prediction: Report) -> str:
    """Whether the margins of one encoder foretell which pictures come out right."""
    pictures = plural(prediction["judged"], "picture")
    counts = f"{prediction['encoder']}: {prediction['correct']:,} of {pictures} came out right"
    if prediction["auc"] is None:
        return f"{counts}: with only one outcome nothing can be told."
    auc, spearman = prediction["auc"], prediction["spearman"]
    (low, high), (least, most) = auc["interval"], spearman["interval"]
    return (
        f"{counts}; AUC {auc['value']:.2f} [{low:.2f} to {high:.2f}], "
        f"rank correlation {spearman['value']:.2f} [{least:.2f} to {most:.2f}]."
    )


def notes_of(report: Report) -> Iterator[str]:
    """What must be known before it is believed."""
    blind = [
        f"{each['letter']} ({each['title']})"
        for each in report["encoders"]
        if each["question"] == TEXT
    ]
    if blind:
        yield (
            f"Without an image tower: {', '.join(blind)}. What is asked there is another "
            "question than image matching: is the caption "
            "nearer than the swap to the same scene in other words? Never compare the "
            "two kinds of shares."
        )
    if any(each["question"] in SCORES for each in report["encoders"]):
        yield (
            "Scores of a judge are those of its publication in formula; phrases and questions are "
            "this pack's own reading of the caption (docs/report-benchmark.md)."
        )
    yield from _ties(report["scores"])
    data = report["dataset"]
    if data["pictures"] < data["pairs"]:
        yield (
            f"{data['pairs']:,} pairs share {plural(data['pictures'], 'picture')}: intervals and "
            "p values take pairs as independent and are a "
            "little too sure."
        )
    if any(each["auc"] is None for each in report["predictions"]):
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
    for score in scores:
        if score["kind"] is None and score["ties"]:
            count = f"{score['ties']:,} of {plural(score['pairs'], 'pair')}"
            yield (
                f"{score['encoder']} gives caption and swap the same cosine in {count}: these "
                "are not won, and say neither better nor worse than a coin. Intervals beside ties "
                "are of the other pairs."
            )
