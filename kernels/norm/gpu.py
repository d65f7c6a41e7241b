"""One program for each token: its row is read once, and the norm's sum never leaves the registers.
Imports Triton.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from ..tiles import row_warps


@triton.jit
def _add_rms_norm(
    residual: tl.tensor,
    update: tl.tensor,
    weight: tl.tensor,
    normed: tl.tensor,
    residual_step: int,
    update_step: int,
    dim: int,
    eps: float,
    ADDS: tl.constexpr,
    WIDTH: tl.constexpr,
) -> None:
    token = tl.program_id(0).to(tl.int64)
    column = tl.arange(0, WIDTH)
    inside = column < dim
    values = tl.load(residual + token * residual_step + column, mask=inside, other=0.0)
    if ADDS:
        values += tl.load(update + token * update_step + column, mask=inside, other=0.0).to(
            tl.float32
        )
        tl.store(residual + token * residual_step + column, values, mask=inside)
    mean_square = tl.sum(values * values, axis=0) / dim
    scales = tl.load(weight + column, mask=inside, other=0.0).to(tl.float32)
    tl.store(
        normed + token * dim + column, values * tl.rsqrt(mean_square + eps) * scales, mask=inside
    )


def add_rms_norm(
    residual: Tensor, update: Tensor | None, weight: Tensor, eps: float, dtype: torch.dtype
) -> Tensor:
    tokens, dim = residual.shape
    normed = torch.empty(residual.shape, dtype=dtype, device=residual.device)
    added = residual if update is None else update
    width = triton.next_power_of_2(dim)
    with torch.cuda.device_of(residual):
        _add_rms_norm[(tokens,)](
            residual,
            added,
            weight,
            normed,
            residual.stride(0),
            added.stride(0),
            dim,
            eps,
            ADDS=update is not None,
            WIDTH=width,
            num_warps=row_warps(width),
        )
    return normed
