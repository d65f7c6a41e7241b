"""The same exchange in the prompt itself: which words, where they stand, and what is never
exchanged.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from collections import Counter

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.binding.designs import design, plan
from encoderscope.conditioning.english.contrasts import AttributeContrast, NegationContrast
from encoderscope.conditioning.english.reading import read
from encoderscope.conditioning.english.statements import Attribute, Negation, Phrase
from encoderscope.tests.binding.test_cells import M1, M2, O1, O2, only, slot_texts, word

# --- in the prompt itself
# -------------------------------------------------------------------------------------------------

IN_PLACE = {
    "masterpiece, (red:1.3) car,  a ((blue)) house <lora:x:0.8>": [
        "masterpiece, (red:1.3) car,  a ((blue)) house <lora:x:0.8>",
        "masterpiece, (blue:1.3) car,  a ((red)) house <lora:x:0.8>",
        "masterpiece, (blue:1.3) house,  a ((red)) car <lora:x:0.8>",
        "masterpiece, (red:1.3) house,  a ((blue)) car <lora:x:0.8>",
    ],
    "[Red] car | [shiny blue] house": [
        "[Red] car | [shiny blue] house",
        "[shiny blue] car | [Red] house",
        "[shiny blue] house | [Red] car",
        "[Red] house | [shiny blue] car",
    ],
    "the car is red and the house is blue": [
        "the car is red and the house is blue",
        "the car is blue and the house is red",
        "the house is blue and the car is red",
        "the house is red and the car is blue",
    ],
    "(an apple:0.9) above a dog, 4k": [
        "(an apple:0.9) above a dog, 4k",
        "(an dog:0.9) above a apple, 4k",
        "(an dog:0.9) below a apple, 4k",
        "(an apple:0.9) below a dog, 4k",
    ],
    "Two cats, 5 (dogs)": [
        "Two cats, 5 (dogs)",
        "5 cats, Two (dogs)",
        "5 dogs, Two (cats)",
        "Two dogs, 5 (cats)",
    ],
}


@pytest.mark.parametrize("prompt", IN_PLACE)
def test_words_are_exchanged_where_they_stand(prompt: str) -> None:
    inside = plan(read(prompt)).designs[0].in_prompt
    assert inside is not None and inside.first_twice is None
    assert [cell.text for cell in inside.cells()] == IN_PLACE[prompt]
    assert inside.prompt.text == prompt
    words = Counter(slot_texts(inside.prompt).values())
    for cell in inside.cells():
        assert len(cell.slots) == len(inside.prompt.slots)
        if "above" not in prompt:
            assert Counter(slot_texts(cell).values()) == words


def test_slots_in_the_prompt_name_what_stands_there() -> None:
    inside = only("the car is red and the house is blue").in_prompt
    assert inside is not None
    assert slot_texts(inside.prompt) == {O1: "car", M1: "red", O2: "house", M2: "blue"}
    assert slot_texts(inside.prompt_reversed) == {O1: "house", M1: "blue", O2: "car", M2: "red"}


def test_overlapping_words_cannot_be_exchanged() -> None:
    text = "a dark blue car and a red house"
    over = AttributeContrast(
        Attribute(Phrase("dark blue", 2, 11), Phrase("car", 12, 15), "c"),
        Attribute(Phrase("blue", 7, 11), Phrase("house", 26, 31), "c"),
    )
    result = design(over, text)
    assert result is not None and result.in_prompt is None and len(result.frames) == 8
    beside = AttributeContrast(
        Attribute(Phrase("dark", 2, 6), Phrase("car", 12, 15), "c"),
        Attribute(Phrase("red", 22, 25), Phrase("house", 26, 31), "c"),
    )
    result = design(beside, text)
    assert (
        result is not None
        and result.in_prompt is not None
        and result.in_prompt.rival.text == "a red blue car and a dark house"
    )


@pytest.mark.parametrize(
    "prompt", ["a red car", "four trucks", "a dog chasing a cat", "a man without a hat"]
)
def test_what_has_no_rival_of_its_own_is_not_exchanged(prompt: str) -> None:
    assert only(prompt).in_prompt is None


def test_a_rival_of_ours_is_said_to_be_ours() -> None:
    assert (
        "the rival was added" in only("a red car").note
        and not only("a red car and a blue house").note
    )


def test_a_negation_without_a_second_thing_gets_a_chair() -> None:
    result = design(NegationContrast(Negation(word("no"), word("hat"))), count=3)
    assert (
        result is not None
        and result.frames[0].prompt.text == "a room without a hat and with a chair"
        and len(result.frames) == 3
    )
