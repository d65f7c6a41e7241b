"""What the proof of station 3 rests on: faults change what they say and nothing else, and pictures
are still read after TAESD3.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.conditioning.scenes.drawing import draw
from encoderscope.conditioning.scenes.judge import ATTRIBUTES, OTHER, SWAPPED, asked, judge
from encoderscope.conditioning.scenes.read_scene import read
from encoderscope.conditioning.scenes.scene import scenes
from encoderscope.tests.bench.drawn import faults, taesd3

pytestmark = pytest.mark.host

TEXT = "a red car and a blue house"
RED = {"l": ((0, 2),), "g": ((0, 2),)}


@pytest.fixture(scope="module")
def clip(host_folder: Path) -> Any:
    from encoderscope.host import miniatures

    return miniatures.clip("mini-CLIP-hard", "sd3 without T5")


def encoded(clip: Any, text: str = TEXT) -> tuple[torch.Tensor, torch.Tensor]:
    [[rows, options]] = clip.encode_from_tokens_scheduled(clip.tokenize(text))
    return rows, options["pooled_output"]


def test_zeroed_rows_are_zero_and_all_others_stay(clip: Any) -> None:
    rows, pooled = encoded(clip)
    faulty_rows, faulty_pooled = encoded(faults.zeroed(clip, RED))
    assert not faulty_rows[:, 2].any()
    assert rows[:, 2].any()
    others = [row for row in range(rows.shape[1]) if row != 2]
    assert torch.equal(faulty_rows[:, others], rows[:, others])
    assert torch.equal(faulty_pooled, pooled)


def test_a_masked_word_can_be_exchanged_without_any_change(clip: Any) -> None:
    faulty = faults.masked(clip, RED)
    red, green = (encoded(faulty, text) for text in (TEXT, TEXT.replace("red", "green")))
    assert all(torch.equal(*pair) for pair in zip(red, green, strict=True))
    assert not torch.equal(red[0], encoded(clip)[0])
    assert not torch.equal(red[0], encoded(faulty, TEXT.replace("blue", "green"))[0])


def test_a_swapped_word_is_read_as_the_other(clip: Any) -> None:
    faulty = encoded(faults.swapped(clip, RED, "green"))
    other = encoded(clip, TEXT.replace("red", "green"))
    assert all(torch.equal(*pair) for pair in zip(faulty, other, strict=True))


def test_a_faint_word_leaves_a_twentieth(clip: Any) -> None:
    own, masked = encoded(clip), encoded(faults.masked(clip, RED))
    faint = encoded(faults.faint(clip, RED))
    for a, b, mixed in zip(own, masked, faint, strict=True):
        assert (mixed - b).norm() == pytest.approx(faults.FAINT * float((a - b).norm()), rel=1e-3)


def test_only_the_first_window_is_read(clip: Any) -> None:
    long = f"{TEXT} {'very nice ' * 40}and a star"
    rows, _ = encoded(clip, long)
    cut, _ = encoded(faults.unread_window(clip), long)
    assert rows.shape[1] == 2 * faults.WINDOW
    assert torch.equal(cut, rows[:, : faults.WINDOW])


def test_no_fault_stays_behind(clip: Any) -> None:
    before = encoded(clip)
    faulty = [fault(clip, RED) for fault in (faults.zeroed, faults.masked, faults.faint)]
    for other in (*faulty, faults.swapped(clip, RED, "green"), faults.unread_window(clip)):
        encoded(other)
    assert all(torch.equal(*pair) for pair in zip(before, encoded(clip), strict=True))


def test_scenes_are_read_after_taesd3(host_folder: Path) -> None:
    try:
        through = taesd3.round_trip()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    drawn = scenes(63, "test", 8)
    wrong = 0
    for scene, reading in zip(drawn, read(through(draw(drawn, 64))), strict=True):
        outcomes = judge(reading, asked(scene, *ATTRIBUTES)).outcomes
        assert outcomes["colour"] not in (SWAPPED, OTHER)
        wrong += set(outcomes.values()) != {"right"}
    assert wrong <= 4
