"""Encoders of the real architectures with seeded random weights, written as files: transformers'
own modules, so that they are the reference, too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from safetensors.torch import save_file


def bare(cls: Any, config: Any) -> Any:
    """A module whose weights are still to be drawn: transformers' own drawing takes most of the
    time.
    """
    with suppress(ImportError):
        from transformers.modeling_utils import no_init_weights  # before transformers 5
    with suppress(ImportError):
        from transformers.initialization import no_init_weights

    with no_init_weights():
        result = cls(config)
    if hasattr(result, "shared"):
        result.encoder.embed_tokens = result.shared
    return result


def seeded(model: Any, seed: int = 3) -> Any:
    """Weights large enough that every part of the encoder is felt, small enough that nothing
    overflows in fp16.

    Each tensor is a stretch of one pool of random numbers from a place of its own; a matrix that is
    larger than the pool repeats it. All fit bfloat16, so that a file half as large holds the very
    same numbers.
    """
    with torch.no_grad():
        for number, (name, value) in enumerate(model.named_parameters()):
            stretch = _stretch(number + seed, value.numel()).view(value.shape)
            if value.ndim < 2:
                value.copy_(
                    (stretch * 0.05 + ("norm" in name and name.endswith("weight"))).bfloat16()
                )
            else:
                value.copy_(stretch).mul_(
                    2.0
                    ** round(math.log2(1.0 if value.shape[0] > 20_000 else value.shape[-1] ** -0.5))
                )
    return model.eval()


@cache
def _pool() -> torch.Tensor:
    """A prime number of values, so that repeats of it never line up with rows."""
    return torch.randn(2_999_999, generator=torch.Generator().manual_seed(1)).bfloat16().float()


def _stretch(number: int, length: int) -> torch.Tensor:
    pool = _pool()
    start = number * 7919 % len(pool)
    if start + length <= len(pool):
        return pool[start : start + length]
    return torch.cat((pool[start:], pool.repeat(length // len(pool) + 1)))[:length]


def clip(
    width: int,
    layers: int,
    act: str = "quick_gelu",
    positions: int = 77,
    feed_forward: int | None = None,
    projection: int | None = None,
) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        hidden_size=width,
        intermediate_size=feed_forward or width * 4,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        hidden_act=act,
        max_position_embeddings=positions,
        projection_dim=projection or width,
        eos_token_id=49407,
        bos_token_id=49406,
        pad_token_id=49407,
    )
    return seeded(bare(CLIPTextModelWithProjection, config))


def t5(
    width: int,
    layers: int,
    feed_forward: int,
    heads: int,
    head_width: int = 64,
    gated: bool = True,
    vocabulary: int = 32128,
) -> Any:
    from transformers import T5Config, T5EncoderModel

    return seeded(
        bare(
            T5EncoderModel,
            T5Config(**_t5(width, layers, feed_forward, heads, head_width, gated, vocabulary)),
        )
    )


def umt5(
    width: int,
    layers: int,
    feed_forward: int,
    heads: int,
    vocabulary: int = 256384,
    head_width: int = 64,
) -> Any:
    from transformers import UMT5Config, UMT5EncoderModel

    return seeded(
        bare(
            UMT5EncoderModel,
            UMT5Config(**_t5(width, layers, feed_forward, heads, head_width, True, vocabulary)),
        )
    )


def _t5(
    width: int,
    layers: int,
    feed_forward: int,
    heads: int,
    head_width: int,
    gated: bool,
    vocabulary: int,
) -> dict[str, Any]:
    return {
        "d_model": width,
        "num_layers": layers,
        "d_ff": feed_forward,
        "num_heads": heads,
        "d_kv": head_width,
        "vocab_size": vocabulary,
        "feed_forward_proj": "gated-gelu" if gated else "relu",
        "dropout_rate": 0.0,
        "use_cache": False,
    }


def siglip(
    width: int,
    layers: int,
    heads: int,
    feed_forward: int,
    vocabulary: int = 32000,
    projection: int | None = None,
) -> Any:
    from transformers import SiglipTextConfig, SiglipTextModel

    config = SiglipTextConfig(
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=feed_forward,
        vocab_size=vocabulary,
        projection_size=projection or width,
    )
    return seeded(bare(SiglipTextModel, config))


def state(model: Any) -> dict[str, torch.Tensor]:
    """What a file holds: the weights without the second name of a tied table."""
    result = {
        key: value.detach().clone().contiguous()
        for key, value in model.state_dict().items()
        if not key.endswith("position_ids")
    }
    if "shared.weight" in result:
        result.pop("encoder.embed_tokens.weight", None)
    return result


def siglip_state(model: Any) -> dict[str, torch.Tensor]:
    result = state(model)
    return {
        key if key.startswith("text_model.") else f"text_model.{key}": value
        for key, value in result.items()
    }


def clip_state(model: Any) -> dict[str, torch.Tensor]:
    return state(model)


def write(
    path: Path,
    tensors: dict[str, torch.Tensor],
    dtype: torch.dtype | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cast = {
        key: value.to(dtype) if dtype and value.is_floating_point() else value
        for key, value in tensors.items()
    }
    save_file({key: value.contiguous() for key, value in cast.items()}, path, metadata)
    return path


def write_shards(folder: Path, tensors: dict[str, torch.Tensor], count: int = 3) -> Path:
    """A Hugging Face folder with `count` shards and their index."""
    keys = sorted(tensors)
    names = [f"model-{i + 1:05d}-of-{count:05d}.safetensors" for i in range(count)]
    where = {key: names[i * count // len(keys)] for i, key in enumerate(keys)}
    for name in names:
        write(folder / name, {key: tensors[key] for key in keys if where[key] == name})
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {}, "weight_map": where})
    )
    return folder


def openai_layout(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """transformers' CLIP keys as openai/CLIP and OpenCLIP name and pack them."""
    result: dict[str, torch.Tensor] = {}
    for key, value in tensors.items():
        if key == "text_projection.weight":
            result["text_projection"] = value.T.contiguous()
        elif "embeddings.token_embedding" in key:
            result["token_embedding.weight"] = value
        elif "embeddings.position_embedding" in key:
            result["positional_embedding"] = value
        elif "final_layer_norm" in key:
            result[f"ln_final.{key.rpartition('.')[2]}"] = value
        elif "self_attn.q_proj" in key:
            end = key.rpartition(".")[2]
            number = key.split(".layers.")[1].split(".")[0]
            rows = [tensors[key.replace("q_proj", f"{name}_proj")] for name in "qkv"]
            result[f"transformer.resblocks.{number}.attn.in_proj_{end}"] = torch.cat(rows)
        elif not any(f"self_attn.{name}_proj" in key for name in "kv"):
            rest = key.split(".layers.")[1]
            for here, there in (
                ("layer_norm", "ln_"),
                ("mlp.fc1", "mlp.c_fc"),
                ("mlp.fc2", "mlp.c_proj"),
                ("self_attn.out_proj", "attn.out_proj"),
            ):
                rest = rest.replace(here, there)
            result[f"transformer.resblocks.{rest}"] = value
    return result


@contextmanager
def folders(path: Path) -> Iterator[Path]:
    """The host's text_encoders folders are this one alone."""
    import folder_paths

    kept = folder_paths.folder_names_and_paths["text_encoders"]
    folder_paths.folder_names_and_paths["text_encoders"] = ([str(path)], kept[1])
    try:
        yield path
    finally:
        folder_paths.folder_names_and_paths["text_encoders"] = kept


def write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data))


_SENTENCES = (
    "a photo of two dogs and three blue cats on the left of one green house",
    "the quick brown fox jumps over the lazy dog",
    "an oil painting of a red lighthouse in the snow at night, highly detailed",
    "a cup of tea beside an open window, soft morning light",
)


@cache
def sentencepiece(rows: int = 0) -> bytes:
    """A small vocabulary in sentencepiece's format, with the marks where T5's and SigLIP's have
    them: pad 0, end 1, unknown 2; filled up to ``rows`` with pieces that are never used.
    """
    if rows:
        small = sentencepiece()
        return small + b"".join(map(_unused, range(_pieces(small), rows)))
    import io

    import sentencepiece as trained

    out = io.BytesIO()
    trained.SentencePieceTrainer.train(
        sentence_iterator=iter(_SENTENCES * 4),
        model_writer=out,
        vocab_size=120,
        model_type="unigram",
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        hard_vocab_limit=False,
        minloglevel=2,
        num_threads=1,
    )
    return out.getvalue()


def _pieces(model: bytes) -> int:
    import sentencepiece as library

    return int(library.SentencePieceProcessor(model_proto=model).get_piece_size())


def _unused(number: int) -> bytes:
    """A piece of the type 5 as a field of protocol buffers; further ones may stand at the end."""
    name = f"<extra_{number}>".encode()
    content = bytes([0x0A, len(name)]) + name + bytes([0x18, 5])
    return bytes([0x0A, len(content)]) + content


def write_sentencepiece(path: Path, rows: int = 32000) -> None:
    path.write_bytes(sentencepiece(rows))


@contextmanager
def recognised() -> Iterator[None]:
    """Within this, the host takes a T5 that is narrow inside for what it stands for: newer hosts
    tell XXL from XL by the inner width.
    """
    import comfy.sd

    key, inner = "encoder.block.23.layer.1.DenseReluDense.wi_1.weight", {4096: 10240, 2048: 5120}
    detect = comfy.sd.detect_te_model

    def detect_whole(tensors: Any) -> Any:
        width = len(tensors["encoder.final_layer_norm.weight"]) if key in tensors else 0
        whole = {key: torch.empty(inner[width], width, device="meta")} if width in inner else {}
        return detect({**tensors, **whole})

    with patch.object(comfy.sd, "detect_te_model", detect_whole):
        yield
