"""GGUF files of a T5, written by the gguf package as llama.cpp's converter does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch


def _field(message: bytes, wanted: int) -> bytes:
    """The last field of that number which holds bytes, of a message of protocol buffers."""
    at, content = 0, b""

    def number() -> int:
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            at, value, shift = at + 1, value | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                return value

    while at < len(message):
        field, kind = divmod(number(), 8)
        if kind == 0:
            number()
            continue
        length = {1: 8, 5: 4}.get(kind) or number()
        if field == wanted:
            content = message[at : at + length]
        at += length
    return content


def _add_vocabulary(writer: Any, model: bytes, rows: int) -> None:
    """As llama.cpp's converter stores a T5's: pieces, scores and types by sentencepiece's library,
    unused ones behind them.
    """
    import sentencepiece

    pieces: Any = sentencepiece.SentencePieceProcessor(model_proto=model)
    names = [pieces.id_to_piece(i) for i in range(pieces.get_piece_size())]
    kinds = [
        2 if pieces.is_unknown(i) else 3 if pieces.is_control(i) else 1 for i in range(len(names))
    ]
    more = max(0, rows - len(names))
    writer.add_tokenizer_model("t5")
    writer.add_token_list([*names, *(f"[PAD{i}]" for i in range(more))])
    writer.add_token_scores([*(pieces.get_score(i) for i in range(len(names))), *[-1000.0] * more])
    writer.add_token_types([*kinds, *[5] * more])
    writer.add_eos_token_id(pieces.eos_id())
    writer.add_unk_token_id(pieces.unk_id())
    writer.add_pad_token_id(pieces.pad_id())
    writer.add_add_space_prefix(True)
    writer.add_remove_extra_whitespaces(True)
    writer.add_precompiled_charsmap(_field(_field(model, 3), 2))


def write_gguf(
    path: Path, tensors: dict[str, torch.Tensor], kind: str, vocabulary: bytes = b"", rows: int = 0
) -> dict[str, torch.Tensor]:
    """A T5 in llama.cpp's names, packed by the gguf package; what its unpacking gives
    comes back. ``vocabulary``: a sentencepiece model to carry along, filled up to ``rows``.
    """
    gguf = pytest.importorskip("gguf")
    names = {
        "layer.0.SelfAttention.relative_attention_bias": "attn_rel_b",
        "layer.0.layer_norm": "attn_norm",
        "layer.1.layer_norm": "ffn_norm",
        "layer.1.DenseReluDense.wi_0": "ffn_gate",
        "layer.1.DenseReluDense.wi_1": "ffn_up",
        "layer.1.DenseReluDense.wo": "ffn_down",
        **{f"layer.0.SelfAttention.{item}": f"attn_{item}" for item in "qkvo"},
    }
    writer, unpacked = gguf.GGUFWriter(str(path), "t5encoder"), {}
    packing = gguf.GGMLQuantizationType[kind]
    if vocabulary:
        _add_vocabulary(writer, vocabulary, rows)
    for key, value in tensors.items():
        _, _block, *rest = (
            key.removesuffix(".weight").split(".") if ".block." in key else ("", "", key)
        )
        name = {
            "shared.weight": "token_embd.weight",
            "encoder.final_layer_norm.weight": "enc.output_norm.weight",
        }.get(key)
        if name is None:
            number, part = rest[0], ".".join(rest[1:])
            name = f"enc.blk.{number}.{names[part]}.weight"
        data = value.float().numpy()
        if value.ndim == 2 and value.shape[-1] % 32 == 0:
            packed = gguf.quantize(data, packing)
            writer.add_tensor(name, packed, raw_dtype=packing)
            unpacked[key] = torch.from_numpy(gguf.dequantize(packed, packing)).reshape(value.shape)
        else:
            writer.add_tensor(name, data)
            unpacked[key] = value.float()
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return unpacked
