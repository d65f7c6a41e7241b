"""What is read from a prompt: sentences with a known reading, marks, syntax to pass over, and any
text at all.
"""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from encoderscope.cli import main
from encoderscope.conditioning.english import lexicon
from encoderscope.conditioning.english.reading import read
from encoderscope.conditioning.english.statements import Reading
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.tokens.lint.languages.foreign_words import FUNCTION_WORDS
from encoderscope.tests.english.other_languages import ENGLISH, OTHERS
from hypothesis import given
from hypothesis import strategies as st

PAIRS = {
    "a red car next to a blue house": "red car, blue house",
    "the green bench and the yellow train": "green bench, yellow train",
    "a large red leather armchair": "large armchair, red armchair, leather armchair",
    "a forest-green leather armchair": "forest-green armchair, leather armchair",
    "a dark blue sofa and a pale pink lamp": "dark blue sofa, pale pink lamp",
    "a red and blue car": "red car, blue car",
    "a small, round table": "small table, round table",
    "the car is red and the house is blue": "red car, blue house",
    "a car that is red beside a house painted white": "red car, white house",
    "the cat is black and white": "black cat, white cat",
    "a red fire truck and a yellow school bus": "red fire truck, yellow school bus",
    "1girl, red hair, blue eyes, masterpiece": "red hair, blue eyes",
    "an orange on a wooden table": "wooden table",
    "an orange cat on a glass table": "orange cat, glass table",
    "a gold watch and a silver bracelet": "gold watch, silver bracelet",
    "a wooden ring and a metallic string": "wooden ring, metallic string",
    "a heart-shaped box and a very old book": "heart-shaped box, old book",
    "a fluffy pillow and a butterfly": "fluffy pillow",
    "a brown dog chasing a grey cat": "brown dog, grey cat",
    "a round cookie in a square container": "round cookie, square container",
    "a white top hat": "white top hat",
    "a (red:1.3) car, ((blue)) house <lora:old:0.8> embedding:new_style": "red car, blue house",
    "a red car BREAK a blue house": "red car, blue house",
    "forest": "",
    "a car": "",
}


def pairs(reading: Reading) -> str:
    return ", ".join(
        f"{attribute.modifier.text} {attribute.object.text}" for attribute in reading.attributes
    )


@pytest.mark.parametrize("text", PAIRS)
def test_pairs(text: str) -> None:
    assert pairs(read(text)) == PAIRS[text]


def test_kinds_and_spans_of_the_prompt_as_typed() -> None:
    text = "a (forest-green:1.2) armchair, a tiny [x]".replace("[x]", "box")
    first, second = read(text).attributes
    assert (first.kind, second.kind) == ("colour", "size")
    assert (
        text[first.modifier.start : first.modifier.end] == "forest-green"
        and text[second.object.start : second.object.end] == "box"
    )


def test_counts() -> None:
    reading = read("two cats, 3 red dogs and a dozen birds")
    assert [(count.value, count.object.text) for count in reading.counts] == [
        (2, "cats"),
        (3, "dogs"),
        (12, "birds"),
    ]
    assert [contrast.reading_kind for contrast in reading.contrasts] == ["count"] * 3
    assert [contrast.reading_kind for contrast in read("four trucks").contrasts] == ["count"], (
        "its neighbours are its rivals"
    )


def test_negations() -> None:
    reading = read("a man without a hat, no clouds, and never any rain")
    assert [(negation.negator.text, negation.object.text) for negation in reading.negations] == [
        ("without", "hat"),
        ("no", "clouds"),
        ("never", "rain"),
    ]


@pytest.mark.parametrize(
    ("text", "negations"),
    [
        ("a woman not wearing a hat", [("not", "hat")]),
        ("no hats or red gloves, a cat or a dog", [("no", "hats"), ("no", "gloves")]),
        ("a poster that does not contain any text", [("not", "text")]),
        ("a man isn't wearing glasses or a hat", [("isn't", "glasses"), ("isn't", "hat")]),
    ],
)
def test_what_nobody_has_is_negated_and_nothing_is_done_to_it(
    text: str, negations: list[tuple[str, str]]
) -> None:
    reading = read(text)
    assert [(each.negator.text, each.object.text) for each in reading.negations] == negations
    assert reading.actions == ()


def test_a_denied_property_is_no_property() -> None:
    reading = read("a car that is not red and a house that isn't blue")
    assert reading.attributes == () and [
        (negation.negator.text, negation.object.text) for negation in reading.negations
    ] == [("not", "red"), ("isn't", "blue")]


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        (
            "a woman with long hair and green eyes holding a cup",
            ["long hair", "green eyes", "woman holding cup"],
        ),
        ("a boy in a raincoat and a hat next to a bus", ["boy in raincoat", "boy next to bus"]),
        ("a knight in shining armor riding a horse", ["knight in armor", "knight riding horse"]),
        ("a leather wallet and sunglasses on a table", ["leather wallet", "sunglasses on table"]),
        ("a plate with a fork beside it, and a glass", []),
        ("a cat that looks like a lion, on a throne", ["cat on throne"]),
        ("a car as red as blood under a bridge", ["car under bridge"]),
        ('a sign that says "NO RED DOGS" on a wall', ["sign on wall"]),
        ('"a red car"', ["red car"]),
        ("a bottle instead of a cup", ["instead of cup"]),
        ("a black and white photo of a girl in a car", ["girl in car"]),
        ("a lamp shines on a desk", ["lamp on desk"]),
        ("a rabbit in a waistcoat checks the red clock", ["rabbit in waistcoat", "red clock"]),
        ("a jug half full on a table full of red cups", ["jug on table", "red cups"]),
    ],
)
def test_statements_are_of_the_things_that_are_meant(text: str, statements: list[str]) -> None:
    assert sorted(each.label() for each in read(text).statements()) == sorted(statements)


@pytest.mark.parametrize(
    ("text", "relation", "converse"),
    [
        ("a cup on the left of a plate", "on the left of", "on the right of"),
        ("a dog behind a tree", "behind", "in front of"),
        ("a dog in front of a tree", "in front of", "behind"),
        ("a horse bigger than a house", "bigger than", "smaller than"),
        ("a girl on top of a piano", "on top of", "under"),
        ("a man next to a car", "next to", None),
    ],
)
def test_relations(text: str, relation: str, converse: str | None) -> None:
    (item,) = read(text).relations
    assert (item.relation.text, item.converse) == (relation, converse)
    assert bool(read(text).contrasts) == bool(converse), "what says the same both ways has no rival"


@pytest.mark.parametrize(
    ("text", "agent", "patient", "passive"),
    [
        ("a dog chases a cat", "dog", "cat", False),
        ("the cat is chased by the dog", "dog", "cat", True),
        ("a boy feeding a horse", "boy", "horse", False),
    ],
)
def test_roles(text: str, agent: str, patient: str, passive: bool) -> None:
    (action,) = read(text).actions
    assert (action.agent.text, action.patient.text, action.passive) == (agent, patient, passive)


def test_what_can_be_confused() -> None:
    def kinds(text: str) -> list[str]:
        return [contrast.reading_kind for contrast in read(text).contrasts]

    assert kinds("a red car and a blue house") == ["binding"]
    assert kinds("a red car and a red house") == [], "an exchange would change nothing"
    assert kinds("a red and blue car") == [], "both belong to one thing"
    assert kinds("a red car and a big house") == [], "of different kinds"
    assert read("a red car").unread[0].startswith("Nothing in this prompt can be confused with")
    same = "exchanged, they say the same, so nothing can be confused."
    [ball] = read("a blue ball and a red ball").unread
    assert ball == f"“blue ball” and “red ball” are the same kind of thing: {same}"
    [red] = read("a red car and a red house").unread
    assert red == f"“red car” and “red house” have the same property: {same}"
    assert read("a blue ball, a red ball and a green cube").unread == ()


def test_marks_overrule() -> None:
    reading = read("a photo of a [shy] clown next to a [bold] tiger cub at night")
    assert reading.marked and pairs(reading) == "shy clown, bold tiger cub"
    assert pairs(read("[red] car | [blue] house")) == "red car, blue house"
    assert pairs(read("[красная] машина | [синий] дом")) == "красная машина, синий дом"
    for text, says in (
        ("[red car", "opened or closed alone"),
        ("[red] car", "Only"),
        ("[red] | [blue] house", "Nothing follows"),
    ):
        with pytest.raises(EncoderScopeError, match=says):
            read(text)


def test_what_it_cannot_read_it_says() -> None:
    assert read("").unread == ("The prompt is empty.",)
    assert "only English" in read("красная машина рядом с синим домом").unread[0]
    assert (
        "only English"
        in read("ein rotes Auto neben dem blauen Haus unter einer alten Eiche").unread[0]
    )
    assert "was found; only English is read" in read("sunrise").unread[0]


@pytest.mark.parametrize("language", OTHERS)
def test_short_prompts_of_other_languages_are_not_taken_for_english(language: str) -> None:
    sentence = {text: str(read(text).unread[:1]) for text in OTHERS[language]}
    missed = [text for text, first in sentence.items() if "not look like English" not in first]
    assert len(missed) <= 0.15 * len(sentence), missed


@pytest.mark.parametrize("text", ENGLISH.splitlines())
def test_english_with_a_foreign_word_is_english(text: str) -> None:
    assert "not look like English" not in str(read(text).unread)


def test_a_function_word_of_another_language_is_no_word_of_the_lexicon() -> None:
    english = lexicon.FUNCTION | lexicon.NEGATORS | lexicon.VERBS.keys() | lexicon.NOUNS
    for words in FUNCTION_WORDS.values():
        assert len(set(words.split()) & english) <= 3


def test_a_thousand_words_take_no_time() -> None:
    text = "a red car next to a blue house, " * 125
    begun = time.perf_counter()
    assert len(read(text).attributes) == 250
    assert time.perf_counter() - begun < 0.5


@given(
    st.text(max_size=80)
    | st.lists(
        st.sampled_from(
            [
                "a",
                "red",
                "and",
                "blue",
                "old",
                "3",
                "no",
                "car",
                "left",
                "of",
                "the",
                "[",
                "]",
                "|",
                ",",
                "(",
                ")",
                ":",
                "1.2",
                "is",
                "by",
                "chases",
                "orange",
            ]
        )
    ).map(" ".join)
)
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        reading = read(text)
    except EncoderScopeError:
        return
    for attribute in reading.attributes:
        for word in (attribute.modifier, attribute.object):
            assert 0 <= word.start < word.end <= len(text)


def test_the_terminal(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main.main(["parse", "a red car and a blue house"]) == 0
    assert "red -> car" in capsys.readouterr().out
    assert main.main(["parse", "a car", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["format"], report["version"], report["contrasts"]) == (
        "encoderscope.reading",
        1,
        [],
    )
    monkeypatch.setattr("sys.stdin", io.StringIO("two cats and three dogs\na dog behind a tree\n"))
    assert main.main(["parse", "-"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["contrasts"][0]["kind"] for line in lines] == ["count", "relation"]
    assert lines[1]["relations"][0]["relation"] == {"text": "behind", "span": [6, 12]}
    assert main.main(["parse", "[red"]) == 2 and "Close every bracket" in capsys.readouterr().err
