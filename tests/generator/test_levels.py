"""Noise levels: log-SNR and sigma of both ways to mix, and the steps of a run."""

from __future__ import annotations

import math

import pytest
from encoderscope.conditioning.generator.levels import NoiseScale, reachable, spread, walk

FLOW = NoiseScale(True, 0.001, 1.0)
EPS = NoiseScale(False, 0.03, 14.6)


@pytest.mark.parametrize("scale", [FLOW, EPS])
@pytest.mark.parametrize("level", [-4.0, -1.0, 0.0, 2.0])
def test_sigma_and_log_snr_are_inverse(scale: NoiseScale, level: float) -> None:
    sigma = scale.sigma(level)
    assert scale.log_snr(sigma) == pytest.approx(level, abs=1e-5)
    assert scale.eps_factor(sigma) == pytest.approx(math.exp(level / 2))


def test_flow_is_half_picture_where_the_level_is_zero() -> None:
    assert FLOW.sigma(0.0) == 0.5 and EPS.sigma(0.0) == 1.0


def test_levels_beyond_the_range_are_moved_to_its_edge() -> None:
    sigmas, levels, moved = reachable([-20.0, 0.0], EPS)
    assert moved and sigmas[0] == 14.6 and levels[0] == pytest.approx(-2 * math.log(14.6))
    assert not reachable([-4.0, 2.0], EPS)[2]


@pytest.mark.parametrize("count", [1, 2, 4])
def test_levels_are_spread_from_noisy_to_clean(count: int) -> None:
    levels = spread(count)
    assert len(levels) == count and list(levels) == sorted(levels)


@pytest.mark.parametrize("scale", [FLOW, EPS])
def test_a_run_falls_from_pure_noise_through_every_level(scale: NoiseScale) -> None:
    sigmas = [scale.sigma(level) for level in spread(4)]
    nodes = walk(scale, sigmas, 3)
    assert nodes[0] == scale.sigma_max and set(sigmas) <= set(nodes)
    assert nodes == sorted(nodes, reverse=True) and len(set(nodes)) == len(nodes) == 7


def test_a_run_that_begins_at_the_edge_needs_no_start() -> None:
    assert walk(EPS, [14.6, 1.0], 0) == [14.6, 1.0]
