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
    """``x`` (token, in) -> (token, out) in the mode's dtype."""
    kind = weight_access.layout(linear)
    if kind is None or replaced(linear):
        made = wide(products, linear, x)
        return made.to(products.dtype(x.device)) if out is None else out.copy_(made)
    if (made := _draft(products, linear, x)) is not None:
        return made if out is None else out.copy_(made)
    with weight_access.stored(linear, kind, x.device, products.dtype(x.device)) as (packed, bias):
        made = products(x, packed, out)
        return made if bias is None else made.add_(bias)


def wide(products: Products, linear: Any, x: torch.Tensor) -> torch.Tensor:
    """``x`` (token, in) -> (token, out) fp32 or bf16, for the residual stream."""
    return linear.forward(x.float()) if replaced(linear) else _wide(products, linear, x)


def _wide(products: Products, linear: Any, x: torch.Tensor) -> torch.Tensor:
    kind = weight_access.layout(linear)
    if kind is None:
        return type(linear).forward(linear, x.float())  # type: ignore[no-any-return]
    if (made := _draft(products, linear, x)) is not None:
        return made
    with weight_access.stored(linear, kind, x.device, products.dtype(x.device)) as (packed, bias):
        made = products.wide(x, packed)
        return made if bias is None else made.add_(bias)


def _draft(products: Products, linear: Any, x: torch.Tensor) -> torch.Tensor | None:
    """comfy-kitchen's product; None outside draft, and where it has none for this weight on this
    machine.
    """
    layout = comfy_kitchen.layout(linear) if products.mode == DRAFT else ""
    if not layout or not comfy_kitchen.has_units(layout):
        return None
    with weight_access.fetched(linear, x.device, torch.float32) as (weight, bias):
        scale = linear.packed(weight).scale if hasattr(linear, "packed") else None
        made = comfy_kitchen.product(x, layout, weight, scale, getattr(linear, "input_scale", None))
        return made if bias is None else made.add_(bias)


def forward(products: Products, linear: Any, x: torch.Tensor) -> torch.Tensor:
    """In place of the layer's own: ``x`` (..., in) fp32 -> (..., out) fp32."""
    comfy.ops.run_every_op()
    return _wide(products, linear, x.reshape(-1, x.shape[-1])).float().view(*x.shape[:-1], -1)


def replaced(linear: Any) -> bool:
    """Another node has put its own forward on this layer, such as the host's LoRA that leaves the
    weights alone ("bypass").
    """
    put = vars(linear).get("forward")
    ours = isinstance(put, partial) and put.func is forward
    return (
        put is not None and not ours and getattr(put, "__func__", None) is not type(linear).forward
    )
