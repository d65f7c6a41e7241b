"""Words and punctuation of a prompt as typed, in any script."""

from __future__ import annotations

import pytest
from encoderscope.conditioning.tokens.words import Region, words_of
from hypothesis import given
from hypothesis import strategies as st


def split(text: str, *regions: Region) -> list[str]:
    return [word.text for word in words_of(text, regions)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []),
        (" \n\t ", []),
        ("a red fox, running", ["a", "red", "fox", ",", "running"]),
        ("don't well-lit", ["don't", "well-lit"]),
        ("don’t naïve", ["don’t", "naïve"]),
        ("1.5 3,000 35mm f/1.8", ["1.5", "3,000", "35mm", "f", "/", "1.8"]),
        ("end. Next", ["end", ".", "Next"]),
        ("wow!!! ...", ["wow", "!!!", "..."]),
        (r"a \(b\)", ["a", r"\(", "b", r"\)"]),
        ("é \\(b\\)", ["é", r"\(", "b", r"\)"]),
        ("under_score", ["under_score"]),
        ("🇯🇵🇫🇷 👍🏽", ["🇯🇵", "🇫🇷", "👍🏽"]),
        ("红色的狐狸", list("红色的狐狸")),
        ("東京タワー", list("東京タワー")),
        ("서울 타워", ["서울", "타워"]),
        ("ثعلب أحمر،", ["ثعلب", "أحمر", "،"]),
        ("cafe\u0301 e\u0301", ["cafe\u0301", "e\u0301"]),
        ("👩\u200d🚀👍🏽 ❤\ufe0f", ["👩\u200d🚀", "👍🏽", "❤\ufe0f"]),
        ("a\u200b b", ["a", "\u200b", "b"]),
    ],
)
def test_split(text: str, wanted: list[str]) -> None:
    assert split(text) == wanted


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("a, b!", "word punctuation word punctuation"),
        ("狐狸。", "word word punctuation"),
        ("🦊 -", "word punctuation"),
    ],
)
def test_kinds(text: str, kinds: str) -> None:
    assert [word.kind for word in words_of(text)] == kinds.split()


def test_regions_are_words_of_their_own() -> None:
    text = "a (red:1.3) embedding:my-style, b"
    regions = [Region(2, 3, "syntax"), Region(6, 11, "syntax"), Region(12, 30, "embedding")]
    words = words_of(text, regions)
    assert [(w.text, w.kind) for w in words] == [
        ("a", "word"),
        ("(", "syntax"),
        ("red", "word"),
        (":1.3)", "syntax"),
        ("embedding:my-style", "embedding"),
        (",", "punctuation"),
        ("b", "word"),
    ]


@given(st.text(max_size=60))
def test_words_stand_in_order_and_leave_out_white_space_only(text: str) -> None:
    words = words_of(text)
    at = 0
    for word in words:
        assert word.text == text[word.start : word.end] != ""
        assert text[at : word.start].strip() == ""
        at = word.end
    assert text[at:].strip() == ""


@given(st.text("ab1 .,'-\\()!\n_", max_size=40))
def test_plain_text_is_split_alike_by_both_roads(text: str) -> None:
    """ASCII takes a faster road; one character of another script at the end must not change the
    words before it.
    """
    assert split(text) == split(text + " é")[:-1]
