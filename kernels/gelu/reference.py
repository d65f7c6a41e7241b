"""Gated GELU in fp32, from its formula."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def gated_gelu(gate_up: Tensor, dtype: torch.dtype) -> Tensor:
    gate, up = gate_up.float().chunk(2, dim=-1)
    gelu = 0.5 * gate * (1 + torch.tanh(math.sqrt(2 / math.pi) * (gate + 0.044715 * gate.pow(3))))
    return (gelu * up).to(dtype)
