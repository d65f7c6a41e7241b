"""mini-VQA reads the sentences that judges are asked, and refuses all others."""

from __future__ import annotations

import pytest
from encoderscope.conditioning.english.reading import read as read_prompt
from encoderscope.conditioning.image_probe.judges.drawn_cases import KINDS, drawn_cases
from encoderscope.conditioning.image_probe.judges.mini_vqa.sentence_forms import (
    ANSWERS,
    FORMS,
    LENGTH,
    WORDS,
    Named,
    TaughtQuestion,
    read,
)
from encoderscope.conditioning.image_probe.judges.questions.question_graph import question_graph

PROMPTS = (
    "a small red car to the left of two blue houses",
    "a car above a car",
    "a red car under a blue car",
    "a big tree without red stars",
    "a car that is not red and a house that isn't big",
    "a large ball over a little heart",
    "a star beneath a medium ball",
    "three white balls, no hearts",
    "four cars",
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_question_of_the_calibration_is_read(kind: str) -> None:
    for case in drawn_cases(kind):
        for asked in case.question.asked():
            assert read(asked.text) is not None, asked.text


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_wording_and_swap_of_a_prompt_about_drawn_things_is_read(prompt: str) -> None:
    questions = question_graph(read_prompt(prompt)).questions
    assert questions
    for question in questions:
        for asked in question.asked():
            assert read(asked.text) is not None, asked.text


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (
            "Is the red car to the left of the big houses?",
            TaughtQuestion("stands", Named("car", "red"), "left", Named("house", "", "big")),
        ),
        ("Does the picture show large black stars?", ("there", ("star", "black", "big"))),
        ("Is the picture free of red small hearts?", ("free", ("heart", "red", "small"))),
        ("Are there exactly three trees in the picture?", ("exactly", ("tree", "", ""), "three")),
        ("Is the car a color other than pink?", ("lacks", ("car", "", ""), "pink")),
        ("Is there a car beneath another car in the picture?", ("shows", ("car", "", ""), "below")),
        ("what colour is the little tree", ("colour", ("tree", "", "small"))),
        ("How many balls are there?", ("number", ("ball", "", ""))),
    ],
)
def test_what_is_read(text: str, asked: tuple[object, ...]) -> None:
    taught = read(text)
    assert taught is not None
    assert tuple(taught)[: len(asked)] == tuple(asked)
    assert len(taught.numbers()) == LENGTH


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "Is the car made of glass?",
        "Is there a dog in the picture?",
        "Is the car crimson?",
        "Is the car dark red?",
        "Is the car red-and-blue?",
        "Is the car not red?",
        "Is the car red or blue?",
        "Is the red the car?",
        "Is the car car red?",
        "Is the red blue car big?",
        "Is the car next to the house?",
        "Are there exactly 2 cars in the picture?",
        "Are there exactly six cars in the picture?",
        "Is there a car in the picture? Yes",
        "Is there a car_ in the picture?",
        "Is the car tiny?",
        'Does this figure show "a red car"? Please answer yes or no.',
    ],
)
def test_an_unknown_word_or_form_is_refused(text: str) -> None:
    assert read(text) is None


def test_a_question_for_a_word_is_asked_of_each_answer() -> None:
    colour, reading = read("What colour is the big car?"), read("What is above the tree?")
    assert colour is not None and reading is not None
    assert colour.closed("red") == read("Is the big car red?")
    assert colour.closed("small") is None
    assert reading.closed("star") == read("Is the star above the tree?")


def test_all_numbers_are_different_words() -> None:
    assert len(set(WORDS)) == len(WORDS) and len(set(ANSWERS)) == len(ANSWERS)
    first = [TaughtQuestion(meaning, Named("car")).numbers()[0] for meaning in FORMS]
    assert first == list(range(len(FORMS)))
