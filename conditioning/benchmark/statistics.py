"""Intervals and tests of a benchmark: Wilson, exact McNemar, rank correlation and AUC with
bootstrap intervals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch

Z = 1.959963984540054  # of 95 %
RESAMPLES = 1000
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
BINS = 20
"""Of a histogram; even, so that zero is an edge."""


def wilson(wins: int, count: int) -> tuple[float, float]:
    """95 % interval of a share; it stays within 0 and 1 and is right for few pairs, too."""
    if not count:
        return 0.0, 1.0
    share, z2 = wins / count, Z * Z
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = Z * math.sqrt(share * (1 - share) / count + z2 / (4 * count * count)) / (1 + z2 / count)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    if wins == 0:
        low = 0.0
    if wins == count:
        high = 1.0
    return low, high


def mcnemar(only_a: int, only_b: int) -> float:
    """Exact two-sided p: could pairs that one encoder wins and the other does not fall so unevenly
    by chance?
    """
    count, fewer = only_a + only_b, min(only_a, only_b)
    term = total = 1
    for k in range(fewer):
        term = term * (count - k) // (k + 1)
        total += term
    return min(1.0, 2 * total / (1 << count))


def quantiles(values: Sequence[float]) -> list[float]:
    """The ``QUANTILES`` of the values."""
    shares = torch.tensor(QUANTILES, dtype=torch.float64)
    out: list[float] = torch.quantile(torch.tensor(values, dtype=torch.float64), shares).tolist()
    return out


def edges(values: Sequence[float]) -> list[float]:
    """Of ``BINS`` equal bins around zero that hold all of these margins; their limit is a round
    number.
    """
    most = max((abs(value) for value in values), default=0.0) or 1e-6
    step = 10.0 ** math.floor(math.log10(most))
    limit = next(step * k for k in (1, 2, 3, 4, 5, 6, 8, 10) if step * k >= most * (1 - 1e-12))
    return [limit * (2 * k - BINS) / BINS for k in range(BINS + 1)]


def histogram(values: Sequence[float], limits: Sequence[float]) -> list[int]:
    """How many lie in each bin; a value on an edge counts to the right, the last bin has both its
    edges.
    """
    places = torch.bucketize(
        torch.tensor(values, dtype=torch.float64),
        torch.tensor(limits[1:-1], dtype=torch.float64),
        right=True,
    )
    counts: list[int] = torch.bincount(places, minlength=len(limits) - 1).tolist()
    return counts


# --- does the margin tell which pictures come out right?
# --------------------------------------------------------------------------------------------------


class Estimate(NamedTuple):
    """A statistic with its bootstrap interval."""

    value: float
    interval: tuple[float, float]


class Prediction(NamedTuple):
    """How well the margin predicts which pictures come out right."""

    spearman: Estimate
    """Rank correlation of the margin with having come out right."""
    auc: Estimate
    """How often a picture that came out right has the larger margin than one that did not; 0.5
    tells nothing.
    """


def predict(margins: Sequence[float], correct: Sequence[bool], seed: int = 0) -> Prediction | None:
    """None where only one of the two classes is there. Resamples of one class alone are
    left out.
    """
    values = torch.tensor(margins, dtype=torch.float64)
    right = torch.tensor(correct, dtype=torch.bool)
    if not 0 < int(right.sum()) < len(right):
        return None
    generator = torch.Generator().manual_seed(seed)
    drawn = []
    for _ in range(RESAMPLES):
        picks = torch.randint(len(values), (len(values),), generator=generator)
        if 0 < int(right[picks].sum()) < len(right):
            drawn.append(_both(values[picks], right[picks]))
    low, high = torch.quantile(
        torch.tensor(drawn, dtype=torch.float64),
        torch.tensor([0.025, 0.975], dtype=torch.float64),
        dim=0,
    ).tolist()
    spearman, auc = _both(values, right)
    return Prediction(Estimate(spearman, (low[0], high[0])), Estimate(auc, (low[1], high[1])))


def _both(values: torch.Tensor, right: torch.Tensor) -> tuple[float, float]:
    """Spearman's correlation and the AUC from one ranking."""
    ranks, is_right = _ranks(values), right.double()
    positives = float(is_right.sum())
    wins = float(ranks[right].sum()) - positives * (positives + 1) / 2
    auc = wins / (positives * (len(values) - positives))
    # a yes-or-no column is its own ranking, up to scale
    return _correlation(ranks, is_right), auc


def _ranks(values: torch.Tensor) -> torch.Tensor:
    """From 1; equal values share the mean of their ranks."""
    _, group, sizes = torch.unique(values, return_inverse=True, return_counts=True)
    ends = sizes.cumsum(0).double()
    return (ends - (sizes.double() - 1) / 2)[group]


def _correlation(first: torch.Tensor, second: torch.Tensor) -> float:
    a, b = first - first.mean(), second - second.mean()
    length = float((a.square().sum() * b.square().sum()).sqrt())
    if not length:
        return 0.0
    return float((a * b).sum()) / length
