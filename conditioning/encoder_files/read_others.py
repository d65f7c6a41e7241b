"""Readers of encoders that are named but not built by EncoderScope: BERT and the language models
that generators read.
"""

from __future__ import annotations

from typing import NamedTuple

from .description import Description
from .encoder_part import Part


class _Known(NamedTuple):
    variant: str
    size: str
    title: str


_BERT = {
    (384, 6): _Known("bert", "minilm", "all-MiniLM-L6 (BERT)"),
    (384, 12): _Known("bert", "minilm_l12", "MiniLM-L12 (BERT)"),
    (768, 12): _Known("bert", "base", "BERT base"),
    (1024, 24): _Known("bert", "large", "BERT large"),
}
_CHINESE = (46000, 48000)  # Hunyuan-DiT's BERT has its own vocabulary of 47,020
_ROBERTA = {50265: "RoBERTa", 250002: "XLM-RoBERTa"}


def read_bert(part: Part) -> Description:
    tokens, layer = "embeddings.word_embeddings.weight", "encoder.layer.{}."
    width = part.axis(0, layer.format(0) + "attention.output.LayerNorm.weight")
    layers = part.layers(layer)
    vocabulary = part.axis(0, tokens)
    known = _BERT.get(
        (width or 0, layers),
        _Known("bert", "", f"BERT of an unknown size ({width} wide, {layers} layers)"),
    )
    if known.size == "large" and _CHINESE[0] < (vocabulary or 0) < _CHINESE[1]:
        known = _Known("bert", "hydit", "Hunyuan-DiT's Chinese CLIP (BERT large)")
    elif vocabulary in _ROBERTA:
        known = _Known("roberta", known.size, f"{_ROBERTA[vocabulary]} {known.size}".rstrip())
    heads = part.number("num_attention_heads")
    return Description(
        kind="encoder",
        architecture="bert",
        variant=known.variant,
        size=known.size,
        title=known.title,
        objective="aligned with pictures"
        if known.size == "hydit"
        else "masked words, often tuned to compare sentences",
        width=width,
        layers=layers,
        heads=heads or (12 if width == 384 else (width or 0) // 64 or None),
        feed_forward=part.axis(0, layer.format(0) + "intermediate.dense.bias"),
        vocabulary=vocabulary,
        positions=part.axis(0, "embeddings.position_embeddings.weight"),
        activation=part.word("hidden_act") or "gelu",
        causal=False,
        tokenizer="bert",
        assumed=tuple(
            name
            for name, told in (("heads", heads), ("activation", part.word("hidden_act")))
            if not told
        ),
    )


class _Shape(NamedTuple):
    width: int
    layers: int
    query_norm: bool
    key_bias: bool


# Widths and layers as in the host's comfy/text_encoders/llama.py and the models' own config.json.
_LANGUAGE = {
    _Shape(4096, 32, False, False): _Known("llama3", "8b", "Llama 3 8B"),
    _Shape(5120, 40, False, False): _Known("mistral3", "24b", "Mistral Small 3 24B"),
    _Shape(5120, 30, False, False): _Known(
        "mistral3", "24b", "Mistral Small 3 24B (pruned for FLUX.2)"
    ),
    _Shape(3072, 26, False, False): _Known("ministral3", "3b", "Ministral 3 3B"),
    _Shape(2048, 36, False, True): _Known("qwen25", "3b", "Qwen2.5 3B"),
    _Shape(3584, 28, False, True): _Known("qwen25", "7b", "Qwen2.5 7B"),
    _Shape(1024, 28, True, False): _Known("qwen3", "06b", "Qwen3 0.6B"),
    _Shape(2048, 28, True, False): _Known("qwen3", "2b", "Qwen3 1.7B or Ovis 2.5 2B"),
    _Shape(2560, 36, True, False): _Known("qwen3", "4b", "Qwen3 4B"),
    _Shape(4096, 36, True, False): _Known("qwen3", "8b", "Qwen3 8B"),
    _Shape(5120, 64, True, False): _Known("qwen3", "32b", "Qwen3 32B"),
    _Shape(2304, 26, False, False): _Known("gemma2", "2b", "Gemma 2 2B"),
    _Shape(2560, 34, True, False): _Known("gemma3", "4b", "Gemma 3 4B"),
    _Shape(3840, 48, True, False): _Known("gemma3", "12b", "Gemma 3 12B"),
    _Shape(2880, 24, False, True): _Known("gpt_oss", "20b", "GPT-OSS 20B"),
}


class _Names(NamedTuple):
    tokens: str
    block: str
    norm: str
    query_norm: str
    key: str
    feed_forward: str


_TRANSFORMERS = _Names(
    "embed_tokens.weight",
    "layers.{}.",
    "layers.0.input_layernorm.weight",
    "layers.0.self_attn.q_norm.weight",
    "layers.0.self_attn.k_proj",
    "layers.0.mlp.gate_proj.weight",
)
_GGUF = _Names(
    "token_embd.weight",
    "blk.{}.",
    "blk.0.attn_norm.weight",
    "blk.0.attn_q_norm.weight",
    "blk.0.attn_k",
    "blk.0.ffn_gate.weight",
)


def read_llm(part: Part) -> Description:
    return _language(part, _TRANSFORMERS)


def read_gguf_llm(part: Part) -> Description:
    return _language(part, _GGUF)


def _language(part: Part, names: _Names) -> Description:
    width = part.axis(0, names.norm)
    layers = part.layers(names.block)
    shape = _Shape(width or 0, layers, names.query_norm in part, f"{names.key}.bias" in part)
    known = _LANGUAGE.get(
        shape,
        _Known("llm", "", f"language model of an unknown kind ({width} wide, {layers} layers)"),
    )
    return Description(
        kind="encoder",
        architecture="llm",
        variant=known.variant,
        size=known.size,
        title=known.title,
        objective="predicts the next token",
        width=width,
        layers=layers,
        heads=part.number("num_attention_heads"),
        feed_forward=part.rows(names.feed_forward),
        vocabulary=part.axis(0, names.tokens),
        causal=True,
        tokenizer="",
    )
