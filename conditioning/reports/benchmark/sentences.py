"""What a benchmark came to, in a sentence for each question, and what must be known before it is
believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...benchmark.judge_scores import BLIP_VQA, DSG, SCORES, VQASCORE
from ...benchmark.scoring import IMAGE, TEXT
from ...translation import translatable, translate, translate_count
from ..wording import clauses, listed
from .display import kind_title

Report = Mapping[str, Any]
_NAMED = 4  # encoders that a sentence names before it counts the rest
_PICKS = {
    IMAGE: translatable("Pictures prefer their caption to the swap: {encoders}."),
    TEXT: translatable(
        "Without pictures, another question: the same scene in other words is nearer to the "
        "caption than to the swap: {encoders}."
    ),
    VQASCORE: translatable("VQAScore is higher for the caption than for the swap: {encoders}."),
    BLIP_VQA: translatable(
        "The BLIP-VQA score is higher for the caption than for the swap: {encoders}."
    ),
    DSG: translatable("The DSG score is higher for the caption than for the swap: {encoders}."),
}


def sentence_of(report: Report) -> str:
    """What it came to, a sentence for each question."""
    return " ".join(_of_question(report, question) for question in report["questions"])


def _of_question(report: Report, question: Report) -> str:
    own = [each for each in report["encoders"] if each["question"] == question["name"]]
    parts = [_encoder(report, encoder) for encoder in own[:_NAMED]]
    if len(own) > _NAMED:
        parts.append(translate_count("{count:,} more", "{count:,} more", len(own) - _NAMED))
    sentence = translate(_PICKS[question["name"]], encoders=clauses(parts))
    return " ".join(filter(None, [sentence, _differences(report, question)]))


def _encoder(report: Report, encoder: Report) -> str:
    scores = [score for score in report["scores"] if score["encoder"] == encoder["letter"]]
    overall, *by_kind = scores
    name = str(encoder["title"])
    if len(report["encoders"]) > 1:
        name = _with_letter(encoder)
    share, mean = _share(overall), overall.get("mean_score")
    text = translate("{encoder} in {share}", encoder=name, share=share)
    if mean is not None:
        text = translate(
            "{encoder} in {share} (mean score {mean:.3f})", encoder=name, share=share, mean=mean
        )
    if not by_kind or overall["guessing"] != "above":
        return text
    worst = min(by_kind, key=lambda score: float(score["share"]))
    return translate(
        "{encoder}, least in {kind} ({share})",
        encoder=text,
        kind=kind_title(worst["kind"]),
        share=_share(worst),
    )


def _with_letter(encoder: Report) -> str:
    return translate("{letter} ({title})", letter=encoder["letter"], title=encoder["title"])


_GUESSING = {
    "above": translatable("{share}"),
    "alike": translatable("{share}, no better than guessing"),
    "below": translatable("{share}, worse than guessing"),
    "tied": translatable("{share}, it tells none apart"),
}


def _share(score: Report) -> str:
    return translate(_GUESSING[score["guessing"]], share=f"{100 * score['share']:.1f} %")


def _differences(report: Report, question: Report) -> str:
    own = [each for each in report["comparisons"] if each["question"] == question["name"]]
    differing = [comparison for comparison in own if comparison["better"]]
    if not own:
        return ""
    if len(own) > 1:
        return translate_count(
            "{count} of {total} pairs of encoders differs.",
            "{count} of {total} pairs of encoders differ.",
            len(differing),
            total=len(own),
        )
    if differing:
        return translate(
            "{encoder} is better ({p}).",
            encoder=differing[0]["better"],
            p=_p(differing[0]["p_corrected"]),
        )
    return translate("No difference is shown ({p}).", p=_p(own[0]["p"]))


def _p(value: float) -> str:
    if value < 0.001:
        return "p < 0.001"
    return f"p = {value:.3f}"


def comparison_sentence(comparison: Report) -> str:
    """Such as "A against B: A alone wins 30 pairs, B alone 12, p = 0.008: A is better."."""
    conclusion = translate("no difference is shown")
    if comparison["better"]:
        conclusion = translate("{encoder} is better", encoder=comparison["better"])
    p, corrected = _p(comparison["p"]), _p(comparison["p_corrected"])
    if corrected != p:
        p = translate("{p}, corrected {corrected}", p=p, corrected=corrected)
    return translate("{won}, {p}: {conclusion}.", won=_won(comparison), p=p, conclusion=conclusion)


def _won(comparison: Report) -> str:
    """What each wins alone, and what is left out."""
    won = translate_count(
        "{a} against {b}: {a} alone wins {count:,} pair, {b} alone {other:,}",
        "{a} against {b}: {a} alone wins {count:,} pairs, {b} alone {other:,}",
        comparison["only_a"],
        a=comparison["a"],
        b=comparison["b"],
        other=comparison["only_b"],
    )
    if not comparison["tied"]:
        return won
    return translate_count(
        "{won}, {count:,} is left out (a tie)",
        "{won}, {count:,} are left out (a tie)",
        comparison["tied"],
        won=won,
    )


def prediction_sentence(prediction: Report) -> str:
    """Whether the margins of one encoder foretell which pictures come out right."""
    right = translate_count(
        "{encoder}: {right:,} of {count:,} picture came out right",
        "{encoder}: {right:,} of {count:,} pictures came out right",
        prediction["judged"],
        encoder=prediction["encoder"],
        right=prediction["correct"],
    )
    if prediction["auc"] is None:
        return translate("{right}: with only one outcome nothing can be told.", right=right)
    auc, spearman = prediction["auc"], prediction["spearman"]
    return translate(
        "{right}; AUC {auc:.2f} [{auc_interval}], rank correlation {rank:.2f} [{rank_interval}].",
        right=right,
        auc=auc["value"],
        auc_interval=_interval(auc["interval"]),
        rank=spearman["value"],
        rank_interval=_interval(spearman["interval"]),
    )


def _interval(interval: Sequence[float]) -> str:
    low, high = interval
    return translate("{low} to {high}", low=f"{low:.2f}", high=f"{high:.2f}")


def notes_of(report: Report) -> Iterator[str]:
    """What must be known before it is believed."""
    blind = [_with_letter(each) for each in report["encoders"] if each["question"] == TEXT]
    if blind:
        yield translate(
            "Without an image tower: {encoders}. What is asked there is another question than "
            "image matching: is the caption nearer than the swap to the same scene in other words? "
            "Never compare the two kinds of shares.",
            encoders=listed(blind),
        )
    if any(each["question"] in SCORES for each in report["encoders"]):
        yield translate(
            "Scores of a judge are those of its publication in formula; phrases and questions are "
            "this pack's own reading of the caption (docs/report-benchmark.md)."
        )
    yield from _ties(report["scores"])
    data = report["dataset"]
    if data["pictures"] < data["pairs"]:
        yield translate_count(
            "{pairs:,} pairs share {count:,} picture: intervals and p values take pairs as "
            "independent and are a little too sure.",
            "{pairs:,} pairs share {count:,} pictures: intervals and p values take pairs as "
            "independent and are a little too sure.",
            data["pictures"],
            pairs=data["pairs"],
        )
    yield from _unjudged(report)


def _unjudged(report: Report) -> Iterator[str]:
    if any(each["auc"] is None for each in report["predictions"]):
        yield translate(
            "Whether the margin foretells failures cannot be told: of the judged pictures "
            "all came out right, or none did."
        )
        return
    pairs = report["dataset"]["pairs"]
    judged = report["predictions"][0]["judged"] if report["predictions"] else pairs
    if judged < pairs:
        yield translate_count(
            "{count:,} pair has no generated_correctly and is left out of that question.",
            "{count:,} pairs have no generated_correctly and are left out of that question.",
            pairs - judged,
        )


def _ties(scores: Sequence[Report]) -> Iterator[str]:
    for score in scores:
        if score["kind"] is None and score["ties"]:
            yield translate_count(
                "{encoder} gives caption and swap the same cosine in {ties:,} of {count:,} pair: "
                "these are not won, and say neither better nor worse than a coin. Intervals beside "
                "ties are of the other pairs.",
                "{encoder} gives caption and swap the same cosine in {ties:,} of {count:,} pairs: "
                "these are not won, and say neither better nor worse than a coin. Intervals beside "
                "ties are of the other pairs.",
                score["pairs"],
                encoder=score["encoder"],
                ties=score["ties"],
            )
