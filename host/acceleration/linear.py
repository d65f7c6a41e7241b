"""The forward of one linear layer of the host, in a mode."""

from __future__ import annotations

from functools import partial
from typing import Any

import comfy.ops
import torch

from ...conditioning.encoding.products import Products
from ...conditioning.precision import DRAFT
from . import comfy_kitchen, weight_access


def product(
    products: Products, linear: Any, x: torch.Tensor, out: torch.Tensor | None = None
) -> torch.Tensor:
    """A layer's output, ``x`` (token, in) -> (token, out) in the mode's dtype; written into ``out``
    where that is given.
    """
    layout = weight_access.layout(linear)
    if layout is None or is_replaced(linear):
        return _written(wide(products, linear, x).to(products.dtype(x.device)), out)
    if (draft := _draft_product(products, linear, x)) is not None:
        return _written(draft, out)
    dtype = products.dtype(x.device)
    with weight_access.stored_weight(linear, layout, x.device, dtype) as (packed, bias):
        return _plus_bias(products(x, packed, out), bias)


def wide(products: Products, linear: Any, x: torch.Tensor) -> torch.Tensor:
    """A layer's output for the residual stream, ``x`` (token, in) -> (token, out) fp32 or bf16."""
    if is_replaced(linear):
        return linear.forward(x.float())  # type: ignore[no-any-return]
    return _wide(products, linear, x)


def _wide(products: Products, linear: Any, x: torch.Tensor) -> torch.Tensor:
    layout = weight_access.layout(linear)
    if layout is None:
        return type(linear).forward(linear, x.float())  # type: ignore[no-any-return]
    if (draft := _draft_product(products, linear, x)) is not None:
        return draft
    dtype = products.dtype(x.device)
    with weight_access.stored_weight(linear, layout, x.device, dtype) as (packed, bias):
        return _plus_bias(products.wide(x, packed), bias)


def _draft_product(products: Products, linear: Any, x: torch.Tensor) -> torch.Tensor | None:
    """comfy-kitchen's product; None outside draft, and where it has none for this weight on this
    machine.
    """
    if products.mode != DRAFT:
        return None
    layout = comfy_kitchen.layout(linear)
    if not layout or not comfy_kitchen.has_units(layout):
        return None
    with weight_access.fetched_weight(linear, x.device, torch.float32) as (weight, bias):
        scale = None
        if hasattr(linear, "packed"):
            scale = linear.packed(weight).scale
        input_scale = getattr(linear, "input_scale", None)
        return _plus_bias(comfy_kitchen.product(x, layout, weight, scale, input_scale), bias)


def _written(result: torch.Tensor, out: torch.Tensor | None) -> torch.Tensor:
    if out is None:
        return result
    return out.copy_(result)


def _plus_bias(result: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    if bias is None:
        return result
    return result.add_(bias)


def forward(products: Products, linear: Any, x: torch.Tensor) -> torch.Tensor:
    """A layer's output in place of its own forward: ``x`` (..., in) fp32 -> (..., out) fp32."""
    comfy.ops.run_every_op()
    return _wide(products, linear, x.reshape(-1, x.shape[-1])).float().view(*x.shape[:-1], -1)


def is_replaced(linear: Any) -> bool:
    """Whether another node has put its own forward on this layer, such as the host's LoRA that
    leaves the weights alone ("bypass").
    """
    replacement = vars(linear).get("forward")
    if replacement is None:
        return False
    ours = isinstance(replacement, partial) and replacement.func is forward
    return not ours and getattr(replacement, "__func__", None) is not type(linear).forward
