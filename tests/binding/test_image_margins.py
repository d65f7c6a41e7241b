"""Margins of pictures, and which of them are believed."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
hypothesis = pytest.importorskip("hypothesis")
from encoderscope.conditioning.image_probe.calibration import Calibration, calibration
from encoderscope.conditioning.image_probe.claim_limits import tail
from encoderscope.conditioning.image_probe.margins import Margin, margin
from hypothesis import given
from hypothesis import strategies as st


def table(seed: int, frames: int = 8) -> Any:
    return torch.rand(frames, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# Margins


@pytest.mark.parametrize("seed", range(5))
def test_word_order_and_sums_of_words_give_no_margin(seed: int) -> None:
    """p and s differ by the order of modifiers, p and sc by that of things: what scores each of
    them cancels, however much it is.
    """
    a, b, offset = table(seed, 4)[:3, :, None].unbind(0)
    signs = torch.tensor([[1.0, 1, 1], [-1, 1, 1], [-1, -1, 1], [1, -1, 1]], dtype=torch.float64)
    pair_margin = margin(torch.cat([a, b, offset], dim=1) @ signs.T)
    assert pair_margin.margin == pytest.approx(0, abs=1e-15) and pair_margin.noise > 0.01


@pytest.mark.parametrize("seed", range(40))
def test_exchanging_prompt_and_rival_turns_the_sign_and_nothing_else(seed: int) -> None:
    item, other = margin(table(seed)), margin(table(seed)[:, [1, 0, 3, 2]])
    assert item.margin == -other.margin != 0
    assert (item.noise, item.clear) == pytest.approx((other.noise, -other.clear), rel=1e-12)


def test_offsets_of_frames_and_pictures_cancel() -> None:
    plain, moved = margin(table(1)), margin(table(1) + torch.arange(8.0)[:, None] + 5)
    assert (moved.margin, moved.noise) == pytest.approx((plain.margin, plain.noise), rel=1e-9)


def test_margin_and_noise_by_hand() -> None:
    """One frame: half of p + c - s - sc. Noise: root mean square of p - c and s - sc, halved; and
    the spread over frames.
    """
    pair_margin = margin(torch.tensor([[0.30, 0.10, 0.20, 0.10]]))
    assert (pair_margin.margin, pair_margin.noise, pair_margin.clear) == pytest.approx(
        (0.15, 0.05, 3.0)
    )
    pair_margin = margin(torch.tensor([[0.3, 0.1, 0.3, 0.1], [0.3, 0.3, 0.3, 0.3]]))
    assert (pair_margin.margin, pair_margin.noise) == pytest.approx((0.1, 0.02**0.5))
    assert margin(torch.full((8, 4), 0.3)).clear == 0, "nothing differs, so nothing is clear"


# Thresholds


def margins(clears: list[float]) -> list[Margin]:
    return [Margin(value, 1.0) for value in clears]


def test_a_perfect_scorer_is_believed_from_its_smallest_margin_on() -> None:
    calibrated = calibration("colour", margins([0.5 + 0.01 * k for k in range(160)]), [])
    assert calibrated == Calibration("colour", 160, 160, 0.5, 160, 160, float("inf"))


def test_who_flips_a_coin_is_never_believed() -> None:
    dice = torch.Generator().manual_seed(1)
    calibrated = calibration("colour", margins(torch.randn(160, generator=dice).tolist()), [])
    assert (
        calibrated.threshold is None
        and (calibrated.claimed, calibrated.claimed_right) == (0, 0)
        and 60 < calibrated.right < 100
    )
    always_wrong = calibration("colour", margins([-1.0] * 160), [])
    assert always_wrong.threshold is None and always_wrong.right == 0


def test_no_scenes_earn_no_threshold() -> None:
    assert calibration("colour", [], []) == Calibration("colour", 0, 0, None, 0, 0, float("inf"))


def test_clear_margins_are_believed_where_small_ones_guess() -> None:
    small = [0.1 * (-1) ** k for k in range(64)]
    calibrated = calibration("colour", margins([2.0 + 0.01 * k for k in range(96)] + small), [])
    assert calibrated.threshold == 2.0 and (
        calibrated.right,
        calibrated.claimed,
        calibrated.claimed_right,
    ) == (128, 96, 96)


@pytest.mark.parametrize(("count", "believed"), [(85, False), (86, True)])
def test_a_few_right_claims_may_be_luck(count: int, believed: bool) -> None:
    """A scorer that is right in 95 % of all cases has 85 right ones in a row once in 78 times, and
    it may try four times.
    """
    assert (calibration("colour", margins([1.0] * count), []).threshold is not None) == believed
    assert (tail(0, count, 0.05) <= 0.05 / 4) == believed


def test_a_scorer_that_is_right_just_too_seldom_is_hardly_ever_believed() -> None:
    """The promise itself, on scorers whose error rate is 5 %, the most that may not pass: at most
    one in twenty does.
    """
    dice, believed = torch.Generator().manual_seed(3), 0
    for _ in range(400):
        right = torch.rand(160, generator=dice) < 0.95
        clear = torch.rand(160, generator=dice) + 0.1
        believed += (
            calibration("colour", margins(torch.where(right, clear, -clear).tolist()), []).threshold
            is not None
        )
    assert believed <= 0.05 * 400 + 2 * (400 * 0.05 * 0.95) ** 0.5


def test_words_that_are_not_there_may_pass_once_in_twenty_times() -> None:
    absent = [Margin(1.0, 1.0, drop=0.01 * k) for k in range(160)]
    calibrated = calibration("colour", margins([1.0] * 160), absent)
    assert sum(item.present >= calibrated.present for item in absent) == 3
    assert tail(3, 160, 0.05) <= 0.05 < tail(4, 160, 0.05)
    assert calibration("colour", [], absent[:58]).present == float("inf"), "too few to be sure"


def test_margins_of_one_size_are_believed_together_or_not_at_all() -> None:
    assert calibration("colour", margins([1.0] * 40 + [-1.0] * 40), []).threshold is None
    assert calibration("colour", margins([1.0] * 159 + [-1.0]), []).claimed == 160


@given(st.lists(st.sampled_from([-2.0, -1.5, -1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0]), max_size=120))
def test_what_is_claimed_is_what_reaches_the_threshold(clears: list[float]) -> None:
    calibrated = calibration("colour", margins(clears), [])
    if calibrated.threshold is None:
        assert calibrated.claimed == 0
        return
    reaching = [value for value in clears if abs(value) >= calibrated.threshold]
    assert (calibrated.claimed, calibrated.claimed_right) == (
        len(reaching),
        sum(item > 0 for item in reaching),
    )
    assert calibrated.claimed_right >= 0.95 * calibrated.claimed
