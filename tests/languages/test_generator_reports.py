"""Ignored Words in ten languages: on every face, with the plurals of each, and with the same names
for programs.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("PIL")

from encoderscope.conditioning.reports.generator import picture, text
from encoderscope.conditioning.reports.generator.display import with_display
from encoderscope.conditioning.reports.generator.report import generator_report
from encoderscope.conditioning.reports.generator.sentences import verdict
from encoderscope.conditioning.translation import in_language, languages, later
from encoderscope.tests.reports.drawn import Drawn
from encoderscope.tests.reports.generator import kit
from encoderscope.tests.reports.generator.test_sentences import measurement
from encoderscope.tools.languages import report_texts

Report = dict[str, Any]
OTHERS = languages()[1:]
SENTENCES = ("language", "sentence", "notes", "skipped", "display")
"""Fields that are written in a language."""


def phrases(used: int, ignored: int) -> list[Report]:
    every = [kit.phrase(kit.TEXT, "red car") for _ in range(used)]
    return every + [kit.phrase(kit.TEXT, "fog", 0.001, "ignored") for _ in range(ignored)]


def nameless(report: Any) -> Any:
    """A report without what is written in a language."""
    if isinstance(report, dict):
        return {key: nameless(each) for key, each in report.items() if key not in SENTENCES}
    return [nameless(each) for each in report] if isinstance(report, list) else report


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated(language: str) -> None:
    assert [
        english
        for english, sentence in report_texts.read_domains(language)["generator"].items()
        if sentence is None
    ] == []


@pytest.mark.parametrize(
    ("language", "used", "ignored", "sentence"),
    [
        ("de", 1, 0, "Das Bildmodell nutzt die Wortgruppe."),
        ("de", 2, 0, "Das Bildmodell nutzt beide Wortgruppen."),
        ("de", 3, 0, "Das Bildmodell nutzt alle 3 Wortgruppen."),
        ("de", 0, 2, 'Das Bildmodell ignoriert "fog" und "fog".'),
        ("ru", 1, 0, "Модель изображений использует 1 фразу из 1."),
        ("ru", 3, 0, "Модель изображений использует все 3 фразы."),
        ("ru", 5, 0, "Модель изображений использует все 5 фраз."),
        ("ru", 0, 6, 'Модель изображений игнорирует "fog", "fog", "fog", "fog" и ещё 2.'),
        ("ja", 3, 0, "画像モデルは 3 フレーズすべてを使っています。"),
        ("ja", 1, 1, '画像モデルは "fog" を無視しています。 "red car" は使われています。'),
    ],
)
def test_the_verdict(language: str, used: int, ignored: int, sentence: str) -> None:
    with in_language(language):
        assert verdict(phrases(used, ignored)) == sentence


@pytest.mark.parametrize("language", OTHERS)
def test_figures_and_names_for_programs_are_the_same_in_every_language(language: str) -> None:
    measured = measurement(random.Random(3))
    english = generator_report(measured)
    with in_language(language):
        report = generator_report(measured)
    assert english["language"] == "en" and report["language"] == language
    assert nameless(report) == nameless(english)
    for own, other in zip(report["phrases"], english["phrases"], strict=True):
        assert own["sentence"] != other["sentence"]
        for key in ("state", "sign", "ink", "width", "own", "interval"):
            assert own["display"][key] == other["display"][key]
    assert report["sentence"] != english["sentence"]


def test_what_was_noted_while_it_was_measured_is_in_the_language_of_the_report() -> None:
    note = later("The first of {count} latents is measured.", count=2)
    measured = replace(measurement(random.Random(3)), notes=[note], skipped=["as it came"])
    with in_language("de"):
        report = generator_report(measured)
    assert "Der erste von 2 Latents wird gemessen." in report["notes"]
    assert report["skipped"] == ["as it came"]


@pytest.mark.parametrize(
    ("language", "heading", "state", "how"),
    [
        ("de", "Wie viel vom Bild jede Wortgruppe entscheidet", "nicht zu sagen", "4 Rauschstufen"),
        ("ru", "Какую долю изображения решает каждая фраза", "сказать нельзя", "4 уровня шума"),
    ],
)
def test_card_text_and_picture_of_a_finished_report(
    monkeypatch: pytest.MonkeyPatch, language: str, heading: str, state: str, how: str
) -> None:
    report = kit.mixed() | {"language": language}
    display = with_display(report)["display"]
    assert display["titles"]["bars"] == heading and how in display["how"]
    assert state in text.plain(report) and how in text.plain(report)
    drawn = Drawn(monkeypatch)
    drawn.of(picture.render, report)
    assert heading in drawn.all and state in drawn.all and how in drawn.all
