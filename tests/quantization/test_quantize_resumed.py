"""Quantised copies: that a stopped run goes on and ends the same, and that damage and wrong packing
are found.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.encoder_files import packing
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.quantization import growing_file
from encoderscope.tests.quantization.test_quantize import FORMATS, _quiet, run, source  # noqa: F401 (a fixture for all of these)


class Stop(Exception):
    pass


def stopping(at: float) -> Any:
    def show(done: int, total: int) -> None:
        if done >= at * total:
            raise Stop

    return show


@pytest.mark.parametrize(
    ("name", "at"),
    [("int8", 0.01), ("int8", 0.3), ("int8", 0.9), ("fp8", 0.2), ("int4", 0.2), ("int4", 0.5)],
)
def test_a_run_that_was_stopped_goes_on_and_ends_the_same(
    name: str, at: float, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = source(tmp_path, "mini-T5")
    whole = run(path, tmp_path / "whole.safetensors", name).path
    target = tmp_path / "out.safetensors"
    with pytest.raises(Stop):
        run(path, target, name, progress=stopping(at))
    assert not target.exists() and "the same request goes on from there" in caplog.text
    done = run(path, target, name)
    assert done.resumed > 0
    assert target.read_bytes() == whole.read_bytes()
    assert not list(tmp_path.glob("*.part*"))


CHANGES = {
    "another source": lambda folder: source(folder, "clip").replace(folder / "mini-T5.safetensors"),
    "a source written again": lambda folder: os.utime(folder / "mini-T5.safetensors", ns=(1, 1)),
    "a cut journal": lambda folder: cut(folder / "out.safetensors.part.jsonl"),
    "damage": lambda folder: damage(folder / "out.safetensors.part"),
    "another journal": lambda folder: (folder / "out.safetensors.part.jsonl").write_text("[]\n"),
    "no part": lambda folder: (folder / "out.safetensors.part").unlink(),
}


def cut(path: Path) -> None:
    path.write_text(path.read_text()[:-30])


def damage(path: Path) -> None:
    """In every tensor that was written."""
    data = bytearray(path.read_bytes())
    data[-200_000::999] = bytes(item ^ 0xFF for item in data[-200_000::999])
    path.write_bytes(data)


@pytest.mark.parametrize("case", CHANGES)
def test_only_what_is_surely_right_is_taken_from_an_earlier_run(case: str, tmp_path: Path) -> None:
    path, target = source(tmp_path, "mini-T5"), tmp_path / "out.safetensors"
    with pytest.raises(Stop):
        run(path, target, progress=stopping(0.3))
    CHANGES[case](tmp_path)
    done = run(path, target)
    fresh = run(path, tmp_path / "fresh.safetensors")
    assert target.read_bytes() == fresh.path.read_bytes()
    if case not in ("a cut journal", "damage"):
        assert done.resumed == 0


def test_a_damaged_result_is_found_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, target = source(tmp_path, "mini-T5"), tmp_path / "out.safetensors"
    put = growing_file.GrowingFile.put

    def flips(self: Any, name: str, tensor: torch.Tensor) -> None:
        put(self, name, tensor)
        if name.endswith("block.2.layer.1.DenseReluDense.wo.weight"):
            start, _ = self.plan.places[name]
            self._file.seek(start + 40)
            self._file.write(b"\x55")

    with monkeypatch.context() as patched:
        patched.setattr(growing_file.GrowingFile, "put", flips)
        with pytest.raises(EncoderScopeError, match="is not what was written there"):
            run(path, target)
    assert not target.exists()
    run(path, target)
    assert target.read_bytes() == run(path, tmp_path / "fresh.safetensors").path.read_bytes()


def test_a_wrong_packing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = packing.pack

    def wrong(name: str, weight: torch.Tensor) -> dict[str, torch.Tensor]:
        result = pack(name, weight)
        result[".weight"].view(torch.uint8)[3, 5] ^= 0x11
        return result

    monkeypatch.setattr(packing, "pack", wrong)
    for name in FORMATS:
        with pytest.raises(EncoderScopeError, match="half steps of"):
            run(source(tmp_path, "t5"), tmp_path / f"{name}.safetensors", name)


def test_it_says_what_the_work_is(tmp_path: Path) -> None:
    class Heard:
        sentences: list[str] = []

        def __call__(self, done: int, total: int) -> None:
            pass

        def say(self, sentence: str) -> None:
            self.sentences.append(sentence)

    run(source(tmp_path, "mini-T5"), tmp_path / "out.safetensors", "fp8", progress=Heard())
    assert "packed as fp8, read again, and measured." in Heard.sentences[0]
