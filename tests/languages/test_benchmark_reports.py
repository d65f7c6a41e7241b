"""The benchmark report in ten languages: whole, with the plurals of each, the same on every face,
and with the same names for programs.
"""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
from encoderscope.conditioning import translation
from encoderscope.conditioning.benchmark import drawn_sets
from encoderscope.conditioning.reports.benchmark import picture, sentences, text
from encoderscope.conditioning.reports.benchmark.report import benchmark_report
from encoderscope.conditioning.translation import in_language, localized
from encoderscope.tests.benchmark import kit
from encoderscope.tests.reports.drawn import Drawn
from encoderscope.tools.languages import report_texts

Report = dict[str, Any]
OTHERS = translation.languages()[1:]
NUMBERS = ("wins", "ties", "share", "guessing", "kind", "encoder", "histogram")


def write(language: str) -> Report:
    data = kit.dataset(judged=True, count=40)
    with in_language(language):
        return benchmark_report(data, kit.runs(data))


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated(language: str) -> None:
    messages = report_texts.read_domains(language)["benchmark"]
    assert [key for key, translated in messages.items() if translated is None] == []


def test_names_for_programs_and_numbers_are_the_same_in_every_language() -> None:
    english = write("en")
    for language in OTHERS:
        report = write(language)
        assert report["language"] == language
        assert report["sentence"] != english["sentence"]
        for a, b in zip(report["scores"], english["scores"], strict=True):
            assert {key: a[key] for key in NUMBERS} == {key: b[key] for key in NUMBERS}
        for field in ("name", "kinds", "fingerprint"):
            assert report["dataset"][field] == english["dataset"][field]
        assert [each["name"] for each in report["questions"]] == ["image", "text"]
        assert [each["better"] for each in report["comparisons"]] == [
            each["better"] for each in english["comparisons"]
        ]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "A против B: только A выигрывает 0 пар, только B — 7, p = 0.500: разницы не видно."),
        (1, "A против B: только A выигрывает 1 пару, только B — 7, p = 0.500: разницы не видно."),
        (2, "A против B: только A выигрывает 2 пары, только B — 7, p = 0.500: разницы не видно."),
        (5, "A против B: только A выигрывает 5 пар, только B — 7, p = 0.500: разницы не видно."),
    ],
)
def test_pairs_are_counted_in_russian(count: int, words: str) -> None:
    comparison = {"a": "A", "b": "B", "only_a": count, "only_b": 7, "tied": 0, "better": None}
    with in_language("ru"):
        sentence = sentences.comparison_sentence({**comparison, "p": 0.5, "p_corrected": 0.5})
    assert sentence == words


@pytest.mark.parametrize(
    ("tied", "words"),
    [(1, "3, 1 bleibt außer Betracht (unentschieden),"), (2, "3, 2 bleiben außer Betracht")],
)
def test_ties_are_counted_in_german(tied: int, words: str) -> None:
    comparison = {"a": "A", "b": "B", "only_a": 9, "only_b": 3, "tied": tied, "better": "A"}
    with in_language("de"):
        sentence = sentences.comparison_sentence({**comparison, "p": 0.01, "p_corrected": 0.02})
    assert words in sentence
    assert sentence.endswith("p = 0.010, korrigiert p = 0.020: A ist besser.")


@pytest.mark.parametrize(
    ("count", "title", "german"),
    [(1, "1 drawn scene", "1 gezeichnete Szene"), (20, "20 drawn scenes", "20 gezeichnete Szenen")],
)
def test_a_drawn_set_is_named_in_the_language_of_the_report(
    count: int, title: str, german: str
) -> None:
    data = drawn_sets.drawn(f"drawn-{count}")
    assert data.title == title
    with in_language("de"):
        assert localized(data.title) == german


def test_every_face_is_in_the_language_of_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = Drawn(monkeypatch)
    report = write("ru")
    drawn.of(picture.render, report)
    plain = text.plain(report)
    assert report["display"]["title"] == "40 нарисованных сцен, 40 пар"
    assert report["display"]["headings"] == {"notes": "Полезно знать", "details": "Подробности"}
    for words in ("Тест связывания", report["display"]["title"], "Предсказывают ли запасы неудачи"):
        assert words in drawn.all
    for words in (report["sentence"], "Предсказывают ли запасы неудачи?", "цвет", "все пары"):
        assert words in plain
    assert translation.current_language() == "en"
