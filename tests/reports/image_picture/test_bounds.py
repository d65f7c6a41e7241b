"""Bounds of the image report's picture: thumbnails of any shape, many pictures, any text."""

from __future__ import annotations

import time
from typing import Any

import pytest

pytest.importorskip("PIL")
pytest.importorskip("torch")

import numpy
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.drawing import fonts
from encoderscope.conditioning.reports.image import picture as image_picture
from encoderscope.tests.reports import image_kit as kit
from encoderscope.tests.reports.drawn import SCALE, Drawn, at, rgb
from PIL import Image

Report = dict[str, Any]
Placed = list[tuple[Any, ...]]


def thumbnail(colour: str, size: tuple[int, int] = (96, 96), mode: str = "RGB") -> Image.Image:
    return Image.new("RGB", size, colour).convert(mode)


@pytest.mark.parametrize("width", [960, 400])
@pytest.mark.parametrize("size", [(96, 48), (48, 96), (4000, 3000), (1, 900)])
def test_thumbnails_stand_beside_or_over_their_pictures_and_keep_their_shape(
    width: int, size: tuple[int, int], drawn: Drawn
) -> None:
    report = kit.report([[3.0], [-3.0]])
    colours = ["#fe01fd", "#01fefd"]
    image = drawn.of(
        report, width=width, thumbnails=[thumbnail(colour, size) for colour in colours]
    )
    tall = image_picture.THUMB * SCALE / max(size)
    for k, colour in enumerate(colours):
        rows, columns = numpy.nonzero((numpy.asarray(image) == rgb(colour)).all(-1))
        assert len(rows), "no thumbnail"
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert (box[2] - box[0], box[3] - box[1]) == tuple(
            max(SCALE, round(side * tall)) for side in size
        )
        x, y = drawn.where(f"Picture {k + 1}")
        if width == 960:
            assert box[2] / SCALE < x and abs(box[1] / SCALE - y) < 30
        else:
            assert box[3] / SCALE < y and box[0] / SCALE == pytest.approx(x, abs=1)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1"])
def test_thumbnails_of_any_mode_and_too_few_of_them(mode: str, drawn: Drawn) -> None:
    image = drawn.of(kit.report([[3.0], [3.0]]), thumbnails=[thumbnail("#ffffff", mode=mode)])
    x, y = drawn.where("Picture 1")
    assert at(image, x - 60, y + 40) == (255, 255, 255)
    assert drawn.where("Picture 2")[0] < x, "no room is kept for one that was not given"


# Bounds and strange contents


def hostile(report: Report, text: str) -> Report:
    report["text"] = report["sentence"] = report["scorer"]["title"] = text
    for contrast in report["contrasts"]:
        contrast["label"] = contrast["sentence"] = text
    report["captions"] = [{"role": text or "swap", "text": text} for _ in range(40)]
    for contrast in report["images"]:
        contrast["logits"], contrast["percentages"] = [1.0] * 40, [2.5] * 40
        for seen in contrast["contrasts"]:
            seen["why"] = text
    report["notes"] = [f"{k} {text}" for k in range(40)]
    return report


def test_sixty_four_pictures_are_bounded_and_the_rest_is_named(drawn: Drawn) -> None:
    report = hostile(kit.report([[3.0 if k % 3 else -3.0] for k in range(64)]), "a red car " * 900)
    start = time.perf_counter()
    image = drawn.of(report, scale=1, thumbnails=[thumbnail("#ff0000", (2000, 2000))] * 64)
    assert image.height < 14_000
    assert time.perf_counter() - start < 20
    for text in (
        "… and 52 more, see the JSON",
        "… and 32 more captions, see the JSON",
        "… and 28 more notes, see the JSON",
        "Picture 12",
        "shows the swap (18): 13, 16, 19",
        "shows the prompt (34): 14 to 15, 17 to 18",
    ):
        assert text in drawn.all, text
    assert "Picture 13" not in drawn.all


def test_twenty_contrasts_are_bounded(drawn: Drawn) -> None:
    report = kit.report([[3.0]])
    report["contrasts"] *= 20
    report["images"][0]["contrasts"] *= 20
    drawn.of(report)
    assert drawn.all.count("red car / blue house") == 2 * image_picture.MAX_CONTRASTS
    assert "… and 14 more contrasts, see the JSON" in drawn.all


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


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
def test_any_text_is_drawn(text: str, drawn: Drawn) -> None:
    report = hostile(kit.report([[3.0], [0.1]]), text)
    report["images"][0]["shows"] = text
    for width in (320, 559, 960):
        assert drawn.of(report, width=width, scale=1).width == width
    if not text.strip():
        assert "The prompt is empty." in drawn.all


@pytest.mark.parametrize("wrong", [None, float("nan"), float("inf"), "many"])
def test_no_number_is_never_drawn_as_one(wrong: Any, drawn: Drawn) -> None:
    report = kit.report([[3.0]])
    report["images"][0]["contrasts"][0] |= {"clear": wrong, "margin": wrong, "noise": wrong}
    report["images"][0]["percentages"] = [wrong] * 5
    report["contrasts"][0]["calibration"]["threshold"] = wrong
    drawn.of(report)
    percentages = 0 if wrong is None else 5  # None: there is none, and a dash says so
    assert (
        "nan" not in drawn.all.lower()
        and "inf " not in drawn.all.lower()
        and drawn.all.count("no number") == 1 + percentages
    )


def test_a_prompt_without_contrasts_has_scores_only(drawn: Drawn, bars: dict[str, Placed]) -> None:
    drawn.of(kit.report([[], []], text="hello there"))
    assert (
        "Can this scorer tell" not in drawn.all
        and bars["margin_bar"] == []
        and len(bars["share_bar"]) == 4
    )
    assert "nothing to test" in drawn.all and "noise" not in drawn.all
    assert drawn.all.count("No property, number") == 1, "the sentence on top says it"


def test_a_verdict_of_a_newer_report_is_drawn(drawn: Drawn) -> None:
    report = kit.report([[3.0]])
    report["images"][0]["shows"] = report["images"][0]["contrasts"][0]["shows"] = "shows a fox"
    drawn.of(report)
    assert drawn.all.count("shows a fox") == 2


def test_wrong_sizes_and_a_missing_pillow_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    report = kit.report([[3.0]])
    for wrong in ({"width": 10}, {"scale": 0}, {"scale": 50}):
        with pytest.raises(EncoderScopeError, match="960"):
            image_picture.render(report, **wrong)
    assert image_picture.render(report, scale=1).size == tuple(
        side // 2 for side in image_picture.render(report).size
    )
    monkeypatch.setattr(fonts, "ready", lambda: False)
    with pytest.raises(EncoderScopeError, match="pip install"):
        image_picture.render(report)
