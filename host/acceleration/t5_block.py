"""The host's T5 block (``comfy/text_encoders/t5.py``), the same sums in fewer passes over memory.

The residual stream, norms and the softmax's sums are fp32. Rows may lie end to end as documents
that do not see each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import comfy.ops
import torch
from comfy.text_encoders import t5 as host_t5
from torch.nn import functional

from ...conditioning.encoding.products import Products
from ...kernels import Bias, add_rms_norm, gated_gelu, t5_attention
from .linear import product, wide

_GELU = host_t5.activations["gelu_pytorch_tanh"]


@dataclass
class BlockContext:
    """What the blocks of one T5 must know beside their input."""

    products: Products
    starts: list[int] | None = None
    """Where the documents of a packed row begin, and where the last one ends; None: every row is
    one.
    """


def block(
    context: BlockContext,
    layers: Any,
    x: torch.Tensor,
    mask: Any = None,
    past_bias: Any = None,
    _: Any = None,
) -> Any:
    """One block in place of ``T5Block.forward``: ``x`` (row, token, dim) fp32, changed in place as
    the host's, and the bias for the next block.
    """
    comfy.ops.run_every_op()
    attention, feed = layers.layer[0], layers.layer[-1]
    stream = x.view(-1, x.shape[-1])
    products = context.products
    dtype = products.dtype(x.device)
    bias = _bias(context, attention.SelfAttention, x, past_bias)
    normed = _norm(attention.layer_norm, stream, None, dtype)
    attended = _attention(products, attention.SelfAttention, normed, bias, mask)
    update = wide(products, attention.SelfAttention.o, attended)
    normed = _norm(feed.layer_norm, stream, update, dtype)
    stream += _feed_forward(products, feed.DenseReluDense, normed)
    return x, bias


def _norm(
    norm: Any, stream: torch.Tensor, update: torch.Tensor | None, dtype: torch.dtype
) -> torch.Tensor:
    weight = norm.weight.to(device=stream.device, dtype=torch.float32)
    return add_rms_norm(stream, update, weight, norm.variance_epsilon, dtype)


def _bias(context: BlockContext, attention: Any, x: torch.Tensor, past: Bias | None) -> Bias:
    """The position bias of this block, as the host's ``compute_bias`` has it, but one number for a
    distance instead of one for a pair.
    """
    if attention.relative_attention_bias is None:
        assert past is not None  # the first block of a stack has one
        return past
    rows, length = x.shape[:2]
    starts = context.starts or list(range(0, rows * length + 1, length))
    longest = max(stop - start for start, stop in pairwise(starts))
    distance = torch.arange(1 - longest, longest, device=x.device)
    buckets = attention._relative_position_bucket(
        distance,
        bidirectional=True,
        num_buckets=attention.relative_attention_num_buckets,
        max_distance=attention.relative_attention_max_distance,
    )
    table = attention.relative_attention_bias(buckets, out_dtype=torch.float32)
    return Bias(table.t().contiguous(), starts)


def _attention(
    products: Products, attention: Any, x: torch.Tensor, bias: Bias, mask: Any
) -> torch.Tensor:
    heads = attention.num_heads
    q, k, v = (
        product(products, part, x).view(x.shape[0], heads, -1)
        for part in (attention.q, attention.k, attention.v)
    )
    if mask is None:
        return t5_attention(q, k, v, bias).view(x.shape[0], -1)
    return _masked(q, k, v, bias, mask)


def _masked(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, bias: Bias, mask: torch.Tensor
) -> torch.Tensor:
    """Attention of rows whose padding is masked but not thrown away, (row * token, head * dim):
    ``mask`` (row, 1, query, key) is added, row by row.
    """
    rows, length = mask.shape[0], mask.shape[-1]
    q, k, v = (
        tensor.view(rows, length, *tensor.shape[1:]).transpose(1, 2).float() for tensor in (q, k, v)
    )
    square = bias.square(length, torch.float32)
    attend = functional.scaled_dot_product_attention
    attended = [
        attend(q[n : n + 1], k[n : n + 1], v[n : n + 1], square + mask[n], scale=1.0)
        for n in range(rows)
    ]
    return torch.cat(attended).transpose(1, 2).reshape(rows * length, -1)


def _feed_forward(products: Products, dense: Any, x: torch.Tensor) -> torch.Tensor:
    if not isinstance(dense, host_t5.T5DenseGatedActDense):
        return wide(products, dense.wo, dense.act(product(products, dense.wi, x).float()))
    width = dense.wo.in_features
    both = products.buffer("gate and up", (x.shape[0], 2 * width), x, x.dtype)
    product(products, dense.wi_0, x, both[:, :width])
    product(products, dense.wi_1, x, both[:, width:])
    if dense.act is not _GELU:
        gated = dense.act(both[:, :width].float()) * both[:, width:].float()
    elif x.dtype == torch.float16:
        gated = gated_gelu(both, torch.float32)
    else:
        gated = gated_gelu(both, x.dtype)
    return wide(products, dense.wo, gated)
