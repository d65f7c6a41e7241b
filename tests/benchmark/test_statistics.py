"""Intervals and tests against scipy and against figures worked out by hand."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import random

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.benchmark import statistics as ours

stats = pytest.importorskip("scipy.stats")


@pytest.mark.parametrize(
    ("wins", "count"), [(0, 1), (1, 1), (0, 20), (13, 20), (200, 200), (7_311, 10_000)]
)
def test_wilson_is_scipys(wins: int, count: int) -> None:
    theirs = stats.binomtest(wins, count).proportion_ci(method="wilson")
    assert ours.wilson(wins, count) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_of_no_pairs_nothing_is_known() -> None:
    assert ours.wilson(0, 0) == (0, 1)


@pytest.mark.parametrize(
    ("a", "b"), [(0, 0), (1, 0), (5, 5), (12, 3), (3, 12), (40, 41), (900, 1_100), (4_000, 6_000)]
)
def test_mcnemar_is_the_exact_binomial_test(a: int, b: int) -> None:
    theirs = stats.binomtest(a, a + b).pvalue if a + b else 1.0
    assert ours.mcnemar(a, b) == pytest.approx(theirs, rel=1e-6)


def sample(count: int, seed: int = 0, ties: bool = False) -> tuple[list[float], list[bool]]:
    dice = random.Random(seed)
    margins = [round(dice.gauss(0, 1), 1 if ties else 9) for _ in range(count)]
    return margins, [dice.random() < 0.5 + 0.2 * max(-2, min(2, margin)) for margin in margins]


@pytest.mark.parametrize("ties", [False, True])
def test_correlation_and_auc_are_scipys(ties: bool) -> None:
    margins, right = sample(150, ties=ties)
    prediction = ours.predict(margins, right)
    assert prediction is not None
    assert prediction.spearman.value == pytest.approx(
        stats.spearmanr(margins, right).statistic, abs=1e-12
    )
    yes, no = (
        [m for m, r in zip(margins, right, strict=True) if r is wanted] for wanted in (True, False)
    )
    assert prediction.auc.value == pytest.approx(
        stats.mannwhitneyu(yes, no).statistic / (len(yes) * len(no)), abs=1e-12
    )
    for item in prediction:
        assert item.interval[0] < item.value < item.interval[1]
    assert prediction.auc.interval[1] - prediction.auc.interval[0] == pytest.approx(
        0.17, abs=0.04
    ), "about 3.9 standard errors of 150"


def test_bootstrap_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """A margin that tells nothing: its AUC is 0.5."""
    held = 0
    for seed in range(60):
        dice = random.Random(seed)
        prediction = ours.predict(
            [dice.random() for _ in range(60)], [dice.random() < 0.6 for _ in range(60)], seed
        )
        held += (
            prediction is not None
            and prediction.auc.interval[0] <= 0.5 <= prediction.auc.interval[1]
        )
    assert 51 <= held <= 60


def test_one_outcome_alone_tells_nothing() -> None:
    assert ours.predict([0.1, 0.2], [True, True]) is None
    assert ours.predict([0.1, 0.2], [False, False]) is None
    assert ours.predict([], []) is None


def test_few_failures_are_no_reason_to_stumble() -> None:
    prediction = ours.predict([0.1, 0.2, 0.3, 0.4], [False, True, True, True])
    assert (
        prediction is not None and prediction.auc.value == 1 and prediction.auc.interval == (1, 1)
    )


def test_bins_lie_evenly_around_zero_and_hold_everything() -> None:
    margins = [-0.013, -0.004, 0.0021, 0.0022, 0.0101]
    limits = ours.edges(margins)
    assert (
        limits[0] == -0.02
        and limits[-1] == 0.02
        and limits[ours.BINS // 2] == 0
        and len(limits) == ours.BINS + 1
    )
    counts = ours.histogram(margins, limits)
    assert sum(counts) == len(margins) and sum(counts[: ours.BINS // 2]) == 2
    assert counts[11] == 2, "0.002 to 0.004"
    assert sum(ours.histogram([limits[0], limits[-1]], limits)) == 2, (
        "the outermost edges belong to it"
    )


@pytest.mark.parametrize("margins", [[], [0.0], [1e-12], [1.0, -1.0], [2.0]])
def test_bins_of_awkward_margins(margins: list[float]) -> None:
    limits = ours.edges(margins)
    assert limits == sorted(limits) and limits[0] < 0 < limits[-1]
    assert sum(ours.histogram(margins, limits)) == len(margins)


def test_quantiles() -> None:
    assert ours.quantiles([float(k) for k in range(101)]) == pytest.approx([5, 25, 50, 75, 95])
