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


def fate(found: PromptMap, stream_name: str, word: str) -> tuple[str, ...]:
    return next(
        f for f, w in zip(found.fates[stream_name], found.words, strict=True) if w.text == word
    )


def lanes(found: PromptMap, word: str) -> dict[str, str]:
    w = next(i for i, each in enumerate(found.words) if each.text == word)
    return {r.name: lane[w] for r, lane in zip(found.readouts, found.lanes, strict=True)}


def lost(found: PromptMap) -> list[str]:
    return [word.text for word, is_lost in zip(found.words, found.lost, strict=True) if is_lost]


def test_seen() -> None:
    found = mapped("a fox", stream("l", "a fox", capacity=75))
    assert fate(found, "l", "fox") == ("seen",)
    assert lanes(found, "fox") == {"sequence:l": "seen"}
    assert lost(found) == []


def test_later_window_and_not_in_pooled() -> None:
    found = mapped(TEN, stream("g", TEN, capacity=4), stream("l", TEN, capacity=4), family="sdxl")
    assert fate(found, "g", "d") == ("seen", "phrase_split")
    assert fate(found, "g", "f") == ("seen", "later_window", "not_in_pooled")
    assert lanes(found, "d") == {"pooled": "seen", "sequence:l": "seen", "sequence:g": "seen"}
    assert lanes(found, "j") == {"pooled": "none", "sequence:l": "later", "sequence:g": "later"}
    assert lost(found) == list("efghij")


def test_discarded() -> None:
    found = mapped(TEN, stream("l", TEN, capacity=4), stream("t5xxl", TEN), family="flux")
    assert fate(found, "l", "f") == ("later_window", "not_in_pooled", "discarded")
    assert fate(found, "l", "a") == ("seen",)
    assert lanes(found, "f") == {"pooled": "none", "sequence:t5xxl": "seen"}


def test_the_longer_of_two_is_cut_to_the_shorter() -> None:
    long = [Embedding("x", "", 3), piece("b c d e f")]
    short = [Embedding("x", "", 1), piece("b c d e f")]
    text = "embedding:x b c d e f"
    found = mapped(
        text,
        stream("g", text, short, capacity=6),
        stream("l", text, long, capacity=6),
        family="sdxl",
    )
    assert fate(found, "l", "d")[:1] == ("seen",)
    assert "cut" in fate(found, "l", "f")
    assert lanes(found, "f") == {"pooled": "seen", "sequence:l": "none", "sequence:g": "seen"}
    assert lost(found) == ["e", "f"]


def test_nothing_is_cut_where_only_one_of_two_is_encoded() -> None:
    found = mapped(
        TEN,
        stream("l", TEN, capacity=4),
        stream("g", TEN, capacity=20, encoded=False),
        family="sd3",
    )
    assert lanes(found, "j") == {"pooled": "none", "sequence:l": "later"}
    assert fate(found, "g", "a") == ("not_encoded",)


def test_dropped_by_the_host() -> None:
    text = TEN
    found = mapped(text, stream("t5xxl", text, capacity=4, kept=1), family="hidream")
    assert fate(found, "t5xxl", "d") == ("seen",)
    assert fate(found, "t5xxl", "e") == ("cut",)
    assert lanes(found, "e") == {"sequence:t5xxl": "none"}
    assert "e" in lost(found)


def tiny(length: int, with_template: bool = False) -> Family:
    rule = StreamRule(
        "s", "S", True, False, "s", TrainedLength(length, "a source of the figure", with_template)
    )
    return Family("tiny", "Tiny", (rule,), ("comfy.x.T",))


def test_past_the_trained_length_counts_start_and_end() -> None:
    found = mapped(TEN, stream("s", TEN), family=tiny(6))
    assert lanes(found, "d") == {"sequence:s": "seen"}
    assert lanes(found, "e") == {"sequence:s": "past"}
    assert fate(found, "s", "e") == ("seen", "past_trained_length")
    assert lost(found) == list("efghij")


@pytest.mark.parametrize(("with_template", "last"), [(False, "d"), (True, "b")])
def test_a_trained_length_with_or_without_its_template(with_template: bool, last: str) -> None:
    source = f"user {TEN} end"
    found = mapped(
        TEN,
        stream("s", source, origin=Origin(5, len(TEN)), bare=True),
        family=tiny(4, with_template),
    )
    seen = [w.text for w, state in zip(found.words, found.lanes[0], strict=True) if state == "seen"]
    assert seen[-1] == last


def test_moved_whole_to_the_next_window() -> None:
    text = "a b c (d e:1.2) f"
    events = [piece("a b c "), piece("d e"), piece(" f")]
    found = mapped(text, stream("l", text, events, capacity=4, whole={1}))
    assert "moved" in fate(found, "l", "d")
    assert "moved" not in fate(found, "l", "f")
    assert "moved" not in fate(found, "l", "c")
    assert lanes(found, "d") == {"sequence:l": "later"}


def test_split_by_a_windows_edge() -> None:
    text = "a b running c"
    found = mapped(text, stream("l", text, [piece(text, split=["running"])], capacity=4))
    assert fate(found, "l", "running")[:2] == ("seen", "split")
    assert next((e.window, found.words[e.word].text, e.inside) for e in found.edges) == (
        1,
        "running",
        "word",
    )


@pytest.mark.parametrize(
    ("text", "inside"),
    [("a b c d e", "phrase"), ("a b c, d e", "between"), ("a b c. d e", "between")],
)
def test_edges_inside_phrases(text: str, inside: str) -> None:
    found = mapped(text, stream("l", text, capacity=4 if inside == "between" else 3))
    assert found.edges[0].inside == inside
    assert ("phrase_split" in fate(found, "l", "d")) == (inside == "phrase")


def test_weights_read_as_text() -> None:
    text = "a (red:1.3) fox"
    found = mapped(text, stream("qwen_image", text, weights=False), family=None)
    assert "literal_weight" in fate(found, "qwen_image", "(")
    assert "literal_weight" not in fate(found, "qwen_image", "red")


def test_weight_syntax_is_no_word() -> None:
    text = "a (red:1.3) fox"
    found = mapped(text, stream("l", text, [piece("a "), piece("red"), piece(" fox")]))
    assert fate(found, "l", ":1.3)") == ("syntax",)
    assert lanes(found, ":1.3)") == {"sequence:l": "syntax"}
    assert lost(found) == []


def test_embeddings() -> None:
    text = "a embedding:mine embedding:gone fox"
    events = [piece("a"), Embedding("mine", "", 2), Embedding("gone fox", "fox", 0), piece("fox")]
    found = mapped(text, stream("l", text, events))
    assert fate(found, "l", "embedding:mine") == ("seen", "embedding")
    assert fate(found, "l", "embedding:gone") == ("missing_embedding",)
    assert lost(found) == ["embedding:gone"]


def test_an_embedding_of_another_width_goes_nowhere() -> None:
    text = "a embedding:mine fox"
    fits = [piece("a"), Embedding("mine fox", "fox", 1, 768, 768), piece("fox")]
    not_here = [piece("a"), Embedding("mine fox", "fox", 1, 768, 1280), piece("fox")]
    found = mapped(text, stream("g", text, not_here), stream("l", text, fits), family="sdxl")
    assert fate(found, "g", "embedding:mine") == ("embedding_mismatch",)
    assert lanes(found, "embedding:mine") == {
        "pooled": "none",
        "sequence:l": "seen",
        "sequence:g": "none",
    }
    assert lost(found) == ["embedding:mine"]


def test_a_blank_before_an_unknown_word_is_no_piece_of_it() -> None:
    """T5 reads an Arabic word as a blank and the unknown piece: nothing of it arrives."""
    blank = 7
    event = VocabularyCall("a ثعلب", [100, blank, UNKNOWN], [(0, 1), (2, 3), (2, 6)])
    found = mapped("a ثعلب", stream("l", "a ثعلب", [event], blank_id=blank))
    assert fate(found, "l", "ثعلب") == ("seen", "unknown")
    event = VocabularyCall("a ثعلب", [100, 101, UNKNOWN], [(0, 1), (2, 3), (2, 6)])
    found = mapped("a ثعلب", stream("l", "a ثعلب", [event], blank_id=blank))
    assert fate(found, "l", "ثعلب") == ("seen", "partly_unknown")


def test_unknown() -> None:
    found = mapped("a fox", stream("l", "a fox", [piece("a fox", unknown=["fox"])]))
    assert fate(found, "l", "fox") == ("seen", "unknown")
    assert lanes(found, "fox") == {"sequence:l": "unknown"}
    assert lost(found) == ["fox"]


def test_no_token() -> None:
    text = "a ￼ fox"
    found = mapped(text, stream("l", text, [VocabularyCall(text, [5, 6], [(0, 1), (4, 7)])]))
    assert fate(found, "l", "￼") == ("no_token",)
    assert lanes(found, "￼") == {"sequence:l": "none"}


def test_a_typed_end_hides_the_rest_from_the_pooled_vector() -> None:
    text = "a b <end> c d"
    found = mapped(
        text, stream("g", text, capacity=75), stream("l", text, capacity=75), family="sdxl"
    )
    assert lanes(found, "b")["pooled"] == lanes(found, "end")["pooled"] == "seen"
    assert lanes(found, "c") == {"pooled": "none", "sequence:l": "seen", "sequence:g": "seen"}
    assert fate(found, "g", "c") == ("seen", "not_in_pooled")


def test_vectors_behind_a_typed_end_move_the_pooled_row() -> None:
    text = "a <end> b c embedding:x d"
    events = [piece("a <end> b c"), Embedding("x d", "d", 1), piece("d")]
    found = mapped(
        text,
        stream("g", text, events, capacity=75),
        stream("l", text, events, capacity=75),
        family="sdxl",
    )
    assert [lanes(found, word)["pooled"] for word in "abcd"] == ["seen", "seen", "none", "none"]


def masking(name: str, family: str, **options: Any) -> dict[str, str]:
    found = mapped("a <end> b", stream(name, "a <end> b", **options), family=family)
    assert (fate(found, name, "b") == ("masked",)) == (
        lanes(found, "b")[f"sequence:{name}"] == "none"
    )
    return {word: lanes(found, word)[f"sequence:{name}"] for word in ("a", "end", "b")}


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
    found = mapped(text, byt5, stream("qwen25_7b", text, bare=True), family="hunyuan_image")
    assert fate(found, "byt5", "open") == ("seen",)
    assert fate(found, "byt5", "sign") == ("not_given",)
    assert lanes(found, "sign") == {"sequence:qwen25_7b": "seen", "sequence:byt5": "none"}
    assert lost(found) == []


def test_a_stream_that_reads_something_else_is_given_nothing() -> None:
    found = mapped("a", stream("umt5base", "a"), stream("lyrics", "", [], bare=True), family="ace")
    assert fate(found, "lyrics", "a") == ("not_given",)


def test_unaligned_claims_nothing() -> None:
    found = mapped("a fox", stream("l", "a fox", [VocabularyCall("a fox", [5, 6], None)]))
    assert fate(found, "l", "fox") == ("unaligned",)
    assert lanes(found, "fox") == {"sequence:l": "unaligned"}
    assert lost(found) == []


def test_a_recording_that_does_not_add_up_claims_nothing() -> None:
    recording = stream("l", "a fox")
    other = StreamRecording(**{**vars(recording), "events": [piece("two dogs here")]})
    found = mapped("a fox", other)
    assert fate(found, "l", "a") == fate(found, "l", "fox") == ("unaligned",)


def test_an_unknown_layout_has_no_readouts() -> None:
    found = mapped(TEN, stream("x", TEN, capacity=4), family=None)
    assert (found.readouts, found.lanes, lost(found)) == ([], [], [])
    assert fate(found, "x", "a") == ("seen",)


def test_an_empty_prompt() -> None:
    found = mapped("", stream("l", "", [], capacity=4))
    assert (found.words, found.lost, found.edges) == ([], [], [])


def test_readouts_stand_in_the_order_of_the_conditioning() -> None:
    found = mapped("a", *(stream(n, "a") for n in ("t5xxl", "g", "l")), family="sd3")
    assert [r.name for r in found.readouts] == [
        "pooled",
        "sequence:l",
        "sequence:g",
        "sequence:t5xxl",
    ]


def test_padding_never_counts() -> None:
    recording = stream("l", "a", capacity=75)
    assert recording.windows[0][-1][0] == PAD
    assert mapped("a", recording).placements[0].content == 1
