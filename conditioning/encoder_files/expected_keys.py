"""Which keys an encoder must have, where its file keeps them, and which of the rest matter.

Keys have one canonical spelling: the host's own (`text_model.encoder.layers.0...` for CLIP and
SigLIP, `encoder.block.0...` for T5). `sources` finds each in whatever layout a file has, so that a
loader reads every layout by the same few lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from .description import Description
from .encoder_part import Part

Shape = tuple[int, ...]


class Source(NamedTuple):
    """Where a canonical tensor stands in a file: ``key`` below the encoder's prefix."""

    key: str
    third: int | None = None
    """0, 1, 2: the tensor is this third of the rows (queries, keys, values of OpenAI's layout)."""
    transposed: bool = False
    rest: str = ""
    """Long-CLIP in OpenAI's layout: rows from 20 on are those of this tensor."""


# positions that Long-CLIP leaves as CLIP trained them; beyond lies its stretched
# `positional_embedding_res`
LONG_CLIP_KEPT = 20


class Sorted(NamedTuple):
    harmless: dict[str, str]
    """Key -> why it does not matter."""
    serious: dict[str, str]
    """Key -> what is wrong."""


class Keys(NamedTuple):
    """What `sources` finds."""

    found: dict[str, Source]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]


def expected_keys(said: Description) -> dict[str, Shape]:
    """Canonical keys and shapes of an encoder that EncoderScope builds; empty for any other."""
    makers: Mapping[str, Callable[[Description], dict[str, Shape]]] = {
        "clip": _clip,
        "siglip": _clip,
        "t5": _t5,
    }
    maker = makers.get(said.architecture)
    complete = None not in (said.width, said.layers, said.heads, said.feed_forward, said.vocabulary)
    return maker(said) if maker and complete else {}


def _clip(said: Description) -> dict[str, Shape]:
    w, ff = said.width or 0, said.feed_forward or 0
    out: dict[str, Shape] = {
        "text_model.embeddings.token_embedding.weight": (said.vocabulary or 0, w),
        "text_model.embeddings.position_embedding.weight": (said.positions or 0, w),
    }
    for layer in range(said.layers or 0):
        at = f"text_model.encoder.layers.{layer}."
        sizes = {f"self_attn.{one}": (w, w) for one in ("q_proj", "k_proj", "v_proj", "out_proj")}
        sizes |= {"mlp.fc1": (ff, w), "mlp.fc2": (w, ff)}
        for norm in ("layer_norm1", "layer_norm2"):
            out |= {f"{at}{norm}.weight": (w,), f"{at}{norm}.bias": (w,)}
        for name, (rows, columns) in sizes.items():
            out |= {f"{at}{name}.weight": (rows, columns), f"{at}{name}.bias": (rows,)}
    out |= {"text_model.final_layer_norm.weight": (w,), "text_model.final_layer_norm.bias": (w,)}
    if said.architecture == "siglip":
        out |= {
            "text_model.head.weight": (said.projection or w, w),
            "text_model.head.bias": (said.projection or w,),
        }
    else:
        out["text_projection.weight"] = (said.projection or w, w)
    return out


def _t5(said: Description) -> dict[str, Shape]:
    w, ff, heads = said.width or 0, said.feed_forward or 0, said.heads or 0
    inner = heads * (said.head_width or 0)
    out: dict[str, Shape] = {"shared.weight": (said.vocabulary or 0, w)}
    for layer in range(said.layers or 0):
        attention, forward = f"encoder.block.{layer}.layer.0.", f"encoder.block.{layer}.layer.1."
        out |= {f"{attention}SelfAttention.{one}.weight": (inner, w) for one in "qkv"}
        out |= {
            f"{attention}SelfAttention.o.weight": (w, inner),
            f"{attention}layer_norm.weight": (w,),
        }
        if layer == 0 or said.bias_in_every_layer:
            out[f"{attention}SelfAttention.relative_attention_bias.weight"] = (
                said.buckets or 0,
                heads,
            )
        out |= {
            f"{forward}DenseReluDense.{one}.weight": (ff, w)
            for one in (("wi_0", "wi_1") if said.gated else ("wi",))
        }
        out |= {f"{forward}DenseReluDense.wo.weight": (w, ff), f"{forward}layer_norm.weight": (w,)}
    out["encoder.final_layer_norm.weight"] = (w,)
    return out


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
_T5_LAYER = re.compile(r"encoder\.block\.(\d+)\.(.+)\.weight")


def candidates(said: Description, key: str) -> tuple[Source, ...]:
    """Where a file of this layout may keep a canonical key, the usual place first."""
    if said.architecture == "t5":
        return _t5_candidates(said.layout, key)
    if key == "text_projection.weight":
        return _PROJECTION
    if said.layout == "bare":
        return (Source(key.removeprefix("text_model.")),)
    return _openai_candidates(key) if said.layout == "openai" else (Source(key),)


def _t5_candidates(layout: str, key: str) -> tuple[Source, ...]:
    if layout == "gguf":
        match = _T5_LAYER.fullmatch(key)
        if match:
            return (Source(f"enc.blk.{match[1]}.{_GGUF_T5[match[2]]}.weight"),)
        return (
            Source("token_embd.weight" if key == "shared.weight" else "enc.output_norm.weight"),
        )
    return (
        (Source(key), Source("encoder.embed_tokens.weight"))
        if key == "shared.weight"
        else (Source(key),)
    )


def _openai_candidates(key: str) -> tuple[Source, ...]:
    match = _CLIP_LAYER.fullmatch(key)
    if match:
        at = f"transformer.resblocks.{match[1]}."
        if match[2] in _OPENAI_PARTS:
            return (Source(f"{at}{_OPENAI_PARTS[match[2]]}.{match[3]}"),)
        return (
            Source(
                f"{at}attn.in_proj_{match[3]}",
                third="qkv".index(match[2].removeprefix("self_attn.")[0]),
            ),
        )
    if key == "text_model.embeddings.position_embedding.weight":
        return Source("positional_embedding", rest="positional_embedding_res"), Source(
            "positional_embedding"
        )
    return _OPENAI_TOP[key]


def sources(said: Description, names: Collection[str]) -> Keys:
    """Each expected key's place among ``names`` (those below the prefix); what is missing, and what
    nobody asked for.
    """
    found: dict[str, Source] = {}
    missing, used = [], set[str]()
    there = set(names)
    for key in expected_keys(said):
        places = candidates(said, key)
        place = next(
            (one for one in places if one.key in there and (not one.rest or one.rest in there)),
            None,
        )
        used.update(name for one in places for name in (one.key, one.rest) if name)
        if place:
            found[key] = place
        else:
            missing.append(key)
    return Keys(found, tuple(missing), tuple(sorted(there - used)))


_HARMLESS_UNEXPECTED = (
    (re.compile(r"(.*\.)?position_ids"), "a list of numbers that older programs stored"),
    (re.compile(r"logit_(scale|bias)"), "used to compare pictures with texts, not to encode"),
    (
        re.compile(r"(vision_model|visual|visual_projection|vision_tower)\..*|visual_projection"),
        "belongs to the vision tower",
    ),
    (re.compile(r"(decoder|dec)\..*|lm_head\..*|output\.weight"), "belongs to the decoder"),
    (re.compile(r"(encoder|decoder)\.embed_tokens\.weight"), "a second copy of the vocabulary"),
    (
        re.compile(r"input_resolution|context_length|vocab_size"),
        "a figure that OpenAI's files store",
    ),
    (re.compile(r"text_projection(\.weight|\.bias)?"), "the projection is not used here"),
    (
        re.compile(r"spiece_model|tekken_model|tokenizer_json"),
        "the tokenizer, stored beside the weights",
    ),
    (re.compile(r"attn_mask|.*\.attn_mask"), "a mask that older programs stored"),
)
_NO_LAYER = "not part of this encoder, and outside of its layers: it is not read"
_INSIDE = re.compile(
    r"(text_model\.)?(encoder\.(layers|block)\.|embeddings\.|final_layer_norm|head\.)"
    r"|transformer\.resblocks\.|enc\.blk\.|shared\.|positional_"
)


def sort_keys(
    missing: Iterable[str], unexpected: Iterable[str], needs_projection: bool = False
) -> Sorted:
    """Harmless and serious ones of both. ``missing`` holds canonical keys, ``unexpected`` keys
    below the encoder's prefix.

    ``needs_projection``: the caller takes the projected pooled vector (CLIP-G in SDXL and SD3), so
    its matrix must be there.
    """
    harmless: dict[str, str] = {}
    serious: dict[str, str] = {}
    for key in missing:
        if key == "text_projection.weight" and not needs_projection:
            harmless[key] = "missing, and not used here"
        else:
            serious[key] = "missing"
    for key in unexpected:
        why = next(
            (reason for pattern, reason in _HARMLESS_UNEXPECTED if pattern.fullmatch(key)), ""
        )
        if not why and Part.is_extra(key):
            why = "belongs to the quantisation"
        if not why and _INSIDE.match(key):
            serious[key] = "inside the encoder, but no part of this architecture"
        else:
            harmless[key] = why or _NO_LAYER
    return Sorted(harmless, serious)


def wrong_shapes(said: Description, part: Part, found: Mapping[str, Source]) -> dict[str, str]:
    """Tensors whose shape contradicts the rest of the file; packed weights are left out, since
    packing changes shapes.
    """
    packed = (
        {*said.quantisation.types}
        if said.quantisation.format not in ("none", "fp8", "fp8_scaled", "gguf", "int8")
        else set()
    )
    out = {}
    for key, shape in expected_keys(said).items():
        source = found.get(key)
        if source is None or part.tensors[source.key].dtype in packed:
            continue
        given = _seen_shape(part.tensors[source.key].shape, source)
        if given != shape:
            out[key] = f"has the shape {list(given)}, but {list(shape)} was expected"
    return out


def _seen_shape(shape: Shape, source: Source) -> Shape:
    if source.transposed:
        return shape[::-1]
    return (shape[0] // 3, *shape[1:]) if source.third is not None and shape else shape
