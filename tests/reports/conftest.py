"""What the tests of all pictures ask for."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Every text that is drawn from now on, with its place."""
    from encoderscope.tests.reports.drawn import Drawn

    return Drawn(monkeypatch)
