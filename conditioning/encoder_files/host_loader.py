"""What the host's own loader does with a file that it does not read as it is, in words.

The order and the keys of `detect_te_model` in the host's comfy/sd.py (ComfyUI 0.3.75), and what its
modules do with packed weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..families.roles import (
    BYT5,
    CLIP_G,
    CLIP_H,
    CLIP_L,
    PILE_T5_XL,
    T5_11B,
    T5_BASE,
    T5_XXL,
    EncoderRole,
)
from ..translation import translatable, translate
from .description import Description, Quantisation
from .encoder_tensors import FILLED_MARK, MARK, PACKED_ENDS

_HOST_PREFIXES = ("model.", "model.language_model.")
"""What stands before the keys of the language models that the host finds; the second in newer
versions, and not for all.
"""
_NEWER_MODELS: Mapping[str, tuple[str, ...]] = {
    "gemma4": ("model.",),
    "qwen35": ("model.language_model.",),
    "qwen3vl": _HOST_PREFIXES,
    "t5gemma": ("model.encoder.",),
    "jina_clip": ("model.",),
}
"""Variants that newer versions of the host know -> what stands before their keys there."""
_NAMED = ("clip", "siglip", "t5")
"""Architectures whose keys the host knows in some ways of naming them, and we in more."""
_READ_BY_TYPE = ("umt5_xxl", "umt5_base", "t5_11b", "mt5_xl", "byt5_glyph_small")
"""The host reads these by the loader's type, not by what it detects."""


def host_takes_it_for(description: Description) -> str:
    """What the host's own loader would take the file for, where it errs; '' where it is right or
    looks elsewhere.
    """
    if description.kind != "encoder":
        return ""
    if model := _mistaken_model(description):
        return model.title
    if description.prefix:
        return ""
    if not host_finds(description) or description.name in _READ_BY_TYPE:
        return ""
    if description.architecture in ("clip", "siglip"):
        role = _host_clip(description)
    elif description.architecture == "t5":
        role = _host_t5(description)
    else:
        return ""
    if description.name in role.file_names:
        return ""
    return role.title


HOST_SIZES = {
    CLIP_L: (49408, 3072),
    CLIP_G: (49408, 5120),
    CLIP_H: (49408, 4096),
    T5_XXL: (32128, 10240),
    T5_11B: (32128, 65536),
    T5_BASE: (32128, 3072),
    PILE_T5_XL: (32128, 5120),
    BYT5: (1510, 3584),
}
"""Vocabulary and feed-forward width of the host's modules (comfy/text_encoders/*.json)."""


_OTHER_VOCABULARY = translatable("its vocabulary has {size:,} pieces, and {role} has {expected:,}")
_OTHER_WIDTH = translatable("it is {size:,} wide, and {role} is {expected:,} wide")
_OTHER_FEED_FORWARD = translatable(
    "its feed-forward layers are {size:,} wide, and those of {role} are {expected:,} wide"
)


_HOST_LISTED = ("qwen3_4b", "mistral3_24b")
"""Language models of which the host reads the list of packed layers in a file's header."""
UNKNOWN_NAMES = translatable(
    "ComfyUI's own loader finds no text encoder in this file, since it knows other names of the "
    "tensors; its log lists them all as missing."
)
OUR_NAMES = translatable("Load Text Encoders knows these names.")
_ONLY_NEWER = translatable(
    "Older versions of ComfyUI's own loader, such as 0.3.75, do not know this model."
)
_UNREAD = translatable(
    "ComfyUI's own loader takes this file for {role}, and loads nothing of it; its log lists all "
    "tensors as missing."
)
_NOISE = translatable(
    "ComfyUI's own loader takes the packed numbers of this file for weights, without a word: what "
    "comes out is noise."
)
_NEWER = translatable(
    "Newer versions of ComfyUI's own loader may know how this file is packed. Older ones, such as "
    "0.3.75, take the packed numbers for weights, without a word: what comes out is noise."
)
_FAILS = translatable("ComfyUI's own loader fails on this file: it cannot read its packed weights.")
_NEWER_FAILS = translatable(
    "Newer versions of ComfyUI's own loader may know how this file is packed. Older ones, such as "
    "0.3.75, fail on it."
)
_PACKED_MISSING = translatable(
    "ComfyUI's own loader does not read the packed weights of this file; only its log says that "
    "they are missing."
)
_HOST_SCALED = ("t5_v1_1_xxl", "umt5_xxl")
"""T5 encoders whose packed weights the host looks for, as far as they are ever packed."""


def host_sentence(description: Description, in_own_file: bool) -> str:
    """What the host's own loader does with a file that it does not read as it is; '' for any other.

    ``in_own_file``: the encoder is all that the file holds, and the file is no GGUF.
    """
    if not in_own_file:
        return ""
    if model := _mistaken_model(description):
        return translate(
            "ComfyUI 0.3.75's own loader takes this file for {role}, and fails: {difference}. "
            "Newer versions may know it.",
            role=model.title,
            difference=translate(
                _OTHER_WIDTH, size=description.width, role=model.title, expected=model.width
            ),
        )
    if description.variant in _NEWER_MODELS and host_finds(description):
        return translate(_ONLY_NEWER)
    packed = _host_packed(description)
    if packed:
        return translate(packed)
    if mistaken := host_takes_it_for(description):
        return _mistaken_sentence(description, mistaken)
    if not host_finds(description):
        unknown = translate(UNKNOWN_NAMES)
        if description.architecture not in _NAMED or _has_other_names(description.quantisation):
            return unknown
        return f"{unknown} {translate(OUR_NAMES)}"
    if description.name == "clip_h" and description.layers != CLIP_H.layers:
        return translate(
            "ComfyUI's own loader reads it too; its log says that the last layer is missing, which "
            "does not matter."
        )
    return ""


def _mistaken_sentence(description: Description, mistaken: str) -> str:
    """``mistaken``: the role that the host takes the file for."""
    role = next(role for role in HOST_SIZES if role.title == mistaken)
    if role == BYT5:
        return translate(_UNREAD, role=mistaken)
    difference = _host_difference(description, role)
    if difference:
        return translate(
            "ComfyUI's own loader takes this file for {role}, and fails: {difference}.",
            role=mistaken,
            difference=difference,
        )
    return translate(
        "ComfyUI's own loader takes this file for {role}; only its log says what it misses.",
        role=mistaken,
    )


def _host_packed(description: Description) -> str:
    """What the host makes of packed weights that stand under the names it knows; '' where it reads
    them, and where it finds none.
    """
    packed, is_model = description.quantisation, description.architecture == "llm"
    if description.architecture == "bert" or (description.prefix and not is_model):
        return ""
    if is_model and not host_finds(description):
        return ""
    if _has_other_names(packed):
        # the host takes the width of what it did not recognise, and fails
        fault = _PACKED_MISSING if is_model else _FAILS
        return fault if description.architecture != "t5" else ""
    if not host_finds(description) or packed.format in ("none", "fp8", "gguf", "other"):
        return ""
    if "U8" in packed.types or packed.packing == "int4":
        return _NEWER_FAILS if packed.format == "comfy" else _FAILS
    return _host_scaled(description)


def _host_scaled(description: Description) -> str:
    """What the host makes of packed weights that have the shapes of plain ones."""
    packed, is_model = description.quantisation, description.architecture == "llm"
    is_known = is_model or description.name in _HOST_SCALED
    if not is_known or packed.format in ("int8", "bitsandbytes"):
        return _NOISE
    if packed.format == "comfy":
        in_header = is_model and packed.mark == "header" and description.name in _HOST_LISTED
        return "" if in_header and "I8" not in packed.types else _NEWER
    if packed.mark == FILLED_MARK:
        return _NEWER_FAILS
    is_read = packed.mark == MARK and packed.scales in ("scale_weight", "")
    return "" if is_read else _NOISE


def _has_other_names(packed: Quantisation) -> bool:
    """Whether a program gave packed weights names of its own."""
    return packed.format == "gptq" or packed.title in PACKED_ENDS.values()


def host_finds(description: Description) -> bool:
    """Whether the host's detection knows the names of an encoder's tensors."""
    if description.architecture == "llm" or description.variant in _NEWER_MODELS:
        prefixes = _NEWER_MODELS.get(description.variant, _HOST_PREFIXES)
        return description.prefix.rpartition("/")[2] in prefixes
    if description.architecture not in _NAMED:
        return True
    named = description.key_style in ("transformers", "openai") and not description.prefix
    return named and not _has_other_names(description.quantisation)


def _host_difference(description: Description, role: EncoderRole) -> str:
    """The first size that the host's module does not share; '' where all agree."""
    vocabulary, feed_forward = HOST_SIZES[role]
    sizes = (
        (_OTHER_VOCABULARY, description.vocabulary, vocabulary),
        (_OTHER_WIDTH, description.width, role.width),
        (_OTHER_FEED_FORWARD, description.feed_forward, feed_forward),
    )
    different = (
        translate(text, size=size, role=role.title, expected=expected)
        for text, size, expected in sizes
        if size not in (None, expected)
    )
    return next(different, "")


def _host_clip(description: Description) -> EncoderRole:
    layers = description.layers or 0
    if layers > 30:
        return CLIP_G
    if layers > 22:
        return CLIP_H
    return CLIP_L


def _host_t5(description: Description) -> EncoderRole:
    layers = description.layers or 0
    if layers > 23 and description.gated and description.width == T5_XXL.width:
        return T5_XXL
    if layers > 23 and description.gated and description.width == PILE_T5_XL.width:
        return PILE_T5_XL
    if layers > 23 and not description.gated:
        return T5_11B
    if (description.heads or 0) * (description.head_width or 0) == 384:
        return BYT5
    return T5_BASE


class _HostModel(NamedTuple):
    """A language model that the host builds."""

    title: str
    width: int


_GEMMA, _QWEN = _HostModel("Gemma 3 4B", 2560), _HostModel("Qwen3 4B", 2560)
_QWEN_25, _LLAMA = _HostModel("Qwen2.5 7B", 3584), _HostModel("Llama 3 8B", 4096)
_TAKEN_FOR = {
    "gemma3": _GEMMA,
    "qwen3": _QWEN,
    "gpt_oss": _QWEN_25,
    "llama3": _LLAMA,
    "ministral3": _LLAMA,
}
"""Variant -> what the host takes every size of it for."""


def _mistaken_model(description: Description) -> _HostModel | None:
    """What the host takes a language model for that is not as wide."""
    if description.architecture != "llm" or not host_finds(description):
        return None
    model = _TAKEN_FOR.get(description.variant)
    return model if model and description.width != model.width else None
