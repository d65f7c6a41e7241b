"""Which question of a judge is about which phrase of the prompt."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
from encoderscope.conditioning.doctor import picture_check
from encoderscope.conditioning.doctor.placed_report import PlacedReport
from encoderscope.conditioning.doctor.prompt_phrases import phrases_of
from encoderscope.conditioning.doctor.remedies import FamilyFacts
from encoderscope.tests.doctor import kit


def seen(text: str, says: dict[str, str]) -> dict[tuple[int, int], str]:
    """Phrase -> what the pictures show of it."""
    image = PlacedReport(kit.asked(text, says), lambda span: span)
    family = FamilyFacts.of(None, None)
    phrases = phrases_of(text, None).phrases
    return {each.span: picture_check.check(each, image, family).state for each in phrases}


def test_a_statement_shows_its_own_thing_and_no_other_of_its_name() -> None:
    text = "a red car and a blue car"
    states = seen(text, {"car": kit.OPEN, "blue car": kit.FAILS})
    by_words = {text[a:b]: state for (a, b), state in states.items() if text[a:b] != "car"}
    assert by_words == {"red": "passed", "blue": "lost"}
    assert [states[(6, 9)], states[(21, 24)]] == ["passed", "cannot tell"]


def test_a_question_that_is_put_of_another_thing_is_joined_by_its_place() -> None:
    """Who holds the cup: the label names the woman, the statement the dress."""
    text = "a woman in a dress holding a cup"
    states = seen(text, {"woman holding cup": kit.FAILS})
    assert {text[a:b] for (a, b), state in states.items() if state == "lost"} == {"holding"}


def test_two_statements_that_ask_the_same_share_the_answer() -> None:
    text = "a big red car and a small red car"
    states = seen(text, {"red car": kit.FAILS})
    assert [state for (a, b), state in states.items() if text[a:b] == "red"] == ["lost", "lost"]


@pytest.mark.parametrize("text", ["castle", "a cat without a hat, golden hour", kit.TEXT])
def test_questions_with_and_without_places_are_joined_alike(text: str) -> None:
    """Where no name stands twice."""
    own = kit.asked(text, {})
    older = {**own, "questions": [{**each, "spans": []} for each in own["questions"]]}
    family = FamilyFacts.of(None, None)
    for phrase in phrases_of(text, None).phrases:
        states = {
            picture_check.check(phrase, PlacedReport(report, lambda span: span), family)
            for report in (own, older)
        }
        assert len(states) == 1
