"""What the tokens alone tell: order, windows, the pooled vector, words that are not read."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("torch")
from encoderscope.conditioning.binding.token_lint import Lint, lint
from encoderscope.conditioning.encoding.text_encoder import TextTokens
from encoderscope.conditioning.english.reading import read
from encoderscope.tests.binding.kit import BagOfWords, Causal, Toy, Words


def warnings(text: str, encoder: Toy, rows: TextTokens | None = None) -> list[Lint]:
    return lint(
        read(text), "l", "CLIP-L", encoder.architecture, rows or encoder.tokenize([text])[0]
    )


AFTER = "the car is red and the house is blue"


def test_a_causal_encoder_reads_a_thing_before_its_property() -> None:
    result = warnings(AFTER, Causal())
    assert [item.kind for item in result] == ["before", "before"] and [
        item.stream for item in result
    ] == ["l", "l"]
    assert result[0].text.startswith("CLIP-L reads “car” before “red”") and result[
        0
    ].remedy.endswith("“red car”.")
    assert (
        AFTER[slice(*result[0].span)] == "car is red"
        and AFTER[slice(*result[1].span)] == "house is blue"
    )
    assert not warnings("a red car and a blue house", Causal())
    assert not warnings(AFTER, BagOfWords()), "one that is read both ways hears either order"


FILL = "a photo of " * 3


def test_windows_that_do_not_see_each_other() -> None:
    encoder = Causal(Words(window=12))  # ten words each
    text = f"{FILL}red cars"  # red is the tenth word, cars the eleventh
    [warning] = warnings(text, encoder)
    assert (
        warning.kind == "apart"
        and text[slice(*warning.span)] == "red cars"
        and "different windows of CLIP-L" in warning.text
    )
    assert not warnings("a red car", encoder)


def test_behind_the_first_window_the_pooled_vector_knows_nothing() -> None:
    encoder = Causal(Words(window=12))
    text = f"{FILL}some red cars"
    [warning] = warnings(text, encoder)
    assert (
        warning.kind == "pooled"
        and text[slice(*warning.span)] == "red cars"
        and "first window" in warning.text
    )
    late = warnings(f"{FILL}{FILL}the car is red", encoder)
    assert [item.kind for item in late] == ["before", "pooled"] or [item.kind for item in late] == [
        "apart",
        "pooled",
    ]
    whole = Causal(Words(window=12))
    whole.architecture = replace(whole.architecture, windows=False)
    assert not warnings(text, whole)


def test_words_that_were_cut_off() -> None:
    text = "a red car and a blue house"
    encoder = BagOfWords()
    [rows] = encoder.tokenize([text])
    cut = TextTokens(
        *(tuple(column)[:7] for column in (rows.ids, rows.spans, rows.kinds, rows.windows))
    )
    [warning] = warnings(text, encoder, cut)
    assert (
        warning.kind == "unread"
        and "“house”" in warning.text
        and text[slice(*warning.span)] == "house"
    )
    both = warnings(
        text,
        encoder,
        TextTokens(
            *(tuple(column)[:6] for column in (rows.ids, rows.spans, rows.kinds, rows.windows))
        ),
    )
    assert [item.text.split("“")[1].split("”")[0] for item in both] == ["blue", "house"]


def test_where_no_token_knows_its_characters_nothing_is_claimed() -> None:
    text = "the car is red and the house is blue"
    [rows] = Causal().tokenize([text])
    assert not warnings(text, Causal(), replace(rows, spans=(None,) * len(rows)))


@pytest.mark.parametrize("text", ["", "one", "two dogs and three cats", "eine rote Katze"])
def test_without_properties_there_is_nothing_to_say(text: str) -> None:
    assert not warnings(text, Causal(Words(window=12)))
