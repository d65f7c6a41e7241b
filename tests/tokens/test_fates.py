"""Fates and lanes on hand-made recordings: one test for each fate of docs/report-tokens.md."""

from __future__ import annotations

from typing import Any

import pytest
from encoderscope.conditioning.families.table import FAMILIES, Family, StreamRule, TrainedLength
from encoderscope.conditioning.tokens.prompt_map import PromptMap, map_tokens
from encoderscope.conditioning.tokens.quoted_text import quoted_origin
from encoderscope.conditioning.tokens.recording import (
    Embedding,
    Origin,
    StreamRecording,
    VocabularyCall,
)

from .toy import END, PAD, UNKNOWN, piece, stream

TEN = "a b c d e f g h i j"


def mapped(
    text: str, *recordings: StreamRecording, family: str | Family | None = "sd1"
) -> PromptMap:
    return map_tokens(text, recordings, FAMILIES[family] if isinstance(family, str) else family)


def fate(prompt_map: PromptMap, stream_name: str, word: str) -> tuple[str, ...]:
    return next(
        f
        for f, w in zip(prompt_map.fates[stream_name], prompt_map.words, strict=True)
        if w.text == word
    )


def lanes(prompt_map: PromptMap, word: str) -> dict[str, str]:
    w = next(i for i, each in enumerate(prompt_map.words) if each.text == word)
    return {r.name: lane[w] for r, lane in zip(prompt_map.readouts, prompt_map.lanes, strict=True)}


def lost(prompt_map: PromptMap) -> list[str]:
    return [
        word.text
        for word, is_lost in zip(prompt_map.words, prompt_map.lost, strict=True)
        if is_lost
    ]


def test_seen() -> None:
    prompt_map = mapped("a fox", stream("l", "a fox", capacity=75))
    assert fate(prompt_map, "l", "fox") == ("seen",)
    assert lanes(prompt_map, "fox") == {"sequence:l": "seen"}
    assert lost(prompt_map) == []


def test_later_window_and_not_in_pooled() -> None:
    prompt_map = mapped(
        TEN, stream("g", TEN, capacity=4), stream("l", TEN, capacity=4), family="sdxl"
    )
    assert fate(prompt_map, "g", "d") == ("seen", "phrase_split")
    assert fate(prompt_map, "g", "f") == ("seen", "later_window", "not_in_pooled")
    assert lanes(prompt_map, "d") == {"pooled": "seen", "sequence:l": "seen", "sequence:g": "seen"}
    assert lanes(prompt_map, "j") == {
        "pooled": "none",
        "sequence:l": "later",
        "sequence:g": "later",
    }
    assert lost(prompt_map) == list("efghij")


def test_discarded() -> None:
    prompt_map = mapped(TEN, stream("l", TEN, capacity=4), stream("t5xxl", TEN), family="flux")
    assert fate(prompt_map, "l", "f") == ("later_window", "not_in_pooled", "discarded")
    assert fate(prompt_map, "l", "a") == ("seen",)
    assert lanes(prompt_map, "f") == {"pooled": "none", "sequence:t5xxl": "seen"}


def test_the_longer_of_two_is_cut_to_the_shorter() -> None:
    long = [Embedding("x", "", 3), piece("b c d e f")]
    short = [Embedding("x", "", 1), piece("b c d e f")]
    text = "embedding:x b c d e f"
    prompt_map = mapped(
        text,
        stream("g", text, short, capacity=6),
        stream("l", text, long, capacity=6),
        family="sdxl",
    )
    assert fate(prompt_map, "l", "d")[:1] == ("seen",)
    assert "cut" in fate(prompt_map, "l", "f")
    assert lanes(prompt_map, "f") == {"pooled": "seen", "sequence:l": "none", "sequence:g": "seen"}
    assert lost(prompt_map) == ["e", "f"]


def test_nothing_is_cut_where_only_one_of_two_is_encoded() -> None:
    prompt_map = mapped(
        TEN,
        stream("l", TEN, capacity=4),
        stream("g", TEN, capacity=20, encoded=False),
        family="sd3",
    )
    assert lanes(prompt_map, "j") == {"pooled": "none", "sequence:l": "later"}
    assert fate(prompt_map, "g", "a") == ("not_encoded",)


def test_dropped_by_the_host() -> None:
    text = TEN
    prompt_map = mapped(text, stream("t5xxl", text, capacity=4, kept=1), family="hidream")
    assert fate(prompt_map, "t5xxl", "d") == ("seen",)
    assert fate(prompt_map, "t5xxl", "e") == ("cut",)
    assert lanes(prompt_map, "e") == {"sequence:t5xxl": "none"}
    assert "e" in lost(prompt_map)


def tiny(length: int, with_template: bool = False) -> Family:
    rule = StreamRule(
        "s", "S", True, False, "s", TrainedLength(length, "a source of the figure", with_template)
    )
    return Family("tiny", "Tiny", (rule,), ("comfy.x.T",))


def test_past_the_trained_length_counts_start_and_end() -> None:
    prompt_map = mapped(TEN, stream("s", TEN), family=tiny(6))
    assert lanes(prompt_map, "d") == {"sequence:s": "seen"}
    assert lanes(prompt_map, "e") == {"sequence:s": "past"}
    assert fate(prompt_map, "s", "e") == ("seen", "past_trained_length")
    assert lost(prompt_map) == list("efghij")


@pytest.mark.parametrize(("with_template", "last"), [(False, "d"), (True, "b")])
def test_a_trained_length_with_or_without_its_template(with_template: bool, last: str) -> None:
    source = f"user {TEN} end"
    prompt_map = mapped(
        TEN,
        stream("s", source, origin=Origin(5, len(TEN)), bare=True),
        family=tiny(4, with_template),
    )
    seen = [
        w.text
        for w, state in zip(prompt_map.words, prompt_map.lanes[0], strict=True)
        if state == "seen"
    ]
    assert seen[-1] == last


def test_moved_whole_to_the_next_window() -> None:
    text = "a b c (d e:1.2) f"
    events = [piece("a b c "), piece("d e"), piece(" f")]
    prompt_map = mapped(text, stream("l", text, events, capacity=4, whole={1}))
    assert "moved" in fate(prompt_map, "l", "d")
    assert "moved" not in fate(prompt_map, "l", "f")
    assert "moved" not in fate(prompt_map, "l", "c")
    assert lanes(prompt_map, "d") == {"sequence:l": "later"}


def test_split_by_a_windows_edge() -> None:
    text = "a b running c"
    prompt_map = mapped(text, stream("l", text, [piece(text, split=["running"])], capacity=4))
    assert fate(prompt_map, "l", "running")[:2] == ("seen", "split")
    assert next((e.window, prompt_map.words[e.word].text, e.inside) for e in prompt_map.edges) == (
        1,
        "running",
        "word",
    )


@pytest.mark.parametrize(
    ("text", "inside"),
    [("a b c d e", "phrase"), ("a b c, d e", "between"), ("a b c. d e", "between")],
)
def test_edges_inside_phrases(text: str, inside: str) -> None:
    prompt_map = mapped(text, stream("l", text, capacity=4 if inside == "between" else 3))
    assert prompt_map.edges[0].inside == inside
    assert ("phrase_split" in fate(prompt_map, "l", "d")) == (inside == "phrase")


def test_weights_read_as_text() -> None:
    text = "a (red:1.3) fox"
    prompt_map = mapped(text, stream("qwen_image", text, weights=False), family=None)
    assert "literal_weight" in fate(prompt_map, "qwen_image", "(")
    assert "literal_weight" not in fate(prompt_map, "qwen_image", "red")


def test_weight_syntax_is_no_word() -> None:
    text = "a (red:1.3) fox"
    prompt_map = mapped(text, stream("l", text, [piece("a "), piece("red"), piece(" fox")]))
    assert fate(prompt_map, "l", ":1.3)") == ("syntax",)
    assert lanes(prompt_map, ":1.3)") == {"sequence:l": "syntax"}
    assert lost(prompt_map) == []


def test_embeddings() -> None:
    text = "a embedding:mine embedding:gone fox"
    events = [piece("a"), Embedding("mine", "", 2), Embedding("gone fox", "fox", 0), piece("fox")]
    prompt_map = mapped(text, stream("l", text, events))
    assert fate(prompt_map, "l", "embedding:mine") == ("seen", "embedding")
    assert fate(prompt_map, "l", "embedding:gone") == ("missing_embedding",)
    assert lost(prompt_map) == ["embedding:gone"]


def test_an_embedding_of_another_width_goes_nowhere() -> None:
    text = "a embedding:mine fox"
    fits = [piece("a"), Embedding("mine fox", "fox", 1, 768, 768), piece("fox")]
    not_here = [piece("a"), Embedding("mine fox", "fox", 1, 768, 1280), piece("fox")]
    prompt_map = mapped(text, stream("g", text, not_here), stream("l", text, fits), family="sdxl")
    assert fate(prompt_map, "g", "embedding:mine") == ("embedding_mismatch",)
    assert lanes(prompt_map, "embedding:mine") == {
        "pooled": "none",
        "sequence:l": "seen",
        "sequence:g": "none",
    }
    assert lost(prompt_map) == ["embedding:mine"]


def test_a_blank_before_an_unknown_word_is_no_piece_of_it() -> None:
    """T5 reads an Arabic word as a blank and the unknown piece: nothing of it arrives."""
    blank = 7
    event = VocabularyCall("a ثعلب", [100, blank, UNKNOWN], [(0, 1), (2, 3), (2, 6)])
    prompt_map = mapped("a ثعلب", stream("l", "a ثعلب", [event], blank_id=blank))
    assert fate(prompt_map, "l", "ثعلب") == ("seen", "unknown")
    event = VocabularyCall("a ثعلب", [100, 101, UNKNOWN], [(0, 1), (2, 3), (2, 6)])
    prompt_map = mapped("a ثعلب", stream("l", "a ثعلب", [event], blank_id=blank))
    assert fate(prompt_map, "l", "ثعلب") == ("seen", "partly_unknown")


def test_unknown() -> None:
    prompt_map = mapped("a fox", stream("l", "a fox", [piece("a fox", unknown=["fox"])]))
    assert fate(prompt_map, "l", "fox") == ("seen", "unknown")
    assert lanes(prompt_map, "fox") == {"sequence:l": "unknown"}
    assert lost(prompt_map) == ["fox"]


def test_no_token() -> None:
    text = "a ￼ fox"
    prompt_map = mapped(text, stream("l", text, [VocabularyCall(text, [5, 6], [(0, 1), (4, 7)])]))
    assert fate(prompt_map, "l", "￼") == ("no_token",)
    assert lanes(prompt_map, "￼") == {"sequence:l": "none"}


def test_a_typed_end_hides_the_rest_from_the_pooled_vector() -> None:
    text = "a b <end> c d"
    prompt_map = mapped(
        text, stream("g", text, capacity=75), stream("l", text, capacity=75), family="sdxl"
    )
    assert lanes(prompt_map, "b")["pooled"] == lanes(prompt_map, "end")["pooled"] == "seen"
    assert lanes(prompt_map, "c") == {"pooled": "none", "sequence:l": "seen", "sequence:g": "seen"}
    assert fate(prompt_map, "g", "c") == ("seen", "not_in_pooled")


def test_vectors_behind_a_typed_end_move_the_pooled_row() -> None:
    text = "a <end> b c embedding:x d"
    events = [piece("a <end> b c"), Embedding("x d", "d", 1), piece("d")]
    prompt_map = mapped(
        text,
        stream("g", text, events, capacity=75),
        stream("l", text, events, capacity=75),
        family="sdxl",
    )
    assert [lanes(prompt_map, word)["pooled"] for word in "abcd"] == [
        "seen",
        "seen",
        "none",
        "none",
    ]


def masking(name: str, family: str, **options: Any) -> dict[str, str]:
    prompt_map = mapped("a <end> b", stream(name, "a <end> b", **options), family=family)
    assert (fate(prompt_map, name, "b") == ("masked",)) == (
        lanes(prompt_map, "b")[f"sequence:{name}"] == "none"
    )
    return {word: lanes(prompt_map, word)[f"sequence:{name}"] for word in ("a", "end", "b")}


def test_masked_behind_a_typed_end() -> None:
    assert masking("t5xxl", "mochi", masking_id=END) == {"a": "seen", "end": "seen", "b": "none"}
    assert masking("t5xxl", "mochi") == {"a": "seen", "end": "seen", "b": "seen"}
    assert masking("t5xxl", "hidream", masking_id=END) == {
        "a": "seen",
        "end": "seen",
        "b": "seen",
    }, "its mask is not handed on"
    # without an end token of its own, padding masks itself, too
    assert masking("qwen25_7b", "qwen_image", masking_id=END, bare=True) == {
        "a": "seen",
        "end": "none",
        "b": "none",
    }


def test_not_given() -> None:
    text = 'a sign "open" there'
    source = 'Text "open". '
    byt5 = stream("byt5", source, origin=quoted_origin(source, text))
    prompt_map = mapped(text, byt5, stream("qwen25_7b", text, bare=True), family="hunyuan_image")
    assert fate(prompt_map, "byt5", "open") == ("seen",)
    assert fate(prompt_map, "byt5", "sign") == ("not_given",)
    assert lanes(prompt_map, "sign") == {"sequence:qwen25_7b": "seen", "sequence:byt5": "none"}
    assert lost(prompt_map) == []


def test_a_stream_that_reads_something_else_is_given_nothing() -> None:
    prompt_map = mapped(
        "a", stream("umt5base", "a"), stream("lyrics", "", [], bare=True), family="ace"
    )
    assert fate(prompt_map, "lyrics", "a") == ("not_given",)


def test_unaligned_claims_nothing() -> None:
    prompt_map = mapped("a fox", stream("l", "a fox", [VocabularyCall("a fox", [5, 6], None)]))
    assert fate(prompt_map, "l", "fox") == ("unaligned",)
    assert lanes(prompt_map, "fox") == {"sequence:l": "unaligned"}
    assert lost(prompt_map) == []


def test_a_recording_that_does_not_add_up_claims_nothing() -> None:
    recording = stream("l", "a fox")
    other = StreamRecording(**{**vars(recording), "events": [piece("two dogs here")]})
    prompt_map = mapped("a fox", other)
    assert fate(prompt_map, "l", "a") == fate(prompt_map, "l", "fox") == ("unaligned",)


def test_an_unknown_layout_has_no_readouts() -> None:
    prompt_map = mapped(TEN, stream("x", TEN, capacity=4), family=None)
    assert (prompt_map.readouts, prompt_map.lanes, lost(prompt_map)) == ([], [], [])
    assert fate(prompt_map, "x", "a") == ("seen",)


def test_an_empty_prompt() -> None:
    prompt_map = mapped("", stream("l", "", [], capacity=4))
    assert (prompt_map.words, prompt_map.lost, prompt_map.edges) == ([], [], [])


def test_readouts_stand_in_the_order_of_the_conditioning() -> None:
    prompt_map = mapped("a", *(stream(n, "a") for n in ("t5xxl", "g", "l")), family="sd3")
    assert [r.name for r in prompt_map.readouts] == [
        "pooled",
        "sequence:l",
        "sequence:g",
        "sequence:t5xxl",
    ]


def test_padding_never_counts() -> None:
    recording = stream("l", "a", capacity=75)
    assert recording.windows[0][-1][0] == PAD
    assert mapped("a", recording).placements[0].content == 1
