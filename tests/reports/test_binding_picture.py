"""The picture of the probe: what is drawn, where, and that nothing is left out silently.

Over 300 lines, because all of it reads one made-up report and one record of bars; the arcs have a
file of their own.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from itertools import pairwise
from math import sqrt
from typing import Any

import pytest

pytest.importorskip("PIL")

from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.binding import arcs
from encoderscope.conditioning.reports.binding import picture as binding_picture
from encoderscope.conditioning.reports.drawing import canvas, fonts, palette
from encoderscope.conditioning.reports.drawing.bars import BAR
from encoderscope.conditioning.reports.encoder_card import picture as encoder_card_picture
from encoderscope.tests.reports.drawn import SCALE, STRANGE, STREAMS, Drawn, at, count, crop, rgb
from encoderscope.tests.reports.test_encoder_card_picture import card

Report = dict[str, Any]
TEXT = "a red car next to a blue house"


def row(pair: int = 0, share: float = 0.25, verdict: str = "BOUND", **more: Any) -> Report:
    return {
        "pair": pair,
        "stream": "l",
        "title": "CLIP-L",
        "readout": "pooled",
        "readout_title": "pooled vector",
        "counts": True,
        "taken": True,
        "verdict": verdict,
        "share": share,
        "interval": [share * 0.8, min(1.0, share * 1.3)],
        "kappa": 0.1,
        "p": 0.008,
        "null": [0.01, 0.04],
        "parts": {},
        "in_prompt": None,
        "lost_in_prompt": False,
    } | more


def contrast(
    verdict: str = "BOUND", arcs: list[list[list[int]]] | None = None, **more: Any
) -> Report:
    ends = [[[2, 5], [6, 9]], [[20, 24], [25, 30]]] if arcs is None else arcs
    return {
        "kind": "binding",
        "label": "red car / blue house",
        "stock": False,
        "verdict": verdict,
        "sentence": "Meaning of it.",
        "remedy": "Remedy for it.",
        "source": "arXiv",
        "note": "Note on it.",
        "frames": 8,
        "cells": {
            "asked": "a red car",
            "rival": "a blue car",
            "asked_again": "",
            "rival_again": "",
        },
        "arcs": [{"from": a, "to": b} for a, b in ends],
        "selectivity": [
            {
                "stream": "l",
                "listener": "car",
                "hears": [],
                "own_share": 0.5,
                "sentence": "“car” hears blue.",
            }
        ],
        "textbook": [],
    } | more


def probe(
    contrasts: list[Report] | None = None, rows: list[Report] | None = None, **more: Any
) -> Report:
    found = [contrast()] if contrasts is None else contrasts
    return {
        "format": "encoderscope.probe",
        "version": 1,
        "host": "ComfyUI 0.3.75",
        "text": TEXT,
        "sentence": "CLIP-L: represents it.",
        "bound": True,
        "family": "flux",
        "family_title": "FLUX.1",
        "generator": "joint-attention DiT",
        "view": "unpadded",
        "threshold": 0.95,
        "streams": STREAMS,
        "pairs": [],
        "contrasts": found,
        "verdicts": [row(k, verdict=one["verdict"]) for k, one in enumerate(found)]
        if rows is None
        else rows,
        "lint": [
            {
                "kind": "before",
                "stream": "l",
                "text": "Lint found.",
                "remedy": "Lint mended.",
                "span": [0, 1],
            }
        ],
        "skipped": ["Skipped one."],
        "unread": ["Unread one."],
        "notes": ["Noted one."],
        "compare": None,
    } | more


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Report, float, float, float]]:
    """(row, x, y, length) of every bar that is drawn."""
    found: list[tuple[Report, float, float, float]] = []
    real = binding_picture.bar

    def bar(
        board: canvas.Canvas, one: Report, place: tuple[float, float], long: float, colour: str
    ) -> None:
        found.append((one, *place, long))
        real(board, one, place, long, colour)

    monkeypatch.setattr(binding_picture, "bar", bar)
    return found


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
    found = Counter(
        text for text, *_, colour in drawn.texts if text in ("1", "2") and colour != palette.DIM
    )
    assert found == {"1": 3, "2": 2}, "one number at the contrast, one at each of its arcs"


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
        left = min(place for found, place, top, *_ in drawn.texts if found == text and top > y)
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


def hundred() -> Report:
    many = [
        contrast("BOUND" if k % 3 else "COLLAPSED", label="label " * 200, sentence="s" * 9000)
        for k in range(100)
    ]
    for one in many:
        one["selectivity"] = one["selectivity"] * 50
    rows = [row(k, title=f"stream {n}") for k in range(100) for n in range(40)]
    return probe(
        many,
        rows,
        notes=[f"{k} {'n' * 3000}" for k in range(99)],
        text=TEXT + " more words here" * 5000,
    )


def test_a_hundred_contrasts_are_bounded_and_say_so(drawn: Drawn) -> None:
    report = hundred()
    start = time.perf_counter()
    image = drawn.of(binding_picture.render, report | {"compare": report}, scale=1)
    assert image.height < 40_000
    assert time.perf_counter() - start < 20
    for text in (
        "… and 92 more contrasts (61 BOUND, 31 COLLAPSED), see the JSON",
        "… and 22 more readouts, see the JSON",
        "… and 41 more on selectivity, see the JSON",
        "more words, see the JSON",
        "… and 89 more notes, see the JSON",
    ):
        assert text in drawn.all, text


def test_arcs_to_words_that_are_not_shown_are_counted(drawn: Drawn) -> None:
    text = "word " * 5000 + "red car"
    far = [[[len(text) - 7, len(text) - 4], [len(text) - 3, len(text)]]]
    drawn.of(binding_picture.render, probe([contrast(arcs=far)], text=text))
    assert "… and 1 more arc to words that are not shown, see the JSON" in drawn.all


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
def test_any_text_is_drawn(text: str, drawn: Drawn) -> None:
    ends = [[[0, 2], [3, 5]], [[4, 9], [0, 1]], [[1, 2], [1, 2]]]
    one = contrast(
        arcs=ends, label=text, sentence=text, remedy=text, cells={"asked": text, "rival": text}
    )
    report = probe([one], text=text, sentence=text, notes=[text], view=text, family_title=text)
    for width in (320, 960):
        assert drawn.of(binding_picture.render, report, width=width, scale=1).width == width
    if not text.strip():
        assert "The prompt is empty" in drawn.all


def test_a_prompt_is_drawn_letter_by_letter_as_typed(drawn: Drawn) -> None:
    text = "a (forest-green:1.2) armchair, [red] car"
    drawn.of(
        binding_picture.render,
        probe([contrast(arcs=[[[3, 15], [21, 29]], [[32, 35], [37, 40]]])], text=text),
    )
    pieces = [found for found, _, _, size, _ in drawn.texts if size == arcs.TEXT]
    assert "".join(pieces) == text.replace(" ", "")


@pytest.mark.parametrize("wrong", [None, float("nan"), float("inf"), -1.0, 7.0])
def test_no_number_is_never_drawn_as_one(
    wrong: float | None, drawn: Drawn, bars: list[Any]
) -> None:
    drawn.of(
        binding_picture.render,
        probe(rows=[row() | {"share": wrong, "interval": [wrong, wrong], "null": [wrong, wrong]}]),
    )
    assert "nan" not in drawn.all.lower() and "inf" not in drawn.all.lower()
    assert ("no number" in drawn.all) == (wrong not in (-1.0, 7.0))


def test_report_without_contrasts(drawn: Drawn) -> None:
    bare = probe(
        [],
        [],
        text="hello",
        bound=None,
        family_title=None,
        family=None,
        generator=None,
        host=None,
        lint=[],
        notes=[],
    )
    image = drawn.of(binding_picture.render, bare | {"skipped": [], "unread": []})
    assert image.height < 700 and "hello" in drawn.all and "axis" not in drawn.all
    nothing = bare | {"streams": [], "text": "", "sentence": ""}
    drawn.of(binding_picture.render, nothing)


def test_a_verdict_of_a_newer_report_is_drawn(drawn: Drawn) -> None:
    drawn.of(binding_picture.render, probe([contrast("HALF")], [row(verdict="HALF")]))
    assert drawn.colour("HALF") == palette.SOFT


@pytest.mark.parametrize("picture", [binding_picture, encoder_card_picture])
def test_wrong_sizes_and_a_missing_pillow_are_told(
    picture: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = probe() if picture is binding_picture else card()
    for wrong in ({"width": 10}, {"scale": 0}, {"scale": 50}):
        with pytest.raises(EncoderScopeError, match="960"):
            picture.render(report, **wrong)
    assert picture.render(report, scale=1).size == tuple(
        side // 2 for side in picture.render(report).size
    )
    monkeypatch.setattr(fonts, "ready", lambda: False)
    with pytest.raises(EncoderScopeError, match="pip install"):
        picture.render(report)


def test_a_real_report_is_drawn(
    drawn: Drawn, bars: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the probe itself, on an encoder of random vectors: its contract and this picture fit."""
    torch = pytest.importorskip("torch")
    from encoderscope.conditioning.binding import blind_encoders, null_distribution, suite, verdicts
    from encoderscope.conditioning.binding import probe_prompt as binding_probe
    from encoderscope.conditioning.encoding import text_encoder
    from encoderscope.conditioning.reports.binding import report as report_of

    table = torch.randn(997, 8, generator=torch.Generator().manual_seed(0))

    class Toy:
        name, title = "toy", "Toy"
        architecture = text_encoder.Architecture("other", 8, 1, False)

        def tokenize(self, texts: list[str]) -> list[text_encoder.TextTokens]:
            return [self.row(text) for text in texts]

        def row(self, text: str) -> text_encoder.TextTokens:
            ends = [0, *(k for k, char in enumerate(text) if char == " "), len(text)]
            spans = tuple(pairwise(ends))
            ids = tuple(sum(map(ord, text[a:b])) % 997 for a, b in spans)
            return text_encoder.TextTokens(ids, spans, ("text",) * len(ids), (0,) * len(ids))

        def static(self, ids: list[int]) -> torch.Tensor:
            return table[list(ids)]

        def states(self, batch: list[text_encoder.TextTokens]) -> list[text_encoder.States]:
            mixed = [self.static(rows.ids).cumsum(0).tanh() for rows in batch]
            return [text_encoder.States(one, one[-1]) for one in mixed]

    few = suite.designs("colour", 8)[:4]
    monkeypatch.setattr(suite, "of_kind", lambda kind, frames: few)
    monkeypatch.setattr(
        null_distribution, "untrained", lambda one: [blind_encoders.BagEncoder(one)]
    )
    made = report_of.probe_report(binding_probe.probe("a red car and a blue house", [Toy()]))
    made = json.loads(json.dumps(made, allow_nan=False))
    drawn.of(binding_picture.render, made)
    assert len(bars) == len(made["verdicts"]) == 3
    for one in made["contrasts"]:
        assert one["label"] in drawn.all
    assert set(palette.VERDICT_LOOKS) == set(verdicts.STRENGTH)
