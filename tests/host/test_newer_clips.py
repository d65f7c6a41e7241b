"""CLIPs of newer hosts that no family's table names by an importable class: their tokens are told
exactly, and nothing false is said of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from encoderscope.conditioning.families.table import FAMILIES
from encoderscope.host import clip as host_clip
from encoderscope.host import encoder_outputs, recorder
from encoderscope.host.reports import token_reports
from encoderscope.host.tokenizers import TokenizerOnly
from encoderscope.tests.host import checks, clips

pytestmark = pytest.mark.host

GEMMA4 = ("<bos>", "<eos>", "<pad>", "<|turn>", "<turn|>", "<|channel>", "<channel|>", "<|think|>")
PROMPTS = (
    "a red fox, (soft light:1.2)",
    "  the system is a user ",
    "a sign “open” \\(blue\\) é",
    "",
)


def from_host(path: str) -> Any:
    """Something of `comfy.text_encoders`, or a skip where this host is too old for it."""
    module = clips.imported(f"comfy.text_encoders.{path}")
    if module is None:
        pytest.skip("newer than this host")
    return module


def spiece() -> dict[str, Any]:
    return {"spiece_model": clips.sentencepiece_model()}


def gemma4() -> dict[str, Any]:
    return {"tokenizer_json": clips.tokenizer_json(GEMMA4)}


def qwen35() -> Any:
    factory = from_host("qwen35.tokenizer")
    vocabulary = (
        Path(importlib.import_module(factory.__module__).__file__ or "").parent
        / "qwen35_tokenizer"
        / "vocab.json"
    )
    if not vocabulary.is_file():
        pytest.skip(f"this copy of the host lacks {vocabulary.parent.name}/{vocabulary.name}")
    return factory("qwen35_4b")()


CASES: dict[str, Callable[[], Any]] = {
    "jina_clip_2": lambda: from_host("jina_clip_2.JinaClip2TokenizerWrapper")(
        tokenizer_data=spiece()
    ),
    "gemma3_4b": lambda: from_host("lumina2.NTokenizer")(tokenizer_data=spiece()),
    "gemma3_12b": lambda: from_host("lt.Gemma3_12BTokenizer")(tokenizer_data=spiece()),
    "gemma4_e4b": lambda: from_host("gemma4.Gemma4_E4B").tokenizer(tokenizer_data=gemma4()),
    "gemma4_31b": lambda: from_host("gemma4.Gemma4_31B").tokenizer(tokenizer_data=gemma4()),
    "gemma4_12b": lambda: from_host("gemma4.Gemma4_12B").tokenizer(tokenizer_data=gemma4()),
    "ltx2_gemma4": lambda: from_host("lt.ltxav_gemma4_tokenizer")(
        from_host("gemma4.Gemma4_12B").tokenizer
    )(tokenizer_data=gemma4()),
    "qwen3vl_4b": lambda: from_host("qwen3vl.tokenizer")("qwen3vl_4b")(),
    "qwen35_4b": qwen35,
    "cogvideox, bare": lambda: from_host("cogvideo.CogVideoXT5Tokenizer")(),
    "sam3": lambda: from_host("sam3_clip.SAM3TokenizerWrapper")(),
    "minimax_music3": lambda: from_host("minimax_music.MiniMaxMusic3Tokenizer")(
        tokenizer_data={"tokenizer_json": music3()}
    ),
}
UNALIGNED = {"sam3", "minimax_music3"}  # both rewrite the prompt before it is tokenised


def music3() -> Any:
    """A vocabulary with the special tokens of MiniMax Music 3 at the numbers that the host insists
    on.
    """
    from_host("minimax_music.MiniMaxMusic3Tokenizer")
    ids = importlib.import_module("comfy.ldm.minimax_music.prompt").SPECIAL_TOKEN_IDS
    return clips.tokenizer_json(tuple(ids), ids)


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest, host_folder: Path) -> tuple[str, Any]:
    return request.param, TokenizerOnly(CASES[request.param]())


def test_the_report_is_the_hosts_own(case: tuple[str, Any]) -> None:
    name, clip = case
    for text in PROMPTS:
        report = token_reports.report(clip, text, None)
        recorded = recorder.record(clip, text).streams
        wanted = host_clip.by_stream(clip, clip.tokenize(text, return_word_ids=True))
        checks.equals_the_host(wanted, {stream.name: stream.windows for stream in recorded}, report)
        known = FAMILIES.get(name)
        assert report["family"] == (known.name if known else "unknown")
        sentence = {
            fate for word in report["words"] for fates in word["fates"].values() for fate in fates
        }
        if name in UNALIGNED:
            assert sentence <= {"unaligned", "no_token", "seen"}
        else:
            assert "unaligned" not in sentence
            assert all(part.origin.traced for part in recorded)


def test_a_template_holds_the_prompt_where_it_says(case: tuple[str, Any]) -> None:
    name, clip = case
    if name in UNALIGNED:
        pytest.skip("the prompt is rewritten")
    text = "user"  # also a word of many templates
    (stream,) = token_reports.report(clip, text, None)["streams"]
    own = [token for window in stream["windows"] for token in window if "kind" not in token]
    assert "".join(text[slice(*token["span"])] for token in own) == text
    assert stream["tokens"] == len(own)


def test_a_bare_encoder_is_heard(host_folder: Path) -> None:
    """Gemma 3 12B alone: the host's CLIP is one encoder, and its tokens are a list."""
    import comfy.sd
    import torch

    target = SimpleNamespace(
        params={}, clip=from_host("lt.gemma3_te")(), tokenizer=from_host("lt.Gemma3_12BTokenizer")
    )
    options = {
        "_model_config": {"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 2},
        "dtype": torch.float32,
        "load_device": torch.device("cpu"),
        "offload_device": torch.device("cpu"),
    }
    clip = comfy.sd.CLIP(target, [], tokenizer_data=spiece(), model_options=options)
    clips.seed(clip.cond_stage_model)
    encoded = encoder_outputs.encode(clip, "a red fox")
    assert torch.equal(
        encoded.conditioning[0][0],
        clip.encode_from_tokens_scheduled(clip.tokenize("a red fox"))[0][0],
    )
    (stream,) = encoded.states.steps[0].streams.values()
    assert (stream.name, stream.windows) == ("gemma3_12b", (1024,))
    assert stream.sequence.shape[:2] == (1, 1024)


def test_a_family_without_an_encoder(host_folder: Path) -> None:
    """HiDream-O1 hands the tokens themselves on: there is nothing to open, and that is no error."""
    import comfy.sd

    target = SimpleNamespace(
        params={},
        clip=from_host("hidream_o1.HiDreamO1TE"),
        tokenizer=from_host("hidream_o1.HiDreamO1Tokenizer"),
    )
    clip = comfy.sd.CLIP(target, [])
    encoded = encoder_outputs.encode(clip, "a red fox")
    assert encoded.states.family == "hidream_o1" and not encoded.states.steps[0].streams
    ids = [
        token["id"]
        for token in token_reports.report(clip, "a red fox", None)["streams"][0]["windows"][0]
    ]
    assert encoded.conditioning[0][1]["text_input_ids"].tolist() == [ids]
