"""Readers of CLIP-shaped text towers: CLIP with three styles of keys, Long-CLIP, SigLIP 1 and 2."""

from __future__ import annotations

from dataclasses import replace
from math import isqrt
from typing import NamedTuple

from ..translation import later, translatable
from .description import Description, of_unknown_size
from .encoder_tensors import EncoderTensors


class _ClipSize(NamedTuple):
    size: str
    title: str
    activation: str
    note: str = ""


_SAME_H = translatable(
    "The text tower of OpenCLIP ViT-g/14 has the same shapes as that of ViT-H/14: the file "
    "does not tell them apart."
)
_NO_LAST_LAYER = translatable(
    "The 24th layer is not in the file, as in diffusers' Stable Diffusion 2.1. The image model "
    "reads the states of the 23rd and no pooled vector, so nothing is lost."
)
_SAME_B = translatable(
    "The text towers of ViT-B/32 and ViT-B/16 have the same shapes: the file does not tell "
    "them apart."
)
# (width, layers, projection) -> the model with these figures. OpenAI's towers use QuickGELU,
# OpenCLIP's own mostly GELU; no key tells which, so the activation of a lone file is an assumption,
# and listed as one.
_CLIP = {
    (512, 12, 512): _ClipSize("b", later("CLIP ViT-B/32 or ViT-B/16"), "quick_gelu", _SAME_B),
    (512, 12, 1024): _ClipSize("rn50", "CLIP RN50", "quick_gelu"),
    (640, 12, 640): _ClipSize("rn50x4", later("CLIP RN50x4 or ViT-B/16-plus"), "quick_gelu"),
    (768, 12, 768): _ClipSize("l", "CLIP-L (ViT-L/14)", "quick_gelu"),
    (1024, 12, 1024): _ClipSize("rn50x64", "CLIP RN50x64", "quick_gelu"),
    (1024, 24, 1024): _ClipSize("h", "CLIP-H (OpenCLIP ViT-H/14)", "gelu", _SAME_H),
    (1024, 23, 1024): _ClipSize(
        "h", later("CLIP-H (OpenCLIP ViT-H/14) without its last layer"), "gelu", _NO_LAST_LAYER
    ),
    (1280, 32, 1280): _ClipSize("g", "CLIP-G (OpenCLIP ViT-bigG/14)", "gelu"),
}
# OpenAI's ResNets whose text towers have the shapes of its ViTs
_RESNETS = {"b": "CLIP RN101", "l": "CLIP RN50x16"}


class _SiglipSize(NamedTuple):
    size: str
    layers: int
    heads: int


class _SiglipVariant(NamedTuple):
    variant: str
    title: str
    tokenizer: str


_SIGLIP = {
    768: _SiglipSize("base", 12, 12),
    1024: _SiglipSize("large", 24, 16),
    1152: _SiglipSize("so400m", 27, 16),
}
_SIGLIP_VOCABULARIES = {
    32000: _SiglipVariant("siglip", "SigLIP", "siglip"),
    256000: _SiglipVariant("siglip2", "SigLIP 2", "siglip2"),
    250000: _SiglipVariant("siglip", later("SigLIP (multilingual)"), ""),
}
_UNKNOWN_SIGLIP = _SiglipVariant("siglip", later("SigLIP (unknown vocabulary)"), "")
_LONG = 248
# every CLIP has heads of 64 (openai/CLIP, clip/model.py, transformer_heads)
_HEAD = 64


class _ClipKeys(NamedTuple):
    """Where a style of keys keeps what is measured; `layer` holds one `{}` for its number."""

    tokens: str
    positions: str
    layer: str
    norm: str
    feed_forward: str
    head: str


_TRANSFORMERS = _ClipKeys(
    "text_model.embeddings.token_embedding.weight",
    "text_model.embeddings.position_embedding.weight",
    "text_model.encoder.layers.{}.",
    "text_model.encoder.layers.0.layer_norm1.weight",
    "text_model.encoder.layers.0.mlp.fc1",
    "text_model.head",
)
_BARE = _ClipKeys(*(key.removeprefix("text_model.") for key in _TRANSFORMERS))
_OPENAI = _ClipKeys(
    "token_embedding.weight",
    "positional_embedding",
    "transformer.resblocks.{}.",
    "transformer.resblocks.0.ln_1.weight",
    "transformer.resblocks.0.mlp.c_fc",
    "text_projection",
)


def read_transformers(encoder: EncoderTensors) -> Description:
    """Describes a tower with transformers' keys."""
    return _read(encoder, _TRANSFORMERS)


def read_bare(encoder: EncoderTensors) -> Description:
    """Describes a lone CLIPTextModel, which transformers 5 saves without `text_model.`."""
    return _read(encoder, _BARE)


def read_openai(encoder: EncoderTensors) -> Description:
    """Describes a tower with openai/CLIP's and OpenCLIP's keys: resblocks with one matrix for
    queries, keys and values.
    """
    return _read(encoder, _OPENAI)


def _read(encoder: EncoderTensors, keys: _ClipKeys) -> Description:
    if f"{keys.head}.bias" in encoder:
        return _siglip(encoder, keys)
    return _clip(encoder, keys)


def _clip(encoder: EncoderTensors, keys: _ClipKeys) -> Description:
    width = encoder.axis(-1, keys.norm)
    layers = encoder.layers(keys.layer)
    projection = encoder.axis(-1, "text_projection") or encoder.rows("text_projection.weight")
    # without a projection: as wide as the tower, as in all but RN50
    figures = (width or 0, layers, projection or width or 0)
    unknown = of_unknown_size("CLIP", width, layers)
    usual = _CLIP.get(figures, _ClipSize("", unknown, "quick_gelu"))
    unstored = _unstored(encoder, usual.activation, (width or 0) // _HEAD)
    vision = _vision(encoder)
    description = Description(
        kind="encoder",
        architecture="clip",
        variant="clip",
        size=usual.size,
        title=_clip_title(usual, vision),
        objective=later("contrastive"),
        width=width,
        layers=layers,
        heads=unstored.heads,
        head_width=_head_width(width, unstored.heads),
        feed_forward=encoder.axis(0, f"{keys.feed_forward}.bias"),
        vocabulary=encoder.axis(0, keys.tokens),
        positions=encoder.axis(0, keys.positions),
        projection=projection,
        activation=unstored.activation,
        causal=True,
        tokenizer="clip",
        also=vision.also,
        vision_patch=vision.patch,
        assumed=unstored.assumed,
        notes=tuple(later(note) for note in (usual.note,) if note and not vision.kind),
    )
    if description.positions == _LONG:
        return _long_clip(description)
    return description


def _long_clip(clip: Description) -> Description:
    note = later(
        "ComfyUI reads a prompt in windows of {positions} tokens with it, where an ordinary CLIP "
        "has 77.",
        positions=clip.positions,
    )
    title = later("Long-{clip}", clip=clip.title)
    return replace(clip, variant="long_clip", title=title, notes=(*clip.notes, note))


def _siglip(encoder: EncoderTensors, keys: _ClipKeys) -> Description:
    width = encoder.axis(-1, f"{keys.head}.weight")
    layers = encoder.layers(keys.layer)
    vocabulary = encoder.axis(0, keys.tokens)
    variant = _SIGLIP_VOCABULARIES.get(vocabulary or 0, _UNKNOWN_SIGLIP)
    usual = _SIGLIP.get(width or 0, _SiglipSize("", layers, (width or 0) // _HEAD))
    size, title = "", of_unknown_size(variant.title, width, layers)
    if layers == usual.layers:
        size, title = usual.size, later("{name} {size}", name=variant.title, size=usual.size)
    unstored = _unstored(encoder, "gelu_pytorch_tanh", usual.heads)
    vision = _vision(encoder)
    return Description(
        kind="encoder",
        architecture="siglip",
        variant=variant.variant,
        size=size,
        title=title,
        objective=later("contrastive, sigmoid loss"),
        width=width,
        layers=layers,
        heads=unstored.heads,
        head_width=_head_width(width, unstored.heads),
        feed_forward=encoder.axis(0, f"{keys.feed_forward}.bias"),
        vocabulary=vocabulary,
        positions=encoder.axis(0, keys.positions),
        projection=encoder.axis(0, f"{keys.head}.bias"),
        activation=unstored.activation,
        causal=False,
        tokenizer=variant.tokenizer,
        also=vision.also,
        vision_patch=vision.patch,
        assumed=unstored.assumed,
    )


class _Unstored(NamedTuple):
    """What no tensor tells."""

    activation: str
    heads: int | None
    assumed: tuple[str, ...]
    """The names of those that config.json does not tell either."""


def _unstored(encoder: EncoderTensors, activation: str, heads: int) -> _Unstored:
    """Activation and heads: from config.json, else the usual ones, named as assumed. OpenAI's own
    files tell themselves apart.
    """
    config = encoder
    if isinstance(encoder.config.get("text_config"), dict):
        config = replace(encoder, config=encoder.config["text_config"])
    stored_activation, stored_heads = config.activation, config.number("num_attention_heads")
    if not stored_activation and "input_resolution" in encoder:
        stored_activation = "quick_gelu"
    stored = {"activation": stored_activation, "heads": stored_heads}
    return _Unstored(
        stored_activation or activation,
        stored_heads or heads or None,
        tuple(name for name, value in stored.items() if not value),
    )


def _head_width(width: int | None, heads: int | None) -> int | None:
    if not width or not heads:
        return None
    return width // heads


class _VisionTower(NamedTuple):
    kind: str
    """vit, resnet, or '' where there is no vision tower."""
    patch: int | None = None

    @property
    def also(self) -> tuple[str, ...]:
        return (later("vision tower"),) if self.kind else ()


def _vision(encoder: EncoderTensors) -> _VisionTower:
    """The vision tower that lies beside the text tower."""
    if encoder.has("visual.layer1."):
        return _VisionTower("resnet")
    shape = encoder.shape(
        "vision_model.embeddings.patch_embedding.weight",
        "visual.conv1.weight",
        "visual.trunk.patch_embed.proj.weight",
    )
    if len(shape) == 4:
        return _VisionTower("vit", shape[-1])
    if len(shape) == 2:  # SigLIP 2 NaFlex: all pixels and colours of a patch in one row
        return _VisionTower("vit", isqrt(shape[1] // 3))
    if shape or encoder.has("vision_model.") or encoder.has("visual."):
        return _VisionTower("vit")
    return _VisionTower("")


def _clip_title(usual: _ClipSize, vision: _VisionTower) -> str:
    if usual.size == "b" and vision.patch:
        return f"CLIP ViT-B/{vision.patch}"
    if vision.kind == "resnet":
        return _RESNETS.get(usual.size, usual.title)
    return usual.title
