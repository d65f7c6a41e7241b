"""torch's own attention, once for neighbouring documents of one length.

The bias is of q's type: with another one some GPU back ends give wrong numbers without a word
(PyTorch #191612). All documents of a length share it, so nothing of the size (document, head,
query, key) exists.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from .bias import Bias


def t5_attention(q: Tensor, k: Tensor, v: Tensor, bias: Bias) -> Tensor:
    attended = []
    for start, stop, length in bias.runs:
        queries, keys, values = (_by_document(tensor[start:stop], length) for tensor in (q, k, v))
        shared = bias.square(length, q.dtype)[None]
        output = functional.scaled_dot_product_attention(
            queries, keys, values, attn_mask=shared, scale=1.0
        )
        # which of torch's ways was taken decides how its output lies in memory
        attended.append(output.transpose(1, 2).contiguous().flatten(0, 1))
    if len(attended) == 1:
        return attended[0]  # without a copy
    return torch.cat(attended)


def _by_document(tokens: Tensor, length: int) -> Tensor:
    """(token, head, dim) -> (document, head, token, dim), a view."""
    return tokens.unflatten(0, (-1, length)).transpose(1, 2)
