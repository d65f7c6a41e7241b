"""The JSON report and its sentences, on recordings of a toy tokenizer: one id for each word,
windows of a few words.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning.families.table import Family, StreamRule, TrainedLength
from encoderscope.conditioning.reports.order.report import order_report
from encoderscope.conditioning.reports.tokens.report import token_report
from encoderscope.conditioning.tokens.prompt_map import PromptMap, map_tokens
from encoderscope.conditioning.tokens.recording import (
    Embedding,
    Origin,
    StreamRecording,
    VocabularyCall,
)

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "report-tokens.schema.json").read_text(encoding="utf-8")
)
START, END, UNKNOWN = 1, 2, 3

FLUX_LIKE = Family(
    "toy",
    "Toy",
    (
        StreamRule("l", "CLIP-L", False, True, "clip_l"),
        StreamRule(
            "t5",
            "T5",
            True,
            False,
            "t5",
            TrainedLength(12, "toy paper"),
            TrainedLength(8, "toy code"),
        ),
    ),
    (),
    note="Toy throws CLIP-L's sequence away.",
)
SEQUENCE_ONLY = Family(
    "seq",
    "Seq",
    (StreamRule("l", "CLIP-L", True, False, "clip_l", None, TrainedLength(6, "six")),),
    (),
)


def recording(name: str, text: str, capacity: int | None, **options: Any) -> StreamRecording:
    """Every run of letters is one token; whatever is not ASCII is unknown."""
    result = [
        (m.span(), 10 + len(m.group()) if m.group().isascii() else UNKNOWN)
        for m in re.finditer(r"\w+|[^\w\s]", text)
    ]
    ids, spans = [i for _, i in result], [s for s, _ in result]
    size = capacity or max(len(ids), 1)
    chunks = [ids[k : k + size] for k in range(0, len(ids), size)] or [[]]
    windows = [[(START, 1.0, 0), *((i, 1.0, 1) for i in chunk), (END, 1.0, 0)] for chunk in chunks]
    fixed = {
        "weights": True,
        "origin": Origin(0, len(text)),
        "capacity": capacity,
        "start_id": START,
        "end_id": END,
        "unknown_id": UNKNOWN,
    }
    events = [VocabularyCall(text, ids, spans)] if text else []
    return StreamRecording(
        name=name, source=text, windows=windows, events=events, **{**fixed, **options}
    )


def flux_like(text: str, capacity: int = 5, **options: Any) -> PromptMap:
    return map_tokens(
        text, [recording("l", text, capacity), recording("t5", text, None, **options)], FLUX_LIKE
    )


def checked(prompt_map: PromptMap, **options: Any) -> dict[str, Any]:
    report = token_report(prompt_map, **options)
    pytest.importorskip("jsonschema").validate(report, SCHEMA)
    json.dumps(report)
    return report


def test_nothing_lost_is_said_in_one_sentence() -> None:
    report = checked(flux_like("a red fox"))
    assert report["verdict"] == "All 3 words reach everything that Toy takes."
    assert not report["lost"] and report["remedies"] == [] and report["edges"] == []
    assert [entry["state"] for entry in report["legend"]] == ["seen"]


def test_words_past_the_first_window_miss_the_pooled_vector() -> None:
    report = checked(flux_like("one two three four five six seven"))
    assert report["verdict"] == (
        "2 of 7 words never reach the pooled vector: six seven. They reach the picture "
        "through T5 only."
    )
    assert [w["lanes"] for w in report["words"]] == [["seen", "seen"]] * 5 + [["none", "seen"]] * 2
    assert [w["pooled"] for w in report["words"]] == [True] * 5 + [False] * 2
    assert report["words"][5]["fates"] == {
        "l": ["later_window", "not_in_pooled", "discarded", "phrase_split"],
        "t5": ["seen"],
    }
    assert report["edges"] == [
        {
            "stream": "l",
            "streams": ["l"],
            "window": 1,
            "word": 5,
            "inside": "phrase",
            "title": "end of CLIP-L window 1 (5 tokens)",
        }
    ]
    assert any('ahead of "five"' in remedy for remedy in report["remedies"])
    tip = report["words"][6]["tip"]
    assert (
        tip[0].startswith("CLIP-L: window 2, slot 2 (id 15); not in the pooled vector")
        and 'ahead of "five"' in tip[2]
    )


def test_a_comma_at_the_edge_tears_nothing() -> None:
    report = checked(flux_like("one two three four, five six"))
    assert report["edges"][0]["inside"] == "between"
    assert not any("phrase_split" in w["marks"] for w in report["words"])


def test_past_the_trained_length_counts_start_and_end() -> None:
    text = " ".join(f"word{i}" for i in range(12))
    report = checked(flux_like(text, capacity=75))
    assert [w["lanes"][1] for w in report["words"]] == ["seen"] * 10 + ["past"] * 2
    assert report["verdict"] == "2 words are past the trained length of 12 tokens: word10 word11."
    assert report["reference"] == [
        {"stream": "t5", "limit": 8, "source": "toy code", "words": [6, 7, 8, 9, 10, 11]}
    ]
    assert any(
        "cuts T5 at 8 tokens" in note and "would drop 6 words: word6 word7" in note
        for note in report["notes"]
    )


def test_unknown_pieces_are_named() -> None:
    report = checked(flux_like("a 狐 fox"))
    assert report["lost"] and report["verdict"] == (
        "T5 cannot read 狐: its vocabulary has no piece for that."
    )
    assert report["words"][1]["marks"] == ["lost", "unknown"] and report["words"][1]["lanes"] == [
        "unknown",
        "unknown",
    ]


def test_without_pooled_later_windows_lose_nothing_but_are_told() -> None:
    text = "one two three four five six"
    report = checked(map_tokens(text, [recording("l", text, 5)], SEQUENCE_ONLY))
    assert not report["lost"] and "2 windows of CLIP-L" in report["verdict"]
    assert report["words"][5]["lanes"] == ["later"] and report["words"][5]["pooled"] is None


def test_an_unknown_layout_claims_tokens_only() -> None:
    text = "one two three four five six"
    report = checked(map_tokens(text, [recording("x", text, 5)], None))
    assert report["layout"] == "unknown" and report["readouts"] == [] and not report["lost"]
    assert {(w["pooled"], w["sequence"]) for w in report["words"]} == {(None, None)}
    assert "not known" in report["verdict"] and len(report["streams"][0]["windows"]) == 2


def test_an_absent_encoder_is_no_readout() -> None:
    text = "one two"
    prompt_map = map_tokens(
        text, [recording("l", text, 5), recording("t5", text, None, encoded=False)], FLUX_LIKE
    )
    report = checked(prompt_map)
    assert [r["name"] for r in report["readouts"]] == ["pooled"]
    assert report["streams"][1]["status"] == "absent" and report["words"][0]["fates"]["t5"] == [
        "not_encoded"
    ]
    assert "This CLIP holds no T5: its tokens go nowhere." in report["notes"]


def test_a_missing_embedding_is_lost_and_near_names_are_offered() -> None:
    text = "a embedding:bad_hnds fox"
    stream = StreamRecording(
        "l",
        text,
        True,
        [[(START, 1.0, 0), (11, 1.0, 1), (13, 1.0, 2), (END, 1.0, 0)]],
        [
            VocabularyCall("a", [11], [(0, 1)]),
            Embedding("bad_hnds fox", "fox", 0),
            VocabularyCall("fox", [13], [(0, 3)]),
        ],
        Origin(0, len(text)),
        5,
        START,
        END,
    )
    report = checked(map_tokens(text, [stream], SEQUENCE_ONLY), embeddings=["bad_hands", "other"])
    assert [(w["text"], w["kind"], w["lost"]) for w in report["words"]] == [
        ("a", "word", False),
        ("embedding:bad_hnds", "embedding", True),
        ("fox", "word", False),
    ]
    assert report["verdict"].startswith('The embedding "bad_hnds" was not found')
    assert '"bad_hands"' in report["remedies"][0]


def test_the_empty_prompt_says_so() -> None:
    assert "empty" in checked(flux_like(""))["verdict"]


def test_literal_weights_are_marked_where_a_stream_reads_them_as_text() -> None:
    text = "a (red:1.3) fox (really)"
    report = checked(map_tokens(text, [recording("l", text, 75, weights=False)], SEQUENCE_ONLY))
    literal = [w["text"] for w in report["words"] if "literal_weight" in w["marks"]]
    assert literal == ["(", ":1.3)"]


def test_two_orders_of_a_prompt_and_the_words_that_change() -> None:
    a, b = flux_like("one two three four five, six"), flux_like("six, one two three four five")
    report = order_report(a, b, "six, one two three four five")
    assert report["format"] == "encoderscope.order"
    assert {(c["word"], c["change"].split(" (")[0]) for c in report["changes"]} >= {
        ("six", "enters pooled"),
        ("five", "leaves pooled"),
    }
    assert report["verdict"].startswith(
        "For Toy front-loading is needless: T5 reads the whole prompt in one piece"
    )
    same = order_report(a, a, "")
    assert same["changes"] == [] and "needless" in same["verdict"]
    assert "same words" not in report["verdict"] + same["verdict"]
    other = order_report(a, flux_like("six, one (two:1.2) red dogs"), "")
    assert other["verdict"].startswith("The texts do not hold the same words")


def test_a_stream_that_nothing_reads_is_discarded_even_when_short() -> None:
    unused = StreamRule("x", "Unused", False, False, "x")
    family = Family("two", "Two", (StreamRule("l", "CLIP-L", True, False, "clip_l"), unused), ())
    report = checked(
        map_tokens("a fox", [recording("l", "a fox", 5), recording("x", "a fox", 5)], family)
    )
    assert report["words"][1]["fates"] == {"l": ["seen"], "x": ["discarded"]}
    assert not report["lost"] and [r["name"] for r in report["readouts"]] == ["sequence:l"]
