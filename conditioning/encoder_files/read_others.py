"""Readers of encoders that are named but not built by EncoderScope: BERT, Jina CLIP, T5Gemma and
the language models that generators read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from ..translation import later, later_count, translatable
from .description import Description, of_unknown_size
from .encoder_tensors import EncoderTensors


class _ModelName(NamedTuple):
    variant: str
    size: str
    title: str


_BERT = {
    (384, 6): _ModelName("bert", "minilm", "all-MiniLM-L6 (BERT)"),
    (384, 12): _ModelName("bert", "minilm_l12", "MiniLM-L12 (BERT)"),
    (768, 12): _ModelName("bert", "base", "BERT base"),
    (1024, 24): _ModelName("bert", "large", "BERT large"),
}
_BERT_HEADS = {384: 12}  # all others have heads of 64
_CHINESE = range(46001, 48000)  # Hunyuan-DiT's BERT has its own vocabulary of 47,020
_ENGLISH_PIECES = 30_522
_MASKED_WORDS = later("masked words, often tuned to compare sentences")
_ROBERTA = {50265: "RoBERTa", 250002: "XLM-RoBERTa"}


def read_bert(encoder: EncoderTensors) -> Description:
    """Describes a BERT or a RoBERTa."""
    layer = "encoder.layer.0."
    width = encoder.axis(0, f"{layer}attention.output.LayerNorm.weight")
    layers = encoder.layers("encoder.layer.{}.")
    vocabulary = encoder.axis(0, "embeddings.word_embeddings.weight")
    model = _bert_model(width, layers, vocabulary)
    heads, activation = encoder.number("num_attention_heads"), encoder.word("hidden_act")
    objective = _MASKED_WORDS
    if model.size == "hydit":
        objective = later("aligned with pictures")
    stored = {"heads": heads, "activation": activation}
    return Description(
        kind="encoder",
        architecture="bert",
        variant=model.variant,
        size=model.size,
        title=model.title,
        objective=objective,
        width=width,
        layers=layers,
        heads=heads or _BERT_HEADS.get(width or 0) or (width or 0) // 64 or None,
        feed_forward=encoder.axis(0, f"{layer}intermediate.dense.bias"),
        vocabulary=vocabulary,
        positions=encoder.axis(0, "embeddings.position_embeddings.weight"),
        activation=activation or "gelu",
        causal=False,
        tokenizer="bert",
        assumed=tuple(name for name, value in stored.items() if not value),
    )


_NO_CLIP = translatable(
    "Its page may call it a CLIP: it was trained to give one vector of a sentence, near that of a "
    "CLIP, and no image model reads its states."
)


def read_distilbert(encoder: EncoderTensors) -> Description:
    """Describes a DistilBERT, as sentence-transformers sells it for a text tower of CLIP."""
    layer = "transformer.layer.0."
    width = encoder.axis(0, f"{layer}sa_layer_norm.weight")
    heads = encoder.number("n_heads", "num_attention_heads")
    vocabulary = encoder.axis(0, "embeddings.word_embeddings.weight")
    title = "DistilBERT"
    if (vocabulary or 0) > _ENGLISH_PIECES:
        title = later("DistilBERT (multilingual)")
    return Description(
        kind="encoder",
        architecture="bert",
        variant="distilbert",
        size="",
        title=title,
        objective=_MASKED_WORDS,
        width=width,
        layers=encoder.layers("transformer.layer.{}."),
        heads=heads or (width or 0) // 64 or None,
        feed_forward=encoder.axis(0, f"{layer}ffn.lin1.bias"),
        vocabulary=vocabulary,
        positions=encoder.axis(0, "embeddings.position_embeddings.weight"),
        activation=encoder.word("activation") or "gelu",
        causal=False,
        tokenizer="bert",
        assumed=() if heads else ("heads",),
        notes=(later(_NO_CLIP),),
    )


def _bert_model(width: int | None, layers: int, vocabulary: int | None) -> _ModelName:
    unknown = _ModelName("bert", "", of_unknown_size("BERT", width, layers))
    model = _BERT.get((width or 0, layers), unknown)
    if model.size == "large" and (vocabulary or 0) in _CHINESE:
        return _ModelName("bert", "hydit", later("Hunyuan-DiT's Chinese CLIP (BERT large)"))
    if vocabulary in _ROBERTA:
        return _ModelName("roberta", model.size, f"{_ROBERTA[vocabulary]} {model.size}".rstrip())
    return model


def read_jina(encoder: EncoderTensors) -> Description:
    """Describes the text tower of Jina CLIP v2, an XLM-RoBERTa with rotary positions."""
    width = encoder.axis(0, "encoder.layers.0.norm1.weight")
    layers = encoder.layers("encoder.layers.{}.")
    is_v2 = (width, layers) == (1024, 24)
    return Description(
        kind="encoder",
        architecture="xlm_roberta",
        variant="jina_clip",
        size="v2" if is_v2 else "",
        title="Jina CLIP v2" if is_v2 else of_unknown_size("Jina CLIP", width, layers),
        objective=later("aligned with pictures"),
        width=width,
        layers=layers,
        feed_forward=encoder.axis(0, "encoder.layers.0.mlp.fc1.bias"),
        vocabulary=encoder.axis(0, "embeddings.word_embeddings.weight"),
        causal=False,
    )


def read_t5gemma(encoder: EncoderTensors) -> Description:
    """Describes the encoder of a T5Gemma: blocks of Gemma 2 that look both ways."""
    width = encoder.axis(0, "layers.0.pre_self_attn_layernorm.weight")
    layers = encoder.layers("layers.{}.")
    is_base = (width, layers) == (768, 12)
    return Description(
        kind="encoder",
        architecture="t5gemma",
        variant="t5gemma",
        size="base" if is_base else "",
        title="T5Gemma base" if is_base else of_unknown_size("T5Gemma", width, layers),
        width=width,
        layers=layers,
        feed_forward=encoder.rows("layers.0.mlp.gate_proj.weight"),
        vocabulary=encoder.axis(0, "embed_tokens.weight"),
        gated=True,
        causal=False,
    )


class _Figures(NamedTuple):
    width: int
    layers: int
    query_norm: bool
    key_bias: bool
    line: str = ""
    """The line of models that a tensor gives away which no other line has."""


# Widths and layers as in the host's comfy/text_encoders/llama.py and the models' own config.json.
_LANGUAGE_MODELS = {
    _Figures(4096, 32, False, False): _ModelName("llama3", "8b", "Llama 3 8B"),
    _Figures(5120, 40, False, False): _ModelName("mistral3", "24b", "Mistral Small 3 24B"),
    _Figures(5120, 30, False, False): _ModelName(
        "mistral3", "24b", later("Mistral Small 3 24B (pruned for FLUX.2)")
    ),
    _Figures(3072, 26, False, False): _ModelName("ministral3", "3b", "Ministral 3 3B"),
    _Figures(2048, 36, False, True): _ModelName("qwen25", "3b", "Qwen2.5 3B"),
    _Figures(3584, 28, False, True): _ModelName("qwen25", "7b", "Qwen2.5 7B"),
    _Figures(1024, 28, True, False): _ModelName("qwen3", "06b", "Qwen3 0.6B"),
    _Figures(2048, 28, True, False): _ModelName("qwen3", "2b", later("Qwen3 1.7B or Ovis 2.5 2B")),
    _Figures(2560, 36, True, False): _ModelName("qwen3", "4b", "Qwen3 4B"),
    _Figures(4096, 36, True, False): _ModelName("qwen3", "8b", "Qwen3 8B"),
    _Figures(5120, 64, True, False): _ModelName("qwen3", "32b", "Qwen3 32B"),
    _Figures(2304, 26, False, False): _ModelName("gemma2", "2b", "Gemma 2 2B"),
    _Figures(2560, 34, True, False): _ModelName("gemma3", "4b", "Gemma 3 4B"),
    _Figures(3840, 48, True, False): _ModelName("gemma3", "12b", "Gemma 3 12B"),
    _Figures(4096, 28, False, False): _ModelName("chatglm3", "6b", "ChatGLM3 6B"),
    _Figures(2880, 24, False, True): _ModelName("gpt_oss", "20b", "GPT-OSS 20B"),
    # The host's comfy/text_encoders/minimax.py, gemma4.py and qwen35.py.
    _Figures(5120, 50, True, False): _ModelName(
        "qwen3vl", "32b", later("Qwen3-VL 32B (pruned for MiniMax H3)")
    ),
    _Figures(1536, 35, True, False, "gemma4"): _ModelName("gemma4", "e2b", "Gemma 4 E2B"),
    _Figures(2560, 42, True, False, "gemma4"): _ModelName("gemma4", "e4b", "Gemma 4 E4B"),
    _Figures(3840, 48, True, False, "gemma4"): _ModelName("gemma4", "12b", "Gemma 4 12B"),
    _Figures(5376, 60, True, False, "gemma4"): _ModelName("gemma4", "31b", "Gemma 4 31B"),
    _Figures(1024, 24, False, False, "qwen35"): _ModelName("qwen35", "08b", "Qwen3.5 0.8B"),
    _Figures(2048, 24, False, False, "qwen35"): _ModelName("qwen35", "2b", "Qwen3.5 2B"),
    _Figures(2560, 32, False, False, "qwen35"): _ModelName("qwen35", "4b", "Qwen3.5 4B"),
    _Figures(4096, 32, False, False, "qwen35"): _ModelName("qwen35", "9b", "Qwen3.5 9B"),
    _Figures(5120, 64, False, False, "qwen35"): _ModelName("qwen35", "27b", "Qwen3.5 27B"),
}


_LLAMA_3 = range(128_000, 128_400)
"""Rows of its vocabulary, with what LLaVA adds. Mistral 7B has its figures, and 32,000 rows."""


class _LanguageModelKeys(NamedTuple):
    tokens: str
    block: str
    norm: str
    query_norm: str
    key: str
    feed_forward: str
    lines: Mapping[str, str]
    """Tensor -> the line of models that alone has it."""


_TRANSFORMERS = _LanguageModelKeys(
    "embed_tokens.weight",
    "layers.{}.",
    "layers.0.input_layernorm.weight",
    "layers.0.self_attn.q_norm.weight",
    "layers.0.self_attn.k_proj",
    "layers.0.mlp.gate_proj.weight",
    {"layers.0.layer_scalar": "gemma4", "layers.0.linear_attn.A_log": "qwen35"},
)
_GGUF = _LanguageModelKeys(
    "token_embd.weight",
    "blk.{}.",
    "blk.0.attn_norm.weight",
    "blk.0.attn_q_norm.weight",
    "blk.0.attn_k",
    "blk.0.ffn_gate.weight",
    {"blk.0.layer_output_scale.weight": "gemma4", "blk.0.ssm_a": "qwen35"},
)


def read_llm(encoder: EncoderTensors) -> Description:
    """Describes a language model with transformers' keys."""
    return _language_model(encoder, _TRANSFORMERS)


def read_gguf_llm(encoder: EncoderTensors) -> Description:
    """Describes a language model with GGUF's keys."""
    return _language_model(encoder, _GGUF)


_EYES_OF_QWEN3 = "visual.deepstack_merger_list.0.norm.weight"


def with_eyes(description: Description, names: Iterable[str]) -> Description:
    """A Qwen3 beside the vision tower of Qwen3-VL is the language part of that model. ``names``:
    all tensors of the model that it lies in.
    """
    if description.variant != "qwen3" or not description.size:
        return description
    if not any(name.endswith(_EYES_OF_QWEN3) for name in names):
        return description
    return replace(description, variant="qwen3vl", title=f"Qwen3-VL {description.size.upper()}")


def _language_model(encoder: EncoderTensors, keys: _LanguageModelKeys) -> Description:
    width = encoder.axis(0, keys.norm)
    layers = encoder.layers(keys.block)
    line = next((line for name, line in keys.lines.items() if name in encoder), "")
    figures = _Figures(
        width or 0, layers, keys.query_norm in encoder, f"{keys.key}.bias" in encoder, line
    )
    unknown = later_count(
        "an unknown language model ({width} wide, {count} layer)",
        "an unknown language model ({width} wide, {count} layers)",
        layers,
        width=width,
    )
    model = _LANGUAGE_MODELS.get(figures, _ModelName("llm", "", unknown))
    vocabulary = encoder.axis(0, keys.tokens)
    if model.variant == "llama3" and vocabulary not in (None, *_LLAMA_3):
        model = _ModelName("llm", "", unknown)
    return Description(
        kind="encoder",
        architecture="llm",
        variant=model.variant,
        size=model.size,
        title=model.title,
        objective="predicts the next token",
        width=width,
        layers=layers,
        heads=encoder.number("num_attention_heads"),
        feed_forward=encoder.rows(keys.feed_forward),
        vocabulary=vocabulary,
        causal=True,
        tokenizer="",
    )
