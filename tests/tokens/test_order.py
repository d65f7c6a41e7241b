"""Reordering: phrases, what counts as look, and words paired between two orders."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from encoderscope.conditioning.tokens import order
from encoderscope.conditioning.tokens.order import (
    front_load,
    held_phrases,
    is_look,
    phrases_of,
    weighted_words,
)
from hypothesis import given
from hypothesis import strategies as st


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


PHRASES = st.sampled_from(
    [
        "a red fox",
        "(film grain:1.2)",
        "(golden hour, soft light:0.8)",
        r"\(masterpiece\)",
        r"Artoria \(fate\)",
        "embedding:lazyneg",
        "embedding:name.",
        "(embedding:lazyneg:1.3)",
        "((blue)) tiles",
        "best quality.",
        "((unclosed",
        "closed)",
        "1.5 m tall",
        "8k",
    ]
)


@given(st.lists(PHRASES, max_size=7), st.sampled_from([", ", "; ", "\n", ",", ". "]))
def test_weights_escapes_and_embeddings_stay_whole(parts: list[str], between: str) -> None:
    text = between.join(parts)
    assert weighted_words(front_load(text)) == weighted_words(text)


@given(st.text(alphabet="ab,;. \n():1\\", max_size=40))
def test_any_text_keeps_its_words(text: str) -> None:
    prompt = f"film grain, {text}, a red fox"
    assert weighted_words(front_load(prompt)) == weighted_words(prompt)


def test_escaped_brackets_open_no_group() -> None:
    text = r"masterpiece \(, a red fox, film grain"
    assert phrases_of(text) == [r"masterpiece \(", "a red fox", "film grain"]
    assert (
        front_load(r"film grain, Artoria \(fate\), a fox") == r"Artoria \(fate\), a fox, film grain"
    )


def test_brackets_that_the_artist_wrote_are_not_ours() -> None:
    text = "a fox, (old stairs:1.0)"
    assert held_phrases(text, "a fox, (old stairs:1.0), (stone stairs:1.0)") == [
        "(stone stairs:1.0)"
    ]


def test_a_phrase_without_end_is_not_looked_through_at_every_edge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """20,000 words without a comma, torn in 800 windows: 16 million searches."""
    text = "fox " * 20_000
    words = [
        SimpleNamespace(start=4 * k, end=4 * k + 3, text="fox", kind="word") for k in range(20_000)
    ]
    prompt: Any = SimpleNamespace(text=text, words=words)
    placement: Any = SimpleNamespace(first=list(range(20_000)), last=list(range(20_000)))
    looked, ends = [], order._phrase_ends
    monkeypatch.setattr(order, "_phrase_ends", lambda *place: looked.append(1) or ends(*place))
    for word, bounds in ((0, (0, 3)), (9_000, None), (19_999, None)):
        edge: Any = SimpleNamespace(word=word)
        assert order._movable(prompt, placement, edge) == bounds
    assert len(looked) < 60
