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

from .description import Quantisation, Size
from .gguf_header import PLAIN
from .safetensors_header import Tensor

# ComfyUI's older and newer files; the newer formats add `weight_scale_2`, `weight_codebook` and the
# like.
_SCALES = re.compile(
    r".*\.(scale_weight|scale_input|input_scale|comfy_quant|weight_\w+)", re.DOTALL
)
_BESIDE = re.compile(
    r"(vision_model|visual|visual_projection|vision_tower|decoder|dec|lm_head)\.|logit_(scale|bias)"
)
_COMFY = "_quantization_metadata"
_FP8 = ("F8_E4M3", "F8_E5M2")
_FLOATS = {"F64", "F32", "F16", "BF16", *_FP8}
_TANH = ("gelu_new", "gelu_fast", "gelu_pytorch_tanh")
_TOKENIZER_KEYS = ("spiece_model", "tekken_model", "tokenizer_json")


@dataclass(frozen=True)
class Part:
    prefix: str
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    config: Mapping[str, Any]

    def __contains__(self, name: str) -> bool:
        return name in self.tensors

    def shape(self, *names: str) -> tuple[int, ...]:
        """The shape of the first of these tensors that there is; () without one."""
        return next((self.tensors[name].shape for name in names if name in self.tensors), ())

    def axis(self, axis: int, *names: str) -> int | None:
        shape = self.shape(*names)
        return shape[axis] if -len(shape) <= axis < len(shape) else None

    def rows(self, *names: str) -> int | None:
        """Outputs of a linear layer. Packed weights keep their rows and lose columns; flattened
        ones have neither.
        """
        shape = self.shape(*names)
        return shape[0] if len(shape) == 2 and shape[1] > 1 else None

    def layers(self, pattern: str) -> int:
        """How many layers there are: ``pattern`` holds one `{}` where the number stands."""
        before, after = pattern.split("{}")
        numbered = re.compile(re.escape(before) + r"(\d{1,4})" + re.escape(after))
        return max(
            (int(match[1]) + 1 for name in self.tensors if (match := numbered.match(name))),
            default=0,
        )

    def number(self, *names: str) -> int | None:
        """A whole number of config.json, under the first of these names that it has."""
        said = next(
            (self.config[name] for name in names if type(self.config.get(name)) is int), None
        )
        return said if said is None or said > 0 else None

    def word(self, *names: str) -> str:
        return next(
            (self.config[name] for name in names if isinstance(self.config.get(name), str)), ""
        )

    @property
    def activation(self) -> str:
        """The activation that config.json names, by the host's word for it; '' without one."""
        told = self.word("hidden_act", "dense_act_fn") or self.word(
            "feed_forward_proj"
        ).removeprefix("gated-")
        gated = self.word("feed_forward_proj").startswith("gated-")
        return "gelu_pytorch_tanh" if told in _TANH or (gated and told == "gelu") else told

    def has(self, start: str) -> bool:
        return any(name.startswith(start) for name in self.tensors)

    @property
    def dtypes(self) -> tuple[Size, ...]:
        """What the encoder is stored in, most bytes first; scales, stored tokenizers and other
        towers are left out.
        """
        found: dict[str, list[int]] = {}
        for name, tensor in self.tensors.items():
            if tensor.elements and not self.is_extra(name) and not _BESIDE.match(name):
                found.setdefault(tensor.dtype, []).append(tensor.size)
        sizes = [Size(dtype, len(each), sum(each)) for dtype, each in found.items()]
        return tuple(sorted(sizes, key=lambda size: -size.bytes))

    @property
    def tokenizer(self) -> str:
        return next((key for key in _TOKENIZER_KEYS if key in self.tensors), "")

    @staticmethod
    def is_extra(name: str) -> bool:
        """Not a weight: a stored tokenizer, a scale, a mark of quantisation, a buffer that older
        programs saved.
        """
        return (
            name in (*_TOKENIZER_KEYS, "scaled_fp8")
            or bool(_SCALES.fullmatch(name))
            or name.endswith(("position_ids", ".absmax", ".quant_map", ".SCB"))
            or ".quant_state." in name
        )


def quantisation(part: Part) -> Quantisation:
    """How the weights are packed, from dtypes, scales and the marks that programs leave."""
    packed = Counter(
        tensor.dtype
        for name, tensor in part.tensors.items()
        if name.endswith("weight")
        and len(tensor.shape) > 1
        and tensor.dtype not in ("F64", "F32", "F16", "BF16")
    )
    types = tuple(dtype for dtype, _ in packed.most_common())
    layers = sum(packed.values())
    scales = next(
        (
            name.rsplit(".", 1)[1]
            for name in part.tensors
            if name.endswith((".scale_weight", ".weight_scale"))
        ),
        "",
    )
    for found in (_by_marks(part, types), _by_types(types, scales, "scaled_fp8" in part)):
        if found:
            return Quantisation(
                found[0],
                found[1],
                types,
                layers,
                scales,
                _packing(part, types) if found[0] == "comfy" else "",
            )
    return Quantisation()


def _packing(part: Part, types: tuple[str, ...]) -> str:
    """int8 or int4, where all packed weights have ComfyUI's note beside them. int4 has zeros, and
    int8 where columns make no groups.
    """
    packed = [
        name
        for name, tensor in part.tensors.items()
        if name.endswith(".weight") and tensor.dtype == "I8"
    ]
    if types != ("I8",) or not all(
        name.removesuffix("weight") + "comfy_quant" in part for name in packed
    ):
        return ""
    return "int4" if any(name.endswith(".weight_zeros") for name in part.tensors) else "int8"


def _by_marks(part: Part, types: tuple[str, ...]) -> tuple[str, str] | None:
    if any(name.endswith(".comfy_quant") for name in part.tensors) or _COMFY in part.metadata:
        kinds = (
            ", ".join(_comfy_formats(part))
            or _packing(part, types)
            or ", ".join(types)
            or "no packed weight"
        )
        return "comfy", f"ComfyUI's mixed precision ({kinds})"
    if any(".quant_state.bitsandbytes__" in name or name.endswith(".SCB") for name in part.tensors):
        return "bitsandbytes", "bitsandbytes"
    if any(name.endswith((".qweight", ".qzeros", ".wscales")) for name in part.tensors):
        return "gptq", "GPTQ, AWQ or SVDQuant (packed integers)"
    if "general.architecture" in part.metadata:
        packed = [one for one in types if one not in PLAIN]
        return ("gguf", f"GGUF {', '.join(packed)}") if packed else None
    return None


def _comfy_formats(part: Part) -> list[str]:
    """The formats that ComfyUI's note in the header lists, most layers first."""
    try:
        layers = json.loads(part.metadata.get(_COMFY, "{}")).get("layers", {})
        return [
            name
            for name, _ in Counter(str(layer["format"]) for layer in layers.values()).most_common()
        ]
    except (ValueError, RecursionError, AttributeError, TypeError, KeyError):
        return []  # a note that nobody can read is no reason to refuse to name the file


def _by_types(types: tuple[str, ...], scales: str, marked: bool) -> tuple[str, str] | None:
    fp8 = [one for one in types if one in _FP8]
    if fp8 and (scales or marked):
        return "fp8_scaled", f"fp8 with scales ({', '.join(fp8)})"
    if fp8:
        return "fp8", f"fp8 without scales ({', '.join(fp8)})"
    if any(one in ("I8", "U8") for one in types):
        return "int8", "8-bit integers" + (" with scales" if scales else "")
    return ("other", ", ".join(types)) if any(one not in _FLOATS for one in types) else None
