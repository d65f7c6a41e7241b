"""Tokens against the prompt: through weights, templates, embeddings and quotes, and honest where it
cannot be told.
"""

from __future__ import annotations

from encoderscope.conditioning.tokens.alignment import align
from encoderscope.conditioning.tokens.quoted_text import quoted_origin
from encoderscope.conditioning.tokens.recording import (
    Embedding,
    Origin,
    StreamRecording,
    VocabularyCall,
)

from .toy import piece, stream


def placed(text: str, recording: StreamRecording) -> list[str | None]:
    return [span and text[span[0] : span[1]] for span in align(recording).spans]


def test_plain_text() -> None:
    assert placed("a red fox", stream("l", "a red fox")) == ["a", "red", "fox"]


def test_weights() -> None:
    text = "a (red:1.3) fox"
    recording = stream("l", text, [piece("a "), piece("red"), piece(" fox")])
    assert placed(text, recording) == ["a", "red", "fox"]
    assert [(text[a:b], explicit) for a, b, explicit in align(recording).syntax] == [
        ("(", True),
        (":1.3)", True),
    ]
    assert align(recording).groups == [0, 1, 2]


def test_escapes() -> None:
    text = r"a \(b\) c"
    assert placed(text, stream("l", text, [piece("a (b) c")])) == ["a", r"\(", "b", r"\)", "c"]


def test_literal_weights() -> None:
    text = "(red:1.3)"
    recording = stream("q", text, weights=False)
    assert placed(text, recording) == ["(", "red", ":", "1", ".", "3", ")"]
    assert align(recording).syntax == []


def test_a_template_is_not_the_artists_text() -> None:
    text, source = "red fox", "user: red fox. answer:"
    recording = stream("q", source, origin=Origin(6, 7), bare=True)
    assert placed(text, recording) == [None, None, "red", "fox", None, None, None]


def test_repeated_words_keep_their_own_places() -> None:
    text = "red red (red:1.2) red"
    recording = stream("l", text, [piece("red red "), piece("red"), piece(" red")])
    assert align(recording).spans == [(0, 3), (4, 7), (9, 12), (18, 21)]


def test_found_and_missing_embeddings() -> None:
    text = "a embedding:mine, fox embedding:gone end"
    events = [
        piece("a"),
        Embedding("mine, fox", ", fox", 2),
        piece(", fox"),
        Embedding("gone end", "end", 0),
        piece("end"),
    ]
    aligned = align(stream("l", text, events))
    assert [span and text[slice(*span)] for span in aligned.spans] == [
        "a",
        "embedding:mine",
        "embedding:mine",
        ",",
        "fox",
        "end",
    ]
    assert aligned.names == {1: "mine", 2: "mine"}
    assert [(name, text[slice(*span)]) for name, span in aligned.embeddings] == [
        ("mine", "embedding:mine")
    ]
    assert [(name, text[slice(*span)]) for name, span in aligned.missing] == [
        ("gone", "embedding:gone")
    ]
    assert aligned.misaligned == []


def test_an_embedding_of_another_width_is_told() -> None:
    aligned = align(stream("g", "embedding:mine", [Embedding("mine", "", 1, 768, 1280)]))
    assert aligned.mismatched == [("mine", (0, 14), 768, 1280)]
    assert aligned.embeddings == []


def test_quotes_taken_out_of_the_prompt() -> None:
    text = 'a sign "open late" and "no"'
    source = 'Text "open late". Text "no". '
    origin = quoted_origin(source, text)
    assert origin
    assert [p for p in placed(text, stream("byt5", source, origin=origin)) if p] == [
        "open",
        "late",
        "no",
    ]
    assert quoted_origin("something else", text) is None


def test_what_the_host_did_not_take_from_the_text_is_not_claimed() -> None:
    text = "a red fox"
    aligned = align(stream("l", text, [piece("a blue fox")]))
    assert aligned.spans == [None] * 3
    assert aligned.misaligned == [(0, 9)]


def test_tokens_without_places_are_not_claimed() -> None:
    aligned = align(
        stream(
            "l",
            "a (red:1.2) fox",
            [piece("a "), VocabularyCall("red", [5, 6], None), piece(" fox")],
        )
    )
    assert aligned.spans == [(0, 1), None, None, (12, 15)]
    assert aligned.misaligned == [(3, 6)], "only that stretch"


def test_an_untraceable_source_claims_nothing() -> None:
    assert align(stream("q", "rewritten", origin=Origin(0, 0, traced=False))).spans == [None]


def test_tokens_of_white_space_alone_in_front_of_nothing_have_no_place() -> None:
    assert align(stream("l", "a", [VocabularyCall("a", [9, 10], [(0, 0), (0, 1)])])).spans == [
        None,
        (0, 1),
    ]
