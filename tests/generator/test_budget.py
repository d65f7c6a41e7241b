"""The plan of calls: within the budget, told beforehand, and nothing asked in vain."""

from __future__ import annotations

import itertools

import pytest
from encoderscope.conditioning.errors import UnknownName
from encoderscope.conditioning.generator import budget
from encoderscope.conditioning.generator.budget import BUDGETS, Task, plan


def task(phrases: int, **options: object) -> Task:
    some = frozenset(range(phrases))
    return Task(phrases, **{"rows": some, "pooled": some, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", BUDGETS)
@pytest.mark.parametrize("guided", [False, True])
@pytest.mark.parametrize("run", [False, True])
def test_six_phrases_cost_no_more_than_the_budget(name: str, guided: bool, run: bool) -> None:
    planned = plan(task(6, guided=guided, run=run), name)
    assert planned.calls <= BUDGETS[name]
    asked = sum(len(point.names) for point in planned.points)
    steps = planned.seeds * planned.extra_steps
    assert planned.calls == asked + steps + guided * (len(planned.points) + steps)


@pytest.mark.parametrize("phrases", [1, 3, 6])
def test_every_phrase_the_whole_and_a_floor_are_asked_at_every_point(phrases: int) -> None:
    for point in plan(task(phrases), "default").points:
        names = set(point.names)
        assert {budget.BASE, budget.WHOLE} <= names
        assert {budget.phrase(k) for k in range(phrases)} <= names
        assert sum(name.startswith("filler") for name in names) == 1
        assert len(point.names) == len(names)


def test_more_budget_gives_more_points() -> None:
    counts = [len(plan(task(6), name).points) for name in ("quick", "default", "thorough")]
    assert counts == sorted(counts) and len(set(counts)) == 3


def test_default_measures_four_points_and_tells_own_rows_and_pooled() -> None:
    planned = plan(task(6, pooled=frozenset()), "default")
    names = [name for point in planned.points for name in point.names]
    assert len(planned.points) >= 4 and budget.own_rows(0) in names
    names = [name for point in plan(task(4), "default").points for name in point.names]
    assert budget.own_rows(0) in names and budget.pooled(0) in names


def test_a_phrase_that_changes_nothing_is_not_asked() -> None:
    planned = plan(task(3, silent=frozenset({1})), "default")
    names = {name for point in planned.points for name in point.names}
    assert budget.phrase(0) in names and budget.phrase(2) in names
    assert not {budget.phrase(1), budget.other_filler(1), budget.own_rows(1)} & names


def test_where_nothing_changes_the_prompt_alone_is_asked() -> None:
    planned = plan(task(2, silent=frozenset({0, 1})), "quick")
    assert {name for point in planned.points for name in point.names} == {budget.BASE}


def test_floor_goes_round_the_phrases() -> None:
    planned = plan(task(3), "default")
    fillers = [name for point in planned.points for name in point.names if "filler" in name]
    assert set(fillers) == {budget.other_filler(k) for k in range(3)}


def test_points_are_a_grid_of_levels_and_seeds() -> None:
    planned = plan(task(2), "default")
    places = [(point.level, point.seed) for point in planned.points]
    grid = itertools.product(range(len(planned.levels)), range(planned.seeds))
    assert sorted(places) == sorted(grid)


def test_contrasts_are_asked_at_every_point_within_the_budget() -> None:
    planned = plan(task(4, contrasts=1), "default")
    assert planned.calls <= BUDGETS["default"] and len(planned.points) >= 2
    for point in planned.points:
        assert sum(name.startswith(("cell", "blind")) for name in point.names) == 7


def test_beyond_six_phrases_the_budget_grows_with_them() -> None:
    assert budget.limit("default", 12) == 2 * BUDGETS["default"]
    assert plan(task(12), "default").calls <= 2 * BUDGETS["default"]


def test_an_unknown_budget_is_refused() -> None:
    with pytest.raises(UnknownName, match="thorough"):
        plan(task(1), "lavish")
