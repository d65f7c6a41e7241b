"""The benchmark report (``docs/report-benchmark.md``): how often encoders prefer a caption to its
swap, as plain data, text and CSV.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import combinations
from string import ascii_uppercase
from typing import Any

from ...benchmark import statistics
from ...benchmark.dataset import Dataset, Pair
from ...benchmark.saved_results import Fit
from ...benchmark.scoring import IMAGE, TEXT, Run, tied, won
from ...binding.measures import holm
from ..numbers import rounded
from .sentences import compared, notes_of, predicted, sentence_of

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.benchmark", 1
LEVEL = 0.05
"""Of the tests, after Holm's correction."""
QUESTIONS = {
    IMAGE: ("Image matching", "Is the picture nearer to its caption than to the swap?"),
    TEXT: (
        "Caption retrieval",
        (
            "Is the caption nearer than the swap to the same scene told in other words? No "
            "picture is looked at."
        ),
    ),
}


def benchmark_report(dataset: Dataset, runs: Sequence[Run], host: str | None = None) -> Report:
    named = [(_letter(k), run) for k, run in enumerate(runs)]
    asked = [question for question in QUESTIONS if any(run.question == question for run in runs)]
    bins = {
        question: statistics.edges(
            [fit.margin for run in runs if run.question == question for fit in run.fits]
        )
        for question in asked
    }
    report: Report = {
        "format": FORMAT,
        "version": VERSION,
        "host": host,
        "dataset": _dataset(dataset),
        "questions": [
            {
                "name": name,
                "title": QUESTIONS[name][0],
                "asks": QUESTIONS[name][1],
                "bins": [rounded(edge) for edge in bins[name]],
            }
            for name in asked
        ],
        "encoders": [
            {
                "letter": letter,
                "title": run.title,
                "question": run.question,
                "fingerprint": run.fingerprint,
            }
            for letter, run in named
        ],
        "scores": [
            score
            for letter, run in named
            for score in _scores(letter, run, dataset, bins[run.question])
        ],
        "comparisons": _comparisons(named),
        "predictions": [
            {**one, "sentence": predicted(one)}
            for one in (_prediction(*each, dataset) for each in named if _judged(dataset))
        ],
    }
    return {**report, "sentence": sentence_of(report), "notes": notes_of(report)}


def _letter(k: int) -> str:
    return ascii_uppercase[k] if k < len(ascii_uppercase) else str(k + 1)


def _dataset(dataset: Dataset) -> Report:
    return {
        "name": dataset.name,
        "title": dataset.title,
        "pairs": len(dataset.pairs),
        "pictures": len({pair.image for pair in dataset.pairs}),
        "kinds": dataset.kinds,
        "fingerprint": dataset.fingerprint,
    }


def _scores(letter: str, run: Run, dataset: Dataset, bins: Sequence[float]) -> Iterator[Report]:
    """Of all pairs, then of each kind where there are several."""
    kinds = dataset.kinds
    for kind in (None, *(kinds if len(kinds) > 1 else ())):
        fits = [
            fit
            for pair, fit in zip(dataset.pairs, run.fits, strict=True)
            if kind is None or pair.kind == kind
        ]
        margins = [fit.margin for fit in fits]
        wins = sum(map(won, fits))
        yield {
            "encoder": letter,
            "kind": kind,
            "pairs": len(fits),
            "wins": wins,
            "ties": sum(map(tied, fits)),
            "share": rounded(wins / len(fits)),
            "interval": [rounded(value) for value in statistics.wilson(wins, len(fits))],
            "guessing": _guessing(wins, len(fits) - sum(map(tied, fits))),
            "margin": {
                "mean": rounded(sum(margins) / len(margins)),
                "quantiles": [rounded(value) for value in statistics.quantiles(margins)],
            },
            "histogram": statistics.histogram([fit.margin for fit in fits if not tied(fit)], bins),
        }


def _guessing(wins: int, decided: int) -> str:
    """Against a coin, which wins half of what it decides."""
    low, high = statistics.wilson(wins, decided)
    if not decided:
        return "tied"
    return "above" if low > 0.5 else "below" if high < 0.5 else "alike"


def _comparisons(named: Sequence[tuple[str, Run]]) -> list[Report]:
    """Of encoders that were asked the same; never across questions."""
    made = [_comparison(a, b) for a, b in combinations(named, 2) if a[1].question == b[1].question]
    corrected = holm([one["p"] for one in made])
    told = [
        {**one, "p": rounded(one["p"]), "p_corrected": rounded(p), "better": _better(one, p)}
        for one, p in zip(made, corrected, strict=True)
    ]
    return [{**one, "sentence": compared(one)} for one in told]


def _comparison(one: tuple[str, Run], other: tuple[str, Run]) -> Report:
    (a, first), (b, second) = one, other
    pairs = [
        (x, y) for x, y in zip(first.fits, second.fits, strict=True) if not (tied(x) or tied(y))
    ]
    told = [
        (won(x), won(y)) for x, y in pairs
    ]  # a tie is no verdict: counted as lost, a coin would beat it
    only_a, only_b = told.count((True, False)), told.count((False, True))
    counts = {
        "both": told.count((True, True)),
        "only_a": only_a,
        "only_b": only_b,
        "neither": told.count((False, False)),
    }
    counts["tied"] = len(first.fits) - len(pairs)
    return {
        "a": a,
        "b": b,
        "question": first.question,
        **counts,
        "p": statistics.mcnemar(only_a, only_b),
    }


def _better(one: Report, p: float) -> str | None:
    if p >= LEVEL:
        return None
    return str(one["a"] if one["only_a"] > one["only_b"] else one["b"])


def _judged(dataset: Dataset) -> bool:
    return any(pair.correct is not None for pair in dataset.pairs)


def _prediction(letter: str, run: Run, dataset: Dataset) -> Report:
    """Does a small margin foretell a picture that came out wrong?"""
    known = [
        (fit.margin, pair.correct)
        for pair, fit in zip(dataset.pairs, run.fits, strict=True)
        if pair.correct is not None
    ]
    right = [correct for _, correct in known]
    found = statistics.predict([margin for margin, _ in known], right)
    told = {"encoder": letter, "judged": len(known), "correct": sum(right)}
    if found is None:
        return {**told, "spearman": None, "auc": None}
    return {
        **told,
        **{
            name: {
                "value": rounded(one.value),
                "interval": [rounded(value) for value in one.interval],
            }
            for name, one in (("spearman", found.spearman), ("auc", found.auc))
        },
    }


# --- as text
# --------------------------------------------------------------------------------------------------

_BAR = 20


def plain(report: Report) -> str:
    data = report["dataset"]
    lines = [f"{data['title']}: {data['pairs']:,} pairs", report["sentence"]]
    for question in report["questions"]:
        lines += ["", f"{question['title']}: {question['asks']}"]
        for encoder in (one for one in report["encoders"] if one["question"] == question["name"]):
            lines.append(f"  {encoder['letter']}  {encoder['title']}")
            lines += [_row(one) for one in report["scores"] if one["encoder"] == encoder["letter"]]
            lines += _histogram_rows(report, encoder, question["bins"])
        lines += [
            f"  {one['sentence']}"
            for one in report["comparisons"]
            if one["question"] == question["name"]
        ]
    if report["predictions"]:
        lines += ["", "Do margins foretell failures?"]
        lines += [f"  {one['sentence']}" for one in report["predictions"]]
    return "\n".join(
        [*lines, *(["", *(f"- {note}" for note in report["notes"])] if report["notes"] else [])]
    )


def _row(one: Report) -> str:
    low, high = (100 * value for value in one["interval"])
    margins = one["margin"]["quantiles"]
    return (
        f"     {(one['kind'] or 'all pairs')[:14]:14} {_bar(one['share'])} "
        f"{one['wins']:5} of {one['pairs']:5} {100 * one['share']:5.1f} % "
        f"[{low:.1f} to {high:.1f}], margin {margins[2]:.4g} [{margins[0]:.4g} to "
        f"{margins[-1]:.4g}]"
    )


def _bar(share: float) -> str:
    return "█" * round(_BAR * share) + "·" * (_BAR - round(_BAR * share))


def _histogram_rows(report: Report, encoder: Report, bins: Sequence[float]) -> list[str]:
    """One line of blocks: lost pairs left of the stroke, won ones right of it."""
    whole = next(
        one
        for one in report["scores"]
        if one["encoder"] == encoder["letter"] and one["kind"] is None
    )
    counts = whole["histogram"]
    most, blocks = max([*counts, 1]), " ▁▂▃▄▅▆▇█"
    drawn = "".join(blocks[-(-8 * count // most)] for count in counts)
    half = len(counts) // 2
    return [
        (
            f"     margins        {bins[0]:.3g} {drawn[:half]}|{drawn[half:]} "
            f"{bins[-1]:.3g}{ties_of(whole)}"
        )
    ]


def ties_of(score: Report) -> str:
    """Behind a histogram, which leaves them out."""
    return f", and {score['ties']:,} tied" if score["ties"] else ""


# --- every pair
# --------------------------------------------------------------------------------------------------

_COLUMNS = (
    *("encoder", "title", "question", "pair", "image", "kind", "caption", "swap", "paraphrase"),
    *("cosine", "cosine_swap", "margin", "won", "generated_correctly"),
)


def table(dataset: Dataset, runs: Sequence[Run]) -> str:
    """CSV with a line for every encoder and pair."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for k, run in enumerate(runs):
        start = (_letter(k), run.title, run.question)
        rows.writerows(
            (*start, *_cells(pair, fit)) for pair, fit in zip(dataset.pairs, run.fits, strict=True)
        )
    return out.getvalue()


def _cells(pair: Pair, fit: Fit) -> tuple[object, ...]:
    right = "" if pair.correct is None else int(pair.correct)
    numbers = (f"{value:.7f}" for value in (fit.own, fit.rival, fit.margin))
    return (
        pair.number,
        pair.image,
        pair.kind,
        pair.caption,
        pair.swap,
        pair.paraphrase,
        *numbers,
        int(won(fit)),
        right,
    )
