"""Files of strangers: encoders, captions, pictures and cards."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from encoderscope.conditioning.benchmark.dataset import FILE, read_folder
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.encoder_files.formats.gguf_header import read_entries
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.picture_files import read_rgb
from encoderscope.conditioning.reports.encoder_card import report as card_report
from encoderscope.conditioning.reports.encoder_file import report as file_report
from encoderscope.tests.fuzz.promises import (
    Bytes,
    own_folder,
    require,
    require_json,
    text_of,
    write_file,
)


def safetensors(data: bytes) -> None:
    """A header by any bytes: what is accepted is what a strict JSON parser reads in it."""
    path = write_file("a.safetensors", data)
    try:
        tensors = open_checkpoint(path).tensors
    except EncoderScopeError:
        return
    length = int.from_bytes(data[:8], "little")
    listed = json.loads(data[8 : 8 + length])
    listed.pop("__metadata__", None)
    require(set(listed) == set(tensors), "other names than JSON has")
    for name, tensor in tensors.items():
        begin, end = listed[name]["data_offsets"]
        here = (8 + length + begin, end - begin)
        require((tensor.start, tensor.size) == here, "other bytes than JSON has")
        require(tensor.start + tensor.size <= len(data), "a tensor behind the end")
    _inspect(path)


def gguf(data: bytes) -> None:
    """A header by any bytes: no tensor lies outside of its file."""
    path = write_file("a.gguf", data)
    try:
        tensors = open_checkpoint(path).tensors
        read_entries(path, ["tokenizer.ggml.tokens"])
    except EncoderScopeError:
        return
    for tensor in tensors.values():
        require(0 <= tensor.start <= tensor.start + tensor.size <= len(data), "outside")
    _inspect(path)


def _inspect(path: Path) -> None:
    with suppress(EncoderScopeError):
        report = file_report.inspect(path)
        require_json(report)
        file_report.plain(report)


_PARTS = (
    "text_model.", "encoder.", "layers.", "block.", "0.", "1.", "11.", "23.", "layer.", "weight",
    "bias", "layer_norm1.", "layer_norm.", "final_layer_norm.", "embeddings.", "token_embedding.",
    "position_embedding.", "SelfAttention.", "q.", "relative_attention_bias.", "shared.",
    "DenseReluDense.", "wi_0.", "wi.", "wo.", "transformer.", "resblocks.", "ln_1.", "visual.",
    "text.", "text_projection", "logit_scale", "scale_weight", "comfy_quant", "blocks.", "norm1.",
    "ffn.", "gate.", "model.", "input_layernorm.", "self_attn.", "k_proj.", "mlp.", "fc1.", "head.",
    "vision_model.", "attn.", "in_proj_weight", "blk.", "attn_norm.", "enc.", "token_embd.",
    "lora_te_", "spiece_model", "cond_stage_model.", "positional_embedding", "sa_layer_norm.",
)  # fmt: skip


_DTYPES = ("F16", "F32", "BF16", "F8_E4M3", "I8", "U8", "I64")


_SIZES = (0, 1, 2, 3, 8, 32, 64, 77, 768, 1024, 1280, 4096, 32128, 49408)


def identification(data: bytes) -> None:
    """Files whose keys are put together of those of real ones."""
    source, at = Bytes(data), 0
    header: dict[str, Any] = {}
    for _ in range(1 + source.number(24)):
        name = "".join(_PARTS[source.number(len(_PARTS))] for _ in range(1 + source.number(7)))
        shape = [_SIZES[source.number(len(_SIZES))] for _ in range(source.number(4))]
        dtype = _DTYPES[source.number(len(_DTYPES))]
        size = _bytes_of(shape, dtype)
        if name not in header and at + size < 1 << 40:
            header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
            at += size
    header["__metadata__"] = {"_quantization_metadata": source.text()}
    raw = json.dumps(header).encode()
    path = own_folder() / "model.safetensors"
    with path.open("wb") as file:
        file.write(len(raw).to_bytes(8, "little") + raw)
        file.truncate(8 + len(raw) + at)
    (own_folder() / "config.json").write_text(source.text() or "{}")
    _inspect(path)


def _bytes_of(shape: list[int], dtype: str) -> int:
    size = {"F32": 4, "I64": 8, "F16": 2, "BF16": 2}.get(dtype, 1)
    for axis in shape:
        size *= axis
    return size


def captions(data: bytes) -> None:
    """A captions.jsonl of any bytes beside one picture."""
    write_file("1.png", b"")
    write_file(FILE, data)
    with suppress(EncoderScopeError):
        dataset = read_folder(own_folder())
        require(dataset.pairs and all(pair.caption for pair in dataset.pairs), "no caption")


def picture(data: bytes) -> None:
    """A picture of any bytes: one, or an exception that callers turn into a sentence."""
    path = write_file("a.png", data)
    with suppress(Exception):
        image = read_rgb(path)
        require(image.mode == "RGB", "no RGB")


def card(data: bytes) -> None:
    """The JSON of another's encoder report, beside our own."""
    with suppress(EncoderScopeError):
        other = card_report.read_card(text_of(data))
        report = card_report.with_others(own_card(), [other])
        require_json(report)
        card_report.plain(report)


@cache
def own_card() -> dict[str, Any]:
    path = Path(__file__).resolve().parents[1] / "samples" / "encoder_report.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))
