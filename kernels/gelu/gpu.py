"""Gate and up are read once, and nothing between them is written. Imports Triton."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from ..tiles import ROW


@triton.jit
def _gated_gelu(
    gate_up: tl.tensor, gated: tl.tensor, step: int, ff: int, WIDTH: tl.constexpr
) -> None:
    token = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * WIDTH + tl.arange(0, WIDTH)
    inside = column < ff
    gate = tl.load(gate_up + token * step + column, mask=inside, other=0.0).to(tl.float32)
    up = tl.load(gate_up + token * step + ff + column, mask=inside, other=0.0).to(tl.float32)
    # (1 + tanh(x)) / 2 is sigmoid(2 x); 0.797... is sqrt(2 / pi).
    gelu = gate * tl.sigmoid(2 * 0.7978845608028654 * (gate + 0.044715 * gate * gate * gate))
    tl.store(gated + token * ff + column, gelu * up, mask=inside)


def gated_gelu(gate_up: Tensor, dtype: torch.dtype) -> Tensor:
    tokens, ff = gate_up.shape[0], gate_up.shape[1] // 2
    gated = torch.empty((tokens, ff), dtype=dtype, device=gate_up.device)
    with torch.cuda.device_of(gate_up):
        _gated_gelu[(tokens, triton.cdiv(ff, ROW))](
            gate_up, gated, gate_up.stride(0), ff, WIDTH=ROW
        )
    return gated
