"""Readers of T5-shaped encoders: T5, T5 v1.1 and Flan-T5, mT5, UMT5, ByT5, Pile-T5; from
transformers' keys, from GGUF and from Wan's own names.
"""

from __future__ import annotations

from typing import NamedTuple

from ..translation import later, translatable
from .description import Description, of_unknown_size
from .encoder_tensors import EncoderTensors


class _T5Keys(NamedTuple):
    """Where a style of keys keeps what is measured; `block` and `bias` hold one `{}` for the number
    of the layer.
    """

    tokens: tuple[str, ...]
    block: str
    norm: str
    query: str
    bias: str
    gated: str
    plain: str
    decoder_block: str


_TRANSFORMERS = _T5Keys(
    ("shared.weight", "encoder.embed_tokens.weight"),
    "encoder.block.{}.",
    "encoder.block.0.layer.0.layer_norm.weight",
    "encoder.block.0.layer.0.SelfAttention.q.weight",
    "encoder.block.{}.layer.0.SelfAttention.relative_attention_bias.weight",
    "encoder.block.0.layer.1.DenseReluDense.wi_0.weight",
    "encoder.block.0.layer.1.DenseReluDense.wi.weight",
    "decoder.block.{}.",
)
_GGUF = _T5Keys(
    ("token_embd.weight",),
    "enc.blk.{}.",
    "enc.blk.0.attn_norm.weight",
    "enc.blk.0.attn_q.weight",
    "enc.blk.{}.attn_rel_b.weight",
    "enc.blk.0.ffn_gate.weight",
    "enc.blk.0.ffn_up.weight",
    "dec.blk.{}.",
)

_WAN = _T5Keys(
    ("token_embedding.weight",),
    "blocks.{}.",
    "blocks.0.norm1.weight",
    "blocks.0.attn.q.weight",
    "blocks.{}.pos_embedding.embedding.weight",
    "blocks.0.ffn.gate.0.weight",
    "blocks.0.ffn.fc1.weight",
    "decoder.blocks.{}.",
)

_DENOISING = later("fills in masked spans")
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
    notes: tuple[str, ...] = ()
    with_: str = ""
    """What is said behind its name and size."""


_T5 = _Variant(
    "t5",
    later("T5 (original)"),
    _ORIGINAL,
    "t5",
    "relu",
    later("fills in masked spans, then many tasks"),
)
_SAME = translatable(
    "T5 v1.1 and Flan-T5 have the same keys and shapes: the file does not tell them apart."
)
_T5_V1_1 = _Variant("t5_v1_1", later("T5 v1.1 or Flan-T5"), _GATED, "t5", notes=(_SAME,))
_MT5 = _Variant(
    "mt5", "mT5", _GATED, "mt5", objective=later("fills in masked spans, 101 languages")
)
_UMT5 = _Variant(
    "umt5", "UMT5", _GATED, "umt5", objective=later("fills in masked spans, 107 languages")
)
_PILE = _Variant(
    "pile_t5", "Pile-T5", _GATED, "pile_t5", objective=later("fills in masked spans, The Pile")
)
_BYTES = _Variant(
    "byt5", "ByT5", _BYT5, "byt5", objective=later("fills in masked spans, bytes instead of pieces")
)
_GLYPH = _Variant(
    "byt5_glyph", "Glyph-ByT5", _BYT5, "byt5", objective=later("aligned with pictures of text")
)
_UNKNOWN_GATED = _Variant(
    "t5_gated",
    later("gated T5"),
    _GATED,
    "",
    with_=translatable("{name} with an unknown vocabulary"),
)
_UNKNOWN_SHARED = _Variant(
    "umt5_like",
    "T5",
    _GATED,
    "",
    with_=translatable("{name} with a position bias in every layer and an unknown vocabulary"),
)
_Variants = tuple[tuple[range, _Variant], ...]
# Vocabularies are padded (32,000 + 100 to 32,128; 250,100 to 250,112), so ranges stand for them.
_BIAS_IN_EVERY_LAYER: _Variants = ((range(32000, 32201), _PILE), (range(256000, 256501), _UMT5))
_BIAS_IN_FIRST_LAYER: _Variants = (
    (range(1510, 1511), _GLYPH),  # HunyuanImage's Glyph-ByT5 small: bytes, fonts and colours
    (range(250000, 250201), _MT5),
    (range(259, 401), _BYTES),  # 256 bytes and 3 signs, padded: 384
    (range(32000, 32201), _T5_V1_1),
)
_SPELLED_SIZES = {"xl": "XL", "xxl": "XXL", "3b": "3B", "11b": "11B"}


def read_t5(encoder: EncoderTensors) -> Description:
    """Describes an encoder with transformers' keys."""
    return _read(encoder, _TRANSFORMERS)


def read_gguf_t5(encoder: EncoderTensors) -> Description:
    """Describes an encoder with GGUF's keys."""
    return _read(encoder, _GGUF)


def read_wan_t5(encoder: EncoderTensors) -> Description:
    """Describes an encoder with the keys of Wan's own repository (wan/modules/t5.py)."""
    return _read(encoder, _WAN)


def _read(encoder: EncoderTensors, keys: _T5Keys) -> Description:
    width = encoder.axis(0, keys.norm)
    layers = encoder.layers(keys.block)
    gated = encoder.has_layer(keys.gated)
    bias = encoder.shape(keys.bias.format(0))
    heads = encoder.number("num_heads")
    if len(bias) == 2:
        heads = bias[1] or heads
    feed_forward = encoder.rows(keys.gated, keys.plain) or encoder.number("d_ff")
    vocabulary = encoder.axis(0, *keys.tokens)
    every_layer = layers > 1 and keys.bias.format(1) in encoder
    variant = _variant(gated, every_layer, vocabulary or 0)
    size = _size(variant, (width or 0, layers, feed_forward, heads or 0))
    return Description(
        kind="encoder",
        architecture="t5",
        variant=variant.name,
        size=size,
        title=_title(variant, size, width, layers),
        objective=variant.objective,
        width=width,
        layers=layers,
        heads=heads,
        head_width=_head_width(encoder, keys, heads),
        feed_forward=feed_forward,
        vocabulary=vocabulary,
        gated=gated,
        activation=encoder.activation or variant.activation,
        causal=False,
        buckets=encoder.axis(0, keys.bias.format(0)),
        bias_in_every_layer=every_layer,
        tokenizer=variant.tokenizer,
        also=(later("decoder"),) if encoder.layers(keys.decoder_block) else (),
        assumed=() if encoder.activation else ("activation",),
        notes=tuple(map(later, variant.notes)),
    )


def _size(variant: _Variant, figures: tuple[int | None, ...]) -> str:
    """The size with these figures. Packed weights may not tell how wide the feed-forward layers
    are, and the rest is enough.
    """
    matching = (
        size
        for usual, size in variant.sizes.items()
        if all(figure in (None, its) for figure, its in zip(figures, usual, strict=True))
    )
    return next(matching, "")


def _head_width(encoder: EncoderTensors, keys: _T5Keys, heads: int | None) -> int | None:
    all_heads = encoder.rows(keys.query)
    if not all_heads or not heads:
        return encoder.number("d_kv")
    return all_heads // heads


def _variant(gated: bool, every_layer: bool, vocabulary: int) -> _Variant:
    if not gated:
        return _T5
    table, unknown = _BIAS_IN_FIRST_LAYER, _UNKNOWN_GATED
    if every_layer:
        table, unknown = _BIAS_IN_EVERY_LAYER, _UNKNOWN_SHARED
    return next((variant for rows, variant in table if vocabulary in rows), unknown)


def _title(variant: _Variant, size: str, width: int | None, layers: int) -> str:
    title = of_unknown_size(variant.title, width, layers)
    if size:
        spelled = _SPELLED_SIZES.get(size, size)
        title = later("{name} {size}", name=variant.title, size=spelled)
    return later(variant.with_, name=title) if variant.with_ else title
