"""The encoder report in ten languages: whole, the same on every face, with the same names for
programs; a kept one and a friend's are said in the language of the moment.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
from encoderscope.conditioning import translation
from encoderscope.conditioning.reports.encoder_card import picture, text
from encoderscope.conditioning.reports.encoder_card.report import with_others, worded
from encoderscope.conditioning.translation import in_language
from encoderscope.tests.reports.drawn import Drawn
from encoderscope.tools.languages import report_texts

Report = dict[str, Any]
OTHERS = translation.languages()[1:]
SAMPLE = Path(__file__).parents[1] / "samples" / "encoder_report.json"


def kept() -> Report:
    """As a cache holds it, or as a friend sends it: in English."""
    report = json.loads(SAMPLE.read_text(encoding="utf-8"))
    return {key: value for key, value in report.items() if key != "display"} | {"others": []}


def write(language: str, *beside: Report) -> Report:
    with in_language(language):
        return with_others(worded(kept()), beside)


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated(language: str) -> None:
    messages = report_texts.read_domains(language)["encoder_card"]
    assert [key for key, translated in messages.items() if translated is None] == []


def test_a_kept_report_is_worded_anew_with_the_same_numbers() -> None:
    english = kept()
    assert worded(english)["sentence"].startswith(
        "CLIP-L binds count in its tokens, but not plural, place, order of size, order of time, "
        "who does what. It binds some cases of colour, "
    )
    assert worded(english)["notes"] == english["notes"]
    assert worded(english)["scores"] == english["scores"]
    for language in OTHERS:
        report = write(language)
        assert report["language"] == language
        assert report["sentence"] != english["sentence"]
        for a, b in zip(report["scores"], english["scores"], strict=True):
            assert {**a, "readout_title": ""} == {**b, "readout_title": ""}
        rows = report["display"]["table"]["rows"]
        assert [row["phenomenon"] for row in rows] == english["phenomena"]
        assert (
            report["display"]["legend"]["verdicts"]
            == (with_others(english, ())["display"]["legend"]["verdicts"])
        )


def score(phenomenon: str, bound: int) -> Report:
    named = {"stream": "l", "readout": "cross-attention", "phenomenon": phenomenon}
    return {**named, "bound": bound, "total": 12}


@pytest.mark.parametrize(
    ("bound", "sentence"),
    [
        ((12, 12), "CLIP-L bindet in seinen Tokens Farbe, Anzahl."),
        ((12, 0), "CLIP-L bindet in seinen Tokens Farbe, aber nicht Anzahl."),
        ((0, 3), "CLIP-L bindet nicht Farbe. Nur manche Fälle bindet er von: Anzahl."),
        ((3, 3), "CLIP-L bindet von jeder Art einige Gegensätze, keine verlässlich."),
    ],
)
def test_what_is_bound_in_german(bound: tuple[int, int], sentence: str) -> None:
    scores = [score(name, count) for name, count in zip(("colour", "count"), bound, strict=True)]
    with in_language("de"):
        report = worded({"streams": [{"name": "l", "title": "CLIP-L"}], "scores": scores})
    assert report["sentence"] == sentence
    assert {entry["readout_title"] for entry in report["scores"]} == {
        "Token-Vektoren als ungeordnete Menge"
    }


def test_a_friend_s_card_is_said_in_the_language_of_the_own_one() -> None:
    report = write("ru", {**kept(), "title": "Friend"})
    [friend] = report["others"]
    assert friend["sentence"] == report["sentence"] and friend["notes"] == report["notes"]
    own = write("en", {**kept(), "sentence": "Of another release."})
    assert own["others"][0]["sentence"] == "Of another release."


def test_every_face_is_in_the_language_of_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = Drawn(monkeypatch)
    report = write("ru")
    drawn.of(picture.render, report)
    plain = text.plain(report)
    for words in ("Табель кодировщика", "цвет", "слепые кодировщики остаются ниже"):
        assert words in drawn.all
    assert report["sentence"] in plain and "отрицание" in plain and report["notes"][0] in plain
    assert report["display"]["readouts_heading"] == "Другие способы чтения"
    assert report["display"]["table"]["rows"][0]["title"] == "цвет"
    assert translation.current_language() == "en"
