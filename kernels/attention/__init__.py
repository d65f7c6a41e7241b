"""T5's attention over documents that are packed end to end."""

from __future__ import annotations

from torch import Tensor

from ..dispatch import Op, Way
from ..limits import why_not_float, why_not_triton
from . import grouped, reference
from .bias import Bias

__all__ = ["OP", "Bias", "t5_attention"]

DIMS = (16, 32, 64, 128)
"""Of a head: powers of two, from the smallest that a GPU multiplies in one step to the largest that
fits beside its keys.
"""


def _triton(q: Tensor, k: Tensor, v: Tensor, bias: Bias) -> Tensor:
    from .gpu import t5_attention as run

    return run(q, k, v, bias)


def _why_not_triton(q: Tensor, k: Tensor, v: Tensor, bias: Bias) -> str | None:
    if reason := why_not_triton(q, k, v) or why_not_float(q.dtype):
        return reason
    if q.shape[2] not in DIMS:
        return f"heads have {q.shape[2]} numbers, not one of {DIMS}"
    if any(tensor.stride(1) != tensor.shape[2] for tensor in (q, k, v)):
        return "heads do not lie side by side"
    return None


OP = Op(
    "t5_attention",
    (
        Way("triton", _triton, _why_not_triton),
        Way("torch", grouped.t5_attention),
        Way("reference", reference.t5_attention),
    ),
)


def t5_attention(q: Tensor, k: Tensor, v: Tensor, bias: Bias) -> Tensor:
    """softmax(q k^T + bias) v within each document: q, k, v (token, head, dim) of one type -> the
    same shape and type.

    Nothing is scaled: T5 folds the scale into its weights. `bias` says where documents begin and
    what a distance weighs; every token sees all of its own document and nothing of the others. The
    softmax and its sums are fp32. q, k and v may be views of one product, as long as `dim` is
    contiguous. Documents of one length are best laid side by side. Raises ValueError for shapes
    that do not fit, TypeError for mixed types.
    """
    _check(q, k, v, bias)
    return OP.run(q, k, v, bias)


def _check(q: Tensor, k: Tensor, v: Tensor, bias: Bias) -> None:
    if not q.dtype == k.dtype == v.dtype or not q.dtype.is_floating_point:
        raise TypeError(
            f"q, k and v are {q.dtype}, {k.dtype} and {v.dtype}, but must be of one "
            "float type. Convert them first."
        )
    if q.dim() != 3 or not q.shape == k.shape == v.shape:
        raise ValueError(
            f"Expected q, k and v (token, head, dim), but got {tuple(q.shape)}, "
            f"{tuple(k.shape)} and {tuple(v.shape)}. "
            "Split heads with .unflatten(-1, (heads, -1)), and pack batches end to end."
        )
    tokens, heads = bias.starts[-1], bias.table.shape[0]
    if q.shape[:2] != (tokens, heads):
        raise ValueError(
            f"The bias is made for {tokens} tokens and {heads} heads, but q has "
            f"{q.shape[0]} tokens and {q.shape[1]} heads. "
            "Make one Bias for each packing."
        )
    if q.device != bias.table.device:
        raise ValueError(
            f"q is on {q.device}, but the bias's table on {bias.table.device}. Move the "
            "table before making the Bias."
        )
