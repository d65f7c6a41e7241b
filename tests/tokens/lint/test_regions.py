"""Asking for what touches or holds a stretch gives what looking at each span gives."""

from __future__ import annotations

from encoderscope.conditioning.tokens.lint.regions import SpanCounter, Stretches
from hypothesis import given
from hypothesis import strategies as st

_PLACE = st.integers(0, 20)
_SPAN = st.tuples(_PLACE, _PLACE).map(lambda ends: (min(ends), max(ends)))


@given(st.lists(_SPAN), _SPAN.map(lambda span: (span[0], span[1] + 1)))
def test_as_many_as_by_looking_at_each(spans: list[tuple[int, int]], part: tuple[int, int]) -> None:
    start, end = part
    touching = sum(low < end and start < high for low, high in spans)
    assert SpanCounter(spans).touching(start, end) == touching


@given(st.lists(_SPAN), _SPAN)
def test_touched_and_held_as_by_looking_at_each(
    spans: list[tuple[int, int]], part: tuple[int, int]
) -> None:
    start, end = part
    stretches = Stretches(spans)
    assert stretches.touch(start, end) == any(low < end and start < high for low, high in spans)
    assert stretches.hold(start, end) == any(low <= start and end <= high for low, high in spans)
