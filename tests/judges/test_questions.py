"""Questions of prompts, as a person would ask them: each sentence was read, and is held here word
for word.
"""

from __future__ import annotations

import re

import pytest
from encoderscope.conditioning.english.reading import read
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.image_probe.judges.questions import question_graph as graphs
from encoderscope.conditioning.image_probe.judges.questions.lines import from_lines, to_lines
from encoderscope.conditioning.image_probe.judges.questions.question import PromptQuestion
from hypothesis import given
from hypothesis import strategies as st


def questions(text: str) -> tuple[PromptQuestion, ...]:
    return graphs.question_graph(read(text)).questions


def asked(text: str) -> list[str]:
    """First wording and first swap of every question."""
    swap = [each.swaps[0].text if each.swaps else "-" for each in questions(text)]
    return [
        f"{each.wordings[0].text} / {other}"
        for each, other in zip(questions(text), swap, strict=True)
    ]


WHAT_IS_ASKED = {
    "a street in Tokyo, in the style of Van Gogh": [
        "Is there a street in the picture? / Is the picture free of streets?",
        'Does the description "Tokyo" fit this picture? / -',
        'Does the description "Van Gogh" fit this picture? / -',
    ],
    "A T-shirt in the foreground at dawn, f/2.8": [
        "Is there a T-shirt in the picture? / Is the picture free of T-shirts?",
        'Does the description "dawn" fit this picture? / -',
    ],
    "a red car next to a blue house": [
        "Is there a car in the picture? / Is the picture free of cars?",
        "Is there a house in the picture? / Is the picture free of houses?",
        "Is the car red? / Is the car blue?",
        "Is the house blue? / Is the house red?",
        "Is the car next to the house? / Is the car far away from the house?",
    ],
    "three apples on a wooden table": [
        "Are there apples in the picture? / Is the picture free of apples?",
        "Is there a table in the picture? / Is the picture free of tables?",
        "Is the table wooden? / Is the table made of metal?",
        (
            "Are there exactly three apples in the picture? / "
            "Are there exactly four apples in the picture?"
        ),
        "Are the apples on the table? / Are the apples under the table?",
    ],
    "a man without a hat": [
        "Is there a man in the picture? / Is the picture free of men?",
        "Is there a hat in the picture? / Is the picture free of hats?",
    ],
    "no rain": ["Is there rain in the picture? / Is the picture free of rain?"],
    "no sun": ["Does the picture show the sun? / Is the picture without the sun?"],
    "a car that is not red": [
        "Is there a car in the picture? / Is the picture free of cars?",
        "Is the car red? / Is the car a colour other than red?",
    ],
    "a man who is not old": [
        "Is there a man in the picture? / Is the picture free of men?",
        "Is the man old? / Is the man anything but old?",
    ],
    "the cat is chased by the dog": [
        "Is there a cat in the picture? / Is the picture free of cats?",
        "Is there a dog in the picture? / Is the picture free of dogs?",
        "Is the dog chasing the cat? / Is the cat chasing the dog?",
    ],
    "wolves hunting a deer in the snow": [
        "Are there wolves in the picture? / Is the picture free of wolves?",
        "Is there a deer in the picture? / Is the picture free of deer?",
        "Is there snow in the picture? / Is the picture free of snow?",
        "Is the deer in the snow? / Is the deer out of the snow?",
        "Are the wolves hunting the deer? / Is the deer hunting the wolves?",
    ],
    "a woman in a red dress holding an umbrella": [
        "Is there a woman in the picture? / Is the picture free of women?",
        "Is there a dress in the picture? / Is the picture free of dresses?",
        "Is there an umbrella in the picture? / Is the picture free of umbrellas?",
        "Is the dress red? / Is the dress green?",
        "Is the woman wearing a dress? / Is the woman wearing a raincoat?",
        "Is the woman holding the umbrella? / Is the umbrella holding the woman?",
    ],
    "a boy wearing glasses": [
        "Is there a boy in the picture? / Is the picture free of boys?",
        "Are there glasses in the picture? / Is the picture free of glasses?",
        "Is the boy wearing glasses? / Is the boy wearing a raincoat?",
    ],
    "a girl seeing a dog": [
        "Is there a girl in the picture? / Is the picture free of girls?",
        "Is there a dog in the picture? / Is the picture free of dogs?",
        "Does the girl see the dog? / Does the dog see the girl?",
    ],
    "red hair, blue eyes": [
        "Is there hair in the picture? / Is the picture free of hair?",
        "Are there eyes in the picture? / Is the picture free of eyes?",
        "Is the hair red? / Is the hair blue?",
        "Are the eyes blue? / Are the eyes red?",
    ],
    "a heart box and a newborn lamb": [
        "Is there a box in the picture? / Is the picture free of boxes?",
        "Is there a lamb in the picture? / Is the picture free of lambs?",
        "Is the box shaped like a heart? / Is the box round?",
        "Is there a newborn lamb in the picture? / Is the lamb old?",
    ],
    "a glass bottle on a big table": [
        "Is there a bottle in the picture? / Is the picture free of bottles?",
        "Is there a table in the picture? / Is the picture free of tables?",
        "Is the bottle made of glass? / Is the bottle wooden?",
        "Is the table big? / Is the table small?",
        "Is the bottle on the table? / Is the bottle under the table?",
    ],
    "one snowman and two dice": [
        "Is there a snowman in the picture? / Is the picture free of snowmen?",
        "Are there dice in the picture? / Is the picture free of dice?",
        (
            "Is there exactly one snowman in the picture? / "
            "Are there exactly two snowmen in the picture?"
        ),
        "Are there exactly two dice in the picture? / Are there exactly three dice in the picture?",
    ],
    "a cat at golden hour": [
        "Is there a cat in the picture? / Is the picture free of cats?",
        'Does the description "golden hour" fit this picture? / -',
    ],
    "masterpiece, best quality": [],
    "an old violin under an umbrella": [
        "Is there a violin in the picture? / Is the picture free of violins?",
        "Is there an umbrella in the picture? / Is the picture free of umbrellas?",
        "Is the violin old? / Is the violin new?",
        "Is the violin under the umbrella? / Is the violin over the umbrella?",
    ],
}


@pytest.mark.parametrize("text", WHAT_IS_ASKED)
def test_what_a_person_would_ask(text: str) -> None:
    assert asked(text) == WHAT_IS_ASKED[text]


def needs(text: str) -> dict[str, list[str]]:
    """Label of every question -> labels of what it requires."""
    every = questions(text)
    labels = {each.id: each.label for each in every}
    return {each.label: [labels[id] for id in each.requires] for each in every}


def test_no_colour_is_asked_of_a_car_that_is_not_there() -> None:
    assert needs("a red car above a blue house")["red car"] == ["car"]
    assert needs("a red car above a blue house")["car above house"] == ["car", "house"]
    assert needs("three dogs without a hat") == {
        "dogs": [],
        "three dogs": ["dogs"],
        "without hat": [],
    }
    assert needs("a car that is not red")["car not red"] == ["car"]


def test_things_of_one_name_are_told_apart_by_what_is_said_of_them() -> None:
    every = questions("a red car beside a blue car")
    assert [each.wordings[0].text for each in every] == [
        "Is there a car in the picture?",
        "Is there a red car in the picture?",
        "Is there a blue car in the picture?",
        "Is the red car beside the blue car?",
    ]
    assert every[3].requires == ("q1", "q2", "q3")
    assert all("red" not in each.text for each in every[2].swaps), "a car is red in this prompt"
    assert [each.wordings[0].text for each in questions("a cat next to a cat")] == [
        "Is there a cat in the picture?",
        "Is there a cat next to another cat in the picture?",
    ]


def test_marks_are_respected() -> None:
    every = questions("[angry] dog | [sleepy] cat")
    assert [each.label for each in every] == ["dog", "cat", "angry dog", "sleepy cat"]
    assert [each.text for each in every[2].wordings] == [
        "Is the dog angry?",
        "Is there an angry dog in the picture?",
    ]
    assert every[2].swaps[0].text == "Is the dog sleepy?"
    assert [each.kind for each in questions("[red] car | [blue] house")[2:]] == ["colour"] * 2


def test_what_is_not_there_is_not_looked_for() -> None:
    labels = [each.label for each in questions("no red clouds in the blue sky")]
    assert labels == ["sky", "blue sky", "no clouds"]
    negation = questions("no red clouds in the blue sky")[2]
    assert negation.expected == "no"
    assert negation.wordings[0].text == "Are there red clouds in the picture?"


def test_a_swap_gets_the_other_answer_and_both_have_captions() -> None:
    colour = questions("a red car next to a blue house")[2]
    assert [each.statements for each in colour.asked()] == [
        ("a red car", "a blue car"),
        ("a red car", "a blue car"),
        ("a blue car", "a red car"),
        ("a blue car", "a red car"),
    ]
    assert (colour.expected, colour.other) == ("yes", "no")


def test_which_questions_drawn_scenes_show() -> None:
    every = questions("two big red cars above a wooden house without a tree, a dog chasing a cat")
    drawn = {each.kind: each.drawn for each in every}
    assert drawn == {
        "presence": "presence",
        "size": "size",
        "colour": "colour",
        "material": "",
        "count": "count",
        "relation": "place",
        "negation": "absence",
        "action": "",
    }
    assert questions("nine cars")[1].drawn == "", "no scene shows nine"


def test_time_and_too_much_are_named() -> None:
    graph = graphs.question_graph(read("a man before a house"))
    assert graph.skipped == ("man before house: a picture shows no before and after.",)
    many = ", ".join(f"a red {word}" for word in "abcdefghijklmnopqrstuvwxyz")
    graph = graphs.question_graph(read(many))
    assert len(graph.questions) == graphs.LIMIT
    assert "were not asked" in graph.skipped[-1]


BAD_GRAMMAR = re.compile(
    r"\ba [aeio]|\ban [^aeiouhX8]|  |\bsome\b|\ba \w+(cats|dogs|cars)\b|"
    r"Is there \w+s in|Are there an? "
)
PROMPTS = (
    *WHAT_IS_ASKED,
    "an astronaut riding a horse, photorealistic, 8k",
    "two women and a child in a park, one of them is holding an orange balloon",
    "a dark blue sofa and a pale pink lamp, soft light",
    "an X-ray of an hourglass, a unicorn and a European castle",
    "a hot dog with mustard on a white plate",
    "a gold watch and a silver bracelet on black velvet",
    "a bus, a cactus and a lens on a canvas",
    "four tomatoes and two knives",
    "an elephant bigger than a house",
    "(a red fox:1.3) jumping over a lazy dog <lora:x:1>",
)


@pytest.mark.parametrize("text", PROMPTS)
def test_grammar(text: str) -> None:
    for question in questions(text):
        for wording in (*question.wordings, *question.swaps):
            assert wording.text[0].isupper() and wording.text.endswith("?")
            assert not BAD_GRAMMAR.search(wording.text), wording.text


WORDS = re.findall(
    r"\S+",
    "a an the two red blue car cars house dog cats not without on above chasing by wearing dress "
    "hair sky no , and is that golden hour heart old",
)


@given(st.lists(st.sampled_from(WORDS), max_size=14))
def test_any_prompt_gives_a_graph_that_survives_its_lines(words: list[str]) -> None:
    try:
        every = questions(" ".join(words))
    except EncoderScopeError:
        return
    ids = [each.id for each in every]
    assert len(set(ids)) == len(ids)
    for number, each in enumerate(every):
        assert set(each.requires) <= set(ids[:number])
        assert each.wordings and not {w.text for w in each.wordings} & {w.text for w in each.swaps}
    assert from_lines(to_lines(every), every) == every


def test_lines_can_be_edited() -> None:
    of_prompt = questions("a red car without a hat")
    text = to_lines(of_prompt)
    assert "q2 colour, needs q1: Is the car red? | Is there a red car in the picture? // " in text
    assert "q3 negation, expects no: Is there a hat in the picture?" in text
    own = from_lines(f"# mine\n\n{text}\nIs the cat asleep? | Does the cat sleep?", of_prompt)
    assert own[:3] == of_prompt
    assert (own[3].id, own[3].kind, own[3].drawn, own[3].expected) == ("q4", "own", "", "yes")
    assert [each.text for each in own[3].wordings] == ["Is the cat asleep?", "Does the cat sleep?"]
    assert own[3].asked()[0].statements == ()
    changed = from_lines(text.replace("Is the car red? |", "Is the car reddish? |"), of_prompt)
    assert changed[1].label == "red car"
    assert changed[1].drawn == "", "a sentence that was never calibrated"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("q1 colour:", "there is no question"),
        ("q1 taste: Is it sweet?", "'taste' is no kind of question"),
        ("q1 colour, needs q7: Is it red?", "'q7' is no earlier question"),
        ("q1 colour, expects maybe: Is it red?", "'maybe' is no answer"),
        ("q1 own: Red?\nq1 own: Blue?", "Line 2 of the questions cannot be read: 'q1' names"),
    ],
)
def test_lines_that_cannot_be_read(line: str, message: str) -> None:
    with pytest.raises(EncoderScopeError, match=re.escape(message)):
        from_lines(line)
