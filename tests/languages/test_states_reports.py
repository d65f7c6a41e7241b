"""Encode (open the box) in ten languages."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("jsonschema")

from encoderscope.conditioning import translation
from encoderscope.conditioning.mixing.text_states import ScheduleStep, StreamStates, TextStates
from encoderscope.conditioning.reports.states.report import plain, states_report
from encoderscope.conditioning.translation import in_language
from encoderscope.tests.reports.test_states_report import flux_states, recording
from encoderscope.tools.languages import report_texts

OTHERS = translation.languages()[1:]
SPOKEN = {"language", "family_title", "sentence", "notes", "streams", "steps", "display"}


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated(language: str) -> None:
    domains = report_texts.read_domains(language)
    assert [text for text, state in domains["states"].items() if state is None] == []


def test_only_sentences_differ_between_languages() -> None:
    states = flux_states()
    english = states_report(states)
    for language in OTHERS:
        with in_language(language):
            report = states_report(states)
        assert report["sentence"] != english["sentence"]
        for key in english.keys() - SPOKEN:
            assert report[key] == english[key]
        for own, other in zip(report["streams"], english["streams"], strict=True):
            assert {**own, "use": "", "extra": []} == {**other, "use": "", "extra": []}
            for key, same in zip(own["extra"], other["extra"], strict=True):
                assert key["name"] == same["name"] and key["title"] != same["title"]
        words = report["display"]["words"]
        for name, template in english["display"]["words"].items():
            assert report_texts.fields(words[name]) == report_texts.fields(template)


def report_of(words: int) -> dict[str, Any]:
    """The report of one encoder's answer to so many words, in one window."""
    text = " ".join(["word"] * words)
    answer = StreamStates("l", torch.ones(1, words + 2, 4), None, (words + 2,))
    recorded = recording(text, words + 2, 1)
    return states_report(
        TextStates(None, (ScheduleStep({"l": answer}, {}),), {"l": text}, {"l": recorded})
    )


@pytest.mark.parametrize(
    ("language", "none", "single", "several"),
    [
        ("en", "l read 0 tokens (2 rows)", "l read 1 token (3 rows)", "l read 2 tokens (4 rows)"),
        (
            "de",
            "l las 0 Tokens (2 Zeilen)",
            "l las 1 Token (3 Zeilen)",
            "l las 2 Tokens (4 Zeilen)",
        ),
        (
            "ru",
            "l: прочитано 0 токенов (2 строки)",
            "l: прочитан 1 токен (3 строки)",
            "l: прочитано 2 токена (4 строки)",
        ),
    ],
)
def test_none_one_and_several_tokens(language: str, none: str, single: str, several: str) -> None:
    with in_language(language):
        reports = [report_of(words) for words in (0, 1, 2)]
    assert [report["sentence"] for report in reports] == [f"{none}.", f"{single}.", f"{several}."]
    for report in reports:
        assert plain(report).startswith(str(report["sentence"]))


def test_the_text_is_in_the_language_of_the_report() -> None:
    with in_language("de"):
        report = states_report(flux_states())
    assert "Sequenz: " in plain(report) and "sequence: " not in plain(report)
