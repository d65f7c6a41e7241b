"""Small plans: these tests compare numbers, and need few of them."""

from __future__ import annotations

import pytest
from encoderscope.conditioning.generator import budget
from encoderscope.tests.host.generator import kit


@pytest.fixture(autouse=True)
def _small_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(budget.BUDGETS, "quick", kit.SMALL)
