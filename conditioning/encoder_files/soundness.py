"""Whether an encoder can be built from its file. One answer, for the inspector that foretells it
and for the loader that refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..errors import EncoderScopeError
from ..reports.wording import plural, verb
from ..translation import later, translatable
from .description import Description, Quantisation
from .encoder_tensors import EncoderTensors
from .expected_keys import FileKeys, Source, expected_keys, find_sources, sort_keys, wrong_shapes
from .formats import gguf_package
from .formats.packing_notes import NOTE, UnknownPacking, own_loader, parse_note, stored_note
from .formats.safetensors_header import TensorEntry

BUILT = ("clip", "siglip", "t5")
"""Architectures that `Load Text Encoders` builds."""
CLIP_ROWS = 49408
"""The host's CLIP modules and its CLIP vocabulary are made for this many, whatever a file says."""
_READABLE = ("none", "fp8", "fp8_scaled", "gguf")
_FP8 = ("F8_E4M3", "F8_E5M2")
_SCALES = (".scale_weight", ".weight_scale")
_ZEROS = ".weight_zeros"
_READ_BESIDE = (*_SCALES, ".scale_input", _ZEROS, NOTE)
"""What stands beside a packed weight and is read with it."""
_TABLES = ("shared.weight", "embedding.weight", "relative_attention_bias.weight")
"""Tables in fp8 have no scale: ComfyUI knows scales of linear layers only."""
_WHOLE = ("I64", "U64", "I32", "U32", "I16", "U16", "I8", "U8", "BOOL")
_LAST_NORMS = ("text_model.final_layer_norm.weight", "encoder.final_layer_norm.weight")
ACTIVATIONS = {
    "clip": ("quick_gelu", "gelu", "gelu_pytorch_tanh"),
    "siglip": ("quick_gelu", "gelu", "gelu_pytorch_tanh"),
    "t5": ("gelu_pytorch_tanh", "relu"),
}
"""Those that the host's modules have (comfy/clip_model.py, comfy/text_encoders/t5.py)."""
_AGAIN = translatable("Download the file again, or choose another version of this model.")


class BadWeights(EncoderScopeError):
    """Weights that do not fit the encoder that their file was said to hold."""


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
    parts = _PackedParts(description, encoder)
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
        yield from (layer + end for end in _READ_BESIDE if layer + end in encoder)


def _unknown_packing(description: Description) -> BadWeights | None:
    quantisation = description.quantisation
    readable = quantisation.format in _READABLE or bool(quantisation.packing)
    all_fp8 = all(name in _FP8 for name in quantisation.types)
    if not readable and not (quantisation.format == "comfy" and all_fp8):
        return BadWeights(
            (
                f"The weights of {description.title} are packed as "
                f"{quantisation.title or quantisation.format}."
            ),
            (
                "Plain weights, fp8 (scaled or not), int8 or int4 in ComfyUI's layout, or "
                "GGUF were expected."
            ),
            f"Choose another version of this model{_other_loader(quantisation)}.",
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
    if not any(name in _FP8 for name in description.quantisation.types):
        return None
    parts = (key for key in unexpected if ".weight_" in key and EncoderTensors.is_extra(key))
    part = next(parts, "")
    if not part:
        return None
    return BadWeights(
        f"The fp8 weights of {description.title} have {part.rpartition('.')[2]} beside them, such "
        f"as {part}: a packing that EncoderScope does not read.",
        "One scale for a matrix or for each of its rows (scale_weight, weight_scale) was expected.",
        "Choose another version of this model: fp16, bf16, or fp8 made for ComfyUI.",
    )


def _other_loader(quantisation: Quantisation) -> str:
    if quantisation.format == "comfy":
        return f", or use {own_loader(quantisation.title)}"
    if quantisation.format == "gptq":
        return ", or the loader of the program it was packed for"
    return ""


def _no_tokenizer(description: Description) -> BadWeights:
    return BadWeights(
        later(
            "{encoder} has a vocabulary of {count:,} pieces.",
            encoder=description.title,
            count=description.vocabulary or 0,
        ),
        later(
            "CLIP's own vocabulary of {count:,} was expected: there is no tokenizer for "
            "another one.",
            count=CLIP_ROWS,
        ),
        later("Choose a CLIP that was trained with the usual vocabulary."),
    )


def _unreadable(description: Description) -> BadWeights | None:
    if description.architecture == "clip" and description.vocabulary != CLIP_ROWS:
        return _no_tokenizer(description)
    known = ACTIVATIONS[description.architecture]
    if description.activation not in known:
        return BadWeights(
            f"The config.json of {description.title} names the activation "
            f"{description.activation[:30]!r}, which ComfyUI's modules do not have.",
            f"One of {', '.join(known)} was expected.",
            "Take the config.json from the model's own page.",
        )
    if description.architecture != "t5" and (description.width or 0) % (description.heads or 1):
        return BadWeights(
            f"The config.json of {description.title} names {description.heads} heads, which do not "
            f"divide its width of {description.width}.",
            "Heads of equal width were expected.",
            "Take the config.json from the model's own page.",
        )
    if not expected_keys(description):
        return BadWeights(
            later(
                "The sizes of {encoder} cannot be read from its file.", encoder=description.title
            ),
            later(
                "The tensors of its first layer were expected: attention, feed-forward and norms."
            ),
            later(_AGAIN),
        )
    return None


def _wrong_keys(
    description: Description, keys: FileKeys, serious: Mapping[str, str]
) -> BadKeys | None:
    if not serious:
        return None
    first = "; ".join(f"{key} ({reason})" for key, reason in sorted(serious.items())[:3])
    return BadKeys(
        f"{plural(len(serious), 'tensor')} of {description.title} "
        f"{verb(len(serious), 'is not as it should be', 'are not as they should be')}: {first}.",
        (
            f"Each of its {len(keys.sources) + len(keys.missing)} tensors was "
            "expected, in its shape, and nothing strange inside it."
        ),
        _remedy(keys),
    )


def _remedy(keys: FileKeys) -> str:
    remedy = (
        "Download the file again, or choose another version: an encoder with a wrong layer gives "
        "noise."
    )
    if any(norm in keys.missing for norm in _LAST_NORMS):
        remedy += (
            " If it is the first of several shards, put all of them into one folder, under the "
            "names they have on the model's page."
        )
    return remedy


@dataclass
class _Parts:
    """Scales, zeros or notes of an encoder's packed layers."""

    ending: str
    count: int
    """How many there should be."""
    missing: list[str]

    def fault(self, title: str, noun: str) -> BadWeights:
        count = len(self.missing)
        return BadWeights(
            f"{count} of the {plural(self.count, noun)} ({self.ending[1:]}) of {title} "
            f"{verb(count, 'is', 'are')} missing; the first is {self.missing[0]}.",
            f"Each packed layer needs its {noun}: without it, its numbers mean nothing.",
            _AGAIN,
        )


class _PackedParts:
    """What belongs to the packed layers of one encoder, layer by layer."""

    def __init__(self, description: Description, encoder: EncoderTensors) -> None:
        self.description, self.encoder = description, encoder
        scale = f".{description.quantisation.scales or 'scale_weight'}"
        self.parts = {
            "note": _Parts(NOTE, 0, []),
            "scale": _Parts(scale, 0, []),
            "zero": _Parts(_ZEROS, 0, []),
        }
        self.layers: set[str] = set()

    @property
    def missing(self) -> dict[str, str]:
        """Key of a part that is not there -> what that means."""
        return {
            key: later("missing, so its packed layer cannot be read")
            for part in self.parts.values()
            for key in part.missing
        }

    def check(self, sources: Mapping[str, Source]) -> None:
        """Raises :class:`BadWeights` or :class:`UnknownPacking` for the first fault."""
        if self.description.quantisation.format not in ("comfy", "fp8_scaled"):
            return
        expected = expected_keys(self.description)
        faults = []
        for key, source in sources.items():
            layer = source.key.removesuffix(".weight")
            entry = self.encoder.tensors[source.key]
            if layer in self.layers or not self._is_packed(key, layer, entry):
                continue
            self.layers.add(layer)
            try:
                self._check_layer(layer, entry, expected[key])
            except EncoderScopeError as error:
                faults.append(error)
        for noun, part in self.parts.items():
            if part.missing:
                raise part.fault(self.description.title, noun)
        if faults:
            raise faults[0]

    def _is_packed(self, key: str, layer: str, entry: TensorEntry) -> bool:
        if len(entry.shape) != 2:
            return False
        if entry.dtype in _FP8:
            return not key.endswith(_TABLES) or layer + NOTE in self.encoder
        return entry.dtype == "I8"

    def _check_layer(self, layer: str, entry: TensorEntry, expected: tuple[int, ...]) -> None:
        scale = self._part("scale", *(layer + end for end in self._scale_ends))
        if entry.dtype in _FP8:
            if entry.dtype == "F8_E4M3" and layer + NOTE in self.encoder:
                self._note(layer, "fp8")
            self._require_no_blocks(layer, entry, scale)
            self._check_shape(layer, scale, ((1,), (expected[0], 1)))
            return
        note = self._note(layer, "int8", "int4")
        if note is None:
            return
        rows, columns = entry.shape
        scale_shapes: tuple[tuple[int, ...], ...] = ((1,), (rows, 1), (rows,))
        if note["format"] == "int4":
            columns *= 2
            groups = (columns // int(note["group"]), rows)
            scale_shapes = (groups,)
            self._check_shape(layer, self._part("zero", layer + _ZEROS), scale_shapes)
        self._check_shape(layer, scale, scale_shapes)
        if (rows, columns) != expected:
            raise self._wrong_shape(f"{layer}.weight", (rows, columns), expected)

    @property
    def _scale_ends(self) -> tuple[str, ...]:
        """The name of this file's scales first: of two that are missing, it is the one to name."""
        return tuple(sorted(_SCALES, key=lambda end: end != self.parts["scale"].ending))

    def _part(self, noun: str, *keys: str) -> TensorEntry | None:
        part = self.parts[noun]
        part.count += 1
        entry = next((self.encoder.tensors[key] for key in keys if key in self.encoder), None)
        if entry is None:
            part.missing.append(keys[0])
        return entry

    def _note(self, layer: str, *formats: str) -> dict[str, str | int] | None:
        entry = self._part("note", layer + NOTE)
        if entry is None:
            return None
        note = parse_note(stored_note(entry), layer)
        if note["format"] not in formats:
            raise UnknownPacking(
                f"A layer is packed as {note['format']} by its note, and holds other numbers: "
                f"{layer}.",
                f"Weights of the format {' or '.join(formats)} were expected.",
                _AGAIN,
            )
        return note

    def _require_no_blocks(self, layer: str, entry: TensorEntry, scale: TensorEntry | None) -> None:
        """Raises :class:`UnknownPacking` for a scale of each block of columns (mxfp8)."""
        if scale is None or len(scale.shape) != 2 or scale.shape[1] < 2:
            return
        columns = entry.shape[1] // scale.shape[1]
        raise UnknownPacking(
            f"The fp8 weights of {self.description.title} have a scale for each block of "
            f"{columns} columns (mxfp8 and its kin), such as {layer}.",
            "One scale for a matrix or for each of its rows was expected.",
            "Choose another version of this model: fp16, bf16, or fp8 made for ComfyUI.",
        )

    def _check_shape(
        self, layer: str, part: TensorEntry | None, allowed: tuple[tuple[int, ...], ...]
    ) -> None:
        if part is None or part.shape in allowed or (part.elements == 1 and (1,) in allowed):
            return
        raise self._wrong_shape(part.name, part.shape, allowed[-1])

    def _wrong_shape(
        self, key: str, shape: tuple[int, ...], expected: tuple[int, ...]
    ) -> BadWeights:
        return BadWeights(
            f"{key} of {self.description.title} has the shape {list(shape)}.",
            f"{list(expected)} was expected for the packed layer it belongs to.",
            _AGAIN,
        )
