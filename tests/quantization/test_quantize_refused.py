"""What is refused before anything is written, in sentences."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.encoder_files import make
from encoderscope.tests.host.loading import making
from encoderscope.tests.quantization.test_quantize import _quiet, run, source, tensors  # noqa: F401 (a fixture for all of these)


def refusals(folder: Path) -> Iterator[tuple[str, Any]]:
    path = source(folder, "t5")
    done = run(path, folder / "done.safetensors").path
    yield "is quantised already", lambda: run(done, folder / "a.safetensors")
    fp8 = run(path, folder / "fp8.safetensors", "fp8").path
    yield "is quantised already", lambda: run(fp8, folder / "a.safetensors")
    yield "There is a done.safetensors already", lambda: run(path, done)
    yield "There is no folder 'nowhere'", lambda: run(path, folder / "nowhere" / "a.safetensors")
    yield "Unknown format 'int3'", lambda: run(path, folder / "a.safetensors", "int3")
    llm = make.sparse(
        folder / "llm.safetensors",
        {"model.layers.0.input_layernorm.weight": (8,), "model.embed_tokens.weight": (9, 8)},
    )
    yield (
        "One text encoder of the CLIP, SigLIP or T5 kind",
        lambda: run(llm, folder / "a.safetensors"),
    )
    unet = make.sparse(
        folder / "unet.safetensors", {"model.diffusion_model.input_blocks.0.0.weight": (4, 4)}
    )
    yield (
        "One text encoder of the CLIP, SigLIP or T5 kind",
        lambda: run(unet, folder / "a.safetensors"),
    )
    broken = dict(tensors("t5"))
    del broken["encoder.block.1.layer.0.SelfAttention.o.weight"]
    yield (
        "is not whole",
        lambda: run(making.write(folder / "broken.safetensors", broken), folder / "a.safetensors"),
    )
    bad = {
        **tensors("t5"),
        "encoder.block.1.layer.0.SelfAttention.o.weight": torch.full((64, 64), float("nan")),
    }
    yield (
        "not finite",
        lambda: run(making.write(folder / "nan.safetensors", bad), folder / "a.safetensors"),
    )


def test_refusals_are_sentences(tmp_path: Path) -> None:
    for says, ask in refusals(tmp_path):
        with pytest.raises(EncoderScopeError) as sentence:
            ask()
        error = sentence.value
        assert says in str(error)
        assert all(part.endswith(".") for part in (error.problem, error.expected, error.remedy)), (
            str(error)
        )
        assert not list(tmp_path.glob("*.part*"))


def test_a_full_disk_is_known_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = shutil.disk_usage(tmp_path)._replace(free=1 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    with pytest.raises(EncoderScopeError, match="Room for the whole file was expected"):
        run(source(tmp_path, "t5"), tmp_path / "out.safetensors")
    assert not list(tmp_path.glob("out*"))
