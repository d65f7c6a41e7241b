"""The Binding Probe's report in ten languages: the same on every face, and only its sentences
differ.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("PIL")

from encoderscope.conditioning import translation
from encoderscope.conditioning.binding import null_distribution
from encoderscope.conditioning.binding.probe_prompt import ProbeOptions, probe
from encoderscope.conditioning.reports.binding import picture
from encoderscope.conditioning.reports.binding.report import plain, probe_report
from encoderscope.conditioning.reports.drawing import canvas, fonts
from encoderscope.conditioning.reports.drawing.page import LEFT
from encoderscope.conditioning.reports.shares import verdict_name
from encoderscope.conditioning.translation import in_language
from encoderscope.tests.binding.kit import TWO, Causal, layout
from encoderscope.tools.languages import report_texts

Report = dict[str, Any]
OTHERS = translation.languages()[1:]
DOMAINS = ("binding", "english", "common", "drawing")
TEXT = f"{TWO}, a man without a hat"
IDS = ("format", "version", "bound", "family", "generator", "view", "text")
"""Of the report, what is the same in every language."""
OF_VERDICTS = ("pair", "stream", "readout", "counts", "taken", "verdict", "share", "null")
OF_CONTRASTS = ("kind", "label", "stock", "verdict", "frames", "cells", "arcs")


@pytest.fixture(scope="module")
def write(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Report]]:
    """Writes the report of one measurement in the language of the moment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"FRAMES": 3, "SEEDS": (0,), "BUDGET": 1}.items():
            patch.setattr(null_distribution, name, value)
        cache = tmp_path_factory.mktemp("nulls")
        options = ProbeOptions(generator_inputs=layout("sd1", "l"), cache=cache)
        encoder = Causal(name="l", title="CLIP-L")
        results = {text: probe(text, (encoder,), options) for text in (TEXT, "a red car", "hm")}
        yield lambda text=TEXT: probe_report(results[text])


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated(language: str) -> None:
    domains = report_texts.read_domains(language)
    missing = [
        text for domain in DOMAINS for text, sentence in domains[domain].items() if sentence is None
    ]
    assert missing == []


def test_names_for_programs_are_the_same_in_every_language(write: Callable[..., Report]) -> None:
    english = write()
    for language in OTHERS:
        with in_language(language):
            report = write()
        assert report["language"] == language
        assert report["sentence"] != english["sentence"]
        assert {key: report[key] for key in IDS} == {key: english[key] for key in IDS}
        for part, keys in (("verdicts", OF_VERDICTS), ("contrasts", OF_CONTRASTS)):
            for own, other in zip(report[part], english[part], strict=True):
                assert {key: own[key] for key in keys} == {key: other[key] for key in keys}
                assert own["display"]["name"] == _name(language, own["verdict"])
        assert report["display"]["headings"].keys() == english["display"]["headings"].keys()
        assert report["display"]["ties"] == english["display"]["ties"]


def _name(language: str, verdict: str) -> str:
    with in_language(language):
        return verdict_name(verdict)


@pytest.mark.parametrize("language", OTHERS)
def test_verdicts_have_four_names_that_can_be_told_apart(language: str) -> None:
    names = {_name(language, each) for each in ("BOUND", "ORDER ONLY", "COLLAPSED", "UNDECIDED")}
    assert len(names) == 4 and not names & {"BOUND", "ORDER ONLY", "COLLAPSED", "UNDECIDED"}
    assert _name(language, "OF A NEWER REPORT") == "OF A NEWER REPORT"


@pytest.mark.parametrize(
    ("language", "none", "item"),
    [
        (
            "de",
            "Es wurde nichts geprüft. Keine Eigenschaft, Anzahl, Verneinung, Beziehung oder ",
            "Nichts im Prompt steht dazu in Konkurrenz; der Rivale wurde hinzugefügt.",
        ),
        (
            "ru",
            "Ничего не проверялось. Не найдено ни свойств, ни чисел, ни отрицаний, ни отношений",
            "В промпте ничто с этим не соперничает, поэтому соперник добавлен.",
        ),
        (
            "zh",
            "没有检验任何内容。 没有找到属性、数量、否定、关系或动作；只读英文。请手动标出对比",
            "提示词里没有与之竞争的内容，因此添加了对手句。",
        ),
    ],
)
def test_a_prompt_with_no_contrast_and_with_one(
    write: Callable[..., Report], language: str, none: str, item: str
) -> None:
    with in_language(language):
        nothing, single = write("hm"), write("a red car")
    assert nothing["sentence"].startswith(none)
    assert [contrast["note"] for contrast in single["contrasts"]] == [item]


def test_several_contrasts_stand_in_the_quotation_marks_of_the_language(
    write: Callable[..., Report],
) -> None:
    with in_language("fr"):
        report = write()
    for contrast in report["contrasts"]:
        assert f"« {contrast['label']} »" in report["sentence"]
    assert "“" not in report["sentence"]


def test_text_and_picture_are_in_the_language_of_the_report(
    write: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_language("de"):
        report = write()
    drawn: list[str] = []
    measure = fonts.measure

    def noted(text: str, size: float) -> float:
        drawn.append(text)
        return measure(text, size)

    monkeypatch.setattr(fonts, "measure", noted)
    picture.render(report)
    assert translation.current_language() == "en"
    for face in (plain(report), "\n".join(drawn)):
        assert _name("de", report["contrasts"][0]["verdict"]) in face
        assert not any(word in face for word in ("BOUND", "ORDER ONLY", "UNDECIDED", "binding"))
    assert "Anteil der Bindung" in drawn and "Kosinusregel" in plain(report)


@pytest.mark.parametrize("language", ["de", "ru"])
def test_a_long_name_of_a_verdict_stands_on_the_page_and_moves_no_column(
    write: Callable[..., Report], monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    with in_language(language):
        report = write()
    verdicts = ("BOUND", "ORDER ONLY", "COLLAPSED", "UNDECIDED")
    rows = [{**row, "verdict": verdicts[k % 4]} for k, row in enumerate(report["verdicts"])]
    report = {**report, "verdicts": rows}
    ends: list[float] = []
    text = canvas.Canvas.text

    def noted(self: Any, x: float, y: float, words: str, size: float, ink: str) -> None:
        ends.append(x + fonts.measure(words, size))
        text(self, x, y, words, size, ink)

    monkeypatch.setattr(canvas.Canvas, "text", noted)
    picture.render(report, width=960)
    assert max(ends) <= 960 - LEFT + 1
    bars = [line for line in plain(report).splitlines() if " %  CLIP-L: " in line]
    width = max(len(_name(language, verdict)) for verdict in verdicts)
    assert width > 10 and bars
    assert all(line[2 + width] == " " and line[3 + width] in "#|." for line in bars)


def test_an_older_report_is_english_on_every_face(write: Callable[..., Report]) -> None:
    report = write()
    older = {key: value for key, value in report.items() if key != "language"}
    with in_language("ja"):
        assert plain(older) == plain(report)
