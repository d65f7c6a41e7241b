"""The Python API with ComfyUI's own tokenizers and the encoders that come with the pack."""

from __future__ import annotations

from pathlib import Path

import encoderscope
import pytest
from PIL import Image

pytestmark = pytest.mark.host
TEXT = "a red car next to a blue house"


@pytest.fixture(autouse=True)
def _host(host_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMFYUI_PATH", str(host_folder))
    monkeypatch.setenv("ENCODERSCOPE_CACHE", str(tmp_path))


def test_tokens_of_a_family_for_one_prompt_and_for_many() -> None:
    assert {"sdxl", "flux"} <= set(encoderscope.families())
    read = encoderscope.token_reader(family="sdxl")
    report = read(TEXT)
    assert not report.lost and report.json == encoderscope.token_report(TEXT, family="sdxl").json
    assert read("a fox " * 200).lost
    with pytest.raises(encoderscope.EncoderScopeError, match="One of these"):
        encoderscope.token_report(TEXT, family="dreams")


def test_a_miniature_is_probed() -> None:
    report = encoderscope.probe_report(TEXT, encoder="mini-CLIP-hard")
    assert report.bound is True and report.sentence in report.text()


def test_a_picture_is_looked_at() -> None:
    report = encoderscope.image_report([Image.new("RGB", (32, 32), "red")], TEXT)
    assert sum(report.shows.values()) == 1 and report.sentence
