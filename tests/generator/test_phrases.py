"""Which phrases are measured: marked, read, or comma by comma."""

from __future__ import annotations

import pytest
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.generator.phrases import SPLITS, WHOLE_PHRASES, choose

CASES = [
    ("a red car next to a blue house", ["red", "car", "next to", "blue", "house"], "read"),
    ("a [red] car", ["red"], "marked"),
    ("a red car, [golden hour], [35 mm]", ["golden hour", "35 mm"], "marked"),
    ("masterpiece, 1girl, red hair", ["masterpiece", "1girl", "red hair"], "comma"),
    ("two cats without a hat", ["two", "cats", "without", "hat"], "read"),
    ("a (red car:1.2) at night", ["red", "car", "night"], "read"),
    ("a dog chasing a cat", ["dog", "chasing", "cat"], "read"),
    ("a car that is red", ["car", "red"], "read"),
    ("photo, 85mm f1.8, 16:9, 1,000 birds", ["photo", "85mm f1.8", "16:9", "1,000 birds"], "comma"),
    ("embedding:style", ["embedding:style"], "comma"),
    ("赤い車、青い家", ["赤い車", "青い家"], "comma"),
    (
        "a red cube on a table, masterpiece, best quality, 8k, natural lighting",
        ["red", "cube", "on", "table", "masterpiece", "best quality", "8k", "natural lighting"],
        "read",
    ),
    (
        "a red cube, a blue ball, green cone",
        ["red", "cube", "blue", "ball", "green", "cone"],
        "read",
    ),
    ('a sign that says "OPEN 24/7, go"', ["sign", "says", "OPEN 24/7, go"], "read"),
    ('poster, text "1. Mix", flat', ["poster", "text", "1. Mix", "flat"], "comma"),
    ("two hats in panel 2", ["two", "hats", "in", "panel 2"], "read"),
    (
        "an oil painting of a girl on the left, f/2.8",
        ["oil painting", "girl", "left", "f/2.8"],
        "read",
    ),
    ("You are an assistant. <Prompt Start> a red car", ["red", "car"], "read"),
    (
        'score_8_up, a girl with blue_eyes, hand_on_hip, a "big_red sign"',
        ["score_8_up", "girl", "blue_eyes", "hand_on_hip", "big_red sign"],
        "read",
    ),
    (
        r"1girl, saber_\(fate\), holding_sword",
        ["1girl", r"saber_\(fate\)", "holding_sword"],
        "comma",
    ),
    ("artist:wlop, 1girl, 16:9", ["artist:wlop", "1girl", "16:9"], "comma"),
    ("a man, not smiling, in a hat", ["man", "not smiling", "in", "hat"], "read"),
    ('{"subject": "a red car"}', ["subject", "red", "car"], "read"),
]


@pytest.mark.parametrize(("typed", "phrases", "source"), CASES)
def test_phrases_of_a_prompt(typed: str, phrases: list[str], source: str) -> None:
    choice = choose(typed)
    assert [phrase.text for phrase in choice.phrases] == phrases
    assert {phrase.source for phrase in choice.phrases} == {source}


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize(("typed", "phrases", "source"), CASES)
def test_spans_are_in_order_and_hold_the_words(
    typed: str, phrases: list[str], source: str, split: str
) -> None:
    choice = choose(typed, split)
    assert "[" not in choice.text
    last = 0
    for phrase in choice.phrases:
        assert choice.text[phrase.start : phrase.end] == phrase.text == phrase.text.strip()
        assert phrase.start >= last
        last = phrase.end


def test_whole_phrases_keep_properties_and_numbers_with_their_thing() -> None:
    choice = choose("two small red cars next to a blue house", WHOLE_PHRASES)
    assert [phrase.text for phrase in choice.phrases] == [
        "two small red cars",
        "next to",
        "blue house",
    ]


def test_marks_are_no_part_of_the_prompt() -> None:
    choice = choose("a [red] car and a [blue house]")
    assert choice.text == "a red car and a blue house"
    assert [(phrase.start, phrase.end) for phrase in choice.phrases] == [(2, 5), (16, 26)]


def test_more_phrases_than_asked_for_are_named() -> None:
    choice = choose("one, two, three, four", most=2)
    assert len(choice.phrases) == 2
    assert [line.split(":")[0] for line in choice.skipped] == ["three and four"]
    [many] = choose(", ".join(f"tag{k}" for k in range(60)), most=12).skipped
    assert many.startswith("tag12, tag13, tag14, tag15 and 44 more: left out")


@pytest.mark.parametrize("typed", ["", "  ", ", ,", "a [red car", "red] car", "[[red]] car"])
def test_what_has_no_phrase_is_refused(typed: str) -> None:
    with pytest.raises(EncoderScopeError):
        choose(typed)


def test_function_words_are_no_phrases_of_their_own() -> None:
    choice = choose("a photo of the red car, she could have been there")
    assert [phrase.text for phrase in choice.phrases] == ["photo", "red", "car"]
