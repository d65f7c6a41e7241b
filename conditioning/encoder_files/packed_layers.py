"""What belongs to the packed layers of an encoder: scales, zeros and notes, each in its shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import EncoderScopeError
from ..translation import either, later, later_count, translatable
from .description import Description
from .encoder_tensors import EncoderTensors
from .expected_keys import Source, expected_keys
from .formats.packing_notes import NOTE, UnknownPacking, parse_note, stored_note
from .formats.safetensors_header import TensorEntry

FP8 = ("F8_E4M3", "F8_E5M2")
_SCALES = (".scale_weight", ".weight_scale")
_ZEROS = ".weight_zeros"
READ_BESIDE = (*_SCALES, ".scale_input", _ZEROS, NOTE)
"""What stands beside a packed weight and is read with it."""
_TABLES = ("shared.weight", "embedding.weight", "relative_attention_bias.weight")
"""Tables in fp8 have no scale: ComfyUI knows scales of linear layers only."""
AGAIN = translatable("Download the file again, or choose another version of this model.")
PLAIN_OR_FP8 = translatable(
    "Choose another version of this model: fp16, bf16, or fp8 made for ComfyUI."
)


class BadWeights(EncoderScopeError):
    """Weights that do not fit the encoder that their file was said to hold."""


@dataclass
class _Parts:
    """Scales, zeros or notes of an encoder's packed layers."""

    ending: str
    count: int
    """How many there should be."""
    missing: list[str]

    def fault(self, title: str) -> BadWeights:
        part = self.ending[1:]
        return BadWeights(
            later_count(
                "{count} of the {total} packed layers of {encoder} has no {part}; the first is "
                "{key}.",
                "{count} of the {total} packed layers of {encoder} have no {part}; the first is "
                "{key}.",
                len(self.missing),
                total=self.count,
                encoder=title,
                part=part,
                key=self.missing[0].removesuffix(self.ending),
            ),
            "Each packed layer needs its {part}: without it, its numbers mean nothing.",
            AGAIN,
            part=part,
        )


class PackedLayers:
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
        for part in self.parts.values():
            if part.missing:
                raise part.fault(self.description.title)
        if faults:
            raise faults[0]

    def _is_packed(self, key: str, layer: str, entry: TensorEntry) -> bool:
        if len(entry.shape) != 2:
            return False
        if entry.dtype in FP8:
            return not key.endswith(_TABLES) or layer + NOTE in self.encoder
        return entry.dtype == "I8"

    def _check_layer(self, layer: str, entry: TensorEntry, expected: tuple[int, ...]) -> None:
        scale = self._part("scale", *(layer + end for end in self._scale_ends))
        if entry.dtype in FP8:
            if entry.dtype == "F8_E4M3" and layer + NOTE in self.encoder:
                self._note(layer, "fp8")
            self._require_no_blocks(layer, entry, scale)
            self._check_shape(scale, ((1,), (expected[0], 1)))
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
            self._check_shape(self._part("zero", layer + _ZEROS), scale_shapes)
        self._check_shape(scale, scale_shapes)
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
                "A layer is packed as {format} by its note, and holds other numbers: {layer}.",
                "Weights of the format {formats} were expected.",
                AGAIN,
                format=note["format"],
                layer=layer,
                formats=either(formats),
            )
        return note

    def _require_no_blocks(self, layer: str, entry: TensorEntry, scale: TensorEntry | None) -> None:
        """Raises :class:`UnknownPacking` for a scale of each block of columns (mxfp8)."""
        if scale is None or len(scale.shape) != 2 or scale.shape[1] < 2:
            return
        columns = entry.shape[1] // scale.shape[1]
        raise UnknownPacking(
            "The fp8 weights of {encoder} have a scale for each block of {columns} columns (mxfp8 "
            "and its kin), such as {layer}.",
            "One scale for a matrix or for each of its rows was expected.",
            PLAIN_OR_FP8,
            encoder=self.description.title,
            columns=columns,
            layer=layer,
        )

    def _check_shape(self, part: TensorEntry | None, allowed: tuple[tuple[int, ...], ...]) -> None:
        if part is None or part.shape in allowed or (part.elements == 1 and (1,) in allowed):
            return
        raise self._wrong_shape(part.name, part.shape, allowed[-1])

    def _wrong_shape(
        self, key: str, shape: tuple[int, ...], expected: tuple[int, ...]
    ) -> BadWeights:
        return BadWeights(
            "{key} of {encoder} has the shape {shape}.",
            "{expected} was expected for the packed layer it belongs to.",
            AGAIN,
            key=key,
            encoder=self.description.title,
            shape=list(shape),
            expected=list(expected),
        )
