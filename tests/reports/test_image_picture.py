"""The picture of the image report: what is drawn, where, and that nothing is left out silently.

Over 300 lines, because all of it reads one record of what was drawn, made by two fixtures that
would have to be shared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("PIL")
pytest.importorskip("torch")

import numpy
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.image_probe.probe_images import SHOWN, SWAPPED, UNKNOWN
from encoderscope.conditioning.reports.drawing import canvas, fonts, palette
from encoderscope.conditioning.reports.drawing.bars import percent
from encoderscope.conditioning.reports.image import display, gauges
from encoderscope.conditioning.reports.image import picture as image_picture
from encoderscope.tests.reports import image_kit as kit
from encoderscope.tests.reports.drawn import SCALE, Drawn, at, count, crop, rgb
from PIL import Image

Report = dict[str, Any]
BAR = 14


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
    found: dict[str, Placed] = {"margin_bar": [], "share_bar": [], "chip": [], "_scenes": []}

    def watch(module: Any, name: str) -> None:
        real: Callable[..., None] = getattr(module, name)

        def watched(board: canvas.Canvas, *given: Any) -> None:
            found[name].append(given)
            real(board, *given)

        monkeypatch.setattr(module, name, watched)

    for name in ("margin_bar", "share_bar", "chip"):
        watch(gauges, name)
    watch(image_picture, "_scenes")
    yield found


# What is said


def test_everything_that_the_report_says_is_drawn_in_its_order(drawn: Drawn) -> None:
    report = kit.report([[3.2, 2.1], [-2.6, 0.4]], text=kit.TWO, notes=["Noted one."])
    report["skipped"], report["unread"], report["scorer"]["notes"] = (
        ["Skipped one."],
        ["Unread one."],
        ["Assumed one."],
    )
    drawn.of(report)
    order = [
        "Image Probe",
        "CLIP ViT-B/32",
        report["sentence"],
        f"“{kit.TWO}”",
        "Can this scorer tell at all?",
        "red car / blue house",
        "This scorer is right on 148",
        "clear for the prompt",
        "Picture 1",
        "+3.2 × the noise",
        "the swap",
        "a red car to the left",
        "Picture 2",
        "−2.6 × the noise",
        "cannot tell: too close to call",
        "Skipped one.",
        "Unread one.",
        "Percentages are shares among the captions",
        "Noted one.",
        "Assumed one.",
        "encoderscope.image, version 1",
    ]
    places = [
        drawn.where(text, -1 if text.startswith("Percentages are") else 0)[1] for text in order
    ]
    assert places == sorted(places)
    assert "2 pictures" in drawn.all and "ComfyUI 0.3.75" in drawn.all and "12 frames" in drawn.all
    for one in report["captions"]:
        assert drawn.all.count(one["text"]) >= 2, "once for each picture"
    for one in report["images"]:
        for share in one["percentages"]:
            assert percent(share / 100) in drawn.all


@pytest.mark.parametrize(
    ("clears", "tone"),
    [
        ([[3.0]], "kept"),
        ([[3.0], [3.0]], "kept"),
        ([[3.0], [-3.0]], "lost"),
        ([[3.0], [0.1]], "open"),
        ([[0.1]], "open"),
    ],
)
def test_box_on_top_is_green_only_where_all_show_the_prompt(
    clears: list[list[float]], tone: str
) -> None:
    image = image_picture.render(kit.report(clears))
    for name, look in palette.TONES.items():
        assert (count(image, look.box) > 20_000) == (name == tone)


def test_percentages_are_explained_by_their_objective(drawn: Drawn) -> None:
    drawn.of(kit.report([[3.0]]))
    assert (
        "shares among the captions shown: together 100 %" in drawn.all
        and "stands alone" not in drawn.all
    )
    drawn.of(kit.report([[3.0]], kit.scorer("sigmoid"), logits=[[1.0, 0.0, 1.0, -1.0, -9.0]]))
    assert (
        "each bar stands alone: they need not add up to 100 %" in drawn.all
        and "together 100 %" not in drawn.all
    )


def test_legend_has_only_what_occurs(drawn: Drawn) -> None:
    drawn.of(kit.report([[3.0]]))
    assert (
        "clear for the prompt" in drawn.all
        and "clear for the swap" not in drawn.all
        and "not clear, or" not in drawn.all
    )
    assert "this scorer is believed from here" in drawn.all
    drawn.of(kit.report([[3.0]], readers=[kit.reader("ORDER ONLY")]))
    assert "not clear, or not believed" in drawn.all and "believed from here" not in drawn.all


@pytest.mark.parametrize("verdict", palette.VERDICT_LOOKS)
def test_text_side_has_the_line_and_colour_of_its_verdict(verdict: str, drawn: Drawn) -> None:
    image = drawn.of(kit.report([[3.0]], readers=[kit.reader(verdict)]))
    x, y = drawn.where(f"text side: {verdict}")
    line = crop(image, x - 34, y - 12, x - 4, y + 4)
    for name, look in palette.VERDICT_LOOKS.items():
        assert (count(line, look.colour) > 8) == (name == verdict)


@pytest.mark.parametrize("right", [0, 80, 148, 160])
def test_drawn_scenes_are_a_bar_up_to_those_it_is_right_on(
    right: int, bars: dict[str, Placed]
) -> None:
    image = image_picture.render(kit.report([[3.0]], readers=[kit.reader(right=right)]))
    [(_, (x, y), long)] = bars["_scenes"]
    line = crop(image, x + 4, y + 3, x + long - 4, y + 3.5)
    share = count(line, palette.SOFT) / line.width
    assert (
        share == pytest.approx((long * right / 160 - 4) / (long - 8) if right else 0, abs=0.02)
        or right == 160
    )
    assert (
        count(crop(image, x + long / 2 - 2, y - 3, x + long / 2 + 2, y + 17), palette.TEXT) > 10
    ), "guessing is not marked"


# Verdicts and margins


def test_verdicts_differ_without_colour(drawn: Drawn, bars: dict[str, Placed]) -> None:
    """Shape, sign and words: a filled pill, a square frame and an empty pill differ in greyscale,
    sign by sign.
    """
    image = drawn.of(kit.report([[3.0], [-3.0], [0.2]]))
    assert [shows for _, shows, _ in bars["chip"]] == [SHOWN, SWAPPED, UNKNOWN]
    grey, corners, insides, signs = image.convert("L"), [], [], []
    for (x, y), _, _ in bars["chip"]:
        dark = rgb(palette.CARD)[0] + 6
        corners.append(grey.getpixel((round((x + 1.5) * SCALE), round((y + 1.5) * SCALE))) > dark)
        insides.append(grey.getpixel((round((x + 60) * SCALE), round((y + 3.5) * SCALE))))
        signs.append(
            grey.crop(tuple(round(v * SCALE) for v in (x + 10, y + 4, x + 28, y + 20)))
            .point(lambda v, d=insides[-1]: 255 * (abs(v - d) > 40))
            .tobytes()
        )
    assert corners == [False, True, False], "only the swap's chip has corners"
    assert insides[0] > insides[1] + 40 > insides[2] + 40, "filled, tinted, empty"
    assert len(set(signs)) == 3, "a sign of its own"
    for text in (SHOWN, SWAPPED, UNKNOWN):
        assert text in drawn.all


@pytest.mark.parametrize("clear", [-2.7, -1.5, -0.4, 0.4, 1.5, 2.7])
def test_margin_reaches_from_the_middle_to_its_place(clear: float, bars: dict[str, Placed]) -> None:
    image = image_picture.render(kit.report([[clear]]))
    [(seen, _, (x, y), (long, far))] = bars["margin_bar"]
    assert far == 3
    middle, end = x + long / 2, x + long / 2 * (1 + clear / far)
    ink = {SHOWN: palette.GREEN, SWAPPED: palette.VERMILION, UNKNOWN: palette.BLUE}[seen["shows"]]
    columns = [
        k / SCALE
        for k in range(round(x * SCALE), round((x + long) * SCALE))
        if count(crop(image, k / SCALE, y + 2, k / SCALE + 0.5, y + 12), ink)
    ]
    assert min(columns) == pytest.approx(min(middle, end), abs=5) and max(columns) == pytest.approx(
        max(middle, end), abs=5
    )
    inside, outside = (
        crop(image, min(middle, end) + 3, y + 1, max(middle, end) - 3, y + 13),
        crop(image, x, y, x + long, y + BAR),
    )
    share = count(inside, ink) / (inside.width * inside.height)
    assert (share > 0.8) == (seen["shows"] == SHOWN) and (0.3 < share < 0.8) == (
        seen["shows"] == SWAPPED
    ), "filled, striped, hollow"
    assert count(outside, ink)


def test_noise_is_hatched_and_thresholds_are_ticks_on_both_sides(bars: dict[str, Placed]) -> None:
    image = image_picture.render(kit.report([[0.0]], readers=[kit.reader(threshold=2.2)]))
    [(_, _, (x, y), (long, far))] = bars["margin_bar"]
    unit, middle = long / 2 / far, x + long / 2
    noise, beyond = (
        crop(image, middle - unit + 2, y + 1, middle - 4, y + 13),
        crop(image, middle + unit + 3, y + 1, middle + 2.2 * unit - 4, y + 13),
    )
    assert count(noise, palette.DIM) > 0.1 * noise.width * noise.height
    assert set(beyond.getcolors()) == {(beyond.width * beyond.height, rgb(palette.RAISED))}, (
        "hatched beyond the noise"
    )
    for side in (-1, 1):
        place = middle + side * 2.2 * unit
        assert count(crop(image, place - 2, y - 4, place + 2, y + BAR + 4), palette.TEXT) > 20
    assert count(crop(image, middle - 1, y - 4, middle + 1, y + BAR + 4), palette.TEXT) > 60, (
        "no middle"
    )


def test_a_scorer_that_is_not_believed_has_no_thresholds(bars: dict[str, Placed]) -> None:
    image = image_picture.render(
        kit.report([[0.0]], readers=[kit.reader("ORDER ONLY", threshold=2.2)])
    )
    [(_, _, (x, y), (long, far))] = bars["margin_bar"]
    place = x + long / 2 * (1 + 2.2 / far)
    assert count(crop(image, place - 3, y - 4, place + 3, y + BAR + 4), palette.TEXT) == 0


def test_all_gauges_of_a_report_reach_equally_far_and_what_goes_beyond_has_a_tip(
    bars: dict[str, Placed], drawn: Drawn
) -> None:
    image = drawn.of(kit.report([[40.0], [1.5], [-40.0]]))
    assert {size for *_, size in bars["margin_bar"]} == {(bars["margin_bar"][0][3][0], 8.0)}
    tips = []
    for _, _, (x, y), (long, _) in bars["margin_bar"]:
        right, left = (
            crop(image, x + long + 0.5, y, x + long + 8, y + BAR),
            crop(image, x - 8, y, x - 0.5, y + BAR),
        )
        tips.append((count(right, palette.GREEN) > 10, count(left, palette.VERMILION) > 10))
    assert tips == [(True, False), (False, False), (False, True)]
    assert "+40 × the noise" in drawn.all and "−40 × the noise" in drawn.all
    assert display.reach(kit.report([[0.1]])) == 3 and display.reach(kit.report([[4.5]])) == 5


# Percentages and thumbnails


def test_percentages_are_bars_in_the_manner_of_their_meaning(bars: dict[str, Placed]) -> None:
    logits = [[1.0, 0.9, 0.8, 0.7, 0.6]]
    report = kit.report([[3.0]], logits=logits)
    image = image_picture.render(report)
    assert [role for role, *_ in bars["share_bar"]] == [one["role"] for one in report["captions"]]
    for (role, (x, y), (long, share)), percentage in zip(
        bars["share_bar"], report["images"][0]["percentages"], strict=True
    ):
        assert share == pytest.approx(percentage / 100)
        filled = crop(image, x + 4, y, x + long * share - 4, y + BAR)
        rest = crop(image, x + long * share + 3, y, x + long - 4, y + BAR)
        size = filled.width * filled.height
        green, red, grey, stripes = (
            count(filled, ink) / size
            for ink in (palette.GREEN, palette.VERMILION, palette.SOFT, palette.CARD)
        )
        meaning = display.meaning(role)
        assert (green > 0.9) == (meaning == "prompt") and (red > 0.4 and stripes > 0.1) == (
            meaning == "swap"
        )
        assert (0.2 < grey < 0.4) == (meaning == "unrelated"), "thin and grey"
        assert count(rest, palette.RAISED) == rest.width * rest.height
    assert display.meaning("hinted") == display.meaning("") == "unrelated"


def thumbnail(colour: str, size: tuple[int, int] = (96, 96), mode: str = "RGB") -> Image.Image:
    return Image.new("RGB", size, colour).convert(mode)


@pytest.mark.parametrize("width", [960, 400])
@pytest.mark.parametrize("size", [(96, 48), (48, 96), (4000, 3000), (1, 900)])
def test_thumbnails_stand_beside_or_over_their_pictures_and_keep_their_shape(
    width: int, size: tuple[int, int], drawn: Drawn
) -> None:
    report = kit.report([[3.0], [-3.0]])
    colours = ["#fe01fd", "#01fefd"]
    image = drawn.of(report, width=width, thumbnails=[thumbnail(one, size) for one in colours])
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
    for one in report["contrasts"]:
        one["label"] = one["sentence"] = text
    report["captions"] = [{"role": text or "swap", "text": text} for _ in range(40)]
    for one in report["images"]:
        one["logits"], one["percentages"] = [1.0] * 40, [2.5] * 40
        for seen in one["contrasts"]:
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
