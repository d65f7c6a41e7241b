"""Rows that need no work."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.encoding.repeated_rows import (
    Memory,
    Work,
    fingerprint,
    lengths,
    reuse,
)

CPU = torch.device("cpu")


def encode(asked: list[list[int]]) -> Any:
    def run(which: list[int]) -> Any:
        asked.append(which)
        return torch.tensor(which).float()[:, None, None].expand(-1, 2, 3).clone(), None

    return run


def test_equal_rows_once_known_rows_never() -> None:
    asked: list[list[int]] = []
    memory, work = Memory(), Work()
    reused = reuse(["a", "b", "a"], memory, encode(asked), work, CPU)
    assert asked == [[0, 1]]
    assert reused[0][:, 0, 0].tolist() == [0, 1, 0]
    assert reused[1] is None
    assert (work.rows, work.encoded, work.remembered) == (3, 2, 0)
    reused = reuse(["c", "b"], memory, encode(asked), work, CPU)
    assert asked[1:] == [[0]]
    assert reused[0][:, 0, 0].tolist() == [0, 1]
    assert (work.rows, work.encoded, work.remembered) == (2, 1, 1)
    reuse(["b"], memory, encode(asked), work, CPU)
    assert len(asked) == 2


def test_what_is_given_out_may_be_changed() -> None:
    """The host scales rows in place by the prompt's weights."""
    memory = Memory()
    for _ in range(3):
        [result, _] = reuse(["a", "a"], memory, encode([]), Work(), CPU)
        assert not result.any()
        result += 1


def test_memory_is_bounded_and_forgets_what_was_not_used_for_longest() -> None:
    row = (torch.zeros(10), None)
    memory = Memory(limit=100)
    for name in "abc":
        memory.put(name, row)
        assert memory.get("a") is not None
    assert memory.size <= 100
    assert memory.get("b") is None
    assert memory.get("c") is not None
    memory.put("large", (torch.zeros(26),))
    assert memory.get("large") is None


def test_a_fingerprint_is_of_all_bits() -> None:
    tensor = torch.randn(3, 4)
    other = tensor.clone()
    assert fingerprint(tensor) == fingerprint(other)
    other[2, 3] = torch.nextafter(other[2, 3], torch.tensor(9.0))
    assert fingerprint(tensor) != fingerprint(other)
    assert fingerprint(tensor[:, ::2]) == fingerprint(tensor[:, ::2].contiguous())


def test_lengths_are_of_masks_that_end() -> None:
    assert lengths(torch.tensor([[1, 1, 0], [1, 0, 0]])) == [2, 1]
    assert lengths(torch.tensor([[1, 0, 1]])) is None
    assert lengths(torch.tensor([[0, 0]])) == [0]
