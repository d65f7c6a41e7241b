"""From squared differences to influence, shares, intervals and verdicts.

A share is a ratio of sums over points: what exchanging a phrase does, of what exchanging all
phrases does. Its interval is Student's, on the logarithm, for other noise at the same levels: that
a phrase does more at some noise levels than at others is no error, so points are compared within
their level only. Few seeds lean on the spread of all phrases and on one that was measured
beforehand (:data:`PRIOR_SPREAD`), so that two points cannot look sure by chance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scipy import stats

from .energies import PointEnergies

PRIOR_SPREAD = 0.5
"""Relative spread of a phrase's share over seeds at one level, as measured in docs/generator.md."""
PRIOR_POINTS = 10.0
"""As many points' weight it has."""
FLOOR_SPREAD = 0.5
"""Relative spread of what different exchanges of words without meaning do: single ones reach about
four times their mean.
"""
FLOOR_POINTS = 3.0
"""As many points' weight that has."""
LOUD = 0.5
"""A floor above this: the model does not tell words apart, and nothing is said of single ones."""
LEAST = 0.03
"""A share below this is no influence, however still the floor is: words that draw have more than
0.2 on the generator whose truth is known, words that do not less than 0.012 (docs/generator.md).
"""
MOST_IGNORED = 0.2
"""A phrase whose share may be as large is never called ignored, however much words without meaning
may do: the smallest share of a word that draws is 0.2 there.
"""
LEAST_OF_MANY = 0.18
"""The same for the sum of more than six phrases, which share the picture among them."""
USED, IGNORED, UNSURE = "used", "ignored", "cannot tell"
LEVEL = 0.95
SILENCE = 1e-12
"""Energies below this are the rounding of fp32: of numbers whose mean square is about 1."""


class ShareEstimate(NamedTuple):
    """A ratio with its 95 % interval."""

    value: float
    low: float
    high: float


class Sample(NamedTuple):
    """What a share is a ratio of, at one point."""

    over: float
    under: float
    level: int


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
    own_verdict: str | None
    """Of its own rows alone, against the same floor; None where they were not measured."""
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
    silent: bool
    """No exchange changes anything: the prompt's conditioning is not in effect, or not read."""
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
    asked = {number for point in points for number in point.phrases}
    silent = bool(asked) and sum(scale.at(point) for point in points) < SILENCE
    spread = _common_spread(scale, points, phrases)
    floor = _floor(scale, points, least(phrases))
    shares = [scale.share(points, k, spread) for k in range(phrases)]
    order = sorted(range(phrases), key=lambda k: -shares[k].value)
    parts = [
        [_part(points, kind, k, shares[k], spread) for kind in ("rows", "pooled")]
        for k in range(phrases)
    ]
    measured = tuple(
        PhraseInfluence(
            _mean([point.phrases[k] for point in points if k in point.phrases]),
            shares[k],
            UNSURE if silent and k in asked else verdict(shares[k], floor),
            order.index(k) + 1,
            rows,
            _verdict_of_part(rows, floor),
            pooled,
            tuple(_levels(scale, points, k)),
        )
        for k, (rows, pooled) in enumerate(parts)
    )
    samples = [Sample(point.all_phrases, 1.0, point.point.level) for point in points]
    together = ratio(samples, PRIOR_SPREAD)
    binding = tuple(_binding(points, k) for k in range(contrasts))
    return PromptInfluence(together, scale.phrase, silent, floor, measured, binding)


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
        share = ratio(self.samples(points, number), spread)
        high = 1.0 if number == self.phrase else min(1.0, share.high)
        return share._replace(high=high)

    def samples(self, points: Sequence[PointEnergies], number: int) -> list[Sample]:
        """A phrase's energies and the scale's, at the points where the phrase was asked."""
        return [
            Sample(point.phrases[number], self.at(point), point.point.level)
            for point in points
            if number in point.phrases
        ]


def verdict(share: ShareEstimate, floor: ShareEstimate) -> str:
    """used where the whole interval lies above what words without meaning do, ignored where it lies
    within that and is small. Where those do most of what the prompt does, nothing can be told.
    """
    if share.value == 0:
        return IGNORED
    if floor.value > LOUD:
        return UNSURE
    if share.low > floor.high:
        return USED
    if share.high < min(floor.high, MOST_IGNORED):
        return IGNORED
    return UNSURE


def _verdict_of_part(part: ShareEstimate | None, floor: ShareEstimate) -> str | None:
    return None if part is None else verdict(part, floor)


def ratio(samples: Sequence[Sample], prior: float) -> ShareEstimate:
    """sum(over) / sum(under) with its interval. ``prior``: relative spread of a point
    beforehand.
    """
    over, under = sum(sample.over for sample in samples), sum(sample.under for sample in samples)
    if over <= 0 or under <= 0:
        return ShareEstimate(0.0, 0.0, 0.0)
    levels = _by_level(samples)
    spread, freedom = _spread([levels], prior)
    weights = sum(sum(sample.over for sample in level) ** 2 / len(level) for level in levels)
    return _around(over / under, spread * math.sqrt(weights) / over, freedom)


def _around(value: float, error: float, freedom: float) -> ShareEstimate:
    factor = math.exp(min(50.0, float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error))
    return ShareEstimate(value, value / factor, value * factor)


def _by_level(samples: Sequence[Sample]) -> list[list[Sample]]:
    levels: dict[int, list[Sample]] = {}
    for sample in samples:
        levels.setdefault(sample.level, []).append(sample)
    return list(levels.values())


def _spread(groups: Sequence[Sequence[Sequence[Sample]]], prior: float) -> tuple[float, float]:
    """The relative spread of points within their levels and its degrees of freedom, leaning on the
    prior. ``groups``: samples by level, of one phrase or of several.
    """
    squares, freedom = PRIOR_POINTS * prior**2, PRIOR_POINTS
    for level in (level for group in groups for level in group):
        residuals = _residuals(level)
        squares += sum(residual**2 for residual in residuals)
        freedom += max(0, len(residuals) - 1)
    return math.sqrt(squares / freedom), freedom


def _residuals(level: Sequence[Sample]) -> list[float]:
    """How far each point of one level lies off the ratio of the sums there, relative to a mean
    point, and enlarged where it has drawn the ratio to itself (as a jackknife does).
    """
    over, under = sum(sample.over for sample in level), sum(sample.under for sample in level)
    if len(level) < 2 or over <= 0 or under <= 0:
        return []
    mean, least_left = over / len(level), 1 / len(level)
    return [
        (each.over - over / under * each.under) / mean / max(1 - each.under / under, least_left)
        for each in level
    ]


def _common_spread(scale: _Scale, points: Sequence[PointEnergies], phrases: int) -> float:
    """The relative spread that a point has in the mean of all phrases, leaning on the prior."""
    groups = [
        _by_level(scale.samples(points, number))
        for number in range(phrases)
        if number != scale.phrase
    ]
    return _spread(groups, PRIOR_SPREAD)[0]


def least(phrases: int) -> float:
    """The least share that counts as an influence, where a prompt has so many phrases."""
    return min(LEAST, LEAST_OF_MANY / max(1, phrases))


def _floor(scale: _Scale, points: Sequence[PointEnergies], lowest: float) -> ShareEstimate:
    """The share of an exchange of fillers; its interval holds single exchanges, not their mean."""
    samples = [
        Sample(value, scale.at(point), point.point.level)
        for point in points
        for value in point.floor.values()
    ]
    over, under = sum(sample.over for sample in samples), sum(sample.under for sample in samples)
    if over <= 0 or under <= 0:
        return ShareEstimate(0.0, 0.0, lowest)
    spread = math.sqrt(1 + 1 / len(samples)) * FLOOR_SPREAD
    single = _around(over / under, spread, FLOOR_POINTS + len(samples) - 1)
    return ShareEstimate(single.value, single.low, max(lowest, min(1.0, single.high)))


def _part(
    points: Sequence[PointEnergies], kind: str, number: int, share: ShareEstimate, spread: float
) -> ShareEstimate | None:
    """What one way does, as a share of the prompt: its part of the phrase's influence at the points
    where both were asked, times the phrase's share.
    """
    with_part = [point for point in points if number in getattr(point, kind)]
    if not with_part:
        return None
    samples = [
        Sample(getattr(point, kind)[number], point.phrases[number], point.point.level)
        for point in with_part
    ]
    part = ratio(samples, spread)
    return ShareEstimate(*(each * share.value for each in part))


def _levels(scale: _Scale, points: Sequence[PointEnergies], number: int) -> list[LevelShare]:
    out = []
    for level in sorted({point.point.level for point in points if number in point.phrases}):
        here = [each for each in points if each.point.level == level]
        samples = scale.samples(here, number)
        over, under = [sample.over for sample in samples], sum(sample.under for sample in samples)
        share = sum(over) / under if under > 0 else 0.0
        out.append(LevelShare(level, _mean(over), share))
    return out


def _binding(points: Sequence[PointEnergies], contrast: int) -> BindingShare:
    """Binding as a share of what the four sentences differ in; and so of the same amount, what
    binding the image model shows for encodings without any: a share of its own would be large where
    nothing else differs either.
    """
    with_contrast = [point for point in points if contrast in point.binding]

    def share(kind: str) -> ShareEstimate:
        samples = [
            Sample(
                getattr(point, kind)[contrast][2], sum(point.binding[contrast]), point.point.level
            )
            for point in with_contrast
        ]
        bounded = ratio(samples, PRIOR_SPREAD)
        return ShareEstimate(bounded.value, bounded.low, min(1.0, bounded.high))

    return BindingShare(share("binding"), share("blind"))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
