"""Attention in tiles, with the softmax's sums carried along (as in FlashAttention), and the bias
read from its table. Imports Triton.

Nothing of the size (query, key) is written. Documents of any lengths are one launch: a program
knows where its document begins and ends.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from ..limits import interpreted
from ..tiles import attention_tiles, capability
from .bias import Bias


@triton.jit
def _read(
    base: tl.tensor,
    row: tl.tensor,
    step: int,
    stop: tl.tensor,
    DIM: tl.constexpr,
    UPCAST: tl.constexpr,
) -> tl.tensor:
    """One head's numbers of some rows, (row, DIM); 0 from `stop` on."""
    column = tl.program_id(1) * DIM + tl.arange(0, DIM)
    numbers = tl.load(
        base + row.to(tl.int64)[:, None] * step + column[None, :],
        mask=row[:, None] < stop,
        other=0.0,
    )
    if UPCAST:
        numbers = numbers.to(tl.float32)
    return numbers


@triton.jit
def _scores(
    queries: tl.tensor,
    keys: tl.tensor,
    query: tl.tensor,
    key: tl.tensor,
    stop: tl.tensor,
    middle: tl.tensor,
) -> tl.tensor:
    """Scores of a tile with their bias, (query, key); -inf from `stop` on. `middle`: where the
    table has distance 0.
    """
    inside = (query < stop)[:, None] & (key < stop)[None, :]
    bias = tl.load(middle + key[None, :] - query[:, None], mask=inside, other=0.0)
    # "ieee": by default fp32 is rounded to the 10 bits of TF32.
    scores = tl.dot(queries, tl.trans(keys), input_precision="ieee") + bias
    return tl.where((key < stop)[None, :], scores, -float("inf"))


@triton.jit
def _attention(  # a program's parameters are what it points to and how far its rows lie apart
    q: tl.tensor,
    k: tl.tensor,
    v: tl.tensor,
    table: tl.tensor,
    tiles: tl.tensor,
    attended: tl.tensor,
    q_step: int,
    k_step: int,
    v_step: int,
    longest: int,
    DIM: tl.constexpr,
    QUERIES: tl.constexpr,
    KEYS: tl.constexpr,
    UPCAST: tl.constexpr,
) -> None:
    tile, head = tiles + 3 * tl.program_id(0), tl.program_id(1)
    query = tl.load(tile) + tl.arange(0, QUERIES)
    start, stop = tl.load(tile + 1), tl.load(tile + 2)
    queries = _read(q, query, q_step, stop, DIM, UPCAST)
    middle = table + head * (2 * longest - 1) + longest - 1
    largest = tl.full([QUERIES], -1e30, tl.float32)
    total = tl.zeros([QUERIES], tl.float32)
    sums = tl.zeros([QUERIES, DIM], tl.float32)
    for begin in range(start, stop, KEYS):
        key = begin + tl.arange(0, KEYS)
        keys = _read(k, key, k_step, stop, DIM, UPCAST)
        values = _read(v, key, v_step, stop, DIM, UPCAST)
        scores = _scores(queries, keys, query, key, stop, middle)
        larger = tl.maximum(largest, tl.max(scores, axis=1))
        weights = tl.exp(scores - larger[:, None])
        rescale = tl.exp(largest - larger)
        total = total * rescale + tl.sum(weights, axis=1)
        weighted = tl.dot(weights.to(values.dtype), values, input_precision="ieee")
        sums = sums * rescale[:, None] + weighted
        largest = larger
    row = query.to(tl.int64)[:, None] * (tl.num_programs(1) * DIM)
    out = attended + row + head * DIM + tl.arange(0, DIM)[None, :]
    tl.store(out, sums / total[:, None], mask=(query < stop)[:, None])


def t5_attention(q: Tensor, k: Tensor, v: Tensor, bias: Bias) -> Tensor:
    attended = torch.empty(q.shape, dtype=q.dtype, device=q.device)
    heads, dim = q.shape[1:]
    size = attention_tiles(capability(q.device), q.dtype, dim)
    tiles = bias.tiles(size.queries)
    steps = (tensor.stride(0) for tensor in (q, k, v))
    with torch.cuda.device_of(q):
        _attention[(len(tiles), heads)](
            *(q, k, v, bias.table, tiles, attended),
            *steps,
            bias.longest,
            DIM=dim,
            QUERIES=size.queries,
            KEYS=size.keys,
            # The interpreter multiplies the bits of bf16 as if they were integers.
            UPCAST=interpreted(),
            num_warps=size.warps,
            num_stages=size.stages,
        )
    return attended
