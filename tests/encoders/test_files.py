"""Opening checkpoints: every container, and a sentence for everything that is broken, missing or dangerous."""

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
from encoderscope.conditioning.encoders import files as files_module
from encoderscope.conditioning.encoders.files import open_checkpoint, sha256
from encoderscope.conditioning.encoders.headers import BrokenFile, Pickle
from encoderscope.conditioning.encoders.signatures import describe
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.report.encoder import inspect, plain
from encoderscope.tests.encoders import make

SMALL = {"a.weight": (4, 6), "b.weight": (3,)}


def refusal(path: Path, kind: type[EncoderScopeError] = EncoderScopeError) -> str:
    with pytest.raises(kind) as caught:
        open_checkpoint(path)
    error = caught.value
    assert all(part.strip().endswith(".") for part in (error.given, error.expected, error.remedy)), str(error)
    return str(error)


def header(entries: dict[str, Any]) -> bytes:
    return json.dumps(entries).encode()


def entry(start: int, end: int, shape: Any = (4,), dtype: Any = "F16") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def test_headers_agree_with_safetensors_own_reader(tmp_path: Path) -> None:
    torch, safetensors = pytest.importorskip("torch"), pytest.importorskip("safetensors.torch")
    path = tmp_path / "a.safetensors"
    kinds = {"f": torch.float32, "h": torch.bfloat16, "e": torch.float8_e4m3fn, "i": torch.int8, "o": torch.bool, "l": torch.int64}
    given = {name: torch.arange(24).reshape(2, 3, 4).to(kind) for name, kind in kinds.items()} | {"s": torch.tensor(1.5)}
    safetensors.save_file(given, path, {"made": "here"})
    found = open_checkpoint(path)
    assert found.metadata == {"made": "here"} and set(found.tensors) == set(given)
    body = path.read_bytes()
    for name, tensor in found.tensors.items():
        raw = bytearray(body[tensor.start : tensor.start + tensor.size])
        read = torch.frombuffer(raw, dtype=given[name].dtype).reshape(tensor.shape)
        assert torch.equal(read.float(), given[name].float())


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("short", b"\x01\x00", "2 bytes, too few"),
        ("absurd", struct.pack("<Q", 1 << 60) + b"{}" * 20, "no safetensors file is"),
        ("inside", struct.pack("<Q", 5000) + b"{}" * 20, "ends inside its own header"),
        ("json", struct.pack("<Q", 8) + b"{broken}" + b"0" * 20, "cannot be read"),
        ("deep", struct.pack("<Q", 200_000) + b"[" * 200_000, "cannot be read"),
        ("list", struct.pack("<Q", 4) + b"[[]]", "not a list of tensors"),
        ("twice", struct.pack("<Q", 15) + b'{"a":1, "a":2} ', "one name stands for two entries"),
        ("web", b"<!DOCTYPE html><html>", "a web page"),
        ("lfs", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
    ],
)
def test_broken_beginnings(name: str, data: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.safetensors"
    path.write_bytes(data)
    assert said in refusal(path, BrokenFile)


@pytest.mark.parametrize(
    ("entries", "body", "said"),
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
        ({"a": entry(0, 8)}, 7, "cut short: it has 76 bytes, and its header lists 77 (1 are missing)"),
        ({"a": entry(0, 8)}, 9, "1 bytes more"),
    ],
)
def test_broken_entries(entries: dict[str, Any], body: int, said: str, tmp_path: Path) -> None:
    assert said in refusal(make.raw(tmp_path / "a.safetensors", header(entries), body), BrokenFile)


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
    said = refusal(path, Pickle)
    assert "can run any program" in said and "safetensors.torch.save_file" in said
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
    assert "There is no file or folder 'nothing.safetensors'" in refusal(tmp_path / "nothing.safetensors")
    (tmp_path / "empty").mkdir()
    assert "'empty' holds no weights (nothing)" in refusal(tmp_path / "empty")
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


def sharded(folder: Path, count: int = 3, index: bool = True, stem: str = "model") -> Path:
    names = [f"{stem}-{i:05d}-of-{count:05d}.safetensors" for i in range(1, count + 1)]
    for i, name in enumerate(names):
        make.sparse(folder / name, {f"{i}.weight": (4, 4)})
    if index:
        weights = {f"{i}.weight": name for i, name in enumerate(names)}
        (folder / f"{stem}.safetensors.index.json").write_text(json.dumps({"weight_map": weights}))
    return folder


@pytest.mark.parametrize("index", [True, False])
def test_shards_by_folder_or_by_any_of_them(index: bool, tmp_path: Path) -> None:
    folder = sharded(tmp_path / "t5", index=index)
    for path in (folder, folder / "model-00002-of-00003.safetensors"):
        found = open_checkpoint(path)
        assert found.kind == "sharded" and len(found.files) == 3 and set(found.tensors) == {"0.weight", "1.weight", "2.weight"}
        assert found.tensors["2.weight"].file.name == "model-00003-of-00003.safetensors"


@pytest.mark.parametrize("index", [True, False])
def test_missing_shards_are_named(index: bool, tmp_path: Path) -> None:
    folder = sharded(tmp_path / "t5", index=index)
    (folder / "model-00001-of-00003.safetensors").unlink()
    assert "1 of the 3 shards of 't5' are missing: model-00001-of-00003.safetensors" in refusal(folder)


def test_an_index_is_not_believed(tmp_path: Path) -> None:
    folder = sharded(tmp_path / "t5")
    index = folder / "model.safetensors.index.json"
    for said, content in {
        "no weight_map": "{}",
        "not JSON": "{",
        "names no shards": json.dumps({"weight_map": {"0.weight": "../secret.safetensors"}}),
        "are in no shard: 9.weight": json.dumps({"weight_map": {"9.weight": "model-00001-of-00003.safetensors"}}),
    }.items():
        index.write_text(content)
        assert said in refusal(folder, BrokenFile)


def test_shards_of_two_models(tmp_path: Path) -> None:
    folder = sharded(tmp_path / "t5", index=False)
    make.sparse(folder / "model-00003-of-00003.safetensors", {"0.weight": (4, 4)})
    assert "stands in two shards" in refusal(folder, BrokenFile)
    sharded(folder, index=False, stem="other")
    assert "6 files with weights" in refusal(folder)


def test_a_pipeline_keeps_its_encoders_apart(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    (tmp_path / "model_index.json").write_text("{}")
    assert "no text_encoder folder" in refusal(tmp_path)
    make.sparse(tmp_path / "text_encoder" / "model.safetensors", make.clip_text(768, 12))
    make.sparse(tmp_path / "text_encoder_2" / "model.safetensors", make.clip_text(1280, 32), metadata={"format": "pt"})
    (tmp_path / "text_encoder_2" / "config.json").write_text('{"hidden_act": "gelu", "num_attention_heads": 20}')
    (tmp_path / "tokenizer_2").mkdir()
    (tmp_path / "tokenizer_2" / "vocab.json").write_text("{}")
    found = open_checkpoint(tmp_path)
    said = describe(found)
    assert (found.kind, said.kind, said.title) == ("pipeline", "checkpoint", "several text encoders in one")
    assert [(one.name, one.prefix, one.assumed) for one in said.inside] == [
        ("clip_l", "text_encoder/", ("activation", "heads")),
        ("clip_g", "text_encoder_2/", ()),
    ]
    assert found.tokenizer("text_encoder_2/") == tmp_path / "tokenizer_2" and found.tokenizer("text_encoder/") is None


def test_a_stranger_beside_a_config_does_not_take_it(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"hidden_act": "relu"}')
    make.sparse(tmp_path / "clip_l.safetensors", SMALL)
    make.sparse(tmp_path / "model.safetensors", SMALL)
    assert open_checkpoint(tmp_path / "clip_l.safetensors").config() == {}
    assert open_checkpoint(tmp_path / "model.safetensors").config() == {"hidden_act": "relu"}


def test_gguf_headers(tmp_path: Path) -> None:
    tensors = {"a.weight": ((64, 256), 12), "b.weight": ((7,), 0), "c.weight": ((2, 3, 32), 8)}
    path = make.gguf(tmp_path / "a.gguf", tensors, {"general.architecture": "t5encoder", "words": ["a", "b"], "many": [1] * 99})
    found = open_checkpoint(path)
    assert found.kind == "gguf" and found.metadata == {"general.architecture": "t5encoder", "words": "2", "many": "99"}
    assert {name: (each.shape, each.dtype, each.size) for name, each in found.tensors.items()} == {
        "a.weight": ((64, 256), "Q4_K", 64 * 144), "b.weight": ((7,), "F32", 28), "c.weight": ((2, 3, 32), "Q8_0", 6 * 34),
    }  # fmt: skip


def test_gguf_agrees_with_the_gguf_package(tmp_path: Path) -> None:
    gguf, np = pytest.importorskip("gguf"), pytest.importorskip("numpy")
    path = tmp_path / "a.gguf"
    writer = gguf.GGUFWriter(path, "t5encoder")
    writer.add_string("general.name", "test")
    writer.add_token_list(["a", "b", "c"])
    writer.add_tensor("token_embd.weight", np.zeros((10, 64), np.float16))
    packed = gguf.quants.quantize(np.ones((6, 64), np.float32), gguf.GGMLQuantizationType.Q8_0)
    writer.add_tensor("enc.blk.0.attn_q.weight", packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    found = open_checkpoint(path)
    for tensor in gguf.GGUFReader(path).tensors:
        ours = found.tensors[tensor.name]
        assert (ours.shape, ours.dtype, ours.start, ours.size) == (
            tuple(int(n) for n in reversed(tensor.shape)), tensor.tensor_type.name, tensor.data_offset, tensor.n_bytes,
        )  # fmt: skip
    sizes = {one.name: tuple(size) for one, size in gguf.GGML_QUANT_SIZES.items()}
    from encoderscope.conditioning.encoders.gguf_header import _TYPES

    assert {name: (block, size) for name, block, size in _TYPES.values()}.items() <= sizes.items()


def test_comfyui_gguf_keeps_the_shape_of_what_it_reshaped(tmp_path: Path) -> None:
    path = make.gguf(tmp_path / "a.gguf", {"a.weight": ((2, 256), 12)}, {"comfy.gguf.orig_shape.a.weight": [4, 4, 32]})
    assert open_checkpoint(path).tensors["a.weight"].shape == (4, 4, 32)


@pytest.mark.parametrize("cut", [3, 10, 24, 40, 80, -1])
def test_truncated_gguf(cut: int, tmp_path: Path) -> None:
    path = make.gguf(tmp_path / "a.gguf", {"a.weight": ((64, 256), 12)}, {"general.architecture": "t5encoder"})
    data = path.read_bytes()
    path.write_bytes(data[:cut])
    assert any(said in refusal(path, BrokenFile) for said in ("ends inside", "cut short", "does not begin"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"GGUX" + b"\0" * 40, "does not begin"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "version 1"),
        (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "another byte order"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 40, 0), "tensors"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1 << 50), "ends inside"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q1sIIQ", 1, b"k", 9, 8, 1 << 50), "ends inside"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q1sI", 1, b"k", 77), "unknown type 77"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q1sIQIQ", 1, b"t", 1, 8, 99, 0), "unknown GGUF type 99"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q1sIQIQ", 1, b"t", 1, 8, 12, 0), "whole blocks"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q1sI", 1, b"t", 99), "99 axes"),
    ],
)
def test_broken_gguf(data: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(data)
    assert said in refusal(path, BrokenFile)


@pytest.mark.parametrize("kind", ["safetensors", "gguf"])
def test_damage_anywhere_in_a_header_gives_a_sentence_or_a_report(kind: str, tmp_path: Path) -> None:
    """Seeded damage: whatever comes of it, it is never a traceback."""
    shapes = {"shared.weight": (99, 64), "encoder.final_layer_norm.weight": (64,)}
    for layer in range(2):
        at = f"encoder.block.{layer}.layer."
        shapes |= {f"{at}0.layer_norm.weight": (64,), f"{at}0.SelfAttention.q.weight": (64, 64), f"{at}1.DenseReluDense.wi_0.weight": (80, 64)}
        shapes |= {f"{at}0.SelfAttention.relative_attention_bias.weight": (32, 2)}
    path = tmp_path / f"a.{kind}"
    if kind == "gguf":
        named = {name: (shape, 0) for name, shape in make.gguf_t5_names(shapes).items()}
        whole = make.gguf(path, named, {"general.architecture": "t5encoder", "words": ["a", "bb"]}).read_bytes()
    else:
        whole = make.sparse(path, shapes).read_bytes()
    random, refused = Random(7), 0
    for _ in range(600):
        damaged = bytearray(whole)
        for _ in range(random.choice([1, 1, 2, 5])):
            damaged[random.randrange(900)] = random.choice([random.randrange(256), random.choice(b'0123456789",:[]{}')])
        path.write_bytes(damaged)
        try:
            plain(inspect(path))
        except EncoderScopeError:
            refused += 1
    assert 100 < refused < 600


def test_ten_gigabytes_take_no_longer_and_only_the_header_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("transformers")
    shapes = make.t5("xxl")
    path = make.sparse(tmp_path / "t5xxl.safetensors", {**shapes, "extra": (400_000_000,)}, dtype="BF16")
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
    said = describe(open_checkpoint(path))
    assert time.perf_counter() - start < 1
    assert 0 < read[0] < 64e6
    assert said.name == "t5_v1_1_xxl"


def test_sha256_with_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "_CHUNK", 10)
    found = open_checkpoint(make.sparse(tmp_path / "a.safetensors", SMALL))
    seen: list[tuple[int, int]] = []
    hashes = sha256(found.files, lambda done, total: seen.append((done, total)))
    assert hashes == {"a.safetensors": hashlib.sha256((tmp_path / "a.safetensors").read_bytes()).hexdigest()}
    assert seen[-1] == (found.bytes, found.bytes) and len(seen) > 5 and sorted(seen) == seen


def test_sha256_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "_CHUNK", 10)
    found = open_checkpoint(make.sparse(tmp_path / "a.safetensors", SMALL))
    calls = []

    def stop(done: int, total: int) -> None:
        calls.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sha256(found.files, stop)
    assert calls == [10]
