"""The picture of the encoder report: what is drawn, where, and that nothing is left out
silently.
"""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("PIL")

from encoderscope.conditioning.reports.drawing import palette
from encoderscope.conditioning.reports.encoder_card import display
from encoderscope.conditioning.reports.encoder_card import picture as encoder_card_picture
from encoderscope.tests.reports.drawn import SCALE, STRANGE, STREAMS, Drawn, at, count, crop, rgb

Report = dict[str, Any]


def score(
    phenomenon: str, stream: str = "l", readout: str = "pooled", bound: int = 6, **more: Any
) -> Report:
    return {
        "stream": stream,
        "readout": readout,
        "readout_title": f"{readout} title",
        "phenomenon": phenomenon,
        "share": 0.16,
        "interval": [0.09, 0.25],
        "kappa": -0.4,
        "null": [0.01, 0.04],
        "bound": bound,
        "order_only": 12 - bound,
        "collapsed": 0,
        "undecided": 0,
        "total": 12,
    } | more


def card(
    title: str = "FLUX.1", phenomena: tuple[str, ...] = ("colour", "count"), **more: Any
) -> Report:
    scores = [
        score(item, stream, readout)
        for stream, vector in (("l", "pooled"), ("t5xxl", "mean"))
        for readout in (vector, "sequence", "cross-attention")
        for item in phenomena
    ]
    return {
        "format": "encoderscope.encoder_report",
        "version": 1,
        "host": None,
        "title": title,
        "fingerprint": title,
        "suite": 1,
        "view": "unpadded",
        "frames": 4,
        "sentence": "CLIP-L binds.",
        "streams": STREAMS,
        "phenomena": list(phenomena),
        "scores": scores,
        "notes": ["Noted."],
        "others": [],
    } | more


def test_encoder_report_has_a_row_for_each_phenomenon_and_a_column_for_each_readout(
    drawn: Drawn,
) -> None:
    drawn.of(encoder_card_picture.render, card())
    columns = [drawn.where(f"{name} title") for name in ("pooled", "mean")]
    crosses = [(x, y) for text, x, y, *_ in drawn.texts if text.startswith("cross-attention title")]
    assert len(crosses) == 2 and len({y for _, y in (*columns, *crosses)}) == 1
    assert (
        drawn.all.count("sequence") == 1 and "Not drawn: sequence title, see the JSON" in drawn.all
    )
    assert drawn.all.count("6/12") == 8 and drawn.all.count("16.0 % [9.0 to 25.0]") == 8
    assert drawn.where("colour")[1] < drawn.where("count")[1]
    for text in (
        "CLIP-L binds.",
        "Noted.",
        "unpadded · suite 1, 4 sentence frames",
        "T5-XXL: t5, 24 layers of 4096",
    ):
        assert text in drawn.all


@pytest.mark.parametrize("bound", [0, 3, 9, 12])
def test_bar_of_bound_contrasts(bound: int, drawn: Drawn) -> None:
    image = drawn.of(encoder_card_picture.render, card(scores=[score("colour", bound=bound)]))
    x, y = drawn.where(f"{bound}/12")
    left = drawn.where("pooled title")[0]
    long = x - 8 - left
    line = crop(image, left, y - 8.5, left + long, y - 8)
    assert count(line, palette.GREEN) / line.width == pytest.approx(bound / 12, abs=0.03)
    middle = crop(image, left + long * bound / 12, y - 8, left + long, y)
    assert bool(count(middle, palette.AMBER)) == (bound < 12), (
        "what is not bound keeps the line of its verdict"
    )


def test_share_interval_and_null_stand_on_the_square_root_axis(drawn: Drawn) -> None:
    image = drawn.of(encoder_card_picture.render, card(scores=[score("colour")]))
    left, (x, y) = drawn.where("pooled title")[0], drawn.where("6/12")
    long, middle = x - 8 - left, y + 9
    line = crop(image, left, middle - 0.5, left + long, middle)
    assert count(line, palette.TEXT) / SCALE == pytest.approx(long * (0.5 - 0.3), abs=2)
    assert at(image, left + 0.4 * long, middle - 2) == rgb(palette.TEXT), "no dot at the share"
    assert (
        count(
            crop(image, left + 0.2 * long - 2, middle - 5, left + 0.2 * long + 2, middle + 5),
            palette.SOFT,
        )
        > 8
    )
    assert not count(
        crop(image, left + 0.6 * long, middle - 5, left + long, middle + 5), palette.SOFT
    )


def test_other_encoders_are_further_columns(drawn: Drawn) -> None:
    other = card("SDXL", scores=[score("colour", bound=11)], streams=STREAMS[:1], frames=8)
    drawn.of(encoder_card_picture.render, card(others=[other]))
    tops = {y for text, _, y, *_ in drawn.texts if text in ("6/12", "11/12")}
    assert drawn.where("11/12")[1] == min(tops), "not beside the row that it is compared with"
    assert drawn.where("11/12")[0] > max(x for text, x, *_ in drawn.texts if text == "6/12")
    assert "not measured" in drawn.all, "it has no score for count"
    assert "SDXL: CLIP-L binds." in drawn.all
    assert "SDXL was scored otherwise: sentence frames 8 instead of 4." in drawn.all
    drawn.of(encoder_card_picture.render, card(others=[card("twin", fingerprint="FLUX.1")]))
    assert (
        "twin gives the same answers: equal fingerprints." in drawn.all
        and "otherwise" not in drawn.all
    )


def test_more_columns_than_fit_start_a_table_below(drawn: Drawn) -> None:
    drawn.of(encoder_card_picture.render, card(others=[card("B"), card("C")]))
    assert len([1 for text, *_ in drawn.texts if text == "colour"]) == 3
    drawn.of(encoder_card_picture.render, card(), width=320)
    assert drawn.all.count("16.0 %") == 8


def test_encoder_report_is_bounded_and_says_so(drawn: Drawn) -> None:
    names = tuple(f"phenomenon {k}" for k in range(60))
    report = card(
        "t" * 500,
        names,
        others=[card(f"card {k}", names) for k in range(30)],
        notes=[f"{k}" * 900 for k in range(50)],
    )
    image = drawn.of(encoder_card_picture.render, report, scale=1)
    assert image.height < 20_000
    assert "… and 22 more encoders, 4 more columns, 36 more phenomena, see the JSON" in drawn.all
    assert "… and 38 more notes, see the JSON" in drawn.all


def test_encoder_report_without_scores_or_numbers(drawn: Drawn) -> None:
    drawn.of(encoder_card_picture.render, card(scores=[], notes=[]))
    assert "No scores" in drawn.all
    broken = score("colour", share=None, interval=[float("nan"), None], null=[None, None])
    drawn.of(encoder_card_picture.render, card(scores=[broken, score("count", total=0)]))
    assert "no number" in drawn.all and "nan" not in drawn.all and "not measured" in drawn.all


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
def test_encoder_report_takes_any_text(text: str, drawn: Drawn) -> None:
    streams = [STREAMS[0] | {"title": text}]
    result = card(
        text,
        (text,),
        streams=streams,
        scores=[score(text, readout_title=text)],
        sentence=text,
        notes=[text],
        view=text,
    )
    for width in (320, 960):
        assert (
            drawn.of(
                encoder_card_picture.render, result | {"others": [result]}, width=width, scale=1
            ).width
            == width
        )


def test_of_several_encoders_each_is_named_with_what_it_binds() -> None:
    """The first sentence spoke of the first alone."""
    same = [{"title": "CLIP-L"}]
    first, second = (
        {"title": name, "sentence": f"It binds {name}s.", "streams": same} for name in "AB"
    )
    assert display.claims([first, second]) == "A: It binds As. B: It binds Bs."
    other = {**second, "streams": [{"title": "T5-XXL"}]}
    assert display.claims([first, other]) == "It binds As. It binds Bs."
    assert display.claims([first]) == "It binds As."
