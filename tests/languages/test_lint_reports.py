"""What the lint finds and what families note of themselves, in ten languages."""

from __future__ import annotations

from typing import Any

import pytest
from encoderscope.conditioning import translation
from encoderscope.conditioning.families.table import FAMILIES
from encoderscope.conditioning.reports.tokens import text
from encoderscope.conditioning.reports.tokens.report import token_report
from encoderscope.conditioning.tokens.lint import lint
from encoderscope.conditioning.tokens.lint.mend import mended
from encoderscope.conditioning.tokens.prompt_map import PromptMap, map_tokens
from encoderscope.conditioning.tokens.syntax import parse
from encoderscope.conditioning.translation import in_language, translate
from encoderscope.tests.tokens import toy
from encoderscope.tests.tokens.lint.prompt_habits import HABITS
from encoderscope.tools.languages import report_texts

OTHERS = translation.languages()[1:]
DOMAINS = ("common", "families", "tokens")


def mapped(prompt: str) -> PromptMap:
    parts = [toy.piece(part.text) for part in parse(prompt).segments]
    return map_tokens(prompt, [toy.stream("l", prompt, parts)], FAMILIES["sd1"])


def report_in(language: str, prompt: str) -> dict[str, Any]:
    with in_language(language):
        return token_report(mapped(prompt))


@pytest.mark.parametrize("language", OTHERS)
def test_the_domains_of_token_map_are_whole(language: str) -> None:
    domains = report_texts.read_domains(language)
    missing = [
        text for domain in DOMAINS for text, sentence in domains[domain].items() if sentence is None
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("language", "more", "verdict"),
    [
        ("de", "", "„break“ wird als Wort gelesen, und kein Fenster beginnt."),
        ("de", "__b__", "1 weitere Stelle dieser Art steht unten."),
        ("de", "__b__ __c__", "2 weitere Stellen dieser Art stehen unten."),
        ("ru", "__b__", "Ниже есть ещё 1 такое место."),
        ("ru", "__b__ __c__", "Ниже есть ещё 2 таких места."),
        ("ru", "__b__ __c__ __d__ __e__ __f__", "Ниже есть ещё 5 таких мест."),
        ("zh", "__b__", "下面还有 1 处这类写法。"),
    ],
)
def test_the_verdict_names_the_gravest_and_counts_the_rest(
    language: str, more: str, verdict: str
) -> None:
    report = report_in(language, f"a red cat BREAK a blue dog {more}")
    assert report["verdict"].endswith(verdict)
    assert verdict in text.plain(report)


@pytest.mark.parametrize("language", OTHERS)
def test_a_finding_is_the_same_in_other_words(language: str) -> None:
    for prompt, _, _ in HABITS:
        english = report_in("en", prompt)["findings"]
        translated = report_in(language, prompt)["findings"]
        for a, b in zip(english, translated, strict=True):
            assert [a[key] for key in ("kind", "span", "certain")] == [
                b[key] for key in ("kind", "span", "certain")
            ]
            assert a["meant"] != b["meant"] and a["does"] != b["does"]


def test_the_terminal_says_that_there_is_nothing() -> None:
    assert text.findings(report_in("de", "a cat")) == "Alles ist, was es scheint."
    assert text.findings(report_in("de", "a red cat BREAK")).startswith(
        "„BREAK“: ComfyUI hat kein BREAK"
    )


@pytest.mark.parametrize("prompt", ["a cat --v 6", "night city :1.2", "（hat：1.2）", "[fog] a"])
def test_a_prompt_is_mended_alike_in_every_language(prompt: str) -> None:
    english = mended(prompt, lambda changed: lint(mapped(changed)))
    assert english[1]
    for language in OTHERS:
        with in_language(language):
            assert mended(prompt, lambda changed: lint(mapped(changed))) == english


@pytest.mark.parametrize("language", OTHERS)
def test_families_speak_of_themselves(language: str) -> None:
    notes = [note for family in FAMILIES.values() if (note := family.note)]
    assert len(notes) > 5
    with in_language(language):
        assert all(translate(note) != note for note in notes)
