"""The residual stream: what a layer adds to it, and T5's RMS norm of the sum."""

from __future__ import annotations

import torch
from torch import Tensor

from ..dispatch import Op, Way
from ..limits import why_not_float, why_not_triton
from . import fused, reference

WIDEST = 16384
"""Values of a row that one GPU program holds."""


def _triton(
    residual: Tensor, update: Tensor | None, weight: Tensor, eps: float, dtype: torch.dtype
) -> Tensor:
    from .gpu import add_rms_norm as run

    return run(residual, update, weight, eps, dtype)


def _why_not_triton(
    residual: Tensor, update: Tensor | None, weight: Tensor, eps: float, dtype: torch.dtype
) -> str | None:
    if residual.shape[1] > WIDEST:
        return f"rows are wider than {WIDEST}"
    types = [tensor.dtype for tensor in (weight, update) if tensor is not None]
    return why_not_triton(residual, update, weight) or why_not_float(*types, dtype)


OP = Op(
    "add_rms_norm",
    (
        Way("triton", _triton, _why_not_triton),
        Way("torch", fused.add_rms_norm),
        Way("reference", reference.add_rms_norm),
    ),
)


def add_rms_norm(
    residual: Tensor, update: Tensor | None, weight: Tensor, eps: float, dtype: torch.dtype
) -> Tensor:
    """Adds `update` (token, dim) to `residual` (token, dim), in place, and returns the sum's norm
    in `dtype`.

    T5's norm: x / sqrt(mean(x^2) + eps) * weight (dim,), without a mean taken off and without a
    bias. `residual` is fp32, and so is all that is computed; `update` and `weight` may be of any
    float type. Without an update the residual stays as it is. Raises TypeError for another residual
    type, ValueError for shapes that do not fit.
    """
    if residual.dtype != torch.float32:
        raise TypeError(
            f"The residual stream is {residual.dtype}, but it must be torch.float32: "
            "what 24 layers add does not fit less. "
            "Convert it once, before the first layer."
        )
    if (
        residual.dim() != 2
        or weight.shape != residual.shape[1:]
        or (update is not None and update.shape != residual.shape)
    ):
        shapes = [
            tensor if tensor is None else tuple(tensor.shape)
            for tensor in (residual, update, weight)
        ]
        raise ValueError(
            "Expected residual (token, dim), update of the same shape or None, and "
            f"weight (dim,), but got {', '.join(map(str, shapes))}. "
            "Flatten batches to tokens first."
        )
    return OP.run(residual, update, weight, eps, dtype)
