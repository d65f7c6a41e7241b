"""What the tests of the binding report's picture ask for: its bars, with their places."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("PIL")

from encoderscope.conditioning.reports.binding import picture as binding_picture
from encoderscope.conditioning.reports.drawing import canvas

Report = dict[str, Any]


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Report, float, float, float]]:
    """(row, x, y, length) of every bar that is drawn."""
    result: list[tuple[Report, float, float, float]] = []
    real = binding_picture.bar

    def bar(
        board: canvas.Canvas, report: Report, place: tuple[float, float], long: float, colour: str
    ) -> None:
        result.append((report, *place, long))
        real(board, report, place, long, colour)

    monkeypatch.setattr(binding_picture, "bar", bar)
    return result
