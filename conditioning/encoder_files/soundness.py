"""Whether an encoder can be built from its file. One answer, for the inspector that foretells it
and for the loader that refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..errors import EncoderScopeError
from ..reports.wording import clauses
from ..translation import deferred, in_turn, later, later_count, listed, localized, translatable
from .description import Description, Quantisation
from .encoder_tensors import EncoderTensors
from .expected_keys import FileKeys, Source, expected_keys, find_sources, sort_keys, wrong_shapes
from .formats import gguf_package
from .formats.packing_notes import own_loader
from .packed_layers import AGAIN, FP8, PLAIN_OR_FP8, READ_BESIDE, PackedLayers
from .packed_layers import BadWeights as BadWeights

BUILT = ("clip", "siglip", "t5")
"""Architectures that `Load Text Encoders` builds."""
CLIP_ROWS = 49408
"""The host's CLIP modules and its CLIP vocabulary are made for this many, whatever a file says."""
_READABLE = ("none", "fp8", "fp8_scaled", "gguf")
_WHOLE = ("I64", "U64", "I32", "U32", "I16", "U16", "I8", "U8", "BOOL")
_LAST_NORMS = ("text_model.final_layer_norm.weight", "encoder.final_layer_norm.weight")
ACTIVATIONS = {
    "clip": ("quick_gelu", "gelu", "gelu_pytorch_tanh"),
    "siglip": ("quick_gelu", "gelu", "gelu_pytorch_tanh"),
    "t5": ("gelu_pytorch_tanh", "relu"),
}
"""Those that the host's modules have (comfy/clip_model.py, comfy/text_encoders/t5.py)."""
_OWN_CONFIG = translatable("Take the config.json from the model's own page.")


class BadKeys(BadWeights):
    """Tensors that are missing, too many or of a wrong shape."""


class Soundness(NamedTuple):
    """An encoder's keys, sorted, and what keeps it from being built."""

    keys: FileKeys
    harmless: Mapping[str, str]
    """Key that is not read, or not there -> why that does not matter."""
    serious: Mapping[str, str]
    """Key -> what is wrong."""
    fault: EncoderScopeError | None
    """The first thing that keeps it from being built; None for a sound one, and for architectures
    that EncoderScope only names.
    """


def examine(
    description: Description, encoder: EncoderTensors, needs_projection: bool = False
) -> Soundness:
    """Looks at keys, shapes, formats and the notes of packed layers, and at no other numbers.

    ``needs_projection``: as :func:`expected_keys.sort_keys` takes it.
    """
    keys = find_sources(description, encoder.tensors)
    read_beside = set(_read_beside(encoder, keys.sources))
    unexpected = [key for key in keys.unexpected if key not in read_beside]
    sorted_ = sort_keys(keys.missing, unexpected, needs_projection)
    parts = PackedLayers(description, encoder)
    fault: EncoderScopeError | None = None
    serious = dict(sorted_.serious)
    if description.architecture in BUILT:
        serious |= wrong_shapes(description, encoder, keys.sources)
        serious |= _no_decimals(description, encoder, keys.sources)
        fault = _unknown_packing(description) or _unread_scales(description, unexpected)
        if fault:
            serious = {}  # a packed layer has keys and shapes of its own
        fault = fault or _unreadable(description) or _wrong_keys(description, keys, serious)
        types = {encoder.tensors[source.key].dtype for source in keys.sources.values()}
        if fault is None and description.quantisation.format == "gguf":
            fault = gguf_package.unreadable(sorted(types))
    if description.architecture in BUILT and fault is None:
        try:
            parts.check(keys.sources)
        except EncoderScopeError as error:
            fault = error
        serious |= parts.missing
    return Soundness(keys, sorted_.harmless, serious, fault)


def _read_beside(encoder: EncoderTensors, sources: Mapping[str, Source]) -> Iterator[str]:
    for source in sources.values():
        layer = source.key.removesuffix(".weight")
        yield from (layer + end for end in READ_BESIDE if layer + end in encoder)


def _unknown_packing(description: Description) -> BadWeights | None:
    quantisation = description.quantisation
    readable = quantisation.format in _READABLE or bool(quantisation.packing)
    all_fp8 = all(name in FP8 for name in quantisation.types)
    if not readable and not (quantisation.format == "comfy" and all_fp8):
        return BadWeights(
            "The weights of {encoder} are packed as {format}.",
            "Plain weights, fp8 (scaled or not), int8 or int4 in ComfyUI's layout, or GGUF were "
            "expected.",
            _other_version(quantisation),
            encoder=description.title,
            format=quantisation.title or quantisation.format,
            loader=own_loader(quantisation.title),
        )
    return None


def _no_decimals(
    description: Description, encoder: EncoderTensors, sources: Mapping[str, Source]
) -> dict[str, str]:
    """Tensors of whole numbers where decimals are read as they stand; packed matrices have whole
    numbers of their own.
    """
    wrong: dict[str, str] = {}
    for key, source in sources.items():
        entry = encoder.tensors[source.key]
        is_matrix = len(entry.shape) == 2 and source.key.endswith("weight")
        if entry.dtype in _WHOLE and not (is_matrix and description.quantisation.layers):
            wrong[key] = later("holds whole numbers ({dtype})", dtype=entry.dtype)
    return wrong


def _unread_scales(description: Description, unexpected: Sequence[str]) -> BadWeights | None:
    """Weights in fp8 that something beside them belongs to, which is not read: without it their
    numbers mean nothing.
    """
    if not any(name in FP8 for name in description.quantisation.types):
        return None
    parts = (key for key in unexpected if ".weight_" in key and EncoderTensors.is_extra(key))
    part = next(parts, "")
    if not part:
        return None
    return BadWeights(
        "The fp8 weights of {encoder} have {part} beside them, such as {key}: a packing that "
        "EncoderScope does not read.",
        "One scale for a matrix or for each of its rows (scale_weight, weight_scale) was expected.",
        PLAIN_OR_FP8,
        encoder=description.title,
        part=part.rpartition(".")[2],
        key=part,
    )


def _other_version(quantisation: Quantisation) -> str:
    if quantisation.format == "comfy":
        return translatable("Choose another version of this model, or use {loader}.")
    if quantisation.format == "gptq":
        return translatable(
            "Choose another version of this model, or use the loader of the program it was packed "
            "for."
        )
    return translatable("Choose another version of this model.")


def _no_tokenizer(description: Description) -> BadWeights:
    return BadWeights(
        "{encoder} has a vocabulary of {count:,} pieces.",
        "CLIP's own vocabulary of {usual:,} was expected: there is no tokenizer for another one.",
        "Choose a CLIP that was trained with the usual vocabulary.",
        encoder=description.title,
        count=description.vocabulary or 0,
        usual=CLIP_ROWS,
    )


def _unreadable(description: Description) -> BadWeights | None:
    if description.architecture == "clip" and description.vocabulary != CLIP_ROWS:
        return _no_tokenizer(description)
    known = ACTIVATIONS[description.architecture]
    if description.activation not in known:
        return BadWeights(
            "The config.json of {encoder} names the activation {activation!r}, which ComfyUI's "
            "modules do not have.",
            "One of {names} was expected.",
            _OWN_CONFIG,
            encoder=description.title,
            activation=description.activation[:30],
            names=listed(known),
        )
    if description.architecture != "t5" and (description.width or 0) % (description.heads or 1):
        return BadWeights(
            "The config.json of {encoder} names {heads} heads, which do not divide its width of "
            "{width}.",
            "Heads of equal width were expected.",
            _OWN_CONFIG,
            encoder=description.title,
            heads=description.heads,
            width=description.width,
        )
    if not expected_keys(description):
        return BadWeights(
            "The sizes of {encoder} cannot be read from its file.",
            "The tensors of its first layer were expected: attention, feed-forward and norms.",
            AGAIN,
            encoder=description.title,
        )
    return None


def _wrong_keys(
    description: Description, keys: FileKeys, serious: Mapping[str, str]
) -> BadKeys | None:
    if not serious:
        return None
    return BadKeys(
        later_count(
            "{count:,} tensor of {encoder} is not as it should be: {faults}.",
            "{count:,} tensors of {encoder} are not as they should be: {faults}.",
            len(serious),
            encoder=description.title,
            faults=first_faults(serious),
        ),
        "All of its tensors ({tensors:,}) were expected, each in its shape, and nothing strange "
        "beside them.",
        _remedy(keys),
        tensors=len(keys.sources) + len(keys.missing),
    )


def first_faults(serious: Mapping[str, str]) -> str:
    """The first tensors that are not as they should be, each with what is wrong."""
    first = sorted(serious.items())[:3]
    return deferred(lambda: clauses(f"{key} ({localized(reason)})" for key, reason in first))


def _remedy(keys: FileKeys) -> str:
    remedies = [
        later(
            "Download the file again, or choose another version: an encoder with a wrong layer "
            "gives noise."
        )
    ]
    if any(norm in keys.missing for norm in _LAST_NORMS):
        remedies.append(
            later(
                "If it is the first of several shards, put all of them into one folder, under the "
                "names they have on the model's page."
            )
        )
    return in_turn(remedies)
