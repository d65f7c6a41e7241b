"""A linear layer of the host -> its weight as it is stored, where the product takes place.

Offloading is the host's: weights come through ``cast_bias_weight``. What it would change on the way
(LoRA on a weight that is not loaded), and layouts that are not known here, are left to the host's
own forward.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import comfy.ops
import torch

from ...kernels import Packed
from . import comfy_kitchen

_CHANGES = ("weight_function", "bias_function", "weight_lowvram_function", "bias_lowvram_function")
"""What the host does to a weight on its way: lists of functions, and one function in newer
versions.
"""
_SMOOTHED = "pre_quant_scale"
"""A factor of the layer's input, in some nvfp4 files."""
_PLAIN = (torch.float32, torch.float16, torch.bfloat16)


class StoredWeight(NamedTuple):
    """A layer's weight as it is stored, and its bias."""

    packed: Packed
    bias: torch.Tensor | None
    """(out,) fp32."""


def layout(linear: Any) -> str | None:
    """The name of the weight's layout; None where only the host can multiply with it."""
    changed = any(getattr(linear, name, None) for name in _CHANGES)
    if changed or getattr(linear, _SMOOTHED, None) is not None:
        return None
    weight = linear.weight
    if comfy_kitchen.is_quantised(weight):
        return "comfy_kitchen"
    if hasattr(linear, "packed"):
        return str(linear.packed().layout)
    if type(weight) not in (torch.Tensor, torch.nn.Parameter):
        return None
    if weight.dtype == torch.float8_e4m3fn:
        return "fp8_e4m3"
    if weight.dtype in _PLAIN and not hasattr(linear, "scale_weight"):
        return "plain"
    return None


@contextmanager
def stored_weight(
    linear: Any, layout: str, device: torch.device, dtype: torch.dtype
) -> Iterator[StoredWeight]:
    """The weight of a layer with this :func:`layout`, on ``device`` for as long as the context
    lasts.

    ``dtype``: of the product, for weights that only the host can unpack.
    """
    with fetched_weight(linear, device, torch.float32) as (weight, bias):
        yield StoredWeight(_packed(linear, layout, weight, dtype), bias)


@contextmanager
def fetched_weight(
    linear: Any, device: torch.device, bias_dtype: torch.dtype
) -> Iterator[tuple[torch.Tensor, torch.Tensor | None]]:
    """A layer's weight in the type it is stored in, and its bias, on ``device`` for as long as the
    context lasts.
    """
    weight, bias, stream = comfy.ops.cast_bias_weight(
        linear, device=device, dtype=linear.weight.dtype, bias_dtype=bias_dtype, offloadable=True
    )
    try:
        yield weight, bias
    finally:
        comfy.ops.uncast_bias_weight(linear, weight, bias, stream)


def _packed(linear: Any, layout: str, weight: torch.Tensor, dtype: torch.dtype) -> Packed:
    if layout == "comfy_kitchen":
        if comfy_kitchen.is_quantised(weight):
            return comfy_kitchen.packed(weight, dtype)
        return Packed("plain", weight, None)  # what the host made of it on its way
    if hasattr(linear, "packed"):
        return linear.packed(weight)
    scale = getattr(linear, "scale_weight", None)
    if scale is not None:
        scale = scale.to(weight.device, torch.float32)
    return Packed(layout, weight, scale)
