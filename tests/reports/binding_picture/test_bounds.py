"""Bounds of the binding report's picture: many contrasts, any text, what is no number."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from typing import Any

import pytest

pytest.importorskip("PIL")

from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.binding import arcs
from encoderscope.conditioning.reports.binding import picture as binding_picture
from encoderscope.conditioning.reports.drawing import fonts, palette
from encoderscope.conditioning.reports.encoder_card import picture as encoder_card_picture
from encoderscope.tests.reports.binding_kit import TEXT, Report, contrast, probe, row
from encoderscope.tests.reports.drawn import STRANGE, Drawn
from encoderscope.tests.reports.test_encoder_card_picture import card


def hundred() -> Report:
    many = [
        contrast("BOUND" if k % 3 else "COLLAPSED", label="label " * 200, sentence="s" * 9000)
        for k in range(100)
    ]
    for item in many:
        item["selectivity"] = item["selectivity"] * 50
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
    item = contrast(
        arcs=ends, label=text, sentence=text, remedy=text, cells={"asked": text, "rival": text}
    )
    report = probe([item], text=text, sentence=text, notes=[text], view=text, family_title=text)
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
    pieces = [result for result, _, _, size, _ in drawn.texts if size == arcs.TEXT]
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
            return [text_encoder.States(item, item[-1]) for item in mixed]

    few = suite.designs("colour", 8)[:4]
    monkeypatch.setattr(suite, "of_kind", lambda kind, frames: few)
    monkeypatch.setattr(
        null_distribution, "untrained", lambda item: [blind_encoders.BagEncoder(item)]
    )
    document = report_of.probe_report(binding_probe.probe("a red car and a blue house", [Toy()]))
    document = json.loads(json.dumps(document, allow_nan=False))
    drawn.of(binding_picture.render, document)
    assert len(bars) == len(document["verdicts"]) == 3
    for entry in document["contrasts"]:
        assert entry["label"] in drawn.all
    assert set(palette.VERDICT_LOOKS) == set(verdicts.STRENGTH)
