"""Prompts in other languages, for encoders that learned English and for others."""

from __future__ import annotations

import pytest
from encoderscope.conditioning.families.table import FAMILIES
from encoderscope.conditioning.reports.tokens.report import token_report
from encoderscope.conditioning.reports.tokens.style import tone_name
from encoderscope.conditioning.tokens.lint.languages.other_language import language_of
from encoderscope.conditioning.tokens.words import words_of
from encoderscope.tests.english.other_languages import BORROWED, ENGLISH, NEW, OTHERS
from encoderscope.tests.tokens.lint.test_lint import findings, mapped

GERMAN = "ein rotes Auto steht neben einem blauen Haus"
ENGLISH_ONLY = {
    *("sd1", "sd2", "sdxl", "sdxl_refiner", "sd3", "flux", "chroma", "pixart", "pixart_alpha"),
    *("pixart_or_chroma", "aura", "stable_cascade", "stable_audio"),
    *("ltxv", "mochi", "cosmos", "cogvideox"),
}


def language(text: str) -> str:
    return language_of([word.text for word in words_of(text) if word.kind == "word"])


@pytest.mark.parametrize("code", OTHERS)
def test_short_prompts_of_a_language(code: str) -> None:
    """Those with a single known word, such as "las nocą", are left alone."""
    prompts = OTHERS[code]
    known = [language(prompt) for prompt in prompts]
    assert set(known) <= {code, ""}
    assert known.count(code) >= 0.6 * len(prompts)


@pytest.mark.parametrize("code", NEW)
def test_prompts_that_the_lists_were_not_made_for(code: str) -> None:
    known = [language(prompt) for prompt in NEW[code].splitlines()]
    assert set(known) <= {code, ""} and known.count(code) >= 5


@pytest.mark.parametrize(
    "prompt, code",
    [
        ("ein rotes Auto", "de"),
        ("un gato negro", "es"),
        ("une femme en robe rouge", "fr"),
        ("um gato preto", "pt-BR"),
        ("un gatto nero", "it"),
        ("czarny kot", "pl"),
        ("casa azul", ""),
    ],
)
def test_few_words_suffice_where_no_other_language_has_them_all(prompt: str, code: str) -> None:
    assert language(prompt) == code


@pytest.mark.parametrize(
    "prompt", [*ENGLISH.splitlines(), *BORROWED.splitlines(), "La La Land, Le Mans and El Greco"]
)
def test_english_with_foreign_names_is_english(prompt: str) -> None:
    assert language(prompt) == ""


def test_words_between_quotes_are_not_the_prompt() -> None:
    assert findings('a sign that says "ein Hund ist auf dem Sofa und der Katze"') == []


@pytest.mark.parametrize("family", ["sd1", "sdxl", "sd3", "flux"])
def test_what_is_said_of_it(family: str) -> None:
    [item] = [item for item in findings(GERMAN, family) if item.kind == "language"]
    assert (item.start, item.end) == (0, len(GERMAN)) and not item.certain
    assert item.intent == "A prompt in German."
    assert item.effect.endswith("learned from English texts, in which few words of German stand.")


def test_the_verdict_names_it() -> None:
    report = token_report(mapped(GERMAN))
    assert report["verdict"].endswith(" in which few words of German stand.")
    assert tone_name(report) == "lost" and not report["not_as_it_seems"]
    assert tone_name(token_report(mapped("a red car beside a blue house"))) == "kept"


@pytest.mark.parametrize("family", ["qwen_image", "wan", "hidream", "flux2"])
def test_encoders_that_learned_other_languages(family: str) -> None:
    assert "language" not in {item.kind for item in findings(GERMAN, family)}


def test_which_families_read_english_alone() -> None:
    alone = {
        name
        for name, family in FAMILIES.items()
        if family.streams
        and all(rule.role is not None and rule.role.learned_english for rule in family.streams)
    }
    assert alone == ENGLISH_ONLY
