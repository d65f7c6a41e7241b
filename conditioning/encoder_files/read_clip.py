"""Readers of CLIP-shaped text towers: CLIP in three layouts of keys, Long-CLIP, SigLIP and SigLIP
2.
"""

from __future__ import annotations

from math import isqrt
from typing import NamedTuple

from .description import Description
from .encoder_part import Part


class _Size(NamedTuple):
    size: str
    title: str
    activation: str
    note: str = ""


_SAME_H = (
    "The text tower of OpenCLIP ViT-g/14 has the same shapes as that of ViT-H/14: the file "
    "does not tell them apart."
)
_SAME_B = (
    "The text towers of ViT-B/32 and ViT-B/16 have the same shapes: the file does not tell "
    "them apart."
)
# (width, layers, projection) -> the model known by these figures. OpenAI's towers use QuickGELU,
# OpenCLIP's own mostly GELU;
# no key tells which, so the activation of a lone file is an assumption, and said to be one.
_CLIP = {
    (512, 12, 512): _Size("b", "CLIP ViT-B/32 or ViT-B/16", "quick_gelu", _SAME_B),
    (512, 12, 1024): _Size("rn50", "CLIP RN50", "quick_gelu"),
    (640, 12, 640): _Size("rn50x4", "CLIP RN50x4 or ViT-B/16-plus", "quick_gelu"),
    (768, 12, 768): _Size("l", "CLIP-L (ViT-L/14)", "quick_gelu"),
    (1024, 12, 1024): _Size("rn50x64", "CLIP RN50x64", "quick_gelu"),
    (1024, 24, 1024): _Size("h", "CLIP-H (OpenCLIP ViT-H/14)", "gelu", _SAME_H),
    (1280, 32, 1280): _Size("g", "CLIP-G (OpenCLIP ViT-bigG/14)", "gelu"),
}
_SIGLIP = {768: ("base", 12, 12), 1024: ("large", 24, 16), 1152: ("so400m", 27, 16)}
_SIGLIP_VOCABULARIES = {
    32000: ("siglip", "SigLIP"),
    256000: ("siglip2", "SigLIP 2"),
    250000: ("siglip", "SigLIP (multilingual)"),
}
_LONG = 248
# every CLIP has heads of 64; openai/CLIP, clip/model.py: transformer_heads = transformer_width //
# 64
_HEAD = 64


class _Names(NamedTuple):
    """Where a layout keeps what is measured."""

    tokens: str
    positions: tuple[str, ...]
    layer: str
    feed_forward: str
    head: str


_TRANSFORMERS = _Names(
    "text_model.embeddings.token_embedding.weight",
    ("text_model.embeddings.position_embedding.weight",),
    "text_model.encoder.layers.{}.",
    "text_model.encoder.layers.0.mlp.fc1",
    "text_model.head",
)
_BARE = _Names(
    "embeddings.token_embedding.weight",
    ("embeddings.position_embedding.weight",),
    "encoder.layers.{}.",
    "encoder.layers.0.mlp.fc1",
    "head",
)
_OPENAI = _Names(
    "token_embedding.weight",
    ("positional_embedding",),
    "transformer.resblocks.{}.",
    "transformer.resblocks.0.mlp.c_fc",
    "text_projection",
)


def read_transformers(part: Part) -> Description:
    return _read(part, _TRANSFORMERS)


def read_bare(part: Part) -> Description:
    """transformers 5 saves a lone CLIPTextModel without `text_model.`."""
    return _read(part, _BARE)


def read_openai(part: Part) -> Description:
    """openai/CLIP and OpenCLIP: resblocks with one matrix for queries, keys and values."""
    return _read(part, _OPENAI)


def _read(part: Part, names: _Names) -> Description:
    siglip = f"{names.head}.bias" in part
    return (_siglip if siglip else _clip)(part, names)


def _clip(part: Part, names: _Names) -> Description:
    width = part.axis(
        -1, names.layer.format(0) + ("ln_1.weight" if names is _OPENAI else "layer_norm1.weight")
    )
    layers = part.layers(names.layer)
    projection = part.axis(-1, "text_projection") or part.rows("text_projection.weight")
    known = _CLIP.get(
        (width or 0, layers, projection or width or 0)
    )  # without one: as wide as the tower, as in all but RN50
    positions = part.axis(0, *names.positions)
    long = positions == _LONG
    activation, heads, assumed = _unseen(
        part, known.activation if known else "quick_gelu", (width or 0) // _HEAD
    )
    also, patch, vision = _vision(part)
    title = _clip_title(known, width, layers, patch, vision)
    notes = [known.note] if known and known.note and not vision else []
    if long:
        notes.append(
            f"ComfyUI reads a prompt in windows of {positions} tokens with it, where an "
            "ordinary CLIP has 77."
        )
    return Description(
        kind="encoder",
        architecture="clip",
        variant="long_clip" if long else "clip",
        size=known.size if known else "",
        title=f"Long-{title}" if long else title,
        objective="contrastive",
        width=width,
        layers=layers,
        heads=heads,
        head_width=width // heads if width and heads else None,
        feed_forward=part.axis(0, f"{names.feed_forward}.bias"),
        vocabulary=part.axis(0, names.tokens),
        positions=positions,
        projection=projection,
        activation=activation,
        causal=True,
        tokenizer="clip",
        also=also,
        vision_patch=patch,
        assumed=assumed,
        notes=tuple(notes),
    )


def _clip_title(
    known: _Size | None, width: int | None, layers: int, patch: int | None, vision: str
) -> str:
    if known is None:
        return f"CLIP of an unknown size ({width} wide, {layers} layers)"
    if known.size == "b" and patch:
        return f"CLIP ViT-B/{patch}"
    if vision == "resnet":  # OpenAI's ResNets whose text towers have the shapes of its ViTs
        return {"b": "CLIP RN101", "l": "CLIP RN50x16"}.get(known.size, known.title)
    return known.title


def _siglip(part: Part, names: _Names) -> Description:
    width = part.axis(-1, f"{names.head}.weight")
    layers = part.layers(names.layer)
    vocabulary = part.axis(0, names.tokens)
    variant, title = _SIGLIP_VOCABULARIES.get(
        vocabulary or 0, ("siglip", "SigLIP (unknown vocabulary)")
    )
    size, usual_layers, usual_heads = _SIGLIP.get(width or 0, ("", layers, (width or 0) // _HEAD))
    if layers != usual_layers:
        size = ""
    activation, heads, assumed = _unseen(part, "gelu_pytorch_tanh", usual_heads)
    also, patch, _ = _vision(part)
    return Description(
        kind="encoder",
        architecture="siglip",
        variant=variant,
        size=size,
        title=f"{title} {size or f'of an unknown size ({width} wide, {layers} layers)'}",
        objective="contrastive, sigmoid loss",
        width=width,
        layers=layers,
        heads=heads,
        head_width=width // heads if width and heads else None,
        feed_forward=part.axis(0, f"{names.feed_forward}.bias"),
        vocabulary=vocabulary,
        positions=part.axis(0, *names.positions),
        projection=part.axis(0, f"{names.head}.bias"),
        activation=activation,
        causal=False,
        tokenizer={32000: "siglip", 256000: "siglip2"}.get(vocabulary or 0, ""),
        also=also,
        vision_patch=patch,
        assumed=assumed,
    )


def _unseen(part: Part, activation: str, heads: int) -> tuple[str, int | None, tuple[str, ...]]:
    """Activation and heads: from config.json, else the usual ones, named as assumed. OpenAI's own
    files tell themselves apart.
    """
    said = part.config.get("text_config")
    config = Part(part.prefix, {}, {}, said if isinstance(said, dict) else part.config)
    told = config.activation
    counted = config.number("num_attention_heads")
    assumed = []
    if not told and "input_resolution" in part:
        told = "quick_gelu"
    if not told:
        assumed.append("activation")
    if counted is None:
        assumed.append("heads")
    return told or activation, counted or heads or None, tuple(assumed)


def _vision(part: Part) -> tuple[tuple[str, ...], int | None, str]:
    """Is there a vision tower, its patch, and whether it is a ViT or a ResNet."""
    if part.has("visual.layer1."):
        return ("vision tower",), None, "resnet"
    shape = part.shape(
        "vision_model.embeddings.patch_embedding.weight",
        "visual.conv1.weight",
        "visual.trunk.patch_embed.proj.weight",
    )
    there = bool(shape) or part.has("vision_model.") or part.has("visual.")
    patch = shape[-1] if len(shape) == 4 else isqrt(shape[1] // 3) if len(shape) == 2 else None
    return ("vision tower",) if there else (), patch, "vit" if there else ""
