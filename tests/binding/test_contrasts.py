"""From what a prompt says to what is put to the test: rivals of the same kind, of another kind, of
ours, and the limit.
"""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
from encoderscope.conditioning.binding.designs import FRAMES, LIMIT, ProbePlan, plan
from encoderscope.conditioning.english.frames import MOST
from encoderscope.conditioning.english.reading import read


def labels(text: str, limit: int = LIMIT) -> list[str]:
    return [
        ("stock " if design.contrast.stock else "") + f"{design.kind}: {design.contrast.label()}"
        for design in plan(read(text), limit).designs
    ]


PLANS = {
    "a red car and a blue house": ["binding: red car / blue house"],
    "a red car and a wooden house": ["binding: red car / wooden house"],
    "a red car, a blue house and a wooden box": [
        "binding: red car / blue house",
        "binding: wooden box / red car",
    ],
    "a red car and a house": ["stock binding: red car / brown table"],
    "a brown car": ["stock binding: brown car / white table"],
    "a white table": ["stock binding: white table / brown window"],
    "a small box": ["stock binding: small box / large table"],
    "a brown-and-white cat": ["stock binding: brown-and-white cat / green table"],
    "a red and blue car": [
        "stock binding: red car / brown table",
        "stock binding: blue car / brown table",
    ],
    "two cats and three dogs": ["count: two cats / three dogs"],
    "four trucks": ["number: four trucks"],
    "a dog chasing a cat": ["role: dog chasing cat"],
    "an apple to the left of a pear": ["relation: apple to the left of pear"],
    "an apple near a pear": [],
    "a man without a hat": ["stock negation: without hat"],
    "a man without a hat and with a red coat": [
        "negation: without hat",
        "stock binding: red coat / brown table",
    ],
    "[shiny] car | [rusty] boat": ["binding: shiny car / rusty boat"],
    "zero cats": [],
    "": [],
}


@pytest.mark.parametrize("text", PLANS)
def test_rivals(text: str) -> None:
    assert labels(text) == PLANS[text]


def test_a_denied_thing_is_no_rival() -> None:
    [negation, stock] = plan(read("a red car without a roof")).designs
    assert negation.kind == "negation" and negation.contrast.present.text == "car"  # type: ignore[union-attr]
    assert stock.contrast.stock and stock.contrast.second.object.text == "table"  # type: ignore[union-attr]


def test_of_three_colours_each_is_tested_once_at_least() -> None:
    assert labels("a red car, a blue house and a green tree") == [
        "binding: red car / blue house",
        "binding: red car / green tree",
    ]


MANY = (
    "a red car, a blue house, a green tree, two cats, three dogs, four birds, a man above a woman"
)


@pytest.mark.parametrize("limit", [0, 1, 3, 50])
def test_what_exceeds_the_limit_is_named(limit: int) -> None:
    every: ProbePlan = plan(read(MANY), 100)
    planned = plan(read(MANY), limit)
    assert [design.contrast for design in planned.designs] == [
        design.contrast for design in every.designs
    ][:limit]
    assert len(planned.designs) + len(planned.skipped) == len(every.designs) >= 5
    for design, text in zip(every.designs[limit:], planned.skipped, strict=True):
        assert text == f"{design.contrast.label()}: left out, {limit} contrasts are tested at once."


def test_several_contrasts_take_more_frames() -> None:
    assert len(plan(read("a red car and a blue house")).designs[0].frames) == FRAMES
    assert {len(design.frames) for design in plan(read(MANY)).designs} == {MOST}


def test_what_cannot_be_written_is_named() -> None:
    planned = plan(read("zero cats"))
    assert not planned.designs and planned.skipped == (
        "zero cats: no rival can be written for it.",
    )


@pytest.mark.parametrize(
    "thing",
    ["table", "table window", "table window box", "tablecloth", "vegetable boxes by the window"],
)
@pytest.mark.parametrize("modifier", ["brown", "brown-white", "brown-white-green", "red"])
def test_there_is_always_a_rival_of_ours(modifier: str, thing: str) -> None:
    for design in plan(read(f"a {modifier} {thing}")).designs:
        first, second = design.contrast.first, design.contrast.second
        assert (
            first.object.text != second.object.text and first.modifier.text != second.modifier.text
        )  # type: ignore[union-attr]
