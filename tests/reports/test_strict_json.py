"""Reports as JSON: strict, whatever the numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from encoderscope.conditioning.reports.strict_json import strict, to_json


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
