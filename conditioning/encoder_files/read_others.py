"""Readers of encoders that are named but not built by EncoderScope: BERT and the language models
that generators read.
"""

from __future__ import annotations

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


class _Figures(NamedTuple):
    width: int
    layers: int
    query_norm: bool
    key_bias: bool


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


_TRANSFORMERS = _LanguageModelKeys(
    "embed_tokens.weight",
    "layers.{}.",
    "layers.0.input_layernorm.weight",
    "layers.0.self_attn.q_norm.weight",
    "layers.0.self_attn.k_proj",
    "layers.0.mlp.gate_proj.weight",
)
_GGUF = _LanguageModelKeys(
    "token_embd.weight",
    "blk.{}.",
    "blk.0.attn_norm.weight",
    "blk.0.attn_q_norm.weight",
    "blk.0.attn_k",
    "blk.0.ffn_gate.weight",
)


def read_llm(encoder: EncoderTensors) -> Description:
    """Describes a language model with transformers' keys."""
    return _language_model(encoder, _TRANSFORMERS)


def read_gguf_llm(encoder: EncoderTensors) -> Description:
    """Describes a language model with GGUF's keys."""
    return _language_model(encoder, _GGUF)


def _language_model(encoder: EncoderTensors, keys: _LanguageModelKeys) -> Description:
    width = encoder.axis(0, keys.norm)
    layers = encoder.layers(keys.block)
    figures = _Figures(
        width or 0, layers, keys.query_norm in encoder, f"{keys.key}.bias" in encoder
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
