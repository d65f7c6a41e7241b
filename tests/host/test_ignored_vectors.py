"""Textual inversions of another width: the rows that we say an encoder reads are those that the
host's own encoder looks up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from encoderscope.tests.host import clips

pytestmark = pytest.mark.host
PROMPTS = (
    "red sea embedding:narrow old bridge",
    "red sea, embedding:narrow, embedding:fits , (old:1.3) bridge",
    "(embedding:narrow:1.4) red sea",
    "embedding:narrow embedding:narrow",
    " ".join(["sea"] * 73) + " embedding:narrow old (bridge:1.2) in fog",
    "sea <|endoftext|> embedding:narrow embedding:fits bridge",
)


@pytest.fixture
def clip(host_folder: Path, tmp_path: Path) -> Any:
    clips.write_embedding(tmp_path, "narrow", clip_l=(3, 64))
    clips.write_embedding(tmp_path, "fits", clip_l=(2, 64), clip_g=(2, 96))
    clip = clips.clip("sdxl", tmp_path)
    width = clip.cond_stage_model.clip_g.transformer.get_input_embeddings().weight.shape[-1]
    clips.write_embedding(tmp_path, "fits", clip_l=(2, 64), clip_g=(2, width))
    assert width != 64
    return clip


@pytest.mark.parametrize("text", PROMPTS, ids=range(len(PROMPTS)))
def test_the_rows_are_those_that_the_encoder_looks_up(clip: Any, text: str) -> None:
    import torch
    from encoderscope.conditioning.tokens.placement import tokens_of
    from encoderscope.host.reports import token_reports

    _, family = token_reports.choose(clip, "from the CLIP")
    prompt = token_reports.map_text(clip, text, family)
    [placement] = [p for p in prompt.placements if p.recording.name == "g"]
    encoder = clip.cond_stage_model.clip_g
    windows = [[slot[0] for slot in window] for window in clip.tokenize(text)["g"]]
    embedded, *_ = encoder.process_tokens(windows, "cpu")
    table = encoder.transformer.get_input_embeddings().weight.float()
    slots = tokens_of(placement, text)
    assert [len(window) for window in slots] == [77] * len(windows)
    for rows, window in zip(embedded, slots, strict=True):
        for row, token in zip(rows, window, strict=True):
            if token.kind == "embedding":
                assert token.embedding == "fits"
            else:
                assert torch.equal(row, table[token.id]), token
    assert prompt.words and not placement.alignment.misaligned
    weights = [[slot[1] for slot in window] for window in clip.tokenize(text)["g"]]
    assert [[token.weight for token in window] for window in slots] == weights, "they do not move"


def test_what_is_left_out_is_no_token(host_folder: Path, tmp_path: Path) -> None:
    """The file of a trainer for FLUX: T5 takes the first tensor, which is 768 wide, and the gap
    closes: of ten slots six are left, and the comma stands at 3.
    """
    from encoderscope.host.reports import token_reports

    clips.write_embedding(tmp_path, "trainer_flux", clip_g=(4, 768), t5=(4, 4096))
    text = "a portrait embedding:trainer_flux, studio"
    _, family = token_reports.choose(None, "flux")
    report = token_reports.report(clips.tokenizer("flux", tmp_path), text, family)
    streams = {stream["name"]: stream for stream in report["streams"]}
    assert report["summary"]["tokens"] == {"l": 8, "t5xxl": 6}
    comma = next(k for k, word in enumerate(report["words"]) if word["text"] == ",")
    [window] = streams["t5xxl"]["windows"]
    slots = [k for k, token in enumerate(window) if token.get("word") == comma]
    assert slots == [3, 4]  # sentencepiece puts a blank before it
    assert len(window) == 256
    assert [w["text"] for w in report["words"] if w["lost"]] == ["embedding:trainer_flux"]
    remedy = "The file has a fitting tensor named t5: rename it t5xxl."
    assert report["verdict"] == (
        f'T5-XXL ignores the embedding "trainer_flux" (768 wide, 4096 wanted). {remedy}'
    )
    [finding] = [item for item in report["findings"] if item["kind"] == "embedding_width"]
    assert finding["instead"] == remedy and "Ignored by T5-XXL" in finding["does"]


CASES = [
    ("sdxl", {"emb_params": (4, 768)}, "CLIP-G", "Use a textual inversion made for this model."),
    ("sdxl", {"clip_l": (2, 768), "clip_g": (2, 1280)}, "", ""),
    ("sdxl", {"clip_l": (2, 768), "other": (2, 1280)}, "CLIP-G", "named other: rename it clip_g."),
    ("flux", {"clip_l": (2, 768), "clip_g": (2, 1280)}, "T5-XXL", "made for this model."),
    ("flux", {"clip_l": (2, 768), "one": (2, 4096), "two": (1, 4096)}, "T5-XXL", "for this model."),
    ("sd1", {"emb_params": (4, 768)}, "", ""),
]


@pytest.mark.parametrize(("family", "tensors", "ignoring", "remedy"), CASES)
def test_what_to_do_about_a_width(
    family: str,
    tensors: dict[str, tuple[int, int]],
    ignoring: str,
    remedy: str,
    host_folder: Path,
    tmp_path: Path,
) -> None:
    from encoderscope.host.reports import token_reports

    clips.write_embedding(tmp_path, "mine", **tensors)
    _, layout = token_reports.choose(None, family)
    report = token_reports.report(
        clips.tokenizer(family, tmp_path), "embedding:mine, a fox", layout
    )
    findings = [item for item in report["findings"] if item["kind"] == "embedding_width"]
    assert bool(findings) is bool(ignoring) is report["lost"]
    if findings:
        assert f"Ignored by {ignoring}:" in findings[0]["does"]
        assert findings[0]["instead"].endswith(remedy)
        if family == "sdxl":
            ending = "1 of 3 words never reaches the pooled vector: embedding:mine. It reaches the "
            assert report["verdict"].endswith(ending + "picture through CLIP-L only.")


def test_no_pickle_is_opened_for_it(host_folder: Path, tmp_path: Path) -> None:
    import torch
    from encoderscope.host.embedding_files import fitting_tensor

    torch.save({"t5": torch.zeros(1, 4096)}, tmp_path / "old.pt")
    clips.write_embedding(tmp_path, "new", t5=(1, 4096))
    (tmp_path / "below").mkdir()
    assert fitting_tensor([str(tmp_path)], "old", 4096) == ""
    assert fitting_tensor(str(tmp_path), "new", 4096) == "t5"
    assert fitting_tensor([str(tmp_path)], "new,", 4096) == "t5"
    assert fitting_tensor([str(tmp_path / "below")], "../new", 4096) == "", "outside of the folder"
    assert fitting_tensor(None, "new", 4096) == ""
