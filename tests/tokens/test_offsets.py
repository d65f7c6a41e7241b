"""Tokens of vocabularies that tell no places, laid over the text by their own letters."""

from __future__ import annotations

import pytest
from encoderscope.conditioning.tokens.offsets import match, offsets_hold


def placed(text: str, tokens: list[str], **options: object) -> list[str] | None:
    spans = match(text, tokens, **options)  # type: ignore[arg-type]
    return None if spans is None else [text[a:b] for a, b in spans]


@pytest.mark.parametrize(
    ("text", "tokens", "wanted"),
    [
        ("A Red fox", ["a</w>", "red</w>", "fox</w>"], ["A", "Red", "fox"]),  # CLIP folds
        ("running", ["run", "ning</w>"], ["run", "ning"]),
        ("a fox", ["a", "Ġfox"], ["a", " fox"]),  # Qwen keeps the space before
        ("A  fox\n\n", ["A", "Ġ", "Ġfox", "ĊĊ"], ["A", " ", " fox", "\n\n"]),
        ("é", ["Ã", "©"], ["é", "é"]),  # one character, two byte tokens
        ("e\u0301!", ["Ã©", "!"], ["e\u0301", "!"]),  # composed; the accent belongs to its letter
        ("É", ["Ã©</w>"], ["É"]),
        (
            "à “x",
            [chr(b) for b in "à “x".encode()],
            ["à", "à", " ", "“", "“", "“", "x"],
        ),  # ByT5: bytes as characters
        ("Playing Café", ["play", "##ing", "cafe"], ["Play", "ing", "Café"]),  # BERT
        ("## #", ["##</w>", "#</w>"], ["##", "#"]),  # typed, not BERT's
        ("the </w>", ["the</w>", "</</w>", "w</w>", "></w>"], ["the", "</", "w", ">"]),
        ("a b", ["▁a", "▁b"], ["a", " b"]),
        ("a b", ["ab"], ["a b"]),  # a vocabulary that lost its spaces
        ("", [], []),
        (
            "a\u200bb\x00c",
            ["a", "b", "c"],
            ["a", "b", "c"],
        ),  # invisible characters that were dropped
        (
            "a\u200d\u2019b",
            ["a", "âĢĻ", "b"],
            ["a", "\u2019", "b"],
        ),  # the dropped one begins with the same bytes
    ],
)
def test_match(text: str, tokens: list[str], wanted: list[str]) -> None:
    assert placed(text, tokens) == wanted


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a fox", ["a", "dog"]),
        ("a fox", ["a"]),  # a word without a token
        ("a", ["a", "fox"]),  # a token without a word
        ("fox a", ["a", "fox"]),
        ("ab", ["b", "a"]),
        ("a", ["é"]),
    ],
)
def test_what_does_not_follow_the_text_is_not_claimed(text: str, tokens: list[str]) -> None:
    assert placed(text, tokens) is None


def test_dropped_characters_must_be_known_to_be_dropped() -> None:
    assert placed("it’s", ["its"]) is None
    assert placed("it’s", ["its"], silent={"’"}) == ["it’s"]


@pytest.mark.parametrize(
    ("text", "tokens", "wanted"),
    [
        ("a 🦊🦊 b", ["a", "[UNK]", "b"], ["a", "🦊🦊", "b"]),  # the whole word is given up
        ("a dog🦊, b", ["a", "[UNK]", ",", "b"], ["a", "dog🦊", ",", "b"]),
        ("雪𠀀", ["雪", "[UNK]"], ["雪", "𠀀"]),
        ("a [UNK] b", ["a", "[UNK]", "b"], ["a", "[UNK]", "b"]),  # typed as it is
    ],
)
def test_unknown_words(text: str, tokens: list[str], wanted: list[str]) -> None:
    assert placed(text, tokens, unknown="[UNK]") == wanted


def test_an_added_space_has_no_characters() -> None:
    assert match("fox", ["▁", "fox"]) == [(0, 0), (0, 3)]


@pytest.mark.parametrize(
    ("spans", "true"),
    [
        ([(0, 1), (2, 5), (6, 11)], True),
        ([(0, 1), (1, 5), (5, 11)], True),  # with the space before
        ([(0, 1), (1, 4), (4, 9)], False),  # counted in a text without spaces
        ([(0, 1), (2, 5), (6, 10)], False),
    ],
)
def test_offsets_are_believed_only_where_they_hold(
    spans: list[tuple[int, int]], true: bool
) -> None:
    assert offsets_hold("a fox jumps", ["a</w>", "fox</w>", "jumps</w>"], spans) is true
    assert offsets_hold("a fox jumps", ["▁a", "▁fox", "▁jumps"], spans) is true
