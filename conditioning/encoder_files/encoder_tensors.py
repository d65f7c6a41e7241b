"""One encoder's tensors: those of a checkpoint below one prefix, by the rest of their names, with
what readers ask of them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..translation import later
from .description import Quantisation, Size
from .formats.gguf_header import PLAIN, TYPES
from .formats.safetensors_header import TensorEntry

# ComfyUI's older and newer files; the newer formats add `weight_scale_2`, `weight_codebook` and the
# like.
_SCALES = re.compile(
    r".*\.(scale_weight|scale_input|input_scale|comfy_quant|weight_\w+)", re.DOTALL
)
_BESIDE = re.compile(
    r"(vision_model|visual|visual_projection|vision_tower|decoder|dec|lm_head)\.|logit_(scale|bias)"
)
COMFY_METADATA = "_quantization_metadata"
"""Where newer files of ComfyUI list their packed layers, in the header."""
PACKED_ENDS = {
    ".weight._data": "quanto",
    ".weight_packed": "compressed-tensors",
    ".W_q": "HQQ",
    ".c_fc.theta": "GmP",
}
"""What a layer's packed weight is called by programs that give it a name of its own."""
MARK = "scaled_fp8"
"""The tensor by which older files for ComfyUI say that their fp8 weights have scales. It is empty,
or has two numbers, which ask newer versions to multiply in full precision.
"""
FILLED_MARK = "scaled_fp8_filled"
EMPTY: Mapping[str, TensorEntry] = {}
_FP8 = ("F8_E4M3", "F8_E5M2")
_UNPACKED = {"F64", "F32", "F16", "BF16"}
_FLOATS = {*_UNPACKED, *_FP8}
_TANH = ("gelu_new", "gelu_fast", "gelu_pytorch_tanh")
_TOKENIZER_KEYS = ("spiece_model", "tekken_model", "tokenizer_json")


@dataclass(frozen=True)
class EncoderTensors:
    """The tensors of one encoder by their names below ``prefix``, with its config.json."""

    prefix: str
    tensors: Mapping[str, TensorEntry]
    metadata: Mapping[str, str]
    config: Mapping[str, Any]

    def __contains__(self, name: str) -> bool:
        return name in self.tensors

    def shape(self, *names: str) -> tuple[int, ...]:
        """The shape of the first of these tensors that there is; () without one."""
        return next((self.tensors[name].shape for name in names if name in self.tensors), ())

    def axis(self, axis: int, *names: str) -> int | None:
        """The size of one axis of the first of these tensors that there is."""
        try:
            return self.shape(*names)[axis]
        except IndexError:
            return None

    def rows(self, *names: str) -> int | None:
        """Outputs of a linear layer. Packed weights keep their rows and lose columns; flattened
        ones have neither. GPTQ and AWQ turn the matrix, and have the outputs in their scales:
        (group, output).
        """
        shape = self.shape(*names)
        if not shape:
            scales = self.shape(*(name.removesuffix("weight") + "scales" for name in names))
            return scales[-1] if len(scales) == 2 else None
        if len(shape) != 2 or shape[1] <= 1:
            return None
        return shape[0]

    def has_layer(self, name: str) -> bool:
        """Whether there is a linear layer with this weight, packed or not."""
        layer = name.removesuffix(".weight")
        return name in self or any(layer + end in self for end in (".qweight", *PACKED_ENDS))

    def layers(self, pattern: str) -> int:
        """How many layers there are: ``pattern`` holds one `{}` where the number stands."""
        before, after = pattern.split("{}")
        numbered = re.compile(re.escape(before) + r"(\d{1,4})" + re.escape(after))
        matches = filter(None, map(numbered.match, self.tensors))
        return max((int(match[1]) + 1 for match in matches), default=0)

    def number(self, *names: str) -> int | None:
        """A whole number of config.json, under the first of these names that it has."""
        values = (self.config.get(name) for name in names)
        number = next((value for value in values if type(value) is int), 0)
        return number if number > 0 else None

    def word(self, *names: str) -> str:
        """A text of config.json, under the first of these names that it has; '' without one."""
        values = (self.config.get(name) for name in names)
        return next((value for value in values if isinstance(value, str)), "")

    @property
    def activation(self) -> str:
        """The activation that config.json names, by the host's word for it; '' without one."""
        feed_forward = self.word("feed_forward_proj")
        name = self.word("hidden_act", "dense_act_fn") or feed_forward.removeprefix("gated-")
        if name == "gelu" and feed_forward.startswith("gated-"):
            return "gelu_pytorch_tanh"
        return "gelu_pytorch_tanh" if name in _TANH else name

    def has(self, start: str) -> bool:
        """Whether any name begins like this."""
        return any(name.startswith(start) for name in self.tensors)

    def has_ending(self, *ends: str) -> bool:
        """Whether any name ends in one of these ways."""
        return any(name.endswith(ends) for name in self.tensors)

    @property
    def dtypes(self) -> tuple[Size, ...]:
        """What the encoder is stored in, most bytes first; scales, stored tokenizers and other
        towers are left out.
        """
        by_dtype: dict[str, list[int]] = {}
        for name, tensor in self.tensors.items():
            if tensor.elements and not self.is_extra(name) and not _BESIDE.match(name):
                by_dtype.setdefault(tensor.dtype, []).append(tensor.size)
        sizes = [Size(dtype, len(each), sum(each)) for dtype, each in by_dtype.items()]
        return tuple(sorted(sizes, key=lambda size: -size.bytes))

    @property
    def tokenizer(self) -> str:
        """The key of a stored tokenizer; '' without one."""
        return next((key for key in _TOKENIZER_KEYS if key in self.tensors), "")

    @staticmethod
    def is_extra(name: str) -> bool:
        """Not a weight: a stored tokenizer, a scale, a mark of quantisation, a buffer that older
        programs saved.
        """
        return (
            name in (*_TOKENIZER_KEYS, MARK)
            or bool(_SCALES.fullmatch(name))
            or name.endswith(("position_ids", ".absmax", ".quant_map", ".SCB"))
            or ".quant_state." in name
        )


def quantisation(
    encoder: EncoderTensors, whole_file: Mapping[str, TensorEntry] = EMPTY
) -> Quantisation:
    """How the weights are packed, from dtypes, scales and the marks that programs leave; one of
    them stands above the prefix of a language model.
    """
    packed = Counter(
        tensor.dtype
        for name, tensor in encoder.tensors.items()
        if name.endswith("weight") and len(tensor.shape) > 1 and tensor.dtype not in _UNPACKED
    )
    types = tuple(dtype for dtype, _ in packed.most_common())
    scales = _scale_name(encoder)
    recognised = _by_marks(encoder, types) or _by_types(types, scales, MARK in encoder)
    if recognised is None:
        return Quantisation()
    name, title = recognised
    packing = ""
    if name == "comfy":
        packing = _packing(encoder, types)
    count = sum(packed.values())
    return Quantisation(name, title, types, count, scales, _mark(encoder, whole_file), packing)


def _mark(encoder: EncoderTensors, whole_file: Mapping[str, TensorEntry]) -> str:
    """What a file for ComfyUI says of its packing by; '' where it says nothing."""
    if encoder.has_ending(".comfy_quant"):
        return "layers"
    if COMFY_METADATA in encoder.metadata:
        return "header"
    mark = encoder.tensors.get(MARK) or whole_file.get(MARK)
    if mark is None:
        return ""
    return FILLED_MARK if mark.elements else MARK


def _scale_name(encoder: EncoderTensors) -> str:
    """The last part of the names that hold scales; '' without any."""
    for name in encoder.tensors:
        if name.endswith((".scale_weight", ".weight_scale", ".weight_scale_inv")):
            return name.rpartition(".")[2]
    return ""


def _packing(encoder: EncoderTensors, types: tuple[str, ...]) -> str:
    """int8 or int4, where packed weights have ComfyUI's notes beside them (packed_layers.py says
    whether all have). int4 has zeros, and int8 where columns make no groups.
    """
    if types != ("I8",) or not encoder.has_ending(".comfy_quant"):
        return ""
    return "int4" if encoder.has_ending(".weight_zeros") else "int8"


def _by_marks(encoder: EncoderTensors, types: tuple[str, ...]) -> tuple[str, str] | None:
    """Format and title, where a program left a mark of its own."""
    if encoder.has_ending(".comfy_quant") or COMFY_METADATA in encoder.metadata:
        formats = ", ".join(_comfy_formats(encoder)) or _packing(encoder, types)
        packed_as = formats or ", ".join(types) or later("no packed weight")
        return "comfy", later("ComfyUI's mixed precision ({packed_as})", packed_as=packed_as)
    bitsandbytes = any(".quant_state.bitsandbytes__" in name for name in encoder.tensors)
    if bitsandbytes or encoder.has_ending(".SCB"):
        return "bitsandbytes", "bitsandbytes"
    if _is_nunchaku(encoder):
        return "gptq", later("AWQ int4 of nunchaku")
    if encoder.has_ending(".qweight", ".qzeros", ".wscales"):
        return "gptq", later("GPTQ, AWQ or SVDQuant (packed integers)")
    program = next((title for end, title in PACKED_ENDS.items() if encoder.has_ending(end)), "")
    if program:
        return "other", program
    return _by_own_types(encoder, types)


def _by_own_types(encoder: EncoderTensors, types: tuple[str, ...]) -> tuple[str, str] | None:
    """Format and title, where the types are one format's alone."""
    if "U8" in types and encoder.has_ending(".weight_scale_2"):
        return "int8", "nvfp4"
    packed = [dtype for dtype in types if dtype in TYPES - PLAIN]
    if packed:
        return "gguf", f"GGUF {', '.join(packed)}"
    return None


def _is_nunchaku(encoder: EncoderTensors) -> bool:
    """nunchaku packs its AWQ weights into 16-bit words; everybody else into 32."""
    return any(
        entry.dtype == "I16" for name, entry in encoder.tensors.items() if name.endswith(".qweight")
    )


def _comfy_formats(encoder: EncoderTensors) -> list[str]:
    """The formats that ComfyUI's note in the header lists, most layers first."""
    try:
        layers = json.loads(encoder.metadata.get(COMFY_METADATA, "{}")).get("layers", {})
        formats = Counter(str(layer["format"]) for layer in layers.values())
    except (ValueError, RecursionError, AttributeError, TypeError, KeyError):
        return []  # a note that nobody can read is no reason to refuse to name the file
    return [name for name, _ in formats.most_common()]


def _by_types(types: tuple[str, ...], scales: str, marked: bool) -> tuple[str, str] | None:
    """Format and title, where only the dtypes tell."""
    fp8 = [dtype for dtype in types if dtype in _FP8]
    if fp8 and (scales or marked):
        return "fp8_scaled", later("fp8 with scales ({types})", types=", ".join(fp8))
    if fp8:
        return "fp8", later("fp8 without scales ({types})", types=", ".join(fp8))
    if {"I8", "U8"}.intersection(types):
        if scales:
            return "int8", later("8-bit integers with scales")
        return "int8", later("8-bit integers")
    if set(types) <= _FLOATS:
        return None
    return "other", ", ".join(types)
