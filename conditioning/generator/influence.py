"""From squared differences to influence, shares, intervals and verdicts.

A share is a ratio of sums over points: what exchanging a phrase does, of what exchanging all
phrases does. Its interval is Student's, on the logarithm, from the spread of the points about the
ratio (the estimator of a ratio's variance); few points lean on the spread of all phrases and on
one that was measured beforehand (:data:`PRIOR_SPREAD`), so that two points cannot look sure by
chance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scipy import stats

from .energies import PointEnergies

PRIOR_SPREAD = 0.8
"""Relative spread of a phrase's share over points, as measured in docs/generator.md."""
PRIOR_POINTS = 3.0
"""As many points' weight it has."""
FLOOR_SPREAD = 0.5
"""Relative spread of what different exchanges of words without meaning do: single ones reach about
four times their mean.
"""
LEAST = 0.03
"""A share below this is no influence, however still the floor is: words that draw have more than
0.2 on the generator whose truth is known, words that do not less than 0.012 (docs/generator.md).
"""
LEAST_OF_MANY = 0.18
"""The same for the sum of more than six phrases, which share the picture among them."""
USED, IGNORED, UNSURE = "used", "ignored", "cannot tell"
LEVEL = 0.95


class ShareEstimate(NamedTuple):
    """A ratio with its 95 % interval."""

    value: float
    low: float
    high: float


class LevelShare(NamedTuple):
    """One phrase at one noise level, mean over seeds."""

    level: int
    influence: float
    share: float


@dataclass(frozen=True)
class PhraseInfluence:
    """All that was measured of one phrase."""

    influence: float
    share: ShareEstimate
    verdict: str
    rank: int
    own_rows: ShareEstimate | None
    pooled: ShareEstimate | None
    levels: tuple[LevelShare, ...]

    @property
    def leak(self) -> float | None:
        """The part of its influence that does not go through its own rows; None without any."""
        if self.own_rows is None or self.share.value <= 0:
            return None
        return 1 - self.own_rows.value / self.share.value


@dataclass(frozen=True)
class BindingShare:
    """Binding of one contrast at eps, and of the same cells encoded by what binds nothing."""

    share: ShareEstimate
    blind: ShareEstimate


@dataclass(frozen=True)
class PromptInfluence:
    """All phrases of a prompt, and the scale that they are measured on."""

    all_phrases: ShareEstimate
    """|eps(prompt) - eps(all phrases as filler)|^2, mean over points."""
    strongest: int | None
    """The phrase that all shares are parts of, where its exchange alone does more than that of all
    phrases at once; None: shares are parts of the whole.
    """
    floor: ShareEstimate
    """Share of an exchange of one filler for another; 95 % of such exchanges lie in its
    interval.
    """
    phrases: tuple[PhraseInfluence, ...]
    binding: tuple[BindingShare, ...]


def prompt_influence(
    points: Sequence[PointEnergies], phrases: int, contrasts: int = 0
) -> PromptInfluence:
    """All estimates of a prompt. A phrase that was not asked at any point has influence 0: its
    exchange changed nothing that the model is given.
    """
    scale = _Scale.of(points, phrases)
    spread = _common_spread(scale, points, phrases)
    floor = _floor(scale, points, least(phrases))
    shares = [scale.share(points, k, spread) for k in range(phrases)]
    order = sorted(range(phrases), key=lambda k: -shares[k].value)
    measured = tuple(
        PhraseInfluence(
            _mean([point.phrases[k] for point in points if k in point.phrases]),
            shares[k],
            verdict(shares[k], floor),
            order.index(k) + 1,
            _part(points, "rows", k, shares[k], spread),
            _part(points, "pooled", k, shares[k], spread),
            tuple(_levels(scale, points, k)),
        )
        for k in range(phrases)
    )
    ones = [1.0] * len(points)
    together = ratio([point.all_phrases for point in points], ones, PRIOR_SPREAD)
    binding = tuple(_binding(points, k) for k in range(contrasts))
    return PromptInfluence(together, scale.phrase, floor, measured, binding)


@dataclass(frozen=True)
class _Scale:
    """What shares are parts of: the exchange that does most, so that no share is above 1."""

    phrase: int | None

    @classmethod
    def of(cls, points: Sequence[PointEnergies], phrases: int) -> _Scale:
        together = sum(point.all_phrases for point in points)
        sums = {k: sum(point.phrases.get(k, 0.0) for point in points) for k in range(phrases)}
        strongest = max(sums, key=lambda k: sums[k], default=None)
        if strongest is None or sums[strongest] <= together:
            return cls(None)
        return cls(strongest)

    def at(self, point: PointEnergies) -> float:
        """Its energy at one point."""
        return point.all_phrases if self.phrase is None else point.phrases[self.phrase]

    def share(self, points: Sequence[PointEnergies], number: int, spread: float) -> ShareEstimate:
        """A phrase's share; that of the scale itself is 1."""
        share = ratio(*self.pairs(points, number), spread)
        return share._replace(high=1.0) if number == self.phrase else share

    def pairs(
        self, points: Sequence[PointEnergies], number: int
    ) -> tuple[list[float], list[float]]:
        """A phrase's energies and the scale's, at the points where the phrase was asked."""
        with_phrase = [point for point in points if number in point.phrases]
        energies = [point.phrases[number] for point in with_phrase]
        return energies, [self.at(point) for point in with_phrase]


def verdict(share: ShareEstimate, floor: ShareEstimate) -> str:
    """used where the whole interval lies above what words without meaning do, ignored where it lies
    within that.
    """
    if share.low > floor.high:
        return USED
    if share.high < floor.high or share.value == 0:
        return IGNORED
    return UNSURE


def ratio(over: Sequence[float], under: Sequence[float], prior: float) -> ShareEstimate:
    """sum(over) / sum(under) with its interval. ``prior``: relative spread of a point
    beforehand.
    """
    total = sum(under)
    if total <= 0 or sum(over) <= 0:
        return ShareEstimate(0.0, 0.0, 0.0)
    value = sum(over) / total
    squares = sum(residual**2 for residual in _residuals(over, under))
    freedom = PRIOR_POINTS + len(over) - 1
    spread = math.sqrt((PRIOR_POINTS * prior**2 + squares) / freedom)
    return _around(value, spread / math.sqrt(len(over)), freedom)


def _around(value: float, error: float, freedom: float) -> ShareEstimate:
    factor = math.exp(min(50.0, float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error))
    return ShareEstimate(value, value / factor, value * factor)


def _residuals(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """How far each point lies off the ratio of the sums, relative to a mean point, and enlarged
    where it has drawn the ratio to itself (as a jackknife does): noise levels weigh very unequally.
    """
    total, mean = sum(under), sum(over) / len(over)
    if len(over) < 2:
        return [0.0]
    value = sum(over) / total
    return [
        (a - value * b) / mean / max(1 - b / total, 1 / len(over))
        for a, b in zip(over, under, strict=True)
    ]


def _common_spread(scale: _Scale, points: Sequence[PointEnergies], phrases: int) -> float:
    """The relative spread that a point has in the mean of all phrases, leaning on the prior."""
    squares, freedom = PRIOR_POINTS * PRIOR_SPREAD**2, PRIOR_POINTS
    for number in range(phrases):
        over, under = scale.pairs(points, number)
        if number == scale.phrase:
            continue
        if len(over) > 1 and sum(over) > 0 and sum(under) > 0:
            squares += sum(residual**2 for residual in _residuals(over, under))
            freedom += len(over) - 1
    return math.sqrt(squares / freedom)


def least(phrases: int) -> float:
    """The least share that counts as an influence, where a prompt has so many phrases."""
    return min(LEAST, LEAST_OF_MANY / max(1, phrases))


def _floor(scale: _Scale, points: Sequence[PointEnergies], lowest: float) -> ShareEstimate:
    """The share of an exchange of fillers; its interval holds single exchanges, not their mean."""
    pairs = [(value, scale.at(point)) for point in points for value in point.floor.values()]
    over, under = [a for a, _ in pairs], [b for _, b in pairs]
    if not pairs or sum(over) <= 0 or sum(under) <= 0:
        return ShareEstimate(0.0, 0.0, lowest)
    mean = ratio(over, under, FLOOR_SPREAD)
    spread = math.sqrt(1 + 1 / len(pairs)) * FLOOR_SPREAD
    single = _around(mean.value, spread, PRIOR_POINTS + len(pairs) - 1)
    return ShareEstimate(mean.value, single.low, max(lowest, single.high))


def _part(
    points: Sequence[PointEnergies], kind: str, number: int, share: ShareEstimate, spread: float
) -> ShareEstimate | None:
    """What one way does, as a share of the prompt: its part of the phrase's influence at the points
    where both were asked, times the phrase's share.
    """
    with_part = [point for point in points if number in getattr(point, kind)]
    if not with_part:
        return None
    over = [getattr(point, kind)[number] for point in with_part]
    under = [point.phrases[number] for point in with_part]
    part = ratio(over, under, spread)
    return ShareEstimate(*(each * share.value for each in part))


def _levels(scale: _Scale, points: Sequence[PointEnergies], number: int) -> list[LevelShare]:
    out = []
    for level in sorted({point.point.level for point in points if number in point.phrases}):
        here = [each for each in points if each.point.level == level]
        over, under = scale.pairs(here, number)
        share = sum(over) / sum(under) if sum(under) > 0 else 0.0
        out.append(LevelShare(level, _mean(over), share))
    return out


def _binding(points: Sequence[PointEnergies], contrast: int) -> BindingShare:
    """Binding as a share of what the four sentences differ in; and so of the same amount, what
    binding the image model shows for encodings without any: a share of its own would be large where
    nothing else differs either.
    """
    with_contrast = [point for point in points if contrast in point.binding]
    totals = [sum(point.binding[contrast]) for point in with_contrast]

    def share(cells: Sequence[tuple[float, float, float]]) -> ShareEstimate:
        bounded = ratio([energies[2] for energies in cells], totals, PRIOR_SPREAD)
        return ShareEstimate(bounded.value, bounded.low, min(1.0, bounded.high))

    return BindingShare(
        share([point.binding[contrast] for point in with_contrast]),
        share([point.blind[contrast] for point in with_contrast]),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
