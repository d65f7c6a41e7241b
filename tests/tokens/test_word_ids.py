"""Content told from template, marks and padding where the host's windows do not say."""

from __future__ import annotations

from encoderscope.conditioning.tokens.alignment import align
from encoderscope.conditioning.tokens.placement import place, tokens_of
from encoderscope.conditioning.tokens.prompt_map import map_tokens
from encoderscope.conditioning.tokens.recording import (
    Embedding,
    Origin,
    StreamRecording,
    VocabularyCall,
)
from encoderscope.conditioning.tokens.word_ids import numbered, position, recorded_ids
from encoderscope.conditioning.tokens.words import words_of

from .toy import PAD, START, piece, stream

FOX = [7, 8]
PADDED = [[(7, 1.0), (8, 1.0), (PAD, 1.0)]]


def ids_of_words(windows: object) -> list[int]:
    return [slot[2] for window in windows for slot in window]  # type: ignore[attr-defined]


def test_what_the_host_numbers_is_left_alone() -> None:
    windows = [[(START, 1.0, 0), (7, 1.3, 1), (8, 1.0, 2)]]
    assert numbered(windows, windows, FOX) is windows
    empty = [[(PAD, 1.0, 0)]]
    assert numbered(empty, empty, []) is empty


def test_pairs_are_numbered_by_what_the_vocabulary_said() -> None:
    numbers = numbered(PADDED, PADDED, FOX)
    assert numbers == [[(7, 1.0, 1), (8, 1.0, 1), (PAD, 1.0, 0)]]
    start = [[(START, 1.0), (START, 1.0), (7, 1.0)]]
    assert ids_of_words(numbered(start, start, [START, 7], start_id=START)) == [0, 1, 1], (
        "the second was typed"
    )


def test_a_template_around_windows_that_are_already_made() -> None:
    windows = [[(1, 1.0), (7, 1.0), *PADDED[0], (9, 1.0)]]
    assert ids_of_words(numbered(windows, PADDED, FOX)) == [0, 0, 1, 1, 0, 0]


def test_zeros_alone_say_nothing() -> None:
    windows = [[(7, 1.0, 0), (8, 1.0, 0)]]
    assert ids_of_words(numbered(windows, [[(7, 1.0), (8, 1.0)]], FOX)) == [1, 1]


def test_what_is_not_found_counts_as_content() -> None:
    assert ids_of_words(numbered([[(5, 1.0), (6, 1.0)]], PADDED, FOX)) == [1, 1]
    assert ids_of_words(numbered([[(5, 1.0), (6, 1.0)]], (), ())) == [1, 1]


def test_windows_may_be_cut_off() -> None:
    assert position([7, 8], [7, 8, 9]) == 0
    assert position([1, 7, 8], [7, 8]) == 1
    assert position([1, 7], [7, 8]) is None


def test_vectors_are_recognised_by_identity() -> None:
    vector = object()
    events = [VocabularyCall("a", [7], [(0, 1)]), Embedding("mine", "", 1)]
    result = [[(7, 1.0), (vector, 1.0), (PAD, 1.0)]]
    assert recorded_ids(events) == [7, None]
    assert ids_of_words(numbered(result, result, recorded_ids(events))) == [1, 1, 0]
    assert position([1, vector], [vector]) == 1
    assert position([1, object()], [vector]) is None


def test_a_source_read_as_it_stands_has_neither_weights_nor_escapes() -> None:
    text = r"(red:1.3) \(a\)"
    recording = stream("q", text, bare=True)
    assert recording.weights and recording.verbatim
    aligned = align(recording)
    assert [text[slice(*span)] for span in aligned.spans if span] == [
        "(",
        "red",
        ":",
        "1",
        ".",
        "3",
        ")",
        "\\",
        "(",
        "a",
        "\\",
        ")",
    ]
    assert aligned.syntax == [] == aligned.misaligned
    prompt_map = map_tokens(text, [recording], None)
    literal = [
        word.text
        for word, fate in zip(prompt_map.words, prompt_map.fates["q"], strict=True)
        if "literal_weight" in fate
    ]
    assert literal == ["(", ":1.3)"]
    weighted = stream("l", "(red:1.3)", [piece("red")])
    assert not weighted.verbatim


def test_only_padding_is_called_padding() -> None:
    text = "red"
    windows = [
        [(PAD, 1.0, 0), (START, 1.0, 0), (5, 1.0, 0), (7, 1.0, 1), (PAD, 1.0, 0), (START, 1.0, 0)]
    ]
    recording = StreamRecording(
        "q",
        text,
        True,
        windows,
        [VocabularyCall(text, [7], [(0, 3)])],
        Origin(0, 3),
        start_id=START,
        pad_id=PAD,
    )
    row = tokens_of(place(recording, align(recording), words_of(text)), text)[0]
    assert [token.kind for token in row] == ["pad", "start", "template", "text", "pad", "template"]


def test_a_prompt_that_was_stripped_into_its_template() -> None:
    text = "  red fox "
    recording = stream("q", "user: red fox. answer:", origin=Origin(4, 9, first=2), bare=True)
    assert [span and text[slice(*span)] for span in align(recording).spans] == [
        None,
        None,
        "red",
        "fox",
        None,
        None,
        None,
    ]


def test_words_outside_what_a_stream_is_given() -> None:
    text = "red fox"
    prompt_map = map_tokens(
        text,
        [
            stream("q", "# Lyrics", origin=Origin(8, 0), bare=True),
            stream("r", "fox", origin=Origin(-4, 7, first=4)),
        ],
        None,
    )
    assert prompt_map.fates == {
        "q": [("not_given",), ("not_given",)],
        "r": [("not_given",), ("seen",)],
    }
