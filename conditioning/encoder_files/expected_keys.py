"""Which keys an encoder must have, where its file keeps them, and which of the rest matter.

Keys have one canonical spelling: the host's own (`text_model.encoder.layers.0...` for CLIP and
SigLIP, `encoder.block.0...` for T5). `find_sources` finds each in whatever style of keys a file
has, so that a loader reads every style by the same few lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from ..translation import later
from .description import Description
from .encoder_tensors import EncoderTensors

Shape = tuple[int, ...]


class Source(NamedTuple):
    """Where a canonical tensor stands in a file: ``key`` below the encoder's prefix."""

    key: str
    third: int | None = None
    """0, 1, 2: the tensor is this third of the rows (queries, keys, values of OpenAI's layout)."""
    transposed: bool = False
    rest: str = ""
    """Long-CLIP in OpenAI's layout: rows from 20 on are those of this tensor."""

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys that the tensor is read from."""
        return tuple(key for key in (self.key, self.rest) if key)

    def shape_of(self, stored: Shape) -> Shape:
        """The shape of the canonical tensor, where ``stored`` is that of the file's."""
        if self.transposed:
            return stored[::-1]
        if self.third is not None and stored:
            return (stored[0] // 3, *stored[1:])
        return stored


# positions that Long-CLIP leaves as CLIP trained them; beyond lies its stretched
# `positional_embedding_res`
LONG_CLIP_KEPT = 20


class SortedKeys(NamedTuple):
    """Missing and unexpected keys by what they mean for the encoder."""

    harmless: dict[str, str]
    """Key -> why it does not matter."""
    serious: dict[str, str]
    """Key -> what is wrong."""


class FileKeys(NamedTuple):
    """An encoder's keys in its file."""

    sources: dict[str, Source]
    """By canonical key."""
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]


def expected_keys(description: Description) -> dict[str, Shape]:
    """Canonical keys and shapes of an encoder that EncoderScope builds; empty for any other."""
    makers: Mapping[str, Callable[[Description], dict[str, Shape]]] = {
        "clip": _clip,
        "siglip": _clip,
        "t5": _t5,
    }
    maker = makers.get(description.architecture)
    sizes = (
        description.width,
        description.layers,
        description.heads,
        description.feed_forward,
        description.vocabulary,
    )
    if maker is None or None in sizes:
        return {}
    return maker(description)


def _clip(description: Description) -> dict[str, Shape]:
    width, inner = description.width or 0, description.feed_forward or 0
    shapes: dict[str, Shape] = {
        "text_model.embeddings.token_embedding.weight": (description.vocabulary or 0, width),
        "text_model.embeddings.position_embedding.weight": (description.positions or 0, width),
    }
    linear_layers = {
        **{f"self_attn.{name}": (width, width) for name in ("q_proj", "k_proj", "v_proj")},
        "self_attn.out_proj": (width, width),
        "mlp.fc1": (inner, width),
        "mlp.fc2": (width, inner),
    }
    for layer in range(description.layers or 0):
        prefix = f"text_model.encoder.layers.{layer}."
        for norm in ("layer_norm1", "layer_norm2"):
            shapes |= {f"{prefix}{norm}.weight": (width,), f"{prefix}{norm}.bias": (width,)}
        for name, (rows, columns) in linear_layers.items():
            shapes |= {f"{prefix}{name}.weight": (rows, columns), f"{prefix}{name}.bias": (rows,)}
    shapes["text_model.final_layer_norm.weight"] = (width,)
    shapes["text_model.final_layer_norm.bias"] = (width,)
    projection = description.projection or width
    if description.architecture == "siglip":
        shapes["text_model.head.weight"] = (projection, width)
        shapes["text_model.head.bias"] = (projection,)
    else:
        shapes["text_projection.weight"] = (projection, width)
    return shapes


def _t5(description: Description) -> dict[str, Shape]:
    width, inner = description.width or 0, description.feed_forward or 0
    heads = description.heads or 0
    all_heads = heads * (description.head_width or 0)
    inputs: tuple[str, ...] = ("wi",)
    if description.gated:
        inputs = ("wi_0", "wi_1")
    shapes: dict[str, Shape] = {"shared.weight": (description.vocabulary or 0, width)}
    for layer in range(description.layers or 0):
        prefix = f"encoder.block.{layer}.layer."
        attention, forward = f"{prefix}0.SelfAttention.", f"{prefix}1.DenseReluDense."
        shapes |= {f"{attention}{name}.weight": (all_heads, width) for name in "qkv"}
        shapes[f"{attention}o.weight"] = (width, all_heads)
        shapes[f"{prefix}0.layer_norm.weight"] = (width,)
        if layer == 0 or description.bias_in_every_layer:
            bias = (description.buckets or 0, heads)
            shapes[f"{attention}relative_attention_bias.weight"] = bias
        shapes |= {f"{forward}{name}.weight": (inner, width) for name in inputs}
        shapes[f"{forward}wo.weight"] = (width, inner)
        shapes[f"{prefix}1.layer_norm.weight"] = (width,)
    shapes["encoder.final_layer_norm.weight"] = (width,)
    return shapes


_OPENAI_PARTS = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}
_OPENAI_TOP = {
    "text_model.embeddings.token_embedding.weight": (Source("token_embedding.weight"),),
    "text_model.final_layer_norm.weight": (Source("ln_final.weight"),),
    "text_model.final_layer_norm.bias": (Source("ln_final.bias"),),
    "text_model.head.weight": (Source("text_projection.weight"),),
    "text_model.head.bias": (Source("text_projection.bias"),),
}
_PROJECTION = (Source("text_projection.weight"), Source("text_projection", transposed=True))
_CLIP_LAYER = re.compile(r"text_model\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)")
_GGUF_T5 = {
    "layer.0.SelfAttention.q": "attn_q",
    "layer.0.SelfAttention.k": "attn_k",
    "layer.0.SelfAttention.v": "attn_v",
    "layer.0.SelfAttention.o": "attn_o",
    "layer.0.SelfAttention.relative_attention_bias": "attn_rel_b",
    "layer.0.layer_norm": "attn_norm",
    "layer.1.DenseReluDense.wi": "ffn_up",
    "layer.1.DenseReluDense.wi_0": "ffn_gate",
    "layer.1.DenseReluDense.wi_1": "ffn_up",
    "layer.1.DenseReluDense.wo": "ffn_down",
    "layer.1.layer_norm": "ffn_norm",
}
_GGUF_T5_TOP = {
    "shared.weight": Source("token_embd.weight"),
    "encoder.final_layer_norm.weight": Source("enc.output_norm.weight"),
}
_WAN_T5 = {
    "layer.0.SelfAttention.q": "attn.q",
    "layer.0.SelfAttention.k": "attn.k",
    "layer.0.SelfAttention.v": "attn.v",
    "layer.0.SelfAttention.o": "attn.o",
    "layer.0.SelfAttention.relative_attention_bias": "pos_embedding.embedding",
    "layer.0.layer_norm": "norm1",
    "layer.1.DenseReluDense.wi": "ffn.fc1",
    "layer.1.DenseReluDense.wi_0": "ffn.gate.0",
    "layer.1.DenseReluDense.wi_1": "ffn.fc1",
    "layer.1.DenseReluDense.wo": "ffn.fc2",
    "layer.1.layer_norm": "norm2",
}
_WAN_T5_TOP = {
    "shared.weight": Source("token_embedding.weight"),
    "encoder.final_layer_norm.weight": Source("norm.weight"),
}
_T5_STYLES = {"gguf": ("enc.blk", _GGUF_T5, _GGUF_T5_TOP), "wan": ("blocks", _WAN_T5, _WAN_T5_TOP)}
"""Style of keys -> what stands before a layer's number, the names in a layer, and those outside."""
_T5_LAYER = re.compile(r"encoder\.block\.(\d+)\.(.+)\.weight")


def candidates(description: Description, key: str) -> tuple[Source, ...]:
    """Where a file with this style of keys may have a canonical key, the usual place first."""
    if description.architecture == "t5":
        return _t5_candidates(description.key_style, key)
    if key == "text_projection.weight":
        return _PROJECTION
    if description.key_style == "bare":
        return (Source(key.removeprefix("text_model.")),)
    if description.key_style == "openai":
        return _openai_candidates(key)
    return (Source(key),)


def _t5_candidates(key_style: str, key: str) -> tuple[Source, ...]:
    if key_style in _T5_STYLES:
        blocks, names, outside = _T5_STYLES[key_style]
        match = _T5_LAYER.fullmatch(key)
        if match:
            return (Source(f"{blocks}.{match[1]}.{names[match[2]]}.weight"),)
        return (outside[key],)
    if key == "shared.weight":
        return Source(key), Source("encoder.embed_tokens.weight")
    return (Source(key),)


def _openai_candidates(key: str) -> tuple[Source, ...]:
    match = _CLIP_LAYER.fullmatch(key)
    if match:
        layer, name, kind = match.groups()
        prefix = f"transformer.resblocks.{layer}."
        if name in _OPENAI_PARTS:
            return (Source(f"{prefix}{_OPENAI_PARTS[name]}.{kind}"),)
        third = "qkv".index(name.removeprefix("self_attn.")[0])
        return (Source(f"{prefix}attn.in_proj_{kind}", third=third),)
    if key == "text_model.embeddings.position_embedding.weight":
        return (
            Source("positional_embedding", rest="positional_embedding_res"),
            Source("positional_embedding"),
        )
    return _OPENAI_TOP[key]


def find_sources(description: Description, names: Collection[str]) -> FileKeys:
    """Each expected key's place among ``names`` (those below the prefix); what is missing, and what
    nobody asked for.
    """
    sources: dict[str, Source] = {}
    missing: list[str] = []
    used: set[str] = set()
    names = set(names)
    for key in expected_keys(description):
        places = candidates(description, key)
        used.update(name for place in places for name in place.keys)
        source = next((place for place in places if names.issuperset(place.keys)), None)
        if source:
            sources[key] = source
        else:
            missing.append(key)
    return FileKeys(sources, tuple(missing), tuple(sorted(names - used)))


_HARMLESS_UNEXPECTED = (
    (re.compile(r"(.*\.)?position_ids"), later("a list of numbers that older programs stored")),
    (
        re.compile(r"logit_(scale|bias)"),
        later("used to compare pictures with texts, not to encode"),
    ),
    (
        re.compile(r"(vision_model|visual|visual_projection|vision_tower)\..*|visual_projection"),
        later("belongs to the vision tower"),
    ),
    (re.compile(r"(decoder|dec)\..*|lm_head\..*|output\.weight"), later("belongs to the decoder")),
    (
        re.compile(r"(encoder|decoder)\.embed_tokens\.weight"),
        later("a second copy of the vocabulary"),
    ),
    (
        re.compile(r"input_resolution|context_length|vocab_size"),
        later("a figure that OpenAI's files store"),
    ),
    (re.compile(r"text_projection(\.weight|\.bias)?"), later("the projection is not used here")),
    (
        re.compile(r"spiece_model|tekken_model|tokenizer_json"),
        later("the tokenizer, stored beside the weights"),
    ),
    (re.compile(r"attn_mask|.*\.attn_mask"), later("a mask that older programs stored")),
)
PROJECTION = "text_projection.weight"
_SHAPES_KEPT = ("none", "fp8", "fp8_scaled", "gguf", "int8")
"""Formats in which packed weights have the shapes of plain ones."""
# Said of as many keys as a file has, so each is made once.
_NO_LAYER = later("not part of this encoder, and outside of its layers: it is not read")
_IN_A_LAYER = later("inside the encoder, but no part of this architecture")
_NOT_PROJECTED = later("missing: only a pooled vector that is projected needs it")
_MISSING = later("missing")
_QUANTISATION = later("belongs to the quantisation")
_INSIDE = re.compile(
    r"(text_model\.)?(encoder\.(layers|block)\.|embeddings\.|final_layer_norm|head\.)"
    r"|transformer\.resblocks\.|enc\.blk\.|blocks\.|shared\.|positional_"
)


def sort_keys(
    missing: Iterable[str], unexpected: Iterable[str], needs_projection: bool = False
) -> SortedKeys:
    """Harmless and serious ones of both. ``missing`` holds canonical keys, ``unexpected`` keys
    below the encoder's prefix.

    ``needs_projection``: the caller takes the projected pooled vector (CLIP-G in SDXL and SD3), so
    its matrix must be there.
    """
    harmless: dict[str, str] = {}
    serious: dict[str, str] = {}
    for key in missing:
        if key == PROJECTION and not needs_projection:
            harmless[key] = _NOT_PROJECTED
        else:
            serious[key] = _MISSING
    for key in unexpected:
        reason = _harmless_reason(key)
        if not reason and _INSIDE.match(key):
            serious[key] = _IN_A_LAYER
        else:
            harmless[key] = reason or _NO_LAYER
    return SortedKeys(harmless, serious)


def _harmless_reason(key: str) -> str:
    for pattern, reason in _HARMLESS_UNEXPECTED:
        if pattern.fullmatch(key):
            return reason
    return _QUANTISATION if EncoderTensors.is_extra(key) else ""


def wrong_shapes(
    description: Description, encoder: EncoderTensors, sources: Mapping[str, Source]
) -> dict[str, str]:
    """What is wrong with tensors whose shape contradicts the rest of the file; packed weights are
    left out, since packing changes shapes.
    """
    packed: set[str] = set()
    if description.quantisation.format not in _SHAPES_KEPT:
        packed.update(description.quantisation.types)
    wrong: dict[str, str] = {}
    for key, expected in expected_keys(description).items():
        source = sources.get(key)
        if source is None or encoder.tensors[source.key].dtype in packed:
            continue
        shape = source.shape_of(encoder.tensors[source.key].shape)
        if shape != expected:
            wrong[key] = later(
                "has the shape {shape}, but {expected} was expected",
                shape=list(shape),
                expected=list(expected),
            )
    return wrong
