"""Which image models take a file as one of their text encoders, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

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
from ..families.table import FAMILIES, Family
from ..translation import joined, said, translatable, translate
from .description import Description, Quantisation
from .encoder_tensors import PACKED_ENDS

_OF_KIND = {
    "clip": translatable("it takes {titles}, and this is a CLIP"),
    "siglip": translatable("it takes {titles}, and this is a SigLIP"),
    "t5": translatable("it takes {titles}, and this is a T5"),
    "bert": translatable("it takes {titles}, and this is a BERT"),
    "llm": translatable("it takes {titles}, and this is a language model"),
}
_LONG_BESIDE = translatable(
    "CLIP-L and CLIP-G are joined side by side and cut to the shorter, so both should have "
    "the same number of positions."
)
_NO_PROJECTION = translatable(
    "the pooled vector is read through text_projection.weight, which is missing in this file"
)
_HOST_PREFIXES = ("model.", "model.language_model.")
"""What stands before the keys of the language models that the host finds; the second in newer
versions, and not for all.
"""
_READ_BY_TYPE = ("umt5_xxl", "umt5_base", "t5_11b", "mt5_xl", "byt5_glyph_small")
"""The host reads these by the loader's type, not by what it detects."""


@dataclass(frozen=True)
class FamilyFit:
    """One family's answer."""

    family: str
    title: str
    stream: str
    """The family's stream that the file was compared with: `l`, `t5xxl`; '' where none is of its
    kind.
    """
    wants: str
    """What the family expects there, in words."""
    fits: bool
    why: str
    """Why it does not fit, or what to mind where it does."""


def fits(description: Description) -> tuple[FamilyFit, ...]:
    """One answer for every family that takes text encoders; empty for what is no encoder."""
    if description.kind != "encoder":
        return ()
    return tuple(
        _answer(description, family) for family in FAMILIES.values() if not family.stands_for
    )


def _answer(description: Description, family: Family) -> FamilyFit:
    def answer(stream: str, takes: str, fitting: bool, why: str) -> FamilyFit:
        return FamilyFit(family.name, family.title, stream, takes, fitting, why)

    roles = _roles(family)
    for stream, role in roles.items():
        if description.name in role.file_names:
            if lacks_projection(description, family, role):
                return answer(stream, role.title, False, translate(_NO_PROJECTION))
            return answer(stream, role.title, True, _caveat(description, family, stream, role))
    architecture = _compared_with(description)
    alike = {name: role for name, role in roles.items() if role.architecture == architecture}
    if alike:
        nearest = min(alike, key=lambda name: _distance(description, alike[name]))
        role = alike[nearest]
        return answer(nearest, role.title, False, _difference(description, role))
    titles = _all_of([role.title for role in roles.values()]) or _all_of(
        [stream.title for stream in family.streams if stream.encoder and stream.taken]
    )
    why = translate(_OF_KIND[description.architecture], titles=titles)
    return answer("", titles, False, why)


def _all_of(titles: Sequence[str]) -> str:
    """ "A and B and C": a set, all of which are wanted."""
    return reduce(lambda some, title: joined((some, title)), titles) if titles else ""


def lacks_projection(description: Description, family: Family, role: EncoderRole) -> bool:
    """Whether the family reads the pooled vector through a projection that the file lacks."""
    projected = any(stream.projected for stream in family.streams if stream.role == role)
    return projected and description.architecture == "clip" and description.projection is None


def needs_projection(description: Description) -> bool:
    """Whether a projection is all that the file lacks, and no image model takes it without."""
    answers = fits(description)
    return any(a.why == translate(_NO_PROJECTION) for a in answers) and not any(
        a.fits for a in answers
    )


def _roles(family: Family) -> Mapping[str, EncoderRole]:
    """Stream -> the encoder that reads it, each once, as far as files of its kind are known."""
    roles: dict[str, EncoderRole] = {}
    for stream in family.streams:
        role = stream.role
        if role and role.variants and stream.taken and role not in roles.values():
            roles[stream.name] = role
    return roles


def _compared_with(description: Description) -> str:
    """SigLIP is compared with CLIP, which it is mistaken for; DistilBERT with nothing."""
    if description.variant == "distilbert":
        return ""
    return description.architecture.replace("siglip", "clip")


def _distance(description: Description, role: EncoderRole) -> tuple[int, int]:
    return abs((description.width or 0) - role.width), abs((description.layers or 0) - role.layers)


def _difference(description: Description, role: EncoderRole) -> str:
    if description.architecture == "siglip":
        return translate("SigLIP has another vocabulary and reads a prompt without a causal mask")
    if description.width != role.width:
        return translate(
            "{role} is {wanted} wide, this is {width} wide",
            role=role.title,
            wanted=role.width,
            width=description.width,
        )
    if description.layers != role.layers:
        return translate(
            "{role} has {wanted} layers, this has {layers}",
            role=role.title,
            wanted=role.layers,
            layers=description.layers,
        )
    vocabulary, _ = _HOST_SIZES.get(role, (None, 0))
    if vocabulary and description.vocabulary not in (None, vocabulary):
        return translate(
            "this is {title}, as wide, but with another vocabulary of {pieces:,} pieces instead of "
            "{wanted:,}",
            title=said(description.title),
            pieces=description.vocabulary,
            wanted=vocabulary,
        )
    return translate(
        "this is {title}, of the same width but trained otherwise", title=said(description.title)
    )


def _caveat(description: Description, family: Family, stream: str, role: EncoderRole) -> str:
    if description.variant == "long_clip" and stream in family.side_by_side:
        return translate(_LONG_BESIDE)
    return translate(role.caveat)


def host_takes_it_for(description: Description) -> str:
    """What the host's own loader would take the file for, where it errs; '' where it is right or
    looks elsewhere.

    The order and the keys of `detect_te_model` in the host's comfy/sd.py (ComfyUI 0.3.75), for the
    architectures that we build.
    """
    if description.kind != "encoder" or description.prefix:
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


_HOST_SIZES = {
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


UNKNOWN_NAMES = translatable(
    "ComfyUI's own loader finds no text encoder in this file, since it knows other names of the "
    "tensors; its log lists them all as missing."
)
OUR_NAMES = translatable("Load Text Encoders knows these names.")
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
_HOST_SCALED = ("t5_v1_1_xxl", "umt5_xxl")
"""T5 encoders whose packed weights the host looks for, as far as they are ever packed."""


def host_sentence(description: Description, in_own_file: bool) -> str:
    """What the host's own loader does with a file that it does not read as it is; '' for any other.

    ``in_own_file``: the encoder is all that the file holds, and the file is no GGUF.
    """
    if not in_own_file:
        return ""
    packed = _host_packed(description)
    if packed:
        return translate(packed)
    mistaken = host_takes_it_for(description)
    if mistaken:
        role = next(role for role in _HOST_SIZES if role.title == mistaken)
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
    if not host_finds(description):
        unknown = translate(UNKNOWN_NAMES)
        if description.architecture == "llm" or _has_other_names(description.quantisation):
            return unknown
        return f"{unknown} {translate(OUR_NAMES)}"
    if description.name == "clip_h" and description.layers != CLIP_H.layers:
        return translate(
            "ComfyUI's own loader reads it too; its log says that the last layer is missing, which "
            "does not matter."
        )
    return ""


def _host_packed(description: Description) -> str:
    """What the host makes of packed weights that stand under the names it knows; '' where it reads
    them, and where it finds none.
    """
    packed = description.quantisation
    if description.architecture not in ("clip", "siglip", "t5") or description.prefix:
        return ""
    if _has_other_names(packed):
        # the host takes the width of what it did not recognise, and fails
        return _FAILS if description.architecture != "t5" else ""
    if not host_finds(description) or packed.format in ("none", "fp8", "gguf", "other"):
        return ""
    if "U8" in packed.types or packed.packing == "int4":
        return _FAILS
    if description.name not in _HOST_SCALED or packed.format in ("int8", "bitsandbytes"):
        return _NOISE
    if packed.format == "comfy":
        return _NEWER
    return "" if packed.scales != "weight_scale" else _NOISE


def _has_other_names(packed: Quantisation) -> bool:
    """Whether a program gave packed weights names of its own."""
    return packed.format == "gptq" or packed.title in PACKED_ENDS.values()


def host_finds(description: Description) -> bool:
    """Whether the host's detection knows the names of an encoder's tensors."""
    if description.architecture == "llm":
        return description.prefix.rpartition("/")[2] in _HOST_PREFIXES
    if description.architecture not in ("clip", "siglip", "t5"):
        return True
    named = description.key_style in ("transformers", "openai") and not description.prefix
    return named and not _has_other_names(description.quantisation)


def _host_difference(description: Description, role: EncoderRole) -> str:
    """The first size that the host's module does not share; '' where all agree."""
    vocabulary, feed_forward = _HOST_SIZES[role]
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
