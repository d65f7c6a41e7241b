"""The picture of the probe: what is drawn, where, and that nothing is left out silently.

Over 300 lines, because all of it reads one made-up report and one record of bars; the arcs have a
file of their own.
"""

from __future__ import annotations

from collections import Counter
from math import sqrt
from typing import Any

import pytest

pytest.importorskip("PIL")

from encoderscope.conditioning.reports.binding import picture as binding_picture
from encoderscope.conditioning.reports.drawing import fonts, palette
from encoderscope.conditioning.reports.drawing.bars import BAR
from encoderscope.tests.reports.binding_kit import contrast, probe, row
from encoderscope.tests.reports.drawn import SCALE, STREAMS, Drawn, at, count, crop, rgb

# What is said


def test_everything_that_the_report_says_is_drawn_in_its_order(drawn: Drawn) -> None:
    drawn.of(binding_picture.render, probe())
    order = [
        "CLIP-L: represents it.",
        "red",
        "BOUND",
        "“a red car” against “a blue car”, in 8 sentence frames",
        "CLIP-L: pooled vector",
        "25.0 %",
        "Meaning of it.",
        "Remedy for it.",
        "Note on it.",
        "CLIP-L: “car” hears blue.",
        "Lint found. Lint mended.",
        "Skipped one.",
        "Unread one.",
        "Noted one.",
        "encoderscope.probe, version 1 · unpadded",
    ]
    places = [drawn.where(text)[1] for text in order]
    assert places == sorted(places)
    footer = [text for text, _, y, *_ in drawn.texts if y >= places[-1]]
    assert "CLIP-L: clip, 12 layers of 768, causal" in " ".join(
        footer
    ) and "ComfyUI 0.3.75" in " ".join(footer)
    for text in (
        "EncoderScope",
        "Binding Probe",
        "FLUX.1, joint-attention DiT",
        "T5-XXL",
        "red car / blue house",
    ):
        assert text in drawn.all


@pytest.mark.parametrize(("bound", "tone"), [(True, "kept"), (False, "lost"), (None, "open")])
def test_box_on_top_has_the_tone_of_bound(bound: bool | None, tone: str) -> None:
    image = binding_picture.render(probe(bound=bound))
    for name, look in palette.TONES.items():
        assert (count(image, look.box) > 20_000) == (name == tone)


def test_one_stream_has_no_prefix_and_one_contrast_no_number(drawn: Drawn) -> None:
    drawn.of(binding_picture.render, probe(streams=STREAMS[:1]))
    assert "“car” hears blue." in [text for text, *_ in drawn.texts]
    assert "1" not in [text for text, *_, colour in drawn.texts if colour == palette.GREEN]
    drawn.of(
        binding_picture.render, probe([contrast(), contrast("ORDER ONLY", [[[2, 5], [25, 30]]])])
    )
    counts = Counter(
        text for text, *_, colour in drawn.texts if text in ("1", "2") and colour != palette.DIM
    )
    assert counts == {"1": 3, "2": 2}, "one number at the contrast, one at each of its arcs"


def test_repeated_remarks_are_said_once_with_their_number(drawn: Drawn) -> None:
    drawn.of(
        binding_picture.render, probe(lint=probe()["lint"] * 3, unread=["CLIP-L: represents it."])
    )
    assert drawn.all.count("Lint found.") == 1 and "(3 times)" in drawn.all
    assert drawn.all.count("represents it.") == 1, "the sentence on top says it"


def test_compared_report_stands_below_under_its_own_heading(drawn: Drawn) -> None:
    other = probe(
        [contrast("COLLAPSED", label="other label")],
        sentence="T5-XXL: cannot tell it.",
        bound=False,
    )
    image = drawn.of(binding_picture.render, probe(compare=other))
    heading = drawn.where("Compared with")[1]
    assert (
        drawn.where("CLIP-L: represents it.")[1]
        < heading
        < drawn.where("T5-XXL: cannot tell it.")[1]
    )
    assert heading < drawn.where("other label")[1]
    assert count(image, palette.TONES["kept"].box) and count(image, palette.TONES["lost"].box)
    assert drawn.all.count("square-root axis") == 1, "one legend is enough"
    assert "Compared with" not in (drawn.of(binding_picture.render, probe()) and drawn.all)


# Bars


@pytest.mark.parametrize("share", [0.0004, 0.01, 0.2, 0.5, 1.0])
def test_bar_is_filled_to_its_share_on_the_square_root_axis(bars: list[Any], share: float) -> None:
    image = binding_picture.render(probe(rows=[row(share=share, interval=[0, 0], null=[0, 0])]))
    ((_, x, y, long),) = bars
    end = x + long * sqrt(share)
    assert at(image, max(x + 2, end - 2), y + 3) == rgb(palette.GREEN)
    if share < 1:
        assert at(image, end + 4, y + 3) == rgb(palette.RAISED)
    line = crop(image, x + 6, y + 2, x + long, y + 2.5)
    assert count(line, palette.GREEN) / line.width == pytest.approx(
        max(0, long * sqrt(share) - 6) / (long - 6), abs=0.01
    )


def test_ticks_stand_on_the_axis(bars: list[Any], drawn: Drawn) -> None:
    drawn.of(binding_picture.render, probe())
    ((_, x, y, long),) = bars
    for text, share in (("0", 0), ("1", 0.01), ("5", 0.05), ("20", 0.2), ("50", 0.5)):
        left = min(place for result, place, top, *_ in drawn.texts if result == text and top > y)
        assert left + fonts.measure(text, 10) / 2 == pytest.approx(x + long * sqrt(share), abs=0.6)
    assert drawn.where("100 %")[0] + fonts.measure("100 %", 10) == pytest.approx(x + long, abs=0.6)


def test_whisker_spans_the_interval(bars: list[Any]) -> None:
    image = binding_picture.render(probe(rows=[row(share=0.1, interval=[0.3, 0.6], null=[0, 0])]))
    ((_, x, y, long),) = bars
    low, high = x + long * sqrt(0.3), x + long * sqrt(0.6)
    line = crop(image, x, y + BAR / 2, x + long, y + BAR / 2 + 0.5)
    assert count(line, palette.TEXT) / SCALE == pytest.approx(high - low, abs=3)
    for end in (low, high):
        assert count(crop(image, end - 2, y + 2, end + 2, y + 5), palette.TEXT), "no cap"


def test_null_band_is_hatched_over_bar_and_track(bars: list[Any]) -> None:
    image = binding_picture.render(
        probe(rows=[row(share=0.04, interval=[0, 0], null=[0.01, 0.25])])
    )
    ((_, x, y, long),) = bars
    filled, blind = x + 0.2 * long, x + 0.5 * long
    over_bar, over_track = (
        crop(image, a, y + 1, b, y + 13) for a, b in ((x + 8, filled - 4), (filled + 4, blind - 4))
    )
    behind = crop(image, blind + 4, y + 1, x + long - 4, y + 13)
    for part, ground, stripe in (
        (over_bar, palette.GREEN, palette.CARD),
        (over_track, palette.RAISED, palette.DIM),
    ):
        size = part.width * part.height
        assert count(part, ground) > 0.3 * size and count(part, stripe) > 0.1 * size
    assert set(behind.getcolors()) == {(behind.width * behind.height, rgb(palette.RAISED))}, (
        "hatched behind the null"
    )
    edge = crop(image, blind - 2, y - 3, blind + 2, y - 1)
    assert count(edge, palette.SOFT) > 4, "no line where the null ends"


def test_what_the_generator_does_not_take_is_dim_and_said(bars: list[Any], drawn: Drawn) -> None:
    rows = [
        row(),
        row(title="T5-XXL", taken=False, counts=False),
        row(title="CLIP-G", counts=False),
    ]
    image = drawn.of(binding_picture.render, probe(rows=rows))
    bright, dim, _ = (at(image, x + 0.3 * long, y + 2) for _, x, y, long in bars)
    assert bright == rgb(palette.GREEN) and sum(dim) < 0.6 * sum(bright)
    assert "T5-XXL: pooled vector (not used)" in drawn.all and drawn.all.count("(not used)") == 1
    assert "dim: this model does not use it" in drawn.all and "bright: decides" in drawn.all
    inks = [drawn.colour(f"{name}: pooled") for name in ("CLIP-L", "CLIP-G", "T5-XXL")]
    assert inks == [palette.TEXT, palette.SOFT, palette.DIM]
    drawn.of(binding_picture.render, probe())
    assert "does not use it" not in drawn.all, "a legend for what does not occur"


def test_loss_in_the_prompt_itself_is_said(drawn: Drawn) -> None:
    drawn.of(
        binding_picture.render,
        probe(rows=[row(verdict="COLLAPSED", lost_in_prompt=True, share=0.4)]),
    )
    assert "pooled vector (lost in the prompt itself)" in drawn.all


# Bounds and strange contents
