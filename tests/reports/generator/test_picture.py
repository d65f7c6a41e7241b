"""The picture of the Ignored Words report: what is drawn, where, and that nothing is left out
silently.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("PIL")

from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.drawing import canvas, palette
from encoderscope.conditioning.reports.drawing.bars import BAR
from encoderscope.conditioning.reports.generator import influence_bars, ink_rows
from encoderscope.conditioning.reports.generator import picture as generator_picture
from encoderscope.conditioning.reports.generator.display import with_display
from encoderscope.tests.reports.drawn import STRANGE, Drawn, count, crop
from encoderscope.tests.reports.generator import kit
from PIL import Image

Report = dict[str, Any]
Placed = list[tuple[Any, ...]]


class OfInfluence(Drawn):
    def of(self, report: Report, **size: Any) -> Image.Image:
        return super().of(generator_picture.render, report, **size)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    return OfInfluence(monkeypatch)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> dict[str, Placed]:
    """What `bar` and `line` were given, without the canvas."""
    calls: dict[str, Placed] = {"bar": [], "line": []}

    def watch(module: Any, name: str) -> None:
        real: Callable[..., None] = getattr(module, name)

        def record(board: canvas.Canvas, *arguments: Any) -> None:
            calls[name].append(arguments)
            real(board, *arguments)

        monkeypatch.setattr(module, name, record)

    watch(influence_bars, "bar")
    watch(ink_rows, "line")
    return calls


def test_the_prompt_comes_first_then_the_sentence_then_bars_and_binding(drawn: Drawn) -> None:
    report = kit.mixed()
    drawn.of(report)
    order = [
        "Ignored Words",
        "mini-MMDiT",
        "red",
        report["sentence"],
        "struck through: ignored",
        "How much of the picture each phrase decides",
        "42 %",
        "24 %",
        "11 %",
        "1.4 %",
        "0.4 %",
        "“no people” stands behind",
        "Which belongs to which",
        "text encoder",
        "not shown to bind",
        "binds it",
        "Measured along a short run",
        "Noted one.",
        "encoderscope.generator, version 1",
    ]
    places = [drawn.where(text)[1] for text in order]
    assert places == sorted(places)
    for text in ("mostly via other words", "BOUND", "6 phrases", "ComfyUI 0.3.75"):
        assert all(word in drawn.all for word in text.split()), text


@pytest.mark.parametrize("name", kit.REPORTS)
@pytest.mark.parametrize("width", [320, 559, 960])
def test_every_report_fits_its_sheet(name: str, width: int, drawn: Drawn) -> None:
    image = drawn.of(kit.REPORTS[name](), width=width, scale=1)
    assert image.width == width and image.height < 9_000


def test_each_state_has_its_own_line(watched: dict[str, Placed]) -> None:
    """Below by thickness, through in one stroke or two, dashed: they differ without colour."""
    image = generator_picture.render(kit.mixed())
    states = [(state, ink) for state, ink, _, _ in watched["line"][:6]]
    assert states == [
        ("used", 4),
        ("used", 3),
        ("used", 2),
        ("ignored", 0),
        ("cannot tell", 1),
        ("cut off", 0),
    ]
    places = {text: call[2:] for call, text in zip(watched["line"], "abcdef", strict=False)}
    thick = []
    for (left, right), baseline in (places["a"], places["b"], places["c"]):
        middle = (left + right) / 2
        below = crop(image, middle, baseline + 3.5, middle + 1, baseline + 9)
        background = count(below, palette.CARD)
        thick.append(below.width * below.height - background)
    assert thick[0] > thick[1] > thick[2] > 0
    for text, colour in (("d", palette.AMBER), ("f", palette.VERMILION)):
        (left, right), baseline = places[text]
        through = crop(image, left, baseline - 9, right, baseline)
        rows = [
            count(through.crop((0, y, through.width, y + 1)), colour) >= through.width - 4
            for y in range(through.height)
        ]
        strokes = sum(b and not a for a, b in zip([False, *rows], rows, strict=False))
        assert strokes == {"d": 1, "f": 2}[text]
    (left, right), baseline = places["e"]
    dashes = crop(image, left, baseline + 4.5, right, baseline + 5)
    assert 0.4 < count(dashes, palette.BLUE) / (dashes.width * dashes.height) < 0.9


def test_words_are_the_darker_the_more_they_decide() -> None:
    colours = [ink_rows.ink_colour(ink) for ink in range(5)]
    brightness = [int(colour[1:3], 16) for colour in colours]
    assert brightness == sorted(set(brightness)) and colours[-1] == palette.TEXT


def test_bars_are_filled_to_what_a_phrase_does_and_hollow_where_it_acts_through_others(
    watched: dict[str, Placed],
) -> None:
    image = generator_picture.render(kit.mixed())
    shown, _, (x, y), long = watched["bar"][1]
    assert shown["share_text"] == "24 %"
    unit = long / 100
    solid = crop(image, x + unit * 4, y + 1, x + unit * shown["own"] - 2, y + BAR - 1)
    assert count(solid, palette.GREEN) > 0.95 * solid.width * solid.height
    left = x + unit * shown["own"] + 3
    hollow = crop(image, left, y + 3, x + unit * shown["interval"]["left"] - 3, y + 11)
    assert count(hollow, palette.GREEN) == 0
    assert count(hollow, palette.mixed(palette.GREEN, 0.14)) == hollow.width * hollow.height
    empty = crop(image, x + 70 * unit, y + 2, x + long - 4, y + 12)
    assert count(empty, palette.RAISED) == empty.width * empty.height


def test_the_floor_is_a_band_in_every_bar(watched: dict[str, Placed]) -> None:
    image = generator_picture.render(kit.ignored())
    assert len(watched["bar"]) == 2
    for _, floor, (x, y), long in watched["bar"]:
        edge = x + long * floor["width"] / 100
        assert floor["width"] == pytest.approx(60)
        line = crop(image, edge - 1, y - 3, edge + 1, y + BAR + 3)
        assert count(line, palette.SOFT) > 0.3 * line.width * line.height
        band = crop(image, edge - 30, y + 1, edge - 3, y + BAR - 1)
        assert 0.1 < count(band, palette.DIM) / (band.width * band.height) < 0.9


def test_a_bar_that_goes_on_has_a_tip(watched: dict[str, Placed]) -> None:
    image = generator_picture.render(kit.report([kit.phrase(kit.TEXT, "red car", 9.0)]))
    [(_, _, (x, y), long)] = watched["bar"]
    assert count(crop(image, x + long + 0.5, y, x + long + 8, y + BAR), palette.GREEN) > 10


@pytest.mark.parametrize("tone", palette.TONES)
def test_the_box_on_top_has_its_tone(tone: str) -> None:
    name = {"lost": "ignored", "kept": "used", "open": "unsure"}[tone]
    image = generator_picture.render(kit.REPORTS[name]())
    for other, look in palette.TONES.items():
        assert (count(image, look.box) > 20_000) == (other == tone)


def test_forty_phrases_are_bounded_and_the_ignored_ones_are_there(drawn: Drawn) -> None:
    drawn.of(kit.many())
    for k in range(0, 40, 5):
        assert f"phrase number {k} of a long list × 0.2 % ignored" in drawn.all
    assert drawn.all.count("of a long list”: ignored.") == 1  # what is said of all
    assert "… and 16 more phrases, see the JSON" in drawn.all


def test_a_novel_is_drawn_fast_and_bounded(drawn: Drawn) -> None:
    start = time.perf_counter()
    image = drawn.of(kit.long(), scale=1)
    assert time.perf_counter() - start < 20 and image.height < 3_000
    assert "… and more of the prompt, see the JSON" in drawn.all


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
def test_any_text_is_drawn(text: str, drawn: Drawn) -> None:
    phrase = kit.phrase(text or "x", text or "x", 0.3, "ignored") | {"text": text, "sentence": text}
    phrase["span"] = [0, len(text)]
    report = kit.report([phrase], text, sentence=text, notes=[f"{k} {text}" for k in range(40)])
    report["binding"] = [kit.bound() | {"label": text, "sentence": text}] * 20
    report["generator"]["title"] = text
    for width in (320, 960):
        assert drawn.of(report, width=width, scale=1).width == width
    assert "… and 12 more, see the JSON" in drawn.all
    if not text.strip():
        assert "The prompt is empty." in drawn.all


@pytest.mark.parametrize("wrong", [None, float("nan"), float("inf"), "many"])
def test_no_number_is_never_drawn_as_one(wrong: Any, drawn: Drawn) -> None:
    report = kit.report([kit.phrase(kit.TEXT, "red car")])
    report["phrases"][0] |= {"share": wrong, "interval": [wrong, wrong]}
    drawn.of(report)
    assert "nan" not in drawn.all.lower() and "inf" not in drawn.all.lower()
    assert "no number" in drawn.all


def test_a_verdict_of_a_newer_report_is_drawn(drawn: Drawn) -> None:
    drawn.of(kit.report([kit.phrase(kit.TEXT, "red car", 0.3, "half used")]))
    assert "half used" in drawn.all


def test_an_old_display_is_not_needed_and_wrong_sizes_are_refused() -> None:
    report = kit.used()
    plain = generator_picture.render(report, scale=1)
    assert plain.tobytes() == generator_picture.render(with_display(report), scale=1).tobytes()
    for wrong in ({"width": 10}, {"scale": 0}):
        with pytest.raises(EncoderScopeError, match="960"):
            generator_picture.render(report, **wrong)
