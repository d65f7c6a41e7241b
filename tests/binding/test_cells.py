"""The four sentences of every kind of contrast: exact texts, slots, articles, plurals, and what may
never differ.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.binding import suite
from encoderscope.conditioning.binding.designs import Design, design, plan
from encoderscope.conditioning.english import frames
from encoderscope.conditioning.english.cells import SLOTS, Cell
from encoderscope.conditioning.english.contrasts import (
    AttributeContrast,
    CountContrast,
    NumberContrast,
    RelationContrast,
)
from encoderscope.conditioning.english.frames import article, is_plural, number_word, numbered
from encoderscope.conditioning.english.reading import read
from encoderscope.conditioning.english.statements import Attribute, Count, Phrase, Relation
from hypothesis import given
from hypothesis import strategies as st

M1, O1, M2, O2 = SLOTS


def only(text: str) -> Design:
    [design] = plan(read(text)).designs
    return design


def texts(design: Design, frame: int = 1) -> list[str]:
    return [cell.text for cell in design.frames[frame].cells()]


def word(text: str) -> Phrase:
    return Phrase(text, -1, -1)


def pair(modifier: str, thing: str) -> Attribute:
    return Attribute(word(modifier), word(thing), "colour")


def slot_texts(cell: Cell) -> dict[str, str]:
    return {place: cell.text[start:end] for place, (start, end) in cell.slots.items()}


BINDING = [
    "a red car next to a blue house",
    "a blue car next to a red house",
    "a blue house next to a red car",
    "a red house next to a blue car",
    "a red car next to a red house",
    "a blue car next to a blue house",
]
KINDS = {
    "a red car and a blue house": ("binding", BINDING),
    "two cats and five big dogs": (
        "count",
        [
            "two cats next to five dogs",
            "five cats next to two dogs",
            "five dogs next to two cats",
            "two dogs next to five cats",
        ],
    ),
    "four trucks": (
        "number",
        [
            "a photo of four trucks",
            "a photo of five trucks",
            "a photo of 4 trucks",
            "a photo of 5 trucks",
        ],
    ),
    "an apple above a dog": (
        "relation",
        [
            "a photo of an apple above a dog",
            "a photo of a dog above an apple",
            "a photo of a dog below an apple",
            "a photo of an apple below a dog",
        ],
    ),
    "dogs chasing a cat": (
        "role",
        [
            "a photo of some dogs that chases a cat",
            "a photo of a cat that chases some dogs",
            "a photo of a cat chased by some dogs",
            "a photo of some dogs chased by a cat",
        ],
    ),
    "a man without a hat": (
        "negation",
        [
            "a photo without a hat and with a table",
            "a photo with a hat and without a table",
            "a photo with a table and without a hat",
            "a photo without a table and with a hat",
        ],
    ),
}


@pytest.mark.parametrize("prompt", KINDS)
def test_every_kind_says_exactly_this(prompt: str) -> None:
    kind, expected = KINDS[prompt]
    result = next(design for design in plan(read(prompt)).designs if design.kind == kind)
    assert texts(result)[: len(expected)] == expected


def test_slots_cut_the_words_out() -> None:
    p, s, c, sc, first_twice, second_twice = only("a red car and a blue house").frames[3].cells()
    assert slot_texts(p) == {M1: "red", O1: "car", M2: "blue", O2: "house"}
    assert slot_texts(s) == {M1: "blue", O1: "car", M2: "red", O2: "house"}
    assert slot_texts(c) == {M1: "blue", O1: "house", M2: "red", O2: "car"}
    assert slot_texts(sc) == {M1: "red", O1: "house", M2: "blue", O2: "car"}
    assert slot_texts(first_twice) == {M1: "red", O1: "car", M2: "red", O2: "house"}
    assert slot_texts(second_twice) == {M1: "blue", O1: "car", M2: "blue", O2: "house"}


@pytest.mark.parametrize("phenomenon", suite.PHENOMENA)
def test_slots_of_the_whole_suite_follow_the_sentence(phenomenon: str) -> None:
    designs = suite.designs(phenomenon, 12)
    assert len(designs) == suite.EACH
    for item in designs:
        assert len(item.frames) == 12
        for cell in (cell for frame in item.frames for cell in frame.cells()):
            places = list(cell.slots.values())
            assert places == sorted(places), "in the order of the sentence"
            for start, end in places:
                assert cell.text[start:end] == cell.text[start:end].strip() != ""
                assert re.match(r"^|\W", cell.text[start - 1 : start])
            assert "  " not in cell.text and "{" not in cell.text


@pytest.mark.parametrize("phenomenon", [name for name in suite.PHENOMENA if name != "number"])
def test_what_is_asked_and_its_rival_use_the_same_words(phenomenon: str) -> None:
    """Else a bag of words would tell them apart, and the probe would call that binding."""
    for planned_design in suite.designs(phenomenon, 12):
        for frame in planned_design.frames:
            p, s, c, sc = (Counter(cell.text.split()) for cell in frame.four)
            assert p + c == s + sc


WORDS = st.from_regex(r"[a-z]{1,9}(-[a-z]{2,5})?", fullmatch=True)


@given(m=WORDS, n=WORDS, o=st.lists(WORDS, min_size=1, max_size=2).map(" ".join), q=WORDS)
def test_p_and_c_hold_the_same_pairs_and_s_and_sc_the_rivals(
    m: str, n: str, o: str, q: str
) -> None:
    result = design(AttributeContrast(pair(m, o), pair(n, q)))
    assert result is not None and len(result.frames) == 8
    for frame in result.frames:
        p, s, c, sc = ({(a[M1], a[O1]), (a[M2], a[O2])} for a in map(slot_texts, frame.four))
        assert p == c == {(m, o), (n, q)}
        assert s == sc == {(n, o), (m, q)}
        assert (
            slot_texts(frame.prompt)[O1] == slot_texts(frame.rival)[O1] == o
            and slot_texts(frame.prompt_reversed)[O1] == slot_texts(frame.rival_reversed)[O1] == q
        )
        assert (
            slot_texts(frame.prompt)[M1] == slot_texts(frame.rival_reversed)[M1] == m
            and slot_texts(frame.rival)[M1] == slot_texts(frame.prompt_reversed)[M1] == n
        )
        skeletons = {tuple(_without(cell)) for cell in frame.cells()}
        assert len(skeletons) == 1, "outside its slots every cell is the same, articles included"


def _without(cell: Cell) -> list[str]:
    at, out = 0, []
    for start, end in cell.slots.values():
        out.append(cell.text[at:start])
        at = end
    return [*out, cell.text[at:]]


@pytest.mark.parametrize(
    ("first", "second", "lead"),
    [
        (("red", "car"), ("blue", "house"), "a"),
        (("orange", "car"), ("ivory", "house"), "an"),
        (("orange", "car"), ("blue", "house"), "the"),
        (("red", "cars"), ("blue", "houses"), "some"),
        (("red", "cars"), ("blue", "house"), "the"),
    ],
)
def test_one_article_for_all_cells(
    first: tuple[str, str], second: tuple[str, str], lead: str
) -> None:
    result = design(AttributeContrast(pair(*first), pair(*second)))
    assert result is not None
    assert all(cell.text.startswith(f"{lead} ") for cell in result.frames[0].cells())
    assert all(
        len(re.findall(rf"\b{lead}\b", cell.text)) >= 2
        for frame in result.frames
        for cell in frame.cells()
    )


ARTICLES = {
    "apple": "an",
    "car": "a",
    "uniform": "a",
    "unicorn": "a",
    "umbrella": "an",
    "hour": "an",
    "horse": "a",
    "honest man": "an",
    "one-eyed cat": "a",
    "old man": "an",
    "european": "a",
    "ewe": "a",
    "eel": "an",
    "useful box": "a",
    "cars": "some",
    "people": "some",
    "sheep": "a",
    "bus": "a",
    "glass": "a",
    "men": "some",
    "": "",
}


@pytest.mark.parametrize("phrase", ARTICLES)
def test_articles(phrase: str) -> None:
    assert article(phrase) == ARTICLES[phrase]


@pytest.mark.parametrize(
    ("thing", "item", "many"),
    [
        ("car", "car", "cars"),
        ("cars", "car", "cars"),
        ("box", "box", "boxes"),
        ("boxes", "box", "boxes"),
        ("cherry", "cherry", "cherries"),
        ("cherries", "cherry", "cherries"),
        ("toy", "toy", "toys"),
        ("man", "man", "men"),
        ("people", "person", "people"),
        ("sheep", "sheep", "sheep"),
        ("glasses", "glass", "glasses"),
        ("fire trucks", "fire truck", "fire trucks"),
        ("knives", "knife", "knives"),
        ("horses", "horse", "horses"),
        ("benches", "bench", "benches"),
        ("bus", "bus", "buses"),
    ],
)
def test_plurals(thing: str, item: str, many: str) -> None:
    assert (numbered(thing, 1), numbered(thing, 2), numbered(thing, 0)) == (item, many, many)


@given(st.sampled_from(sorted({*suite._THINGS, *suite._COUNTED, *suite._BEINGS})))
def test_plurals_come_back(thing: str) -> None:
    many = numbered(thing, 2)
    assert (
        is_plural(many)
        and not is_plural(thing)
        and numbered(many, 1) == thing
        and numbered(many, 3) == many
    )


def test_numbers_beside_large_ones_are_digits() -> None:
    assert number_word(4) == "four" and number_word(21) == "21" and number_word(4, (4, 30)) == "4"
    result = design(
        CountContrast(Count(word("4"), 4, word("cars")), Count(word("30"), 30, word("dogs")))
    )
    assert (
        result is not None
        and result.frames[0].prompt.text == "4 cars and 30 dogs"
        and result.frames[0].rival.text == "30 cars and 4 dogs"
    )


def test_plurals_the_rules_do_not_know_stay_as_typed() -> None:
    assert texts(only("three snowmen"), 0) == [
        "three snowmen",
        "four snowmen",
        "3 snowmen",
        "4 snowmen",
    ]
    assert texts(only("three dice and two wolverines"), 0)[:2] == [
        "three dice and two wolverines",
        "two dice and three wolverines",
    ]


@pytest.mark.parametrize(
    ("value", "near"), [(1, "two"), (11, "twelve"), (12, "eleven"), (20, "nineteen")]
)
def test_a_number_alone_has_its_neighbour_as_rival(value: int, near: str) -> None:
    result = design(NumberContrast(Count(word(str(value)), value, word("cats"))))
    assert result is not None and result.kind == "number"
    p, s, c, sc = result.frames[0].cells()
    assert slot_texts(p)[M1] == number_word(value) and slot_texts(s)[M1] == near
    assert (
        slot_texts(c)[M1] == str(value)
        and numbered("cat", value) == slot_texts(c)[O1] == slot_texts(p)[O1]
    )
    assert slot_texts(sc)[O1] == slot_texts(s)[O1]


@pytest.mark.parametrize("value", [0, 21, 100])
def test_a_number_without_a_spelt_neighbour_has_no_design(value: int) -> None:
    assert design(NumberContrast(Count(word(str(value)), value, word("cats")))) is None


def test_relations_without_a_converse_have_no_design() -> None:
    relation = Relation(word("cat"), word("near"), word("dog"), "spatial", None)
    assert design(RelationContrast(relation)) is None


@pytest.mark.parametrize(
    "prompt", ["a car that is not red and a house", "the sky is never blue", "the frame isn't gold"]
)
def test_a_denied_property_is_no_thing_that_could_be_absent(prompt: str) -> None:
    """“a photo without a red” would test nothing."""
    planned = plan(read(prompt))
    assert not planned.designs and "no rival can be written" in planned.skipped[0]


@pytest.mark.parametrize("prompt", ["a table without a glass", "a bowl with no orange"])
def test_a_denied_thing_that_may_be_a_property_is_a_thing(prompt: str) -> None:
    assert only(prompt).kind == "negation"


@given(st.text(max_size=80))
def test_any_text_gives_cells_whose_slots_hold(text: str) -> None:
    try:
        planned = plan(read(text))
    except ValueError:
        return
    for planned_design in planned.designs:
        for frame in [
            *planned_design.frames,
            *([planned_design.in_prompt] if planned_design.in_prompt else []),
        ]:
            for cell in frame.cells():
                assert all(0 <= a < b <= len(cell.text) for a, b in cell.slots.values())


PHRASES = (
    "a red car|the blue house|two cats|5 dogs|an orange|no hat|without trees|above|to "
    "the left of|and|,|next to|a brown-and-white cat|"
    "(green:1.2) box|[old] man|that is not red|chasing|chased by|a gold watch|one "
    "apple|a table window box|BREAK|a big red metal robot"
)


@given(st.lists(st.sampled_from(PHRASES.split("|")), max_size=12).map(" ".join))
def test_any_mixture_of_phrases_is_planned(text: str) -> None:
    try:
        planned = plan(read(text))
    except ValueError as error:
        assert "mark" in str(error)
        return
    for planned_design in planned.designs:
        assert len(planned_design.frames) in (8, frames.MOST)
        if planned_design.in_prompt is not None:
            assert planned_design.in_prompt.prompt.text == text
        for frame in planned_design.frames:
            assert all(
                cell.text[a:b].strip() for cell in frame.cells() for a, b in cell.slots.values()
            )


def test_the_suite_is_the_same_everywhere() -> None:
    first: Any = [item.frames[0].prompt.text for item in suite.of_kind("binding", 1)]
    assert len(first) == len(set(first)) == 60
    assert first[0] == suite.of_kind("binding", 8)[0].frames[0].prompt.text
    assert [
        len(suite.of_kind(kind, 1)) for kind in ("count", "number", "negation", "relation", "role")
    ] == [12, 12, 12, 36, 12]
    for kind in ("binding", "count", "negation", "relation", "role"):
        for item in suite.of_kind(kind, 1):
            assert item.frames[0].prompt.text != item.frames[0].rival.text
