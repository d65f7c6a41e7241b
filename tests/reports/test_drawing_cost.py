"""What drawing costs: no more than what is seen, however long the texts of a report are."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("PIL")

from encoderscope.conditioning.reports.drawing.canvas import Canvas
from PIL import Image, ImageChops, ImageDraw

WIDE, HIGH, SCALE = 400, 300, 2


def canvas() -> Canvas:
    image = Image.new("RGB", (WIDE * SCALE, HIGH * SCALE))
    return Canvas(image, ImageDraw.Draw(image), SCALE)


def test_a_text_is_drawn_as_far_as_the_picture_is_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    glyphs = Canvas._glyphs

    def counted(self: Canvas, at: Any, run: Any, size: float, colour: str) -> None:
        drawn.append(run.text)
        glyphs(self, at, run, size, colour)

    monkeypatch.setattr(Canvas, "_glyphs", counted)
    board = canvas()
    board.text(10, 40, "word " * 20_000, 14, "#ffffff")
    assert 8 < len(drawn) < 40
    within = canvas()
    within.text(10, 40, "word " * 40, 14, "#ffffff")
    assert ImageChops.difference(board.image, within.image).getbbox() is None


@pytest.mark.parametrize(("top", "bottom"), [(10, 100), (7.3, 201.6), (40, 42), (50, 50), (60, 20)])
def test_a_tick_is_one_paste_of_the_same_dashes(
    top: float, bottom: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashes = canvas()
    x, y = (value / SCALE for value in dashes._px(20.4 - 0.75, top))
    while y < bottom:
        dashes.box(x, y, (1.5, min(3.5, bottom - y)), "#ffffff")
        y += 5.5
    board, pastes = canvas(), []
    paste = Image.Image.paste
    monkeypatch.setattr(Image.Image, "paste", lambda *values: (pastes.append(1), paste(*values))[1])
    board.tick(20.4, top, bottom, "#ffffff")
    assert len(pastes) <= 1
    assert ImageChops.difference(board.image, dashes.image).getbbox() is None
