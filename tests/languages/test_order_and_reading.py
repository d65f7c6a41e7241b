"""What was read of a prompt, and what another order changes, in ten languages."""

from __future__ import annotations

from typing import Any

import pytest
from encoderscope.conditioning import translation
from encoderscope.conditioning.families.table import Family, StreamRule
from encoderscope.conditioning.reports.order import report as order
from encoderscope.conditioning.reports.reading import report as reading
from encoderscope.conditioning.tokens.prompt_map import map_tokens
from encoderscope.conditioning.translation import in_language
from encoderscope.tests.tokens import toy
from encoderscope.tools.languages import report_texts

OTHERS = translation.languages()[1:]
TOY = Family("toy", "Toy", (StreamRule("l", "CLIP-L", True, True, "clip_l"),), ())
FIRST, SECOND = "one two three four five six", "six one two three four five"


def order_of(first: str, second: str) -> dict[str, Any]:
    """The report of two texts of which the pooled vector takes five words."""
    maps = (map_tokens(text, [toy.stream("l", text, capacity=5)], TOY) for text in (first, second))
    return order.order_report(*maps, suggested=second)


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated(language: str) -> None:
    domains = report_texts.read_domains(language)
    missing = [
        text
        for domain in ("order", "reading")
        for text in domains[domain]
        if not domains[domain][text]
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("language", "verdict"),
    [
        ("en", "The second order brings six into the pooled vector and leaves five out."),
        ("de", "Die zweite Reihenfolge bringt six in den Pooled-Vektor und lässt five weg."),
        ("ko", "두 번째 순서는 six을(를) 풀링 벡터에 넣고 five을(를) 뺍니다."),
    ],
)
def test_words_that_change_places_in_the_pooled_vector(language: str, verdict: str) -> None:
    with in_language(language):
        report = order_of(FIRST, SECOND)
    assert report["language"] == report["a"]["language"] == language
    assert verdict in report["verdict"] and verdict in order.plain(report)
    assert [change["a"] for change in report["changes"]] == [3, 4, 5]
    assert report["display"]["suggested_is_b"] is True


def test_changes_of_a_word_are_said_in_the_language() -> None:
    with in_language("ru"):
        report = order_of(FIRST, SECOND)
    assert report["changes"][2]["change"] == (
        "попадает в pooled (CLIP-L); больше не на разрывающем краю окна; CLIP-L: из окна 2 в окно 1"
    )


@pytest.mark.parametrize(
    ("text", "german"),
    [
        ("a red car and a blue house", "1 Gegensatz kann geprüft werden."),
        ("a red car, a blue house, two dogs and three cats", "2 Gegensätze können geprüft werden."),
        ("", "Der Prompt ist leer."),
        (
            "一只红色的狐狸",
            "Das sieht nicht nach Englisch aus, und nur Englisch wird gelesen. Markieren ",
        ),
    ],
)
def test_none_one_and_several_contrasts(text: str, german: str) -> None:
    english = reading.reading_report(text)
    with in_language("de"):
        report = reading.reading_report(text)
    assert report["sentence"].startswith(german)
    assert reading.plain(report).startswith(german)
    spoken = ("language", "sentence", "unread")
    for key in report.keys() - spoken:
        assert report[key] == english[key]


def test_kinds_of_statements_are_named_in_the_text_alone() -> None:
    with in_language("es"):
        report = reading.reading_report("a red car and two dogs")
    assert [pair["kind"] for pair in report["pairs"]] == ["colour"]
    assert "colour" not in reading.plain(report)
