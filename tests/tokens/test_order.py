"""Reordering: phrases, what counts as look, and words paired between two orders."""

from __future__ import annotations

import pytest
from encoderscope.conditioning.tokens.order import front_load, is_look, phrases_of


@pytest.mark.parametrize(
    "phrase",
    [
        "film grain",
        "kodak portra 400",
        "golden hour",
        "shallow depth of field",
        "masterpiece",
        "best quality",
        "8k",
        "50mm lens",
        "cinematic rim lighting",
    ],
)
def test_speaks_of_the_look(phrase: str) -> None:
    assert is_look(phrase)


@pytest.mark.parametrize(
    "phrase",
    [
        "a red car next to a blue house",
        "three gulls above the mast",
        "an old fisherman",
        "a lighthouse",
        "a photographer with a camera",
        "",
        "and the",
    ],
)
def test_speaks_of_things(phrase: str) -> None:
    assert not is_look(phrase)


def test_phrases_end_at_commas_stops_and_lines_outside_brackets() -> None:
    assert phrases_of("a fox, (red, soft:1.2) fur; snow\nnight. Stars, 1.5 m") == [
        "a fox",
        "(red, soft:1.2) fur",
        "snow",
        "night.",
        "Stars",
        "1.5 m",
    ]
    assert phrases_of(" , ,") == []


def test_things_come_first_and_every_phrase_stays() -> None:
    text = "masterpiece, best quality, a red fox, film grain, a stone bridge, golden hour"
    assert (
        front_load(text)
        == "a red fox, a stone bridge, masterpiece, best quality, film grain, golden hour"
    )
    assert sorted(phrases_of(front_load(text))) == sorted(phrases_of(text))


@pytest.mark.parametrize(
    "text", ["a red fox", "a red fox, film grain", "film grain, golden hour", ""]
)
def test_what_is_in_order_stays_as_typed(text: str) -> None:
    assert front_load(text) == text
