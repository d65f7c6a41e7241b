"""The benchmark report as plain text, and every pair of it as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...benchmark.dataset import CaptionPair, Dataset
from ...benchmark.saved_results import PairCosines
from ...benchmark.scoring import EncoderResult, is_win
from ...translation import in_its_language, translate, translate_count
from ..wording import letter
from .display import PREDICTIONS, kind_title

Report = Mapping[str, Any]
_BAR = 20
_BLOCKS = " ▁▂▃▄▅▆▇█"


@in_its_language
def plain(report: Report) -> str:
    """The report in lines of text."""
    dataset = report["dataset"]
    title = translate_count(
        "{title}: {count:,} pair",
        "{title}: {count:,} pairs",
        dataset["pairs"],
        title=dataset["title"],
    )
    lines = [title, str(report["sentence"])]
    for question in report["questions"]:
        lines += ["", *_question_lines(report, question)]
    if report["predictions"]:
        lines += ["", translate(PREDICTIONS)]
        lines += [f"  {prediction['sentence']}" for prediction in report["predictions"]]
    if report["notes"]:
        lines += ["", *(f"- {note}" for note in report["notes"])]
    return "\n".join(lines)


def _question_lines(report: Report, question: Report) -> Iterator[str]:
    yield f"{question['title']}: {question['asks']}"
    for encoder in report["encoders"]:
        if encoder["question"] != question["name"]:
            continue
        yield f"  {encoder['letter']}  {encoder['title']}"
        scores = [score for score in report["scores"] if score["encoder"] == encoder["letter"]]
        for score in scores:
            yield _score_line(score)
        for score in scores:
            if score["kind"] is None:
                yield _histogram_line(score, question["bins"])
    for comparison in report["comparisons"]:
        if comparison["question"] == question["name"]:
            yield f"  {comparison['sentence']}"


def _score_line(score: Report) -> str:
    least, *_, most = score["margin"]["quantiles"]
    figures = translate(
        "{wins:5} of {pairs:5} {share:5.1f} % [{interval}], margin {median:.4g} [{least:.4g} to "
        "{most:.4g}]",
        wins=score["wins"],
        pairs=score["pairs"],
        share=100 * score["share"],
        interval=_interval(score),
        median=score["margin"]["quantiles"][2],
        least=least,
        most=most,
    )
    return f"     {kind_title(score['kind'])[:14]:14} {_bar(score['share'])} {figures}"


def _interval(score: Report) -> str:
    """Of the pairs that are no ties where some are: counted as lost, ties would exclude a coin."""
    if not score["ties"]:
        return _percentages(score["interval"])
    if score["decided"] is None:
        return translate("all tied: no interval")
    return translate_count(
        "{interval} without {count:,} tied",
        "{interval} without {count:,} tied",
        score["ties"],
        interval=_percentages(score["decided"]["interval"]),
    )


def _percentages(interval: Sequence[float]) -> str:
    low, high = (f"{100 * value:.1f}" for value in interval)
    return translate("{low} to {high}", low=low, high=high)


def _bar(share: float) -> str:
    return "█" * round(_BAR * share) + "·" * (_BAR - round(_BAR * share))


def _histogram_line(score: Report, bins: Sequence[float]) -> str:
    """One line of blocks: lost pairs left of the stroke, won ones right of it."""
    counts = score["histogram"]
    most = max([*counts, 1])
    drawn = "".join(_BLOCKS[-(-8 * count // most)] for count in counts)
    half = len(counts) // 2
    line = f"{bins[0]:.3g} {drawn[:half]}|{drawn[half:]} {bins[-1]:.3g}"
    if score["ties"]:
        line = translate_count(
            "{line}, and {count:,} tied", "{line}, and {count:,} tied", score["ties"], line=line
        )
    return f"     {translate('margins')[:14]:14} {line}"


# --- every pair
# --------------------------------------------------------------------------------------------------

_COLUMNS = (
    *("encoder", "title", "question", "pair", "image", "kind", "caption", "swap", "paraphrase"),
    *("cosine", "cosine_swap", "margin", "won", "generated_correctly"),
)


def table(dataset: Dataset, results: Sequence[EncoderResult]) -> str:
    """CSV with a line for every encoder and pair."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for index, result in enumerate(results):
        start = (letter(index), result.title, result.question)
        rows.writerows(
            (*start, *_cells(pair, cosines))
            for pair, cosines in zip(dataset.pairs, result.cosines, strict=True)
        )
    return out.getvalue()


def _cells(pair: CaptionPair, cosines: PairCosines) -> tuple[object, ...]:
    numbers = (f"{value:.7f}" for value in (cosines.own, cosines.rival, cosines.margin))
    return (
        pair.number,
        pair.image,
        pair.kind,
        pair.caption,
        pair.swap,
        pair.paraphrase,
        *numbers,
        int(is_win(cosines)),
        "" if pair.correct is None else int(pair.correct),
    )
