"""The sentences of reports in ten languages: complete, with the plurals of each, and the same on
every face of the report.
"""

from __future__ import annotations

import pytest
from encoderscope.cli.common import terminal_language
from encoderscope.conditioning import translation
from encoderscope.conditioning.families.table import Family, StreamRule
from encoderscope.conditioning.reports import wording
from encoderscope.conditioning.reports.drawing import legible
from encoderscope.conditioning.reports.tokens import text
from encoderscope.conditioning.reports.tokens.report import token_report
from encoderscope.conditioning.tokens.prompt_map import map_tokens
from encoderscope.conditioning.translation import in_language, translate, translate_count
from encoderscope.tests.tokens import toy
from encoderscope.tools.languages import report_texts

ENGLISH = report_texts.english_messages()
OTHERS = translation.languages()[1:]
TOY = Family("toy", "Toy", (StreamRule("l", "CLIP-L", True, True, "clip_l"),), ())


def report_of(words: int) -> dict[str, object]:
    """The report of a prompt whose words in excess of five miss the pooled vector."""
    prompt = " ".join(["word"] * words)
    return token_report(map_tokens(prompt, [toy.stream("l", prompt, capacity=5)], TOY))


def test_there_are_ten_languages_of_nodes_and_reports() -> None:
    assert sorted(translation.languages()) == sorted(
        ["en", "zh", "zh-TW", "ja", "ko", "es", "fr", "de", "pt-BR", "ru"]
    )


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_is_missing_unknown_or_spoilt(language: str) -> None:
    assert report_texts.problems(language, ENGLISH) == [], "run python dev.py languages --fill"


def test_english_is_written_down_for_translators() -> None:
    assert report_texts.read_domains("en") == ENGLISH


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 токен"), (2, "2 токена"), (5, "5 токенов"), (11, "11 токенов"),
                         (21, "21 токен"), (24, "24 токена")],
)  # fmt: skip
def test_russian_has_three_forms(count: int, words: str) -> None:
    with in_language("ru"):
        assert translate_count("{count} token", "{count} tokens", count) == words


@pytest.mark.parametrize(
    ("language", "none", "single", "several"),
    [
        ("en", "0 tokens", "1 token", "2 tokens"),
        ("fr", "0 token", "1 token", "2 tokens"),
        ("de", "0 Tokens", "1 Token", "2 Tokens"),
        ("ja", "0 トークン", "1 トークン", "2 トークン"),
    ],
)
def test_plurals_of_other_languages(language: str, none: str, single: str, several: str) -> None:
    with in_language(language):
        words = [translate_count("{count} token", "{count} tokens", count) for count in (0, 1, 2)]
    assert words == [none, single, several]


def test_what_is_not_translated_is_english_with_its_values() -> None:
    with in_language("de"):
        assert translate("A {thing} that nobody translated.", thing="line") == (
            "A line that nobody translated."
        )


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        *(("de_DE.UTF-8", "de"), ("zh_TW", "zh-TW"), ("zh_CN", "zh"), ("pt_PT", "pt-BR")),
        *(("ca_ES@valencia", "en"), ("C.UTF-8", "en"), ("", "en"), ("en-GB", "en")),
    ],
)
def test_the_nearest_language(wanted: str, language: str) -> None:
    assert translation.nearest(wanted) == language


def test_a_terminal_names_its_language(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert terminal_language() == "en"
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert terminal_language() == "fr"
    monkeypatch.setenv("LC_ALL", "C")
    assert terminal_language() == "en"


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        (6, "1 из 6 слов не попадает в pooled-вектор"),
        (8, "3 из 8 слов не попадают в pooled-вектор"),
        (21, "16 из 21 слова не попадают в pooled-вектор"),
    ],
)
def test_the_verdict_in_russian_on_every_face(words: int, verdict: str) -> None:
    with in_language("ru"):
        report = report_of(words)
    assert report["language"] == "ru" and str(report["verdict"]).startswith(verdict)
    assert report["display"]["advice"] == "Что можно сделать"  # type: ignore[index]
    assert verdict in text.plain(report) and "Потерянные слова:" in text.plain(report)
    assert verdict in text.render(report, width=200)
    assert translation.current_language() == "en"


def test_names_for_programs_are_the_same_in_every_language() -> None:
    english = report_of(8)
    for language in OTHERS:
        with in_language(language):
            report = report_of(8)
        assert report["verdict"] != english["verdict"]
        for words in zip(report["words"], english["words"], strict=True):  # type: ignore[call-overload]
            a, b = (
                {key: word[key] for key in ("fates", "lanes", "marks", "kind")} for word in words
            )
            assert a == b


def test_a_picture_is_english_where_no_font_has_the_letters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remarks: list[tuple[object, str]] = []

    def render(report: dict[str, object], remark: str = "") -> None:
        remarks.append((report["language"], remark))

    with in_language("ja"):
        report = report_of(8)
    for there, language, remark in (
        (True, "ja", ""),
        (False, "en", "in English, since no font here has letters of ja"),
    ):
        monkeypatch.setattr(legible, "can_draw", lambda _, there=there: there)
        legible.draw(report, lambda: report_of(8), render)  # type: ignore[arg-type]
        assert remarks.pop() == (language, remark)


def test_latin_and_cyrillic_letters_are_drawn_everywhere() -> None:
    assert legible.can_draw("de")


def test_what_was_written_before_is_said_in_the_language_of_the_moment() -> None:
    note = translation.later("{low} to {high}", low="1 {", high="2 }")
    assert note == "1 { to 2 }"
    with in_language("de"):
        assert translation.localized(note) == "1 { bis 2 }"
        assert translation.localized("{low} to {high}") == "{low} to {high}", (
            "a text of any other kind"
        )


def test_a_list_has_the_comma_of_its_language() -> None:
    with in_language("ja"):
        assert wording.joined(["A", "B", "C"]) == "A、B と C"
