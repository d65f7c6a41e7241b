"""Pickles are named by the names in them, which are read and never carried out."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import pickle
import random
import time
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.encoder_files.formats.pickled_names import names_in
from encoderscope.conditioning.encoder_files.formats.safetensors_header import Pickle


class Bomb:
    """Leaves a trace when anything opens it."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return Path.touch, (self.trace,)


def layers() -> Any:
    return OrderedDict({"linear.0.weight": torch.zeros(4, 2), "linear.0.bias": torch.zeros(4)})


HYPERNETWORK = {768: (layers(), layers()), 320: (layers(), layers()), "step": 5, "name": "a"}
TITLES: dict[str, tuple[Any, str, str]] = {
    "hypernetwork": (HYPERNETWORK, "a hypernetwork", "HypernetworkLoader reads"),
    "embedding": (
        {"string_to_token": {"*": 265}, "string_to_param": {"*": torch.zeros(1, 768)}},
        "a textual inversion",
        "models/embeddings",
    ),
    "upscaler": ({"RRDB_trunk.0.RDB1.conv1.weight": torch.zeros(2)}, "an upscaler", "Upscale"),
    "checkpoint": (
        {"state_dict": {"model.diffusion_model.input_blocks.0.0.weight": torch.zeros(2)}},
        "a diffusion model (U-Net)",
        "weights_only=True",
    ),
}


def refusal(path: Path) -> Pickle:
    with pytest.raises(Pickle) as caught:
        open_checkpoint(path)
    return caught.value


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kind", TITLES)
def test_what_it_is_and_what_to_do_with_it(kind: str, zipped: bool, tmp_path: Path) -> None:
    content, title, remedy = TITLES[kind]
    path, trace = tmp_path / "a.pt", tmp_path / "opened"
    content = {**content, "bomb": Bomb(trace)}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    said = refusal(path)
    assert f"a.pt is {title}" in said.problem and remedy in said.remedy
    assert "can run any program" in said.problem and not trace.exists()


def test_a_text_encoder_is_no_other_kind_of_file(tmp_path: Path) -> None:
    torch.save({"encoder.block.0.layer.0.layer_norm.weight": torch.zeros(2)}, tmp_path / "a.bin")
    said = refusal(tmp_path / "a.bin")
    assert "a.bin is a pickle" in said.problem and "weights_only=True" in said.remedy


def test_whatever_is_damaged_has_fewer_names(tmp_path: Path) -> None:
    path, generator = tmp_path / "a.pt", random.Random(4)
    torch.save(HYPERNETWORK, path)
    data = path.read_bytes()
    for _ in range(300):
        damaged = bytearray(data[: generator.randrange(len(data))])
        for place in generator.sample(range(len(damaged)), len(damaged) // 50):
            damaged[place] = generator.randrange(256)
        path.write_bytes(damaged)
        assert len(names_in(path)) < 1_000
    assert names_in(tmp_path / "missing.pt") == names_in(tmp_path) == []


@pytest.mark.parametrize(
    "data",
    [
        b"N" * 8_000_000,
        b"X\xff\xff\xff\x7f",
        b"\x8d" + b"\xff" * 8,
        b"L" + b"9" * 4_000_000 + b"L\n.",
    ],
    ids=["opcodes", "text of 2 GB", "text without end", "number"],
)
def test_a_bomb_costs_nothing(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    path.write_bytes(b"\x80\x02" + data)
    begun = time.process_time()
    assert names_in(path) == []
    assert time.process_time() - begun < 1


def test_a_packed_archive_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(["linear.0.weight"] * 9))
    assert names_in(path) == []
