"""Beside real CLIP objects: recording is the host's own run, with its options, and leaves no trace
in the host's objects.
"""

from __future__ import annotations

import copy
import importlib
from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning.families.table import FAMILIES
from encoderscope.conditioning.tokens.syntax import parse
from encoderscope.host import recorder, tokenizers
from encoderscope.host.reports import token_reports
from encoderscope.tests.host import checks, clips, prompts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.host
TEXTS = (*prompts.BUILT_IN, "word " * 100 + "(red:1.3) embedding:missing end", "")


@pytest.fixture(scope="module")
def clip(host_folder: Path) -> Any:
    return clips.clip("sdxl")


def test_the_report_of_a_clip_object_equals_its_tokenize(clip: Any) -> None:
    for text in TEXTS:
        report = token_reports.report(clip, text, None)
        recorded = recorder.record(clip, text)
        assert report["family"] == "sdxl"
        checks.equals_the_host(
            clip.tokenize(text, return_word_ids=True),
            {s.name: s.windows for s in recorded.streams},
            report,
        )


def test_tokenizer_options_of_the_clip_are_kept(clip: Any) -> None:
    """The host's ClipTokenizerOptions node pads T5 differently."""
    flux = clips.clip("flux")
    flux.set_tokenizer_option("t5xxl_min_length", 77)
    report = token_reports.report(flux, "a fox", None)
    assert [len(s["windows"][0]) for s in report["streams"] if s["name"] == "t5xxl"] == [77]
    checks.equals_the_host(
        flux.tokenize("a fox", return_word_ids=True),
        {s.name: s.windows for s in recorder.record(flux, "a fox").streams},
        report,
    )
    kept = tokenizers.detached(flux, None)
    assert [
        len(s["windows"][0])
        for s in token_reports.report(kept, "a fox", FAMILIES["flux"])["streams"]
        if s["name"] == "t5xxl"
    ] == [77]


def test_longer_windows_of_long_clip_are_read_from_the_tokenizer(host_folder: Path) -> None:
    long = clips.clip("sdxl", long_clip_l=248)
    report = token_reports.report(long, "word " * 100, None)
    streams = {s["name"]: s for s in report["streams"]}
    assert (streams["l"]["capacity"], len(streams["l"]["windows"])) == (246, 1)
    assert (streams["g"]["capacity"], len(streams["g"]["windows"])) == (75, 2)


def test_recording_changes_nothing_in_the_host(clip: Any) -> None:
    def seen() -> list[Any]:
        parts = (clip.tokenizer, clip.tokenizer.clip_l, clip.tokenizer.clip_g)
        return [
            dict(vars(clip)),
            *(dict(vars(part)) for part in parts),
            *(type(part) for part in parts),
        ]

    before = [copy.copy(part) for part in seen()]
    wanted = clip.tokenize("a (red:1.2) fox", return_word_ids=True)
    token_reports.report(clip, "a (red:1.2) fox embedding:missing", None)
    assert seen() == before
    assert clip.tokenize("a (red:1.2) fox", return_word_ids=True) == wanted


def test_an_unknown_layout_keeps_exact_tokens_and_claims_no_readout(host_folder: Path) -> None:
    base: Any = clips.imported("comfy.sd1_clip.SD1Tokenizer")
    strange = clips.TokenizerOnly(type("NewTokenizer", (base,), {})())
    text = "word " * 100
    report = token_reports.report(strange, text, None)
    assert (report["family"], report["layout"], report["readouts"], report["lost"]) == (
        "unknown",
        "unknown",
        [],
        False,
    )
    assert all(word["pooled"] is None and word["sequence"] is None for word in report["words"])
    assert "unknown" in report["verdict"].lower()
    recorded = recorder.record(strange, text)
    checks.equals_the_host(
        strange.tokenize(text, return_word_ids=True),
        {s.name: s.windows for s in recorded.streams},
        report,
    )
    assert checks.spans_are_true(strange, report, recorded.streams) == 0


@settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    text=prompts.anything()
    | st.lists(st.sampled_from([*"():()ab\\\0\1\2 -e", "1.3", ".5", "(:1.3)"]), max_size=25).map(
        "".join
    )
)
def test_segments_are_the_hosts(host_folder: Path, text: str) -> None:
    """Brackets of any shape: the same strings and weights in the same order, each standing where it
    was typed.
    """
    sd1 = importlib.import_module("comfy.sd1_clip")
    wanted = [
        (sd1.unescape_important(part), weight)
        for part, weight in sd1.token_weights(sd1.escape_important(text), 1.0)
    ]
    parsed = parse(text)
    assert [(s.text, s.weight) for s in parsed.segments] == [
        (part, weight) for part, weight in wanted if part
    ]
    for segment in parsed.segments:
        typed = [text[a:b] for a, b in zip(segment.starts, segment.ends, strict=True)]
        hidden = {"\\(": "(", "\\)": ")", "\0\1": ")", "\0\2": "("}
        assert "".join(hidden.get(t, t) for t in typed) == segment.text


def test_a_single_tokenizer_in_the_place_of_a_composite_is_read(host_folder: Path) -> None:
    class One:
        """A custom node's CLIP: its tokenizer is one SDTokenizer."""

        def __init__(self) -> None:
            self.tokenizer = clips.imported("comfy.sd1_clip.SDTokenizer")()

        def tokenize(self, text: str, return_word_ids: bool = False) -> Any:
            return {"strange": self.tokenizer.tokenize_with_weights(text, return_word_ids)}

    report = token_reports.report(One(), "a red fox", None)
    assert [s["name"] for s in report["streams"]] == ["strange"]
    assert [t["span"] for t in report["streams"][0]["windows"][0][1:4]] == [[0, 1], [2, 5], [6, 9]]


def test_a_template_that_repeats_the_prompt_does_not_mislead(host_folder: Path) -> None:
    """A prompt whose own words stand in the template: the artist's are found, not the
    template's.
    """
    family = FAMILIES["qwen_image"]
    clip = clips.tokenizer("qwen_image")
    for text in ("color", "user", "image", "the", "\n", "<|im_end|>", "system", "a"):
        reading = checks.read(clip, text, family)
        assert reading
        report, recorded = reading
        assert checks.spans_are_true(clip, report, recorded) == 0
        tokens = [t for t in report["streams"][0]["windows"][0] if t["span"]]
        place = recorded[0].source.index("<|im_start|>user\n") + len("<|im_start|>user\n")
        assert recorded[0].origin.offset == place
        if text.strip():
            assert tokens[0]["span"][0] == 0 and tokens[-1]["span"][1] == len(text)


def test_braces_in_the_prompt_do_not_disturb_the_template(host_folder: Path) -> None:
    clip, family = clips.tokenizer("z_image"), FAMILIES["z_image"]
    for text in ("{}", "{0} a {name}", "a {b} {{c}}"):
        reading = checks.read(clip, text, family)
        assert reading
        assert checks.spans_are_true(clip, *reading) == 0
