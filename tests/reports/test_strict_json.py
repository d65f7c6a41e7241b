"""Reports as JSON: strict, whatever the numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from encoderscope.conditioning.reports.strict_json import compact, strict, to_json
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_does_not_have_become_null(number: float) -> None:
    report: dict[str, Any] = {"a": [1.5, number, {"b": (number, "c", True, None)}]}
    assert json.loads(to_json(report)) == {"a": [1.5, None, {"b": [None, "c", True, None]}]}
    assert strict(report) == {"a": [1.5, None, {"b": [None, "c", True, None]}]}


def test_a_report_of_finite_numbers_is_left_as_it_is() -> None:
    report = {"a": 0.1, "b": "fußgänger", "c": [1, 2]}
    assert to_json(report) == '{"a": 0.1, "b": "fußgänger", "c": [1, 2]}'
    assert (
        to_json(report, ascii_only=True) == '{"a": 0.1, "b": "fu\\u00dfg\\u00e4nger", "c": [1, 2]}'
    )


_PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
_NESTED = st.recursive(
    _PLAIN, lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts), max_leaves=30
)


@given(_NESTED)
def test_compact_data_is_the_same_json(value: Any) -> None:
    """Signs of zeros, true and 1, 1 and 1.0 included."""
    assert json.dumps(compact(value)) == json.dumps(strict(value))


def test_equal_parts_are_one_object() -> None:
    """The host keeps thousands of reports, in which most words are said to have the same fates."""
    words = [{"fates": {"l": ["seen"], "g": ["seen"]}, "span": [k, k + 1]} for k in range(50)]
    first, *others = compact({"words": words})["words"]
    assert all(word["fates"] is first["fates"] for word in others)
    assert others[0]["span"] == [1, 2] and others[0]["span"] is not first["span"]
    assert first["fates"]["l"] is first["fates"]["g"]
