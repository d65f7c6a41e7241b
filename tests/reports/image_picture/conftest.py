"""What the tests of the image report's picture ask for: its texts and bars, with their places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("PIL")
pytest.importorskip("torch")

from encoderscope.conditioning.reports.drawing import canvas
from encoderscope.conditioning.reports.image import gauges
from encoderscope.conditioning.reports.image import picture as image_picture
from encoderscope.tests.reports.drawn import Drawn
from PIL import Image

Report = dict[str, Any]


class OfImages(Drawn):
    def of(self, report: Report, **size: Any) -> Image.Image:
        return super().of(image_picture.render, report, **size)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    return OfImages(monkeypatch)


Placed = list[tuple[Any, ...]]


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Placed]]:
    """What `margin_bar`, `share_bar`, `chip` and `_scenes` were given, without the canvas."""
    result: dict[str, Placed] = {"margin_bar": [], "share_bar": [], "chip": [], "_scenes": []}

    def watch(module: Any, name: str) -> None:
        real: Callable[..., None] = getattr(module, name)

        def watched(board: canvas.Canvas, *inputs: Any) -> None:
            result[name].append(inputs)
            real(board, *inputs)

        monkeypatch.setattr(module, name, watched)

    for name in ("margin_bar", "share_bar", "chip"):
        watch(gauges, name)
    watch(image_picture, "_scenes")
    yield result
