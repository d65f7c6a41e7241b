"""Stretches of characters share one where each begins before the other ends."""

from __future__ import annotations

from itertools import product

import pytest
from encoderscope.conditioning.spans import overlap, overlap_any

STRETCHES = [(start, end) for start, end in product(range(5), repeat=2) if start < end]


@pytest.mark.parametrize(("a", "b"), list(product(STRETCHES, repeat=2)))
def test_stretches_overlap_where_they_share_a_character(a: list[int], b: list[int]) -> None:
    shared = bool(set(range(*a)) & set(range(*b)))
    assert overlap(a, b) == overlap(b, a) == overlap_any(a, [b]) == shared


def test_nothing_overlaps_with_nothing() -> None:
    assert not overlap(None, (0, 5)) and not overlap_any((0, 5), [])
