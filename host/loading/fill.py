"""From a checkpoint's headers to weights in the host's modules: memory-mapped, tensor by tensor,
each copied at most once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import comfy.model_management
import comfy.ops
import comfy.utils
import torch

from ...conditioning.encoder_files import expected_keys, packing
from ...conditioning.encoder_files.description import Description
from ...conditioning.encoder_files.tensor_reader import DTYPES, TensorReader
from ...conditioning.errors import EncoderScopeError, UnknownName
from . import packed_weights as kept
from .packed_weights import FLOATS

AS_STORED = "as stored"
Precision: TypeAlias = "torch.dtype | str | None"
PRECISIONS: dict[str, Precision] = {
    AS_STORED: None,
    "fp32": torch.float32,
    "fp16": torch.float16,
    "bf16": torch.bfloat16,
    "fp8": torch.float8_e4m3fn,
    "int8": "int8",
    "int4": "int4",
}
"""What to convert to. int8 and int4 are packed while loading, and stay so (resident.py)."""
HOST_SCALES = hasattr(comfy.ops, "scaled_fp8_ops")
"""This host has linears that multiply fp8 weights by factors beside them, as ComfyUI had until 0.4.
"""
FACTORS = (".scale_weight", ".scale_input")
"""Those factors."""
_PROJECTION, _TABLE = "text_projection.weight", "text_model.embeddings.token_embedding.weight"
_FP8_LIMIT = 448.0


class BadWeights(EncoderScopeError):
    """Weights that do not fit the encoder that their file was said to hold."""


def precision(name: str) -> Precision:
    """What to convert to; `None`: nothing."""
    if name not in PRECISIONS:
        raise UnknownName("precision", name, [*PRECISIONS])
    return PRECISIONS[name]


def stays_packed(one: Description, wanted: Precision) -> bool:
    """Layers of this encoder keep packed weights, which the host's own linears do not know."""
    if isinstance(wanted, str):
        return True
    if wanted is None and one.quantisation.packing:
        return True
    return not HOST_SCALES and scaled(one) == torch.float8_e4m3fn and wanted not in FLOATS


@dataclass
class Filled:
    """What filling one encoder came to, for the report."""

    unused: dict[str, str] = field(default_factory=dict)
    """Keys that were not read, or are not there, and why that does not matter."""
    invented: list[str] = field(default_factory=list)
    """Tensors that the file lacks and that were set to do nothing (an identity projection)."""
    kept: list[str] = field(default_factory=list)
    """Tensors too large for fp8, kept as they were."""
    dtypes: dict[str, int] = field(default_factory=dict)
    """Bytes in the encoder by dtype."""


def scaled(one: Description) -> torch.dtype | None:
    """The dtype of a file whose weights the host multiplies by factors of their own (its older way,
    `scale_weight`).
    """
    if one.quantisation.format != "fp8_scaled" or one.quantisation.scales != "scale_weight":
        return None
    return DTYPES.get(
        one.quantisation.types[0] if one.quantisation.types else "F8_E4M3", torch.float8_e4m3fn
    )


CLIP_ROWS = 49408
"""The host's CLIP modules and its CLIP vocabulary are made for this many, whatever a file says."""


def check_readable(one: Description) -> None:
    if one.architecture == "clip" and one.vocabulary != CLIP_ROWS:
        raise BadWeights(
            f"{one.title} has a vocabulary of {one.vocabulary or 0:,} pieces.",
            (
                f"CLIP's own vocabulary of {CLIP_ROWS:,} was expected: there is no tokenizer "
                "for another one."
            ),
            "Choose a CLIP that was trained with the usual vocabulary.",
        )
    packed = one.quantisation
    readable = packed.format in ("none", "fp8", "fp8_scaled", "gguf") or bool(packed.packing)
    whole = packed.format == "comfy" and all(kind.startswith("F8_") for kind in packed.types)
    if not (readable or whole):
        raise BadWeights(
            f"The weights of {one.title} are packed as {packed.title or packed.format}.",
            (
                "Plain weights, fp8 (scaled or not), int8 or int4 in ComfyUI's layout, or "
                "GGUF were expected."
            ),
            "Choose another version of this model.",
        )


class Wish(NamedTuple):
    """How an encoder is to be filled."""

    dtype: Precision = None
    """To convert to; `None`: as stored."""
    mapped: bool = True
    """Weights that need no conversion stay maps of the file."""
    keep_scales: bool = False
    """fp8 weights stay as they are and the module multiplies; otherwise they are unpacked."""
    needs_projection: bool = False
    resident: bool = False
    """The module's linears take packed weights as they are (resident.py)."""


def fill(encoder: Any, reader: TensorReader, wish: Wish) -> Filled:
    """Put a file's weights into `encoder` (the host's `SDClipModel`). Raises
    :class:`BadWeights`.
    """
    module, told = encoder.transformer, Filled()
    own = _shapes(module)
    linear = {
        f"{name}.weight"
        for name, part in module.named_modules()
        if isinstance(part, torch.nn.Linear)
    }
    found = _checked(reader, wish, told)
    wish = wish._replace(mapped=wish.mapped and not comfy.utils.DISABLE_MMAP)
    loaded: dict[str, torch.Tensor] = {}
    for name, source in found.items():
        loaded |= _tensors(name, source, reader, wish, name in linear, told)
    told.unused = {key: why for key, why in told.unused.items() if not _beside_kept(key, loaded)}
    _complete(loaded, own, found, reader, told)
    _check_module(loaded, own, reader.description)
    module.load_state_dict(loaded, strict=False, assign=True)
    if hasattr(
        comfy.model_management, "archive_model_dtypes"
    ):  # a newer host casts weights to what it noted while they were not there
        comfy.model_management.archive_model_dtypes(module)
    for value in module.state_dict().values():
        label = str(value.dtype).removeprefix("torch.")
        told.dtypes[label] = told.dtypes.get(label, 0) + value.numel() * value.element_size()
    return told


def _shapes(module: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    """Of every tensor the module has or will have: newer hosts give a linear its weight when it
    comes (``comfy/ops.py``).
    """
    shapes = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    for name, part in module.named_modules():
        if isinstance(part, torch.nn.Linear) and part.weight is None:
            shapes[f"{name}.weight"] = (part.out_features, part.in_features)
            if getattr(part, "comfy_need_lazy_init_bias", False):
                shapes[f"{name}.bias"] = (part.out_features,)
    return shapes


def _checked(reader: TensorReader, wish: Wish, told: Filled) -> dict[str, expected_keys.Source]:
    """Where each tensor of the encoder stands in the file; anything serious refuses."""
    one = reader.description
    placed = expected_keys.find_sources(one, reader.tensors)
    sorted_ = expected_keys.sort_keys(placed.missing, placed.unexpected, wish.needs_projection)
    serious = {**sorted_.serious, **expected_keys.wrong_shapes(one, reader.encoder, placed.sources)}
    told.unused = sorted_.harmless
    if serious:
        shown = "; ".join(f"{key} ({why})" for key, why in sorted(serious.items())[:3])
        raise BadWeights(
            f"{len(serious)} tensors of {one.title} are not as they should be: {shown}.",
            (
                f"Each of its {len(placed.sources) + len(placed.missing)} tensors was "
                "expected, in its shape, and nothing strange inside it."
            ),
            (
                "Download the file again, or choose another version: an encoder with a wrong "
                "layer gives noise."
            ),
        )
    return placed.sources


def _tensors(
    name: str,
    source: expected_keys.Source,
    reader: TensorReader,
    wish: Wish,
    linear: bool,
    told: Filled,
) -> dict[str, torch.Tensor]:
    """What the module gets for one tensor of the file: itself, converted, or a packed weight and
    its tables.
    """
    stored = reader.read(source)
    pack = wish.dtype if isinstance(wish.dtype, str) else ""
    held = kept.kept(name, stored, reader, source, pack) if wish.resident and linear else None
    if held is None:
        plain = stored if wish.keep_scales else kept.unpacked(stored, reader, source, wish.dtype)
        made = {name: _converted(plain, name, linear, wish.dtype, told)}
    else:
        made = {name.removesuffix(".weight") + end: tensor for end, tensor in held.items()}
    copied = not (wish.mapped and stored.is_contiguous())
    return {
        key: tensor.clone(memory_format=torch.contiguous_format)
        if tensor is stored and copied
        else tensor
        for key, tensor in made.items()
    }


def _beside_kept(key: str, loaded: Mapping[str, torch.Tensor]) -> bool:
    """A table of a packed weight that was read with it, under its own name."""
    return key in loaded or (
        key.endswith(".scale_weight") and key.replace(".scale_weight", ".weight_scale") in loaded
    )


def _converted(
    tensor: torch.Tensor, name: str, linear: bool, dtype: Precision, told: Filled
) -> torch.Tensor:
    """fp8 is for the layers' matrices alone: norms, biases and tables are small and suffer most
    from it.
    """
    if not isinstance(dtype, torch.dtype):
        return tensor
    if dtype in FLOATS:
        return tensor.to(dtype)
    if tensor.dtype not in FLOATS:
        return tensor  # fp8 already
    if not linear:
        return (
            tensor.to(torch.float16)
            if tensor.ndim > 1 and tensor.dtype == torch.float32
            else tensor
        )
    if float(tensor.abs().amax()) > _FP8_LIMIT:
        told.kept.append(name)
        return tensor
    return tensor.to(dtype)


def _check_module(
    loaded: Mapping[str, torch.Tensor], own: Mapping[str, tuple[int, ...]], one: Description
) -> None:
    """The file agrees with itself; does it with the module that this version of the host built?"""
    for name, value in loaded.items():
        note = loaded.get(name.removesuffix(".weight") + packing.NOTE)
        packed = packing.unpacked_shape(note, value) if note is not None else tuple(value.shape)
        if f".{name.rpartition('.')[2]}" in packing.TABLES:
            continue
        if name not in own or packed != own[name]:
            made = list(own[name]) if name in own else "no such tensor"
            raise BadWeights(
                (
                    f"{one.title} does not fit into ComfyUI's module for it: {name} is "
                    f"{list(packed)} in the file, and {made} there."
                ),
                "An encoder of the family's own size was expected.",
                "Choose the family 'encoder alone', which takes any size, or another file.",
            )


def _complete(
    loaded: dict[str, torch.Tensor],
    own: Mapping[str, tuple[int, ...]],
    found: Mapping[str, expected_keys.Source],
    reader: TensorReader,
    told: Filled,
) -> None:
    """What the module has beside the encoder's tensors: factors of packed weights, and a projection
    that the file lacks.
    """
    for name in own.keys() - loaded.keys():
        base, _, end = name.rpartition(".")
        if name == _PROJECTION:
            loaded[name] = torch.eye(own[name][0], dtype=loaded[_TABLE].dtype)
            told.invented.append(name)
        elif f".{end}" in FACTORS:
            key = f"{found[f'{base}.weight'].key.removesuffix('.weight')}.{end}"
            stored = reader.raw(key).clone() if key in reader.tensors else torch.ones(())
            loaded[name] = stored.to(torch.float32).reshape(own[name])
        elif name != "scaled_fp8":
            raise BadWeights(
                (
                    f"{reader.description.title} as ComfyUI builds it has a tensor {name!r}, which "
                    "EncoderScope does not know."
                ),
                "The tensors of ComfyUI's encoders were expected.",
                "Use ComfyUI's own loader, and tell us which version of ComfyUI this is.",
            )
