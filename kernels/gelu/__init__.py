"""The gate of T5-v1.1's feed-forward layer."""

from __future__ import annotations

import torch
from torch import Tensor

from ..dispatch import Op, Way
from ..limits import why_not_float, why_not_triton
from . import blockwise, reference


def _triton(gate_up: Tensor, dtype: torch.dtype) -> Tensor:
    from .gpu import gated_gelu as run

    return run(gate_up, dtype)


def _why_not_triton(gate_up: Tensor, dtype: torch.dtype) -> str | None:
    return why_not_triton(gate_up) or why_not_float(gate_up.dtype, dtype)


OP = Op(
    "gated_gelu",
    (
        Way("triton", _triton, _why_not_triton),
        Way("torch", blockwise.gated_gelu),
        Way("reference", reference.gated_gelu),
    ),
)


def gated_gelu(gate_up: Tensor, dtype: torch.dtype) -> Tensor:
    """GELU of the gate times the other half: `gate_up` (token, 2*ff) -> (token, ff) in `dtype`.

    The gate is the first half of each row. GELU is the tanh approximation (T5-v1.1's `gelu_new`).
    All is computed in fp32 and rounded once. Raises ValueError for another shape.
    """
    if gate_up.dim() != 2 or gate_up.shape[1] % 2:
        raise ValueError(
            "Expected (token, 2*ff), the gate and then what it lets through, but got "
            f"{tuple(gate_up.shape)}. "
            "Flatten batches to tokens, and lay both halves side by side."
        )
    return OP.run(gate_up, dtype)
