"""Readers of T5-shaped encoders: T5, T5 v1.1 and Flan-T5, mT5, UMT5, ByT5, Pile-T5; from
transformers' keys and from GGUF.
"""

from __future__ import annotations

from typing import NamedTuple

from .description import Description
from .encoder_part import Part


class _Names(NamedTuple):
    """Where a layout keeps what is measured; `block` and `bias` hold one `{}` for the number of the
    layer.
    """

    tokens: tuple[str, ...]
    block: str
    norm: str
    query: str
    bias: str
    gated: str
    plain: str
    decoder_block: str


_TRANSFORMERS = _Names(
    ("shared.weight", "encoder.embed_tokens.weight"),
    "encoder.block.{}.",
    "encoder.block.0.layer.0.layer_norm.weight",
    "encoder.block.0.layer.0.SelfAttention.q.weight",
    "encoder.block.{}.layer.0.SelfAttention.relative_attention_bias.weight",
    "encoder.block.0.layer.1.DenseReluDense.wi_0.weight",
    "encoder.block.0.layer.1.DenseReluDense.wi.weight",
    "decoder.block.{}.",
)
_GGUF = _Names(
    ("token_embd.weight",),
    "enc.blk.{}.",
    "enc.blk.0.attn_norm.weight",
    "enc.blk.0.attn_q.weight",
    "enc.blk.{}.attn_rel_b.weight",
    "enc.blk.0.ffn_gate.weight",
    "enc.blk.0.ffn_up.weight",
    "dec.blk.{}.",
)

_DENOISING = "fills in masked spans"
# (width, layers, feed-forward, heads) -> size.
_ORIGINAL = {
    (512, 6, 2048, 8): "small",
    (768, 12, 3072, 12): "base",
    (1024, 24, 4096, 16): "large",
    (1024, 24, 16384, 32): "3b",
    (1024, 24, 65536, 128): "11b",
}
_GATED = {
    (512, 8, 1024, 6): "small",
    (768, 12, 2048, 12): "base",
    (1024, 24, 2816, 16): "large",
    (2048, 24, 5120, 32): "xl",
    (4096, 24, 10240, 64): "xxl",
}
_BYT5 = {
    (1472, 12, 3584, 6): "small",
    (1536, 18, 3968, 12): "base",
    (1536, 36, 3840, 16): "large",
    (2560, 36, 6720, 32): "xl",
    (4672, 36, 12352, 64): "xxl",
}


class _Variant(NamedTuple):
    name: str
    title: str
    sizes: dict[tuple[int, int, int, int], str]
    tokenizer: str
    activation: str = "gelu_pytorch_tanh"
    objective: str = _DENOISING
    note: str = ""


_T5 = _Variant("t5", "T5 (original)", _ORIGINAL, "t5", "relu", f"{_DENOISING}, then many tasks")
_SAME = "T5 v1.1 and Flan-T5 have the same keys and shapes: the file does not tell them apart."
_T5_V1_1 = _Variant("t5_v1_1", "T5 v1.1 or Flan-T5", _GATED, "t5", note=_SAME)
_MT5 = _Variant("mt5", "mT5", _GATED, "mt5", objective=f"{_DENOISING}, 101 languages")
_UMT5 = _Variant("umt5", "UMT5", _GATED, "umt5", objective=f"{_DENOISING}, 107 languages")
_PILE = _Variant("pile_t5", "Pile-T5", _GATED, "pile_t5", objective=f"{_DENOISING}, The Pile")
_BYTES = _Variant("byt5", "ByT5", _BYT5, "byt5", objective=f"{_DENOISING}, bytes instead of pieces")
_GLYPH = _Variant(
    "byt5_glyph", "Glyph-ByT5", _BYT5, "byt5", objective="aligned with pictures of text"
)
_UNKNOWN_GATED = _Variant("t5_gated", "gated T5 with an unknown vocabulary", _GATED, "")
_UNKNOWN_SHARED = _Variant(
    "umt5_like", "T5 with a position bias in every layer and an unknown vocabulary", _GATED, ""
)
_GLYPHS = 1510  # rows of HunyuanImage's Glyph-ByT5 small: bytes, fonts and colours


def read_t5(part: Part) -> Description:
    return _read(part, _TRANSFORMERS)


def read_gguf_t5(part: Part) -> Description:
    return _read(part, _GGUF)


def _read(part: Part, names: _Names) -> Description:
    width = part.axis(0, names.norm)
    layers = part.layers(names.block)
    gated = names.gated in part
    bias = part.shape(names.bias.format(0))
    heads = (bias[1] if len(bias) == 2 else None) or part.number("num_heads")
    inner = part.rows(names.query)
    feed_forward = part.rows(names.gated if gated else names.plain) or part.number("d_ff")
    vocabulary = part.axis(0, *names.tokens)
    every = layers > 1 and names.bias.format(1) in part
    variant = _variant(gated, every, vocabulary)
    size = variant.sizes.get((width or 0, layers, feed_forward or 0, heads or 0), "")
    told = part.activation
    return Description(
        kind="encoder",
        architecture="t5",
        variant=variant.name,
        size=size,
        title=f"{variant.title} {_spoken(size)}"
        if size
        else f"{variant.title} of an unknown size ({width} wide, {layers} layers)",
        objective=variant.objective,
        width=width,
        layers=layers,
        heads=heads,
        head_width=inner // heads if inner and heads else part.number("d_kv"),
        feed_forward=feed_forward,
        vocabulary=vocabulary,
        gated=gated,
        activation=told or variant.activation,
        causal=False,
        buckets=bias[0] if bias else None,
        bias_in_every_layer=every,
        tokenizer=variant.tokenizer,
        also=("decoder",) if part.layers(names.decoder_block) else (),
        assumed=() if told else ("activation",),
        notes=(variant.note,) if variant.note else (),
    )


def _variant(gated: bool, every: bool, vocabulary: int | None) -> _Variant:
    """Vocabularies are padded (32,000 + 100 to 32,128; 250,100 to 250,112 ...), so ranges stand for
    them.
    """
    rows = vocabulary or 0
    if not gated:
        return _T5
    if every:
        return (
            _PILE
            if 32000 <= rows <= 32200
            else _UMT5
            if 256000 <= rows <= 256500
            else _UNKNOWN_SHARED
        )
    if rows == _GLYPHS:
        return _GLYPH
    if 250000 <= rows <= 250200:
        return _MT5
    if rows and rows <= 400:
        return _BYTES
    return _T5_V1_1 if 32000 <= rows <= 32200 else _UNKNOWN_GATED


def _spoken(size: str) -> str:
    return size.upper() if size in ("xl", "xxl", "3b", "11b") else size
