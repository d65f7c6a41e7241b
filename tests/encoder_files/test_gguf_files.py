"""Opening GGUF files, and a sentence for everything that is broken in them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.encoder_files.formats.safetensors_header import BrokenFile
from encoderscope.tests.encoder_files import make
from encoderscope.tests.encoder_files.test_files import refusal


def test_gguf_headers(tmp_path: Path) -> None:
    tensors = {"a.weight": ((64, 256), 12), "b.weight": ((7,), 0), "c.weight": ((2, 3, 32), 8)}
    path = make.gguf(
        tmp_path / "a.gguf",
        tensors,
        {"general.architecture": "t5encoder", "words": ["a", "b"], "many": [1] * 99},
    )
    checkpoint = open_checkpoint(path)
    assert checkpoint.kind == "gguf" and checkpoint.metadata == {
        "general.architecture": "t5encoder",
        "words": "2",
        "many": "99",
    }
    assert {
        name: (each.shape, each.dtype, each.size) for name, each in checkpoint.tensors.items()
    } == {
        "a.weight": ((64, 256), "Q4_K", 64 * 144),
        "b.weight": ((7,), "F32", 28),
        "c.weight": ((2, 3, 32), "Q8_0", 6 * 34),
    }


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
    checkpoint = open_checkpoint(path)
    for tensor in gguf.GGUFReader(path).tensors:
        ours = checkpoint.tensors[tensor.name]
        assert (ours.shape, ours.dtype, ours.start, ours.size) == (
            tuple(int(n) for n in reversed(tensor.shape)),
            tensor.tensor_type.name,
            tensor.data_offset,
            tensor.n_bytes,
        )
    sizes = {item.name: tuple(size) for item, size in gguf.GGML_QUANT_SIZES.items()}
    from encoderscope.conditioning.encoder_files.formats.gguf_header import _TYPES

    assert {name: (block, size) for name, block, size in _TYPES.values()}.items() <= sizes.items()


def test_comfyui_gguf_keeps_the_shape_of_what_it_reshaped(tmp_path: Path) -> None:
    path = make.gguf(
        tmp_path / "a.gguf",
        {"a.weight": ((2, 256), 12)},
        {"comfy.gguf.orig_shape.a.weight": [4, 4, 32]},
    )
    assert open_checkpoint(path).tensors["a.weight"].shape == (4, 4, 32)


@pytest.mark.parametrize("cut", [3, 10, 24, 40, 80, -1])
def test_truncated_gguf(cut: int, tmp_path: Path) -> None:
    path = make.gguf(
        tmp_path / "a.gguf", {"a.weight": ((64, 256), 12)}, {"general.architecture": "t5encoder"}
    )
    data = path.read_bytes()
    path.write_bytes(data[:cut])
    assert any(
        sentence in refusal(path, BrokenFile)
        for sentence in ("ends inside", "cut short", "does not begin")
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"GGUX" + b"\0" * 40, "does not begin"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "version 1"),
        (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "another byte order"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 40, 0), "tensors"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1 << 50), "ends inside"),
        (
            b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q1sIIQ", 1, b"k", 9, 8, 1 << 50),
            "ends inside",
        ),
        (
            b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q1sI", 1, b"k", 77),
            "unknown type 77",
        ),
        (
            b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q1sIQIQ", 1, b"t", 1, 8, 99, 0),
            "unknown GGUF type 99",
        ),
        (
            b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q1sIQIQ", 1, b"t", 1, 8, 12, 0),
            "whole blocks",
        ),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q1sI", 1, b"t", 99), "99 axes"),
    ],
)
def test_broken_gguf(data: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(data)
    assert sentence in refusal(path, BrokenFile)
