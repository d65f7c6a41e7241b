"""The plan of a CLIP holds every decision about its encoders before anything is built."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

pytestmark = pytest.mark.host


def plan(names: list[str], family: str, precision: str = "as stored") -> Any:
    from encoderscope.host import folders
    from encoderscope.host.loading import encoder_plan, picker

    files = folders.open_all(names)
    family, roles = picker.choose([file.description for file in files], family)
    return encoder_plan.plan_clip(files, family, roles, encoder_plan.precision(precision))


def test_a_set_of_files(files: Path) -> None:
    planned = plan(["t5xxl.safetensors", "g.safetensors", "l.safetensors"], "sd3")
    assert planned.family == "sd3" and not planned.packed and not planned.single
    rows = [
        (encoder.role, encoder.attribute, encoder.file.name, encoder.needs_projection)
        for encoder in planned.encoders
    ]
    assert rows == [
        ("clip_g", "clip_g", "g.safetensors", True),
        ("clip_l", "clip_l", "l.safetensors", False),
        ("t5xxl", "t5xxl", "t5xxl.safetensors", False),
    ]
    for encoder in planned.encoders:
        assert (encoder.dtype, encoder.host_dtype) == (None, torch.float16)
        assert encoder.vocabulary is None, "the host ships it"
        with pytest.raises(dataclasses.FrozenInstanceError):
            encoder.dtype = torch.float32


def test_the_hosts_name_of_a_role_and_a_vocabulary_beside_the_file(files: Path) -> None:
    [cosmos] = plan(["t5_11b.safetensors"], "cosmos").encoders
    assert (cosmos.role, cosmos.attribute) == ("t5_11b", "t5xxl")
    [ace] = plan(["umt5base.safetensors"], "ace").encoders
    assert ace.attribute == "umt5base"
    assert ace.vocabulary.location.endswith("umt5base.spiece.model")


def test_an_encoder_alone_and_packing(files: Path) -> None:
    planned = plan(["l.safetensors"], "encoder alone", "int8")
    [encoder] = planned.encoders
    assert planned.single and planned.packed
    assert (encoder.role, encoder.attribute, encoder.pack) == ("alone", "clip_text", "int8")
    [exact] = plan(["l.safetensors"], "sd1", "fp32").encoders
    assert (exact.packed, exact.pack, exact.host_dtype) == (False, "", torch.float32)


def test_what_cannot_be_read_is_refused_before_anything_is_built(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from encoderscope.conditioning.encoder_files import soundness
    from encoderscope.host.loading import encoder_plan

    monkeypatch.setattr(soundness, "CLIP_ROWS", 1)
    with pytest.raises(encoder_plan.BadWeights, match="vocabulary of 49,408 pieces"):
        plan(["l.safetensors"], "sd1")
