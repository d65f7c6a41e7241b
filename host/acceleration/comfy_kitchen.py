"""Weights that newer hosts keep as comfy-kitchen's tensors, and its products with activations that
are rounded, too ("draft").

ComfyUI from 0.8 on brings comfy-kitchen and loads quantised files (fp8, nvfp4, after 0.26 int8) as
its ``QuantizedTensor``, which text encoders multiply in fp32. Where comfy-kitchen is missing, no
weight is such a tensor, and there is no draft.
"""

from __future__ import annotations

import importlib
import sys
from functools import cache
from typing import Any

import torch

from ...kernels import Packed

DTYPE = torch.bfloat16
"""Of what goes into a draft product and comes out: fp16 would not hold T5-XXL's activations."""
_OURS = {"int8_rows": "TensorWiseINT8Layout", "fp8_e4m3": "TensorCoreFP8Layout"}
"""Our layouts -> comfy-kitchen's."""
_ROUNDS_ITSELF = ("TensorWiseINT8Layout", "TensorCoreConvRotW4A4Layout", "AsymW4A8Int8Layout")
"""Layouts whose product takes plain activations and rounds them on its way (``quantize_input``
False in ``comfy/quant_ops.py``).
"""


@cache
def tensors() -> Any:
    """comfy-kitchen's module of tensors; None where it is missing, or broken. Imported when it is
    needed: that takes a second or more.
    """
    try:
        return importlib.import_module("comfy_kitchen.tensor")
    except Exception:  # what is optional may not take the pack with it
        return None


def is_quantised(weight: Any) -> bool:
    """Whether a weight is a ``QuantizedTensor``: none can be before the module is loaded."""
    return (
        "comfy_kitchen.tensor" in sys.modules
        and tensors() is not None
        and isinstance(weight, tensors().QuantizedTensor)
    )


def packed(weight: Any, dtype: torch.dtype) -> Packed:
    """A ``QuantizedTensor`` for our products. Layouts that are not ours are unpacked by
    comfy-kitchen, to ``dtype``.
    """
    data, params = weight._qdata, weight.params
    turned = getattr(params, "transposed", False) or getattr(params, "convrot", False)
    if data.shape == weight.shape and not turned:
        if data.dtype == torch.int8:
            return Packed("int8_rows", data, _row_scales(params.scale))
        if data.dtype == torch.float8_e4m3fn and params.scale.numel() == 1:
            return Packed("fp8_e4m3", data, _row_scales(params.scale))
    return Packed("plain", weight.to(dtype).dequantize(), None)


def _row_scales(scale: torch.Tensor) -> torch.Tensor:
    """(row,) fp32, or () where one scale is for all rows."""
    scales = scale.float().reshape(-1)
    if len(scales) == 1:
        return scales[0]
    return scales


def layout(linear: Any) -> str:
    """What comfy-kitchen calls the layout of a layer's weight; '' for plain numbers, and for a
    layout that it does not know.
    """
    if is_quantised(linear.weight):
        return str(linear.weight._layout_cls)
    if hasattr(linear, "packed"):
        return _OURS.get(linear.packed().layout, "")
    return ""


def has_units(layout: str) -> bool:
    """Whether this machine multiplies numbers of a layout as they are, faster than after unpacking
    them.
    """
    return bool(tensors().get_layout_class(layout).supports_fast_matmul())


def product(
    x: torch.Tensor,
    layout: str,
    weight: Any,
    scale: torch.Tensor | None,
    input_scale: torch.Tensor | None,
) -> torch.Tensor:
    """comfy-kitchen's product, ``x`` (token, in) -> (token, out) in :data:`DTYPE`.

    ``weight`` (out, in): a ``QuantizedTensor``, or the numbers of one of our layouts with their
    ``scale``. ``input_scale``: of the activations where a file fixes one; otherwise they are
    measured.
    """
    x = x.to(DTYPE)
    if is_quantised(weight):
        weight = weight.to(DTYPE)
    else:
        params = (
            tensors()
            .get_layout_class(layout)
            .Params(scale=scale, orig_dtype=DTYPE, orig_shape=tuple(weight.shape))
        )
        weight = tensors().QuantizedTensor(weight, layout, params)
    if layout not in _ROUNDS_ITSELF:
        fixed: Any = "recalculate"
        if input_scale is not None:
            fixed = input_scale.to(x.device)
        x = tensors().QuantizedTensor.from_float(x, layout, scale=fixed)
    return torch.nn.functional.linear(x, weight)
