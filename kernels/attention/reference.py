"""One document after the other, in fp32, with the bias of all pairs."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from .bias import Bias


def t5_attention(q: Tensor, k: Tensor, v: Tensor, bias: Bias) -> Tensor:
    attended = []
    for start, stop in pairwise(bias.starts):
        position = torch.arange(stop - start, device=q.device)
        distance = position[None, :] - position[:, None]
        scores = torch.einsum("qhd,khd->hqk", q[start:stop].float(), k[start:stop].float())
        weights = torch.softmax(scores + bias.table[:, distance + bias.longest - 1], dim=-1)
        attended.append(torch.einsum("hqk,khd->qhd", weights, v[start:stop].float()))
    return torch.cat(attended).to(q.dtype)
