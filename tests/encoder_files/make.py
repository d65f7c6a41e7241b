"""Model files for tests: headers of real shapes over empty (sparse) bodies, and small real files
with seeded weights.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BITS = {
    "F64": 64,
    "F32": 32,
    "F16": 16,
    "BF16": 16,
    "I16": 16,
    "F8_E4M3": 8,
    "I8": 8,
    "I32": 32,
    "U8": 8,
    "I64": 64,
}
Shapes = Mapping[str, tuple[int, ...]]


def sparse(
    path: Path,
    shapes: Shapes,
    dtype: str = "F16",
    metadata: dict[str, str] | None = None,
    **dtypes: Any,
) -> Path:
    """A safetensors file with these tensors whose body takes no room on disk. `only`: {name or its
    ending: dtype}.
    """
    only = dtypes.get("only", {})
    at, header = 0, {"__metadata__": metadata} if metadata else {}
    for name, shape in shapes.items():
        kind = next((each for ending, each in only.items() if name.endswith(ending)), dtype)
        size = math.prod(shape) * BITS[kind] // 8
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    return raw(path, json.dumps(header).encode(), at)


def raw(path: Path, header: bytes, body: int, length: int | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(header) if length is None else length) + header)
        file.truncate(8 + len(header) + body)
    return path


def write_into(path: Path, ending: str, data: bytes) -> None:
    """Writes ``data`` to the place of every tensor whose name ends so."""
    with path.open("r+b") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        for name, entry in header.items():
            if name.endswith(ending):
                file.seek(8 + length + entry["data_offsets"][0])
                file.write(data)


def below(prefix: str, shapes: Shapes) -> dict[str, tuple[int, ...]]:
    return {prefix + name: shape for name, shape in shapes.items()}


def meta(kind: str, config: str | None = None, **options: Any) -> dict[str, tuple[int, ...]]:
    """Keys and shapes of a transformers model of real size, without its weights."""
    import torch

    with torch.device("meta"):
        return {
            name: tuple(tensor.shape)
            for name, tensor in build(kind, config, **options).state_dict().items()
        }


def build(kind: str, config: str | None = None, **options: Any) -> Any:
    """A transformers model with seeded random weights."""
    import torch
    import transformers
    from encoderscope.host.torch_companions import mend_torchvision

    mend_torchvision()
    torch.manual_seed(7)
    settings = getattr(
        transformers, config or kind.removesuffix("EncoderModel").removesuffix("Model") + "Config"
    )
    return getattr(transformers, kind)(settings(**options)).eval()


def clip_text(
    width: int, layers: int, projection: int | None = None, positions: int = 77
) -> dict[str, tuple[int, ...]]:
    return meta(
        "CLIPTextModelWithProjection",
        "CLIPTextConfig",
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        intermediate_size=4 * width,
        projection_dim=projection or width,
        max_position_embeddings=positions,
    )


def openai_text(
    width: int, layers: int, projection: int | None = None, positions: int = 77
) -> dict[str, tuple[int, ...]]:
    """Keys of openai/CLIP and OpenCLIP, whose blocks are torch's own MultiheadAttention."""
    from torch import nn

    attention = {
        name: tuple(item.shape)
        for name, item in nn.MultiheadAttention(width, 1, device="meta").state_dict().items()
    }
    block = {
        **below("attn.", attention),
        **{f"ln_{i}.{end}": (width,) for i in (1, 2) for end in ("weight", "bias")},
        "mlp.c_fc.weight": (4 * width, width),
        "mlp.c_fc.bias": (4 * width,),
        "mlp.c_proj.weight": (width, 4 * width),
        "mlp.c_proj.bias": (width,),
    }
    out = {"token_embedding.weight": (49408, width), "positional_embedding": (positions, width)}
    for layer in range(layers):
        out |= below(f"transformer.resblocks.{layer}.", block)
    return out | {
        "ln_final.weight": (width,),
        "ln_final.bias": (width,),
        "text_projection": (width, projection or width),
        "logit_scale": (),
    }


T5_SIZES = {
    "small": {"d_model": 512, "num_layers": 8, "d_ff": 1024, "num_heads": 6, "d_kv": 64},
    "base": {"d_model": 768, "num_layers": 12, "d_ff": 2048, "num_heads": 12, "d_kv": 64},
    "large": {"d_model": 1024, "num_layers": 24, "d_ff": 2816, "num_heads": 16, "d_kv": 64},
    "xl": {"d_model": 2048, "num_layers": 24, "d_ff": 5120, "num_heads": 32, "d_kv": 64},
    "xxl": {"d_model": 4096, "num_layers": 24, "d_ff": 10240, "num_heads": 64, "d_kv": 64},
}


def t5(
    size: str | dict[str, int],
    vocab: int = 32128,
    gated: bool = True,
    every: bool = False,
    full: bool = False,
) -> dict[str, tuple[int, ...]]:
    sizes = T5_SIZES[size] if isinstance(size, str) else size
    family = "UMT5" if every else "T5"
    kind = "ForConditionalGeneration" if full else "EncoderModel"
    return meta(
        family + kind,
        family + "Config",
        vocab_size=vocab,
        feed_forward_proj="gated-gelu" if gated else "relu",
        **sizes,
    )


def siglip(
    width: int,
    layers: int,
    heads: int,
    vocab: int,
    feed_forward: int,
    full: bool = False,
    projection: int | None = None,
) -> dict[str, tuple[int, ...]]:
    text = {
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "vocab_size": vocab,
        "intermediate_size": feed_forward,
        "projection_size": projection or width,
    }
    if full:
        return meta(
            "SiglipModel", "SiglipConfig", text_config=text, vision_config={"num_hidden_layers": 1}
        )
    shapes = meta("SiglipTextModel", "SiglipTextConfig", **text)
    return below("text_model.", {key.removeprefix("text_model."): shapes[key] for key in shapes})


def gguf(
    path: Path,
    tensors: Mapping[str, tuple[tuple[int, ...], int]],
    entries: Mapping[str, Any],
    version: int = 3,
) -> Path:
    """A GGUF file with an empty body. `tensors`: name -> (shape as torch has it, type number);
    entries are strings, ints or lists.
    """
    sizes = {
        0: (1, 4),
        1: (1, 2),
        8: (32, 34),
        9: (32, 40),
        12: (256, 144),
        15: (256, 292),
        30: (1, 2),
    }
    out = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(entries))
    for key, value in entries.items():
        out += _text(key) + _value(value)
    at = 0
    for name, (shape, kind) in tensors.items():
        out += (
            _text(name)
            + struct.pack("<I", len(shape))
            + b"".join(struct.pack("<Q", n) for n in reversed(shape))
        )
        out += struct.pack("<IQ", kind, at)
        block, width = sizes[kind]
        at += -(-math.prod(shape) // block * width // 32) * 32
    with path.open("wb") as file:
        file.write(out)
        file.truncate(-(-len(out) // 32) * 32 + at)
    return path


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    if isinstance(value, list):
        strings = all(isinstance(item, str) for item in value)
        body = b"".join(_text(item) if strings else struct.pack("<i", item) for item in value)
        return struct.pack("<IIQ", 9, 8 if strings else 5, len(value)) + body
    return struct.pack("<II", 4, value)


_GGUF_T5 = {
    "layer.0.SelfAttention.relative_attention_bias": "attn_rel_b",
    "layer.0.SelfAttention.": "attn_",
    "layer.0.layer_norm": "attn_norm",
    "layer.1.DenseReluDense.wi_0": "ffn_gate",
    "layer.1.DenseReluDense.wi_1": "ffn_up",
    "layer.1.DenseReluDense.wi": "ffn_up",
    "layer.1.DenseReluDense.wo": "ffn_down",
    "layer.1.layer_norm": "ffn_norm",
    "encoder.final_layer_norm": "enc.output_norm",
    "encoder.block.": "enc.blk.",
    "shared.": "token_embd.",
}


def gguf_t5_names(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    """llama.cpp's names of a T5 encoder."""
    out = {}
    for name, shape in shapes.items():
        if name != "encoder.embed_tokens.weight":
            for ours, theirs in _GGUF_T5.items():
                name = name.replace(ours, theirs)
            out[name] = shape
    return out
