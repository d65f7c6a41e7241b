"""What a picture holds: its pixels, and every text with its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from encoderscope.conditioning.reports.drawing import canvas, fonts
from PIL import Image, ImageDraw

Report = dict[str, Any]
SCALE = 2
STREAMS = [
    {"name": "l", "title": "CLIP-L", "kind": "clip", "width": 768, "layers": 12, "causal": True},
    {
        "name": "t5xxl",
        "title": "T5-XXL",
        "kind": "t5",
        "width": 4096,
        "layers": 24,
        "causal": False,
    },
]
STRANGE = [
    "",
    " \n\t ",
    "\U0010fffd\x00\x07\u202e\u200b\ud800",
    "赤い車と青い家" * 30,
    "e\u0301" * 200,
    "🦊" * 90,
    "red car\n\nblue house",
    "x" * 5000,
]


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def at(image: Image.Image, x: float, y: float) -> tuple[int, int, int]:
    return image.getpixel((round(x * SCALE), round(y * SCALE)))


def count(image: Image.Image, colour: str) -> int:
    return {c: n for n, c in image.getcolors(image.width * image.height)}.get(rgb(colour), 0)


def share(image: Image.Image, colour: str) -> float:
    """The part of a picture that has this colour."""
    return count(image, colour) / (image.width * image.height)


def letters(text: str, size: int = 16) -> Image.Image:
    """A text alone, in white on black."""
    image = Image.new("RGB", (200, 60), "black")
    canvas.Canvas(image, ImageDraw.Draw(image), SCALE).text(5, 22, text, size, "#ffffff")
    return image


def crop(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    return image.crop(tuple(round(v * SCALE) for v in (left, top, right, bottom)))


class Drawn:
    """Every text of a picture, with its place: (text, x, y, size, colour)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts: list[tuple[str, float, float, float, str]] = []
        real = canvas.Canvas.text

        def text(
            self_: canvas.Canvas, x: float, y: float, text: str, size: float, colour: str
        ) -> None:
            self.texts.append((text, x, y, size, colour))
            real(self_, x, y, text, size, colour)

        monkeypatch.setattr(canvas.Canvas, "text", text)

    def of(self, picture: Callable[..., Image.Image], report: Report, **size: Any) -> Image.Image:
        self.texts.clear()
        image = picture(report, **size)
        right = image.width / size.get("scale", SCALE) - 36
        for text, x, y, points, _ in self.texts:
            assert 0 < y < image.height / size.get("scale", SCALE) - 18, (
                f"{text!r} is drawn below the sheet"
            )
            assert 30 <= x and x + fonts.measure(text, points) <= right, (
                f"{text!r} leaves the sheet"
            )
        return image

    def where(self, start: str, nth: int = 0) -> tuple[float, float]:
        return [(x, y) for text, x, y, *_ in self.texts if text.startswith(start)][nth]

    def colour(self, start: str) -> str:
        return next(colour for text, *_, colour in self.texts if text.startswith(start))

    @property
    def all(self) -> str:
        return " ".join(text for text, *_ in self.texts)
