"""The picture of the image report: what is drawn, where, and that nothing is left out silently.

Over 300 lines, because all of it reads one record of what was drawn, made by two fixtures that
would have to be shared.
"""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("PIL")
pytest.importorskip("torch")

from encoderscope.conditioning.image_probe.probe_images import SHOWN, SWAPPED, UNKNOWN
from encoderscope.conditioning.reports.drawing import palette
from encoderscope.conditioning.reports.drawing.bars import percent
from encoderscope.conditioning.reports.image import caption_display, display
from encoderscope.conditioning.reports.image import picture as image_picture
from encoderscope.tests.reports import image_kit as kit
from encoderscope.tests.reports.drawn import SCALE, Drawn, count, crop, rgb

Report = dict[str, Any]
Placed = list[tuple[Any, ...]]

BAR = 14


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
    for caption in report["captions"]:
        assert drawn.all.count(caption["text"]) >= 2, "once for each picture"
    for caption in report["images"]:
        for share in caption["percentages"]:
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
    assert [role for role, *_ in bars["share_bar"]] == [
        caption["role"] for caption in report["captions"]
    ]
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
        meaning = caption_display.meaning(role)
        assert (green > 0.9) == (meaning == "prompt") and (red > 0.4 and stripes > 0.1) == (
            meaning == "swap"
        )
        assert (0.2 < grey < 0.4) == (meaning == "unrelated"), "thin and grey"
        assert count(rest, palette.RAISED) == rest.width * rest.height
    assert caption_display.meaning("hinted") == caption_display.meaning("") == "unrelated"
