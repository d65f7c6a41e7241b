"""The image report in ten languages, with a scorer and with a judge: whole, with the plurals of
each, the same on every face, and with the same names for programs.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
jsonschema = pytest.importorskip("jsonschema")
from encoderscope.conditioning import miniature, translation
from encoderscope.conditioning.reports.image import picture, text
from encoderscope.conditioning.translation import in_language, later, localized
from encoderscope.tests.reports import image_kit as kit
from encoderscope.tests.reports import test_image_report, test_judged_report
from encoderscope.tests.reports.drawn import Drawn
from encoderscope.tools.languages import report_texts

Report = dict[str, Any]
OTHERS = translation.languages()[1:]
DOMAINS = ("image", "image_probe", "image_text")
REPORTS: dict[str, Callable[[], Report]] = {
    **test_image_report.REPORTS,
    **test_judged_report.REPORTS,
}
NAMES = frozenset(
    ("shows", "why", "says", "role", "kind", "verdict", "agreed", "expected", "meaning", "tone")
)
"""Keys of identifiers; not in ``display``, whose words are for people."""
SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "report-image.schema.json").read_text(encoding="utf-8")
)


def write(language: str, name: str) -> Report:
    with in_language(language):
        return REPORTS[name]()


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("domain", DOMAINS)
def test_every_sentence_is_translated(language: str, domain: str) -> None:
    waiting = [
        key for key, text in report_texts.read_domains(language)[domain].items() if text is None
    ]
    assert waiting == []


def identifiers(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """All values of :data:`NAMES`, with their keys, in the order of the report."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name != "display":
                yield from identifiers(inner, name)
    elif isinstance(value, list) and key != "agreed":
        for inner in value:
            yield from identifiers(inner, key)
    elif key in NAMES:
        yield key, value


@pytest.mark.parametrize("name", REPORTS)
def test_names_for_programs_are_the_same_in_every_language(name: str) -> None:
    english = write("en", name)
    expected = list(identifiers(english))
    assert expected
    for language in OTHERS:
        report = write(language, name)
        assert report["language"] == language
        assert report["sentence"] != english["sentence"]
        assert list(identifiers(report)) == expected
        assert report["display"]["tone"] == english["display"]["tone"]


@pytest.mark.parametrize("name", ("two contrasts", "two judges"))
def test_the_schema_holds_in_another_language(name: str) -> None:
    report = json.loads(json.dumps(write("ru", name), allow_nan=False))
    jsonschema.validate(report, SCHEMA, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("clears", "sentence"),
    [
        ([3.0], "Изображение показывает промпт."),
        ([3.0, -3.0], "Из 2 изображений 1 показывает промпт, 1 показывает обмен."),
        (
            [3.0] * 21 + [-3.0] * 2 + [0.1] * 5,
            "Из 28 изображений 21 показывает промпт, 2 показывают обмен, 5 нельзя определить.",
        ),
    ],
)
def test_pictures_are_counted_in_russian(clears: list[float], sentence: str) -> None:
    with in_language("ru"):
        report = kit.report([[clear] for clear in clears])
    assert report["sentence"] == sentence


@pytest.mark.parametrize(
    ("name", "language", "sentence"),
    [
        (
            "one no",
            "de",
            (
                "Judge 1 sagt: wie im Prompt: car, house, car next to house; nicht wie im Prompt: "
                "red car; lässt sich nicht sagen: wooden house."
            ),
        ),
        (
            "two judges",
            "fr",
            (
                "Judge 1 et Judge 2 disent : comme dans le prompt : car, house, car next to house; "
                "les juges sont en désaccord sur : red car; impossible à dire : wooden house."
            ),
        ),
        ("several pictures", "zh", "Judge 1 认为：2 张图中，1 张符合提示词 和 1 张不符合提示词。"),
        ("nothing", "ja", "Judge 1 には答えるものがありませんでした。"),
    ],
)
def test_what_judges_say(name: str, language: str, sentence: str) -> None:
    assert write(language, name)["sentence"] == sentence


def test_a_judge_s_reliability_names_kinds_in_the_language() -> None:
    [judge] = write("de", "one no")["judges"]
    assert judge["sentence"] == (
        "Verlässlich bei gezeichneten Szenen: Vorhandensein (richtig bei 318 von 320). Nicht "
        "verlässlich, behauptet deshalb nichts: Farbe (richtig bei 170 von 320). Keine gezeichnete "
        "Szene zeigt dies, behauptet deshalb nichts: Material und Beziehung."
    )


def test_every_face_is_in_the_language_of_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = Drawn(monkeypatch)
    report = write("ru", "two contrasts")
    drawn.of(picture.render, report)
    card = report["display"]
    shown = [card["headings"]["scorer"], *card["ends"], card["pictures"]]
    shown += [image["display"][key] for image in report["images"] for key in ("title", "shows")]
    for words in (report["sentence"], *shown):
        assert words in drawn.all
    assert "Проба изображения" in drawn.all and "текстовая сторона: СВЯЗАНО" in drawn.all
    assert "Изображение 2: показывает обмен" in text.plain(report)
    assert translation.current_language() == "en"


def test_what_a_scorer_notes_of_itself_is_said_in_the_language_of_the_report() -> None:
    note = later("Configuration: read off the shapes of its weights.")
    with in_language("es"):
        report = kit.report([[3.0]], kit.scorer(notes=(note, "Of another hand.")))
    assert report["scorer"]["notes"] == [
        "Configuración: leída de las formas de sus pesos.",
        "Of another hand.",
    ]


def test_a_report_without_a_language_is_english() -> None:
    report = {**write("en", "swapped")}
    del report["language"]
    with in_language("de"):
        assert text.plain(report).startswith(report["sentence"])
        assert "Picture 1: shows the swap" in text.plain(report)


@pytest.mark.parametrize("name", miniature.CHOICES)
def test_what_a_miniature_says_of_itself_is_translated(name: str) -> None:
    mini = miniature.load(name)
    note = mini.note()
    assert note.endswith(mini.trained)
    for language in OTHERS:
        with in_language(language):
            assert mini.trained not in localized(note)
