"""The plan of calls: which conditionings are asked at which noise level with which seed, so that
their number stays within a budget that is told beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..errors import UnknownName
from .levels import spread

BUDGETS = {"quick": 14, "default": 56, "thorough": 224}
"""Calls of the model with one conditioning, for six phrases: 56 are a picture of 28 steps with
guidance.
"""
PHRASES = 6
MOST_PHRASES = 12
"""Phrases measured of one prompt; more are named and left out."""
EXTRA_STEPS = {"quick": 2, "default": 2, "thorough": 10}
"""Steps of a run beside the levels that are measured."""
BASE, WHOLE, NEGATIVE = "positive", "whole", "negative"
"""The prompt's own conditioning, that with every phrase as filler, and the negative. The host hands
a ControlNet of *positive* on to the others by that name.
"""
_GRIDS = (
    *((1, 1), (2, 1), (3, 1), (4, 1), (3, 2), (4, 2), (3, 3), (4, 3), (4, 4), (4, 5)),
    *((4, 6), (4, 8), (4, 12), (4, 16)),
)
"""Levels and seeds, from few points to many."""


PHRASE, FILLER, ROWS, POOLED, CELL, BLIND = "phrase", "filler", "rows", "pooled", "cell", "blind"
"""Kinds of the conditionings beside, with a number behind: of the phrase or of the contrast."""


def phrase(number: int) -> str:
    """The prompt with one phrase as filler."""
    return f"{PHRASE} {number}"


def other_filler(number: int) -> str:
    """The same exchange with another filler word."""
    return f"{FILLER} {number}"


def own_rows(number: int) -> str:
    """The prompt's own, with the phrase's rows of :func:`phrase`."""
    return f"{ROWS} {number}"


def pooled(number: int) -> str:
    """The prompt's own, with the pooled vector of :func:`phrase`."""
    return f"{POOLED} {number}"


def cell(contrast: int, number: int) -> str:
    """One of the four sentences of a contrast; the first is the prompt itself."""
    return BASE if number == 0 else f"{CELL} {contrast} {number}"


def blind_cell(contrast: int, number: int) -> str:
    """The same sentence, encoded by what binds nothing."""
    return f"{BLIND} {contrast} {number}"


def numbers(names: Iterable[str], kind: str) -> list[int]:
    """The phrases or contrasts whose conditionings of one kind are among these, each once."""
    parts = (name.split() for name in names)
    return list(dict.fromkeys(int(words[1]) for words in parts if words[0] == kind))


@dataclass(frozen=True)
class Task:
    """What is to be measured of a prompt."""

    phrases: int
    silent: frozenset[int] = frozenset()
    """Phrases whose exchange changes nothing that the model is given: nothing need be asked."""
    rows: frozenset[int] = frozenset()
    """Phrases whose own rows are known."""
    pooled: frozenset[int] = frozenset()
    """Phrases that change the pooled vector."""
    contrasts: int = 0
    guided: bool = False
    run: bool = True
    """Along a run; else on a finished picture, which needs no steps."""

    @property
    def asked(self) -> list[int]:
        """Phrases that the model is asked about."""
        return [number for number in range(self.phrases) if number not in self.silent]


@dataclass(frozen=True)
class Point:
    """One noise level with one seed, and the conditionings that are asked there."""

    level: int
    seed: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class CallPlan:
    """All that is asked of the model."""

    budget: str
    levels: tuple[float, ...]
    seeds: int
    extra_steps: int
    points: tuple[Point, ...]
    calls: int
    """Calls of the model with one conditioning."""

    @property
    def names(self) -> set[str]:
        """Every conditioning that is asked at some point."""
        return {name for point in self.points for name in point.names}


def limit(budget: str, phrases: int) -> int:
    """Calls that a budget allows; it grows with the phrases beyond six. Raises
    :class:`UnknownName`.
    """
    if budget not in BUDGETS:
        raise UnknownName("budget", budget, list(BUDGETS))
    return math.ceil(BUDGETS[budget] * max(1.0, phrases / PHRASES))


def plan(task: Task, budget: str) -> CallPlan:
    """The largest plan within the budget. Own rows are asked at half of the points, the pooled
    vector at a quarter, and at all of them where calls are left. Raises :class:`UnknownName`.
    """
    most = limit(budget, task.phrases)
    plans = [_planned(task, budget, grid, share) for grid in _GRIDS for share in _SHARES]
    within = [each for each in plans if each.calls <= most]
    if not within:
        return min(plans, key=lambda each: each.calls)
    return max(within, key=lambda each: (*_worth(each), -each.calls))


_SHARES = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.25), (0.5, 0.5), (1.0, 1.0))
"""Parts of the points at which own rows and the pooled vector are asked, too."""


def _worth(plan: CallPlan) -> tuple[int, float, int, float]:
    """Four points come first, then own rows at two of them and the pooled vector at one, then more
    points, then all of them.
    """
    rows, with_pooled = (
        sum(bool(numbers(point.names, kind)) for point in plan.points) for kind in (ROWS, POOLED)
    )
    count = len(plan.points)
    beside = min(rows, 2) + min(with_pooled, 1)
    return min(count, 4), beside, count, rows + with_pooled


def _planned(
    task: Task, budget: str, grid: tuple[int, int], share: tuple[float, float]
) -> CallPlan:
    levels, seeds = grid
    count = levels * seeds
    with_rows = _picked(count, share[0])
    with_pooled = _picked(count, share[1])
    points = tuple(
        Point(k % levels, k // levels, tuple(_names(task, k, k in with_rows, k in with_pooled)))
        for k in range(count)
    )
    extra = EXTRA_STEPS[budget] if task.run else 0
    nodes = count + seeds * extra
    calls = sum(len(point.names) for point in points) + seeds * extra + nodes * task.guided
    return CallPlan(budget, spread(levels), seeds, extra, points, calls)


def _picked(count: int, share: float) -> set[int]:
    """So large a part of the points, evenly among them."""
    picks = math.ceil(share * count)
    return {int((k + 0.5) * count / picks) for k in range(picks)}


def _names(task: Task, number: int, rows: bool, with_pooled: bool) -> Iterator[str]:
    """What is asked at one point. Another filler is tried for one phrase at each point, in turn."""
    phrases = task.asked
    yield BASE
    if phrases:
        yield WHOLE
        yield other_filler(phrases[number % len(phrases)])
    yield from (phrase(each) for each in phrases)
    if rows:
        yield from (own_rows(each) for each in phrases if each in task.rows)
    if with_pooled:
        yield from (pooled(each) for each in phrases if each in task.pooled)
    for contrast in range(task.contrasts):
        yield from (cell(contrast, k) for k in (1, 2, 3))
        yield from (blind_cell(contrast, k) for k in range(4))
