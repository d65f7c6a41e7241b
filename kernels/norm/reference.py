"""T5's norm of the residual stream, as T5LayerNorm of transformers writes it down."""

from __future__ import annotations

import torch
from torch import Tensor


def add_rms_norm(
    residual: Tensor, update: Tensor | None, weight: Tensor, eps: float, dtype: torch.dtype
) -> Tensor:
    if update is not None:
        residual += update.float()
    mean_square = residual.pow(2).mean(dim=-1, keepdim=True)
    return (residual * torch.rsqrt(mean_square + eps) * weight.float()).to(dtype)
