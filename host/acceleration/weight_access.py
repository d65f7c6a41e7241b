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


class Stored(NamedTuple):
    packed: Packed
    bias: torch.Tensor | None
    """(out,) fp32."""


def layout(linear: Any) -> str | None:
    """The name of the weight's layout; None where only the host can multiply with it."""
    if (
        any(getattr(linear, name, None) for name in _CHANGES)
        or getattr(linear, _SMOOTHED, None) is not None
    ):
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
    return "plain" if weight.dtype in _PLAIN and not hasattr(linear, "scale_weight") else None


@contextmanager
def stored(linear: Any, kind: str, device: torch.device, dtype: torch.dtype) -> Iterator[Stored]:
    """The weight of a layer whose :func:`layout` is ``kind``, on ``device`` for as long as the
    context lasts.

    ``dtype``: of the product, for weights that only the host can unpack.
    """
    with fetched(linear, device, torch.float32) as (weight, bias):
        yield Stored(_packed(linear, kind, weight, dtype), bias)


@contextmanager
def fetched(
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


def _packed(linear: Any, kind: str, weight: torch.Tensor, dtype: torch.dtype) -> Packed:
    if kind == "comfy_kitchen":  # or what the host made of it on its way
        return (
            comfy_kitchen.packed(weight, dtype)
            if comfy_kitchen.is_quantised(weight)
            else Packed("plain", weight, None)
        )
    if hasattr(linear, "packed"):
        return linear.packed(weight)
    scale = getattr(linear, "scale_weight", None)
    return Packed(kind, weight, None if scale is None else scale.to(weight.device, torch.float32))
