"""Opening checkpoints: every container, and a sentence for everything that is broken, missing or
dangerous.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import struct
import time
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import pytest
from encoderscope.conditioning import storage
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.encoder_files.formats.safetensors_header import BrokenFile, Pickle
from encoderscope.conditioning.encoder_files.signatures import describe
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.encoder_file.report import inspect, plain
from encoderscope.conditioning.storage import sha256_by_name
from encoderscope.tests.encoder_files import make

TWICE = b'{"a": {"dtype": "F16", "shape": [4], "data_offsets": [0, 8]}, "a": 2}'
SMALL = {"a.weight": (4, 6), "b.weight": (3,)}


def refusal(path: Path, kind: type[EncoderScopeError] = EncoderScopeError) -> str:
    with pytest.raises(kind) as caught:
        open_checkpoint(path)
    error = caught.value
    assert all(
        part.strip().endswith(".") for part in (error.problem, error.expected, error.remedy)
    ), str(error)
    return str(error)


def header(entries: dict[str, Any]) -> bytes:
    return json.dumps(entries).encode()


def entry(start: int, end: int, shape: Any = (4,), dtype: Any = "F16") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def test_headers_agree_with_safetensors_own_reader(tmp_path: Path) -> None:
    torch, safetensors = pytest.importorskip("torch"), pytest.importorskip("safetensors.torch")
    path = tmp_path / "a.safetensors"
    kinds = {
        "f": torch.float32,
        "h": torch.bfloat16,
        "e": torch.float8_e4m3fn,
        "i": torch.int8,
        "o": torch.bool,
        "l": torch.int64,
    }
    inputs = {name: torch.arange(24).reshape(2, 3, 4).to(kind) for name, kind in kinds.items()} | {
        "s": torch.tensor(1.5)
    }
    safetensors.save_file(inputs, path, {"made": "here"})
    checkpoint = open_checkpoint(path)
    assert checkpoint.metadata == {"made": "here"} and set(checkpoint.tensors) == set(inputs)
    body = path.read_bytes()
    for name, tensor in checkpoint.tensors.items():
        raw = bytearray(body[tensor.start : tensor.start + tensor.size])
        read = torch.frombuffer(raw, dtype=inputs[name].dtype).reshape(tensor.shape)
        assert torch.equal(read.float(), inputs[name].float())


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("short", b"\x01\x00", "2 bytes, too few"),
        ("absurd", struct.pack("<Q", 1 << 60) + b"{}" * 20, "its header is 1,152,921"),
        ("inside", struct.pack("<Q", 5000) + b"{}" * 20, "ends inside its own header"),
        ("json", struct.pack("<Q", 8) + b"{broken}" + b"0" * 20, "cannot be read"),
        ("deep", struct.pack("<Q", 200_000) + b"[" * 200_000, "cannot be read"),
        ("list", struct.pack("<Q", 4) + b"[[]]", "not a list of tensors"),
        (
            "twice",
            struct.pack("<Q", len(TWICE)) + TWICE + b"0" * 8,
            "one name stands for two entries",
        ),
        ("web", b"<!DOCTYPE html><html>", "a web page"),
        ("lfs", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
    ],
)
def test_broken_beginnings(name: str, data: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.safetensors"
    path.write_bytes(data)
    assert sentence in refusal(path, BrokenFile)


@pytest.mark.parametrize(
    ("entries", "body", "sentence"),
    [
        ({"a": entry(0, 8), "b": entry(4, 12)}, 12, "overlaps"),
        ({"a": entry(0, 8), "b": entry(12, 20)}, 20, "gap"),
        ({"a": entry(8, 16)}, 16, "gap"),
        ({"a": entry(0, 10)}, 10, "claims 10 bytes"),
        ({"a": entry(8, 0)}, 8, "makes no sense"),
        ({"a": entry(0, 8, (-4,))}, 8, "makes no sense"),
        ({"a": entry(0, 8, (True, 4))}, 8, "makes no sense"),
        ({"a": entry(0, 8, "4")}, 8, "makes no sense"),
        ({"a": {"dtype": "F16"}}, 8, "makes no sense"),
        ({"a": 5}, 8, "makes no sense"),
        ({"a": entry(0, 8, dtype="F3")}, 8, "dtype 'F3'"),
        ({"a": entry(0, 8, dtype=["F16"])}, 8, "makes no sense"),
        ({"n" * 2000: entry(0, 8)}, 8, "2,000 characters long"),
        ({"a": entry(0, 8)}, 7, "cut short: it has 76 bytes, and its header lists 77 (missing: 1)"),
        ({"a": entry(0, 8)}, 9, "1 byte more"),
    ],
)
def test_broken_entries(entries: dict[str, Any], body: int, sentence: str, tmp_path: Path) -> None:
    assert sentence in refusal(
        make.raw(tmp_path / "a.safetensors", header(entries), body), BrokenFile
    )


def test_a_truncated_real_file(tmp_path: Path) -> None:
    path = make.sparse(tmp_path / "clip.safetensors", SMALL)
    with path.open("rb+") as file:
        file.truncate(path.stat().st_size - 5)
    assert "clip.safetensors is cut short" in refusal(path, BrokenFile)


class Bomb:
    """A pickle that leaves a trace when anything opens it."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return Path.touch, (self.trace,)


@pytest.mark.parametrize("name", ["a.pt", "a.bin", "a.ckpt", "a.pth", "a.PT", "a.safetensors"])
@pytest.mark.parametrize("zipped", [False, True])
def test_a_pickle_is_refused_and_never_opened(name: str, zipped: bool, tmp_path: Path) -> None:
    path, trace = tmp_path / name, tmp_path / "opened"
    if zipped:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps(Bomb(trace)))
    else:
        path.write_bytes(pickle.dumps(Bomb(trace), protocol=2) + b"\0" * 64)
    sentence = refusal(path, Pickle)
    assert "can run any program" in sentence and "safetensors.torch.save_file" in sentence
    assert not trace.exists()


def test_what_torch_saves_is_a_pickle_by_any_name(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save({"a": torch.zeros(2)}, tmp_path / "renamed.safetensors")
    refusal(tmp_path / "renamed.safetensors", Pickle)


@pytest.mark.parametrize("length", [640, 0x030280, 0x040380])
def test_a_header_whose_length_begins_like_a_pickle_is_read(length: int, tmp_path: Path) -> None:
    head = header({"a": entry(0, 8)})
    path = make.raw(tmp_path / "a.safetensors", head + b" " * (length - len(head)), 8)
    assert path.read_bytes()[0] == 0x80
    assert set(open_checkpoint(path).tensors) == {"a"}


def test_missing_things(tmp_path: Path) -> None:
    assert "There is no file or folder 'nothing.safetensors'" in refusal(
        tmp_path / "nothing.safetensors"
    )
    (tmp_path / "empty").mkdir()
    assert "'empty' holds no weights." in refusal(tmp_path / "empty")
    (tmp_path / "empty" / "readme.txt").write_text("x")
    assert "holds no weights (readme.txt)" in refusal(tmp_path / "empty")
    assert "readme.txt is not a model file" in refusal(tmp_path / "empty" / "readme.txt")
    (tmp_path / "empty" / "pytorch_model.bin").write_bytes(b"x")
    assert "pytorch_model.bin is a pickle" in refusal(tmp_path / "empty", Pickle)


def test_a_folder_with_several_models_asks_which(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make.sparse(tmp_path / f"{name}.safetensors", SMALL)
    assert "2 files with weights: one.safetensors, two.safetensors" in refusal(tmp_path)
    make.sparse(tmp_path / "model.safetensors", SMALL)
    assert open_checkpoint(tmp_path).files == (tmp_path / "model.safetensors",)


@pytest.mark.parametrize("kind", ["safetensors", "gguf"])
def test_damage_anywhere_in_a_header_gives_a_sentence_or_a_report(
    kind: str, tmp_path: Path
) -> None:
    """Seeded damage: whatever comes of it, it is never a traceback."""
    shapes = {"shared.weight": (99, 64), "encoder.final_layer_norm.weight": (64,)}
    for layer in range(2):
        at = f"encoder.block.{layer}.layer."
        shapes |= {
            f"{at}0.layer_norm.weight": (64,),
            f"{at}0.SelfAttention.q.weight": (64, 64),
            f"{at}1.DenseReluDense.wi_0.weight": (80, 64),
        }
        shapes |= {f"{at}0.SelfAttention.relative_attention_bias.weight": (32, 2)}
    path = tmp_path / f"a.{kind}"
    if kind == "gguf":
        named = {name: (shape, 0) for name, shape in make.gguf_t5_names(shapes).items()}
        whole = make.gguf(
            path, named, {"general.architecture": "t5encoder", "words": ["a", "bb"]}
        ).read_bytes()
    else:
        whole = make.sparse(path, shapes).read_bytes()
    random, refused = Random(7), 0
    for _ in range(600):
        damaged = bytearray(whole)
        for _ in range(random.choice([1, 1, 2, 5])):
            damaged[random.randrange(900)] = random.choice(
                [random.randrange(256), random.choice(b'0123456789",:[]{}')]
            )
        path.write_bytes(damaged)
        try:
            plain(inspect(path))
        except EncoderScopeError:
            refused += 1
    assert 100 < refused < 600


def test_ten_gigabytes_take_no_longer_and_only_the_header_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("transformers")
    shapes = make.t5("xxl")
    path = make.sparse(
        tmp_path / "t5xxl.safetensors", {**shapes, "extra": (400_000_000,)}, dtype="BF16"
    )
    assert path.stat().st_size > 10e9
    read = [0]
    opened = Path.open

    def counting(self: Path, *args: Any, **options: Any) -> Any:
        file = opened(self, *args, **options)
        if self == path:
            whole = file.read

            class Counted:
                def __enter__(self) -> Any:
                    return self

                def __exit__(self, *_: Any) -> None:
                    file.close()

                def read(self, size: int = -1) -> bytes:
                    data = whole(size)
                    read[0] += len(data)
                    return bytes(data)

            return Counted()
        return file

    monkeypatch.setattr(Path, "open", counting)
    start = time.perf_counter()
    description = describe(open_checkpoint(path))
    assert time.perf_counter() - start < 1
    assert 0 < read[0] < 64e6
    assert description.name == "t5_v1_1_xxl"


def test_sha256_with_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_CHUNK", 10)
    checkpoint = open_checkpoint(make.sparse(tmp_path / "a.safetensors", SMALL))
    seen: list[tuple[int, int]] = []
    hashes = sha256_by_name(checkpoint.files, lambda done, total: seen.append((done, total)))
    assert hashes == {
        "a.safetensors": hashlib.sha256((tmp_path / "a.safetensors").read_bytes()).hexdigest()
    }
    assert (
        seen[-1] == (checkpoint.bytes, checkpoint.bytes) and len(seen) > 5 and sorted(seen) == seen
    )


def test_sha256_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_CHUNK", 10)
    checkpoint = open_checkpoint(make.sparse(tmp_path / "a.safetensors", SMALL))
    calls = []

    def stop(done: int, total: int) -> None:
        calls.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sha256_by_name(checkpoint.files, stop)
    assert calls == [10]
