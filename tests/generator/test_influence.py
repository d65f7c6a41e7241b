"""Influence, shares, intervals and verdicts on made-up image models whose truth is known."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.generator import budget
from encoderscope.conditioning.generator.budget import CallPlan, Point, Task, plan
from encoderscope.conditioning.generator.energies import (
    PointEnergies,
    contrast_energies,
    point_energies,
    require_finite,
)
from encoderscope.conditioning.generator.influence import (
    IGNORED,
    LEAST,
    UNSURE,
    USED,
    Sample,
    ShareEstimate,
    prompt_influence,
    ratio,
    verdict,
)

PHRASES = 3
EFFECTS = (2.0, 0.5, 0.0)
"""How far each phrase moves eps of the made-up model: red, car, and one that it never reads."""
SHAPE = (1, 4, 8, 8)


def model(effects: tuple[float, ...] = EFFECTS, filler: float = 0.0) -> Callable[..., torch.Tensor]:
    """A denoiser that adds one fixed direction for each phrase it was given. ``filler``: how far
    the second filler lies from the first.
    """
    generator = torch.Generator().manual_seed(1)
    directions = [torch.randn(SHAPE, generator=generator) for _ in effects]

    def denoised(name: str, point: Point) -> torch.Tensor:
        noise = torch.randn(SHAPE, generator=torch.Generator().manual_seed(point.seed))
        kind, _, number = name.partition(" ")
        weights = list(effects)
        if kind == "whole":
            weights = [0.0] * len(effects)
        elif kind in ("phrase", "filler"):
            weights[int(number)] = filler * (kind == "filler")
        elif kind in ("rows", "pooled"):
            weights[int(number)] *= 0.5
        parts = (weight * way for weight, way in zip(weights, directions, strict=True))
        # what a phrase does differs from point to point, as it does in real models
        return noise + sum(parts, torch.zeros(SHAPE)) * (1 + 0.1 * point.level + 0.05 * point.seed)

    return denoised


def asked(planned: CallPlan, denoised: Callable[..., torch.Tensor], factor: float = 1.0) -> list:
    return [
        point_energies(point, {name: denoised(name, point) for name in point.names}, factor)
        for point in planned.points
    ]


def measured(denoised: Callable[..., torch.Tensor], name: str = "default"):
    every = frozenset(range(PHRASES))
    planned = plan(Task(PHRASES, rows=every, pooled=every), name)
    return prompt_influence(asked(planned, denoised), PHRASES)


@pytest.mark.parametrize("name", ["quick", "default", "thorough"])
def test_shares_are_those_of_the_made_up_model(name: str) -> None:
    result = measured(model(), name)
    # independent directions of equal length: energies add up, so shares are effects squared
    total = sum(effect**2 for effect in EFFECTS)
    for phrase, effect in zip(result.phrases, EFFECTS, strict=True):
        assert phrase.share.value == pytest.approx(effect**2 / total, rel=0.15, abs=1e-12)
        assert phrase.share.low <= phrase.share.value <= phrase.share.high
    assert [phrase.rank for phrase in result.phrases] == [1, 2, 3]
    verdicts = [phrase.verdict for phrase in result.phrases]
    # a single point cannot tell a share of 6 % from what words without meaning may do
    assert verdicts == [USED, UNSURE if name == "quick" else USED, IGNORED]


def test_half_of_the_way_through_own_rows_is_a_quarter_of_the_influence() -> None:
    first = measured(model()).phrases[0]
    assert first.own_rows is not None and first.pooled is not None and first.leak is not None
    assert first.own_rows.value == pytest.approx(first.share.value / 4, rel=1e-3)
    assert first.leak == pytest.approx(0.75, rel=1e-3)
    assert first.pooled.value == pytest.approx(first.share.value / 4, rel=1e-3)


def test_a_phrase_that_does_what_filler_does_is_ignored() -> None:
    result = measured(model((2.0, 1.0, 0.5), filler=0.5), "thorough")
    assert result.floor.value > LEAST
    assert [phrase.verdict for phrase in result.phrases] == [USED, USED, IGNORED]


def test_eps_is_scaled_by_the_level() -> None:
    planned = plan(Task(PHRASES), "default")
    single, double = (asked(planned, model(), factor)[0] for factor in (1.0, 2.0))
    assert double.all_phrases == pytest.approx(4 * single.all_phrases)
    assert double.phrases[0] == pytest.approx(4 * single.phrases[0])


def test_no_share_is_above_the_exchange_that_does_most() -> None:
    def denoised(name: str, point: Point) -> torch.Tensor:
        answer = torch.zeros(SHAPE)
        return answer + {"whole": 1.0, "phrase 0": 3.0, "phrase 1": 0.5}.get(name, 0.0)

    result = measured(denoised)
    assert result.strongest == 0
    assert [round(phrase.share.value, 4) for phrase in result.phrases[:2]] == [1.0, 0.0278]
    assert result.phrases[0].share.high == 1.0


def test_what_was_not_asked_has_no_influence() -> None:
    planned = plan(Task(2, silent=frozenset({0, 1})), "quick")
    result = prompt_influence(asked(planned, model()), 2)
    for phrase in result.phrases:
        assert phrase.influence == 0 and phrase.share == ShareEstimate(0, 0, 0)
        assert phrase.verdict == IGNORED and phrase.leak is None


def test_few_points_are_less_sure_than_many() -> None:
    widths = [
        measured(model(), name).phrases[1].share.high / measured(model(), name).phrases[1].share.low
        for name in ("quick", "default", "thorough")
    ]
    assert widths == sorted(widths, reverse=True)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    generator = torch.Generator().manual_seed(4)
    truth, held = 0.2, 0
    for _ in range(400):
        under = torch.exp(torch.randn(8, generator=generator))
        over = truth * under * torch.exp(0.5 * torch.randn(8, generator=generator) - 0.125)
        samples = [Sample(*pair, 0) for pair in zip(over.tolist(), under.tolist(), strict=True)]
        estimate = ratio(samples, 0.5)
        held += estimate.low <= truth <= estimate.high
    assert 0.92 <= held / 400 <= 0.995


def test_what_differs_from_level_to_level_is_no_error() -> None:
    """A phrase that decides the layout and leaves the details alone, the same with all noise."""
    uneven = [Sample(over, 1.0, level) for level, over in enumerate((0.1, 0.1, 0.001, 0.001))]
    even = [Sample(over, 1.0, 0) for over in (0.1, 0.1, 0.001, 0.001)]
    factors = [
        estimate.high / estimate.value for estimate in (ratio(uneven, 0.5), ratio(even, 0.5))
    ]
    assert factors[0] < 2.3 < factors[1]


def test_intervals_over_levels_hold_the_truth_as_often_as_they_say() -> None:
    """Levels weigh 1, 2, 4 and 8, and phrases act at some of them more than at others."""
    dice = torch.Generator().manual_seed(5)
    shares = (0.4, 0.05, 0.2, 0.1)
    truth = sum(share * 2**level for level, share in enumerate(shares)) / 15
    held = 0
    for _ in range(400):
        noise = torch.exp(0.5 * torch.randn(4, generator=dice) - 0.125).tolist()
        samples = [
            Sample(share * 2**level * noise[level], 2.0**level, level)
            for level, share in enumerate(shares)
        ]
        estimate = ratio(samples, 0.5)
        held += estimate.low <= truth <= estimate.high
    assert 0.92 <= held / 400 <= 0.995


def test_rows_that_do_nothing_are_told_from_a_phrase_that_does() -> None:
    """A phrase that acts through other words alone is used, and its own rows are not."""

    def denoised(name: str, point: Point) -> torch.Tensor:
        effects = {"whole": 2.0, "phrase 0": 1.0, "phrase 1": 1.0, "rows 1": 0.9}
        return torch.ones(SHAPE) * effects.get(name.replace("filler", "phrase"), 0.0)

    result = measured(denoised)
    assert [phrase.verdict for phrase in result.phrases] == [USED, USED, IGNORED]
    assert [phrase.own_verdict for phrase in result.phrases] == [IGNORED, USED, IGNORED]


def test_where_words_are_not_told_apart_nothing_is_said() -> None:
    floor = ShareEstimate(0.6, 0.2, 2.0)
    assert verdict(ShareEstimate(0.1, 0.05, 0.2), floor) == UNSURE
    assert verdict(ShareEstimate(0.0, 0.0, 0.0), floor) == IGNORED


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (ShareEstimate(0.5, 0.3, 0.8), USED),
        (ShareEstimate(0.02, 0.01, 0.05), IGNORED),
        (ShareEstimate(0.1, 0.05, 0.2), UNSURE),
        (ShareEstimate(0.0, 0.0, 0.0), IGNORED),
    ],
)
def test_verdicts_compare_the_interval_with_the_floors(share: ShareEstimate, expected: str) -> None:
    assert verdict(share, ShareEstimate(0.02, 0.01, 0.1)) == expected


def test_a_phrase_that_may_do_a_fifth_is_never_called_ignored() -> None:
    """However much words without meaning may do where they were hardly asked."""
    floor = ShareEstimate(0.3, 0.03, 2.8)
    assert verdict(ShareEstimate(1.0, 1.0, 1.0), floor) == UNSURE
    assert verdict(ShareEstimate(0.1, 0.05, 0.21), floor) == UNSURE
    assert verdict(ShareEstimate(0.1, 0.05, 0.19), floor) == IGNORED


def test_contrasts_of_the_2x2_are_told_apart() -> None:
    item, two, three = (
        torch.randn(SHAPE, generator=torch.Generator().manual_seed(k)) for k in (1, 2, 3)
    )
    cells = [item + two + three, -item + two - three, -item - two + three, item - two - three]
    things, modifiers, binding = contrast_energies(cells)
    # cells weighted (+ + - -), (+ - - +), (+ - + -)
    assert things == pytest.approx(float((4 * two).square().mean()), rel=1e-5)
    assert modifiers == pytest.approx(float((4 * item).square().mean()), rel=1e-5)
    assert binding == pytest.approx(float((4 * three).square().mean()), rel=1e-5)


def test_binding_is_a_share_of_what_the_cells_differ_in() -> None:
    point = Point(0, 0, ())
    energies = [
        PointEnergies(point, 1.0, {}, {}, {}, {}, {0: (1.0, 1.0, 2.0)}, {0: (1.0, 1.0, 0.0)})
        for _ in range(4)
    ]
    [binding] = prompt_influence(energies, 0, 1).binding
    assert binding.share.value == pytest.approx(0.5) and binding.share.high <= 1
    assert binding.blind.value == 0


def test_what_is_left_without_binding_is_counted_against_the_real_sentences() -> None:
    """Where order does nothing, whatever is left of binding is all that is left."""
    point = Point(0, 0, ())
    energies = [
        PointEnergies(point, 1.0, {}, {}, {}, {}, {0: (0.01, 0.01, 2.0)}, {0: (0.0, 0.0, 0.02)})
        for _ in range(4)
    ]
    [binding] = prompt_influence(energies, 0, 1).binding
    assert binding.share.value > 0.98
    assert binding.blind.value == pytest.approx(0.02 / 2.02)
    assert binding.share.low > binding.blind.high


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_no_number_is_an_error(bad: float) -> None:
    answer = torch.zeros(SHAPE)
    answer[0, 0, 0, 0] = bad
    with pytest.raises(EncoderScopeError, match="not finite"):
        require_finite({budget.BASE: torch.zeros(SHAPE), budget.phrase(0): answer}, 1.0)
