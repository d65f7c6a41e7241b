"""The states report: tokens, their use, and what is unknown; and the pictures of both reports."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

torch = pytest.importorskip("torch")
jsonschema = pytest.importorskip("jsonschema")

from encoderscope.conditioning.mixing.text_states import ScheduleStep, StreamStates, TextStates  # noqa: E402
from encoderscope.conditioning.reports.states import report as state_report  # noqa: E402
from encoderscope.conditioning.tokens.recording import (  # noqa: E402
    Embedding,
    Origin,
    StreamRecording,
    VocabularyCall,
)
from encoderscope.tests.reports.conditionings import SCHEMAS, entry, report, sd3  # noqa: E402

# States


def recording(text: str, size: int, count: int, **more: Any) -> StreamRecording:
    """One token for each word, in windows of `size` slots with start, end and padding."""
    parts = text.split()
    spans, at = [], 0
    for word in parts:
        at = text.index(word, at)
        spans.append((at, at + len(word)))
        at += len(word)
    ids = list(range(100, 100 + len(parts)))
    windows = []
    for k in range(count):
        own = [
            (1, 1.0, 0),
            *((i, 1.5, 1) for i in ids[k * (size - 2) : (k + 1) * (size - 2)]),
            (2, 1.0, 0),
        ]
        windows.append([*own, *[(2, 1.0, 0)] * (size - len(own))])
    return StreamRecording(
        "l",
        text,
        True,
        windows,
        [VocabularyCall(text, ids, spans)],
        Origin(0, len(text)),
        size - 2,
        1,
        2,
        **more,
    )


def flux_states(**more: Any) -> TextStates:
    text = "a red fox in fresh deep snow"
    clip_l = StreamStates("l", torch.randn(1, 10, 768), torch.randn(1, 768), (5, 5))
    t5 = StreamStates(
        "t5xxl", torch.randn(1, 9, 4096), None, (9,), {"attention_mask": torch.ones(1, 9)}
    )
    fixed: dict[str, Any] = {
        "family": "flux",
        "steps": (ScheduleStep({"t5xxl": t5, "l": clip_l}, {}),),
        "texts": {"l": text, "t5xxl": text},
        "recordings": {"l": recording(text, 5, 3), "t5xxl": recording(text, 9, 1)},
    }
    return TextStates(**{**fixed, **more})


def states_report(made: TextStates) -> dict[str, Any]:
    document = json.loads(json.dumps(state_report.states_report(made, "ComfyUI"), allow_nan=False))
    jsonschema.validate(document, SCHEMAS["states"], cls=jsonschema.Draft202012Validator)
    assert document["sentence"] in state_report.plain(document)
    return dict(document)


def test_states_name_their_tokens_and_their_use() -> None:
    report = states_report(flux_states())
    clip_l, t5 = report["streams"]
    assert report["sentence"] == (
        "FLUX.1: CLIP-L gave 10 rows in 2 windows and a pooled vector of 768; "
        "T5-XXL read 7 tokens (9 rows)."
    )
    assert "FLUX.1 throws CLIP-L's sequence away" in report["notes"][0]
    assert (
        clip_l["taken"] == {"sequence": False, "pooled": True}
        and clip_l["windows"] == [5, 5]
        and clip_l["part"] == "clip"
    )
    assert [token["label"] for token in t5["tokens"]] == [
        "start",
        "a",
        "red",
        "fox",
        "in",
        "fresh",
        "deep",
        "snow",
        "end",
    ]
    assert t5["tokens"][1]["weight"] == 1.5 and t5["pooled"] is None and t5["part"] == "t5"
    assert t5["extra"] == [
        {"name": "attention_mask", "title": "attention mask", "what": "1 × 9, float32"}
    ]


def test_rows_that_are_not_the_tokens_are_numbered_only() -> None:
    """CLIP-L's recording has three windows, its states two."""
    report = states_report(flux_states())
    assert report["streams"][0]["tokens"] is None
    assert any("numbered only" in note and "CLIP-L" in note for note in report["notes"])


def test_an_empty_window_beside_a_longer_text_is_no_token() -> None:
    long, short = "a red fox in fresh deep snow", "a red fox"
    clip_l = StreamStates("l", torch.randn(1, 18, 768), None, (9, 9))
    clip_g = StreamStates("g", torch.randn(1, 18, 1280), torch.randn(1, 1280), (9, 9))
    report = states_report(
        flux_states(
            family="sdxl",
            steps=(ScheduleStep({"l": clip_l, "g": clip_g}, {}),),
            texts={"l": short, "g": f"{long} {long}"},
            recordings={"l": recording(short, 9, 1), "g": recording(f"{long} {long}", 9, 2)},
        )
    )
    assert report["sentence"] == (
        "SDXL: CLIP-L read 3 tokens (18 rows in 2 windows, one added empty); CLIP-G read 14 tokens "
        "(18 rows in 2 windows) and gave a pooled vector of 1280."
    )
    assert any("CLIP-L's text is the shorter one" in note for note in report["notes"])
    assert [token["kind"] for token in report["streams"][0]["tokens"][9:]] == ["pad"] * 9
    assert not any("numbered only" in note for note in report["notes"])


def test_an_embedding_has_its_name() -> None:
    windows = [[(1, 1.0, 0), (torch.zeros(768), 1.0, 1), (2, 1.0, 0)]]
    recording = StreamRecording(
        "l",
        "embedding:cat",
        True,
        windows,
        [Embedding("cat", "", 1, 768, 768)],
        Origin(0, 13),
        75,
        1,
        2,
    )
    clip_l = StreamStates("l", torch.randn(1, 3, 768), torch.randn(1, 768), (3,))
    states = flux_states(
        steps=(ScheduleStep({"l": clip_l}, {}),),
        recordings={"l": recording},
        texts={"l": "embedding:cat"},
    )
    tokens = states_report(states)["streams"][0]["tokens"]
    assert [token["kind"] for token in tokens] == ["start", "embedding", "end"]


def test_unknown_families_schedules_and_bad_numbers() -> None:
    first = flux_states().steps[0]
    first.streams["l"].sequence[0, 0, 0] = math.nan
    steps = (
        ScheduleStep(first.streams, {"start_percent": 0.0, "end_percent": 0.5}),
        ScheduleStep(first.streams, {"start_percent": 0.5}),
    )
    report = states_report(
        flux_states(family=None, steps=steps, recordings={}, texts={"l": "a", "t5xxl": "b"})
    )
    assert report["family"] == "unknown" and not report["usable"] and "1 NaN" in report["sentence"]
    assert [(step["start"], step["end"]) for step in report["steps"]] == [(0.0, 0.5), (0.5, 1.0)]
    assert (
        any("2 steps" in note for note in report["notes"])
        and "different texts" in report["notes"][-1]
    )
    assert report["streams"][0]["taken"] == {"sequence": None, "pooled": None}


# Pictures


def test_pictures_are_bounded_and_colour_the_parts() -> None:
    pytest.importorskip("PIL")
    from encoderscope.conditioning.reports.conditioning import picture as conditioning_picture

    picture = conditioning_picture.render(report([sd3(77, 30)]))
    colours = {colour for _, colour in picture.getcolors(1 << 24)}
    for part in ("clip", "t5"):
        code = conditioning_picture.shade(part, 8)
        assert tuple(int(code[k : k + 2], 16) for k in (1, 3, 5)) in colours
    zeros = entry(77, 768, None)
    zeros[0].zero_()
    hollow = {
        colour for _, colour in conditioning_picture.render(report([zeros])).getcolors(1 << 24)
    }
    for level in range(9):
        code = conditioning_picture.shade("clip", level)
        assert tuple(int(code[k : k + 2], 16) for k in (1, 3, 5)) not in hollow

    long = report([entry(5000, 768, 768)] * 8, [entry(5000, 768, 768)], notes=["n" * 300] * 40)
    assert conditioning_picture.render(long, scale=1).height < 8000
    assert (
        conditioning_picture.render(states_report(flux_states()), width=320, scale=1).width == 320
    )
