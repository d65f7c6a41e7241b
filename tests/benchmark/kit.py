"""A report as three encoders of known strength give it, without any encoder."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from encoderscope.conditioning.benchmark import drawn_sets, scoring
from encoderscope.conditioning.benchmark.dataset import Dataset
from encoderscope.conditioning.benchmark.saved_results import PairCosines
from encoderscope.conditioning.reports.benchmark.report import benchmark_report

STRONG = {"colour": 0.9, "size": 0.75, "relation": 0.5}
WEAK = {"colour": 0.6, "size": 0.5, "relation": 0.5}


def dataset(judged: bool = False, count: int = 200) -> Dataset:
    """``judged``: pictures of colour mostly came out right, others not."""
    data = drawn_sets.drawn(f"drawn-{count}")
    dice = random.Random("judged")
    right = [dice.random() < (0.8 if pair.kind == "colour" else 0.3) for pair in data.pairs]
    pairs = tuple(
        replace(pair, correct=output) for pair, output in zip(data.pairs, right, strict=True)
    )
    return replace(data, pairs=pairs) if judged else data


def run(
    data: Dataset,
    title: str,
    wins: Mapping[str, float],
    question: str = scoring.IMAGE,
    spread: float = 0.02,
    ties: float = 0.0,
) -> scoring.EncoderResult:
    """Wins this share of each kind; so much of all ties."""
    dice = random.Random(title)
    fits = []
    for pair in data.pairs:
        margin = (
            0.0
            if dice.random() < ties
            else abs(dice.gauss(0, spread)) * (1 if dice.random() < wins[pair.kind] else -1)
        )
        fits.append(PairCosines(0.3 + margin, 0.3))
    return scoring.EncoderResult(
        title, question, f"print-of-{title}".replace(" ", "-"), tuple(fits)
    )


def runs(data: Dataset) -> list[scoring.EncoderResult]:
    return [
        run(data, "toy that binds colours", STRONG),
        run(data, "toy that guesses", WEAK, spread=0.012),
        run(data, "toy of text", STRONG, scoring.TEXT, spread=0.1),
        run(data, "toy without order", WEAK, scoring.TEXT, ties=1.0),
    ]


def report() -> dict[str, Any]:
    data = dataset(judged=True)
    return benchmark_report(data, runs(data), "ComfyUI 0.3.75")
