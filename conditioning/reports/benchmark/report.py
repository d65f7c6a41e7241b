"""The benchmark report (``docs/report-benchmark.md``) as plain data: how often encoders prefer a
caption to its swap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from ...benchmark import statistics
from ...benchmark.dataset import Dataset
from ...benchmark.judge_scores import BLIP_VQA, DSG, SCORES, VQASCORE
from ...benchmark.saved_results import PairCosines
from ...benchmark.scoring import IMAGE, TEXT, EncoderResult, is_tie, is_win
from ...binding.measures import holm
from ...translation import current_language, localized, translatable, translate
from ..numbers import rounded
from ..wording import letter
from .display import with_display
from .sentences import comparison_sentence, notes_of, prediction_sentence, sentence_of
from .text import plain as plain
from .text import table as table

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.benchmark", 1
LEVEL = 0.05
"""Of the tests, after Holm's correction."""
QUESTIONS = {
    IMAGE: (
        translatable("Image matching"),
        translatable("Is the picture nearer to its caption than to the swap?"),
    ),
    TEXT: (
        translatable("Caption retrieval"),
        translatable(
            "Is the caption nearer than the swap to the same scene told in other words? No "
            "picture is looked at."
        ),
    ),
    VQASCORE: (
        "VQAScore",
        translatable(
            "Does a judge find 'Yes' likelier for the caption than for the swap, asked whether the "
            "picture shows it?"
        ),
    ),
    BLIP_VQA: (
        translatable("BLIP-VQA score"),
        translatable(
            "Is the product of a judge's P(yes) over the noun phrases larger for the caption than "
            "for the swap?"
        ),
    ),
    DSG: (
        translatable("DSG score"),
        translatable(
            "Does a judge answer more of the caption's questions as the caption has it than of "
            "the swap's?"
        ),
    ),
}


def benchmark_report(
    dataset: Dataset, results: Sequence[EncoderResult], host: str | None = None
) -> Report:
    """The whole report, strict JSON."""
    by_letter = {letter(index): result for index, result in enumerate(results)}
    questions = [_question(name, results) for name in QUESTIONS]
    bins = {question["name"]: question["bins"] for question in questions}
    report: Report = {
        "format": FORMAT,
        "version": VERSION,
        "host": host,
        "language": current_language(),
        "dataset": _dataset(dataset),
        "questions": [
            {**question, "bins": [rounded(edge) for edge in question["bins"]]}
            for question in questions
            if any(result.question == question["name"] for result in results)
        ],
        "encoders": [
            {
                "letter": name,
                "title": localized(result.title),
                "question": result.question,
                "fingerprint": result.fingerprint,
            }
            for name, result in by_letter.items()
        ],
        "scores": [
            score
            for name, result in by_letter.items()
            for score in _scores(name, result, dataset, bins[result.question])
        ],
        "comparisons": _comparisons(by_letter),
        "predictions": list(_predictions(by_letter, dataset)),
    }
    return with_display(
        {**report, "sentence": sentence_of(report), "notes": list(notes_of(report))}
    )


def _question(name: str, results: Sequence[EncoderResult]) -> Report:
    """What is asked, and the edges of the histograms of all encoders that are asked it."""
    title, asks = map(translate, QUESTIONS[name])
    margins = [
        cosines.margin
        for result in results
        if result.question == name
        for cosines in result.cosines
    ]
    return {"name": name, "title": title, "asks": asks, "bins": statistics.edges(margins)}


def _dataset(dataset: Dataset) -> Report:
    return {
        "name": dataset.name,
        "title": localized(dataset.title),
        "pairs": len(dataset.pairs),
        "pictures": len({pair.image for pair in dataset.pairs}),
        "kinds": dataset.kinds,
        "fingerprint": dataset.fingerprint,
    }


def _scores(
    name: str, result: EncoderResult, dataset: Dataset, bins: Sequence[float]
) -> Iterator[Report]:
    """Of all pairs, then of each kind where there are several."""
    by_pair = list(zip(dataset.pairs, result.cosines, strict=True))
    judged = result.question in SCORES
    yield _score(name, None, [cosines for _, cosines in by_pair], bins, judged)
    if len(dataset.kinds) > 1:
        for kind in dataset.kinds:
            own = [cosines for pair, cosines in by_pair if pair.kind == kind]
            yield _score(name, kind, own, bins, judged)


def _score(
    name: str, kind: str | None, results: Sequence[PairCosines], bins: Sequence[float], judged: bool
) -> Report:
    margins = [cosines.margin for cosines in results]
    decided = [cosines.margin for cosines in results if not is_tie(cosines)]
    wins = sum(map(is_win, results))
    return {
        "encoder": name,
        "kind": kind,
        "pairs": len(results),
        "wins": wins,
        "ties": len(results) - len(decided),
        "share": rounded(wins / len(results)),
        "interval": [rounded(value) for value in statistics.wilson(wins, len(results))],
        "decided": _decided(wins, len(decided)),
        "guessing": _guessing(wins, len(decided)),
        "margin": {
            "mean": rounded(sum(margins) / len(margins)),
            "quantiles": [rounded(value) for value in statistics.quantiles(margins)],
        },
        "histogram": statistics.histogram(decided, bins),
        "mean_score": _mean_score(results) if judged else None,
    }


def _mean_score(results: Sequence[PairCosines]) -> float | None:
    """Of the captions: what published tables hold."""
    return rounded(sum(cosines.own for cosines in results) / len(results))


def _decided(wins: int, decided: int) -> Report | None:
    """The share of wins among the pairs that are no ties: a tie says nothing of better or worse."""
    if not decided:
        return None
    return {
        "share": rounded(wins / decided),
        "interval": [rounded(value) for value in statistics.wilson(wins, decided)],
    }


def _guessing(wins: int, decided: int) -> str:
    """Against a coin, which wins half of what it decides."""
    if not decided:
        return "tied"
    low, high = statistics.wilson(wins, decided)
    if low > 0.5:
        return "above"
    if high < 0.5:
        return "below"
    return "alike"


def _comparisons(by_letter: Mapping[str, EncoderResult]) -> list[Report]:
    """Of encoders that were asked the same; never across questions."""
    comparisons = [
        _comparison(a, b, by_letter[a], by_letter[b])
        for a, b in combinations(by_letter, 2)
        if by_letter[a].question == by_letter[b].question
    ]
    for comparison, p in zip(
        comparisons, holm([comparison["p"] for comparison in comparisons]), strict=True
    ):
        comparison |= {"p": rounded(comparison["p"]), "p_corrected": rounded(p)}
        comparison["better"] = _better(comparison, p)
        comparison["sentence"] = comparison_sentence(comparison)
    return comparisons


def _comparison(a: str, b: str, first: EncoderResult, second: EncoderResult) -> Report:
    # a tie is no verdict: counted as lost, a coin would beat it
    wins = [
        (is_win(x), is_win(y))
        for x, y in zip(first.cosines, second.cosines, strict=True)
        if not (is_tie(x) or is_tie(y))
    ]
    only_a, only_b = wins.count((True, False)), wins.count((False, True))
    return {
        "a": a,
        "b": b,
        "question": first.question,
        "both": wins.count((True, True)),
        "only_a": only_a,
        "only_b": only_b,
        "neither": wins.count((False, False)),
        "tied": len(first.cosines) - len(wins),
        "p": statistics.mcnemar(only_a, only_b),
    }


def _better(comparison: Report, p: float) -> str | None:
    if p >= LEVEL:
        return None
    if comparison["only_a"] > comparison["only_b"]:
        return str(comparison["a"])
    return str(comparison["b"])


def _predictions(by_letter: Mapping[str, EncoderResult], dataset: Dataset) -> Iterator[Report]:
    """Does a small margin foretell a picture that came out wrong? Nothing where nobody said which
    did.
    """
    if all(pair.correct is None for pair in dataset.pairs):
        return
    for name, result in by_letter.items():
        judged = [
            (cosines.margin, pair.correct)
            for pair, cosines in zip(dataset.pairs, result.cosines, strict=True)
            if pair.correct is not None
        ]
        correct = [right for _, right in judged]
        prediction = statistics.predict([margin for margin, _ in judged], correct)
        report = {
            "encoder": name,
            "judged": len(judged),
            "correct": sum(correct),
            "spearman": prediction and _estimate(prediction.spearman),
            "auc": prediction and _estimate(prediction.auc),
        }
        yield {**report, "sentence": prediction_sentence(report)}


def _estimate(estimate: statistics.Estimate) -> Report:
    return {
        "value": rounded(estimate.value),
        "interval": [rounded(value) for value in estimate.interval],
    }
