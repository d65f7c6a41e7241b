"""From a checkpoint's headers to weights in the host's modules: memory-mapped, tensor by tensor,
each copied at most once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import comfy.model_management
import comfy.utils
import torch

from ...conditioning.encoder_files import packing
from ...conditioning.encoder_files.description import Description
from ...conditioning.encoder_files.expected_keys import Source
from ...conditioning.encoder_files.tensor_reader import narrowed, require_finite_weights
from ...conditioning.translation import later
from ..acceleration import disk_streaming
from . import packed_weights
from .encoder_plan import BadWeights, EncoderPlan
from .packed_weights import FLOATS

_FACTORS = (".scale_weight", ".scale_input")
"""Those that a host's linears multiply fp8 weights by."""
_PROJECTION, _TABLE = "text_projection.weight", "text_model.embeddings.token_embedding.weight"
_CLIP_LAYER = re.compile(r"text_model\.encoder\.layers\.(\d+)\.")
_FP8_LIMIT = 448.0
_MOST_OF_MAP = 1 << 30
"""Bytes on the file's map that are looked at where the file has no room in memory: it would be read
from the disk twice."""

Shapes = Mapping[str, tuple[int, ...]]


@dataclass
class FillResult:
    """What filling one encoder came to, for the report."""

    unused: dict[str, str] = field(default_factory=dict)
    """Keys that were not read, or are not there, and why that does not matter."""
    projection_missing: bool = False
    """The file lacks the text projection, which was set to do nothing."""
    too_large: list[str] = field(default_factory=list)
    """Tensors too large for fp8, left as they are."""
    dtypes: dict[str, int] = field(default_factory=dict)
    """Bytes in the encoder by dtype."""


def fill(encoder: Any, plan: EncoderPlan, mapped: bool) -> FillResult:
    """Puts a file's weights into ``encoder`` (the host's `SDClipModel`); ``mapped``: those that
    need no conversion stay maps of the file. Raises :class:`BadWeights`, also for NaN.
    """
    module = encoder.transformer
    result = FillResult()
    shapes = _shapes(module)
    sources = plan.soundness.keys.sources
    result.unused = dict(plan.soundness.harmless)
    mapped = mapped and not comfy.utils.DISABLE_MMAP
    weights, on_map = _read_weights(module, plan, sources, mapped, result)
    _complete(weights, shapes, sources, plan, result)
    _check_module(weights, shapes, plan.description)
    _require_finite(weights, on_map, plan.description.title)
    module.load_state_dict(weights, strict=False, assign=True)
    if hasattr(comfy.model_management, "archive_model_dtypes"):
        # a newer host casts weights to what it noted while they were not there
        comfy.model_management.archive_model_dtypes(module)
    for value in module.state_dict().values():
        label = str(value.dtype).removeprefix("torch.")
        result.dtypes[label] = result.dtypes.get(label, 0) + value.numel() * value.element_size()
    return result


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


def _read_weights(
    module: torch.nn.Module,
    plan: EncoderPlan,
    sources: Mapping[str, Source],
    mapped: bool,
    result: FillResult,
) -> tuple[dict[str, torch.Tensor], set[str]]:
    """The weights, and the names of those that stay on the file's map."""
    linears = {
        f"{name}.weight"
        for name, part in module.named_modules()
        if isinstance(part, torch.nn.Linear)
    }
    weights: dict[str, torch.Tensor] = {}
    on_map: set[str] = set()
    for name, source in sources.items():
        stored = plan.reader.read(source)
        layer = None
        if name in linears:
            layer = _packed_layer(name, source, stored, plan)
        if layer is None:
            plain = _plain(source, stored, plan)
            layer = {name: _converted(plain, name, name in linears, plan, result)}
        for key, tensor in layer.items():
            if tensor is stored and mapped and stored.is_contiguous():
                on_map.add(key)
            elif tensor is stored:
                tensor = stored.clone(memory_format=torch.contiguous_format)
            weights[key] = tensor
    return weights, on_map


def _require_finite(weights: Mapping[str, torch.Tensor], on_map: set[str], title: str) -> None:
    """Raises :class:`BadWeights` for NaN. What has room stays with the system for the first prompt
    and costs no second reading; no page of it stays in this process.
    """
    copies = {name: weight for name, weight in weights.items() if name not in on_map}
    require_finite_weights(copies, title)
    maps = {name: weights[name] for name in on_map}
    room = comfy.model_management.get_free_memory(torch.device("cpu")) / 2
    fits = sum(weight.nbytes for weight in maps.values()) <= room
    most = math.inf if fits else _MOST_OF_MAP
    require_finite_weights(maps, title, most, disk_streaming.releasing())


def _packed_layer(
    name: str, source: Source, stored: torch.Tensor, plan: EncoderPlan
) -> dict[str, torch.Tensor] | None:
    """A linear's packed weight and its tables by their names in the module; `None` for a weight
    that is to be a plain one.
    """
    if not plan.packed:
        return None
    layer = packed_weights.packed_tensors(name, stored, plan.reader, source, plan.pack)
    if layer is None:
        return None
    return {name.removesuffix(".weight") + end: tensor for end, tensor in layer.items()}


def _plain(source: Source, stored: torch.Tensor, plan: EncoderPlan) -> torch.Tensor:
    if plan.host_scales is not None and not plan.packed:
        return stored  # the module multiplies
    return packed_weights.unpacked(stored, plan.reader, source, plan.dtype)


def _converted(
    tensor: torch.Tensor, name: str, is_linear: bool, plan: EncoderPlan, result: FillResult
) -> torch.Tensor:
    """A tensor in the precision of the plan. fp8 is for the layers' matrices alone: norms, biases
    and tables are small and suffer most from it.
    """
    if not isinstance(plan.dtype, torch.dtype):
        return tensor
    if plan.dtype in FLOATS:
        return narrowed(tensor, plan.dtype, name, plan.description.title)
    if tensor.dtype not in FLOATS:
        return tensor  # fp8 already
    if not is_linear:
        if tensor.ndim > 1 and tensor.dtype == torch.float32:
            return narrowed(tensor, torch.float16, name, plan.description.title)
        return tensor
    if float(tensor.abs().amax()) > _FP8_LIMIT:
        result.too_large.append(name)
        return tensor
    return tensor.to(plan.dtype)


def _check_module(
    weights: Mapping[str, torch.Tensor], shapes: Shapes, description: Description
) -> None:
    """The file agrees with itself; does it with the module that this version of the host built?"""
    for name, value in weights.items():
        if f".{name.rpartition('.')[2]}" in packing.TABLES:
            continue
        shape = tuple(value.shape)
        note = weights.get(name.removesuffix(".weight") + packing.NOTE)
        if note is not None:
            shape = packing.unpacked_shape(note, value)
        if shape == shapes.get(name):
            continue
        raise BadWeights(
            "{title} does not fit into ComfyUI's module for it: {name} is {shape} in the file, "
            "and {there} there.",
            "An encoder of the family's own size was expected.",
            "Choose the family 'encoder alone', which takes any size, or another file.",
            title=description.title,
            name=name,
            shape=list(shape),
            there=list(shapes.get(name, ())) or later("no such tensor"),
        )


def _is_beyond(name: str, description: Description) -> bool:
    """Whether a tensor of the host's module belongs to a layer that the file does not have."""
    layer = _CLIP_LAYER.match(name)
    return layer is not None and int(layer[1]) >= (description.layers or 0)


def _complete(
    weights: dict[str, torch.Tensor],
    shapes: Shapes,
    sources: Mapping[str, Source],
    plan: EncoderPlan,
    result: FillResult,
) -> None:
    """Adds what the module has beside the encoder's tensors: factors of packed weights, a
    projection that the file lacks, and a last layer that nobody reads.
    """
    for name in shapes.keys() - weights.keys():
        base, _, end = name.rpartition(".")
        if _is_beyond(name, plan.description):
            # with zeros it passes on what it gets
            weights[name] = torch.zeros(shapes[name], dtype=weights[_TABLE].dtype)
        elif name == _PROJECTION:
            weights[name] = torch.eye(shapes[name][0], dtype=weights[_TABLE].dtype)
            result.projection_missing = True
        elif f".{end}" in _FACTORS:
            factor = torch.ones(())
            key = f"{sources[f'{base}.weight'].key.removesuffix('.weight')}.{end}"
            if key in plan.reader.tensors:
                factor = plan.reader.raw(key).clone()
            weights[name] = factor.to(torch.float32).reshape(shapes[name])
        elif name != "scaled_fp8":
            raise BadWeights(
                (
                    "{title} as ComfyUI builds it has a tensor {name!r}, which EncoderScope does "
                    "not know."
                ),
                "The tensors of ComfyUI's encoders were expected.",
                "Use ComfyUI's own loader, and tell us which version of ComfyUI this is.",
                title=plan.description.title,
                name=name,
            )
