"""Weights as they are stored, decoded a few rows at a time into a block that is used again and
again.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..dispatch import Op, Way
from ..limits import FLOATS, why_not_triton
from . import decode, reference
from .packed import Packed, pack_int4, pack_int8

__all__ = ["OP", "Packed", "decode_rows", "pack_int4", "pack_int8", "unpack"]


def _triton(packed: Packed, start: int, stop: int, out: Tensor) -> Tensor | None:
    from .gpu import decode_rows as run

    return run(packed, start, stop, out)


def _why_not_triton(packed: Packed, start: int, stop: int, out: Tensor) -> str | None:
    if reason := why_not_triton(packed.data, out):
        return reason
    if packed.layout not in ("int8_rows", "int4_groups"):
        return f"{packed.layout} is one copy for torch"
    if not packed.data.is_contiguous():
        return "the weight's rows do not lie end to end"
    return None


OP: Op[[Packed, int, int, Tensor], Tensor | None] = Op(
    "decode_rows",
    (
        Way("triton", _triton, _why_not_triton),
        Way("torch", decode.decode_rows),
        Way("reference", reference.decode_rows),
    ),
)
AT_ONCE = 2048
"""Rows that `unpack` decodes between two multiplications."""


def decode_rows(packed: Packed, start: int, stop: int, out: Tensor) -> Tensor | None:
    """Writes rows start:stop of the weight into out[:stop-start] (rows, in), fp32, bf16 or fp16,
    and says what is left to do.

    That is a factor for each row, (stop-start,) in fp32, which the caller multiplies into the
    product's columns: `x @ out.T * factor`; None when nothing is left. So int8 and fp8 are decoded
    exactly, without a look at their scale. `out` is a block to be used again: a new one for each
    weight costs more than decoding it. Raises ValueError for an unknown layout and for rows or
    columns that do not fit.
    """
    _check(packed, start, stop, out)
    return OP.run(packed, start, stop, out)


def unpack(packed: Packed, dtype: torch.dtype) -> Tensor:
    """The whole weight, (out, in) in `dtype`."""
    weight = torch.empty(packed.shape, dtype=dtype, device=packed.data.device)
    for start in range(0, len(weight), AT_ONCE):
        rows = weight[start : start + AT_ONCE]
        factor = decode_rows(packed, start, start + len(rows), rows)
        if factor is not None:
            rows.mul_(factor[:, None])
    return weight


def _check(packed: Packed, start: int, stop: int, out: Tensor) -> None:
    if packed.layout not in decode.LAYOUTS:
        raise ValueError(
            f"A weight has the layout {packed.layout!r}. Known: "
            f"{', '.join(decode.LAYOUTS)}. Leave it to the host."
        )
    rows, columns = packed.shape
    if packed.layout == "int4_groups" and (
        packed.scale is None or not packed.group or columns % packed.group
    ):
        raise ValueError(
            f"A weight in int4_groups has groups of {packed.group} of its {columns} "
            f"columns and scales {packed.scale is not None}, "
            "but a scale and a group that divides the columns are needed. Pack it anew."
        )
    if not 0 <= start < stop <= rows:
        raise ValueError(
            f"Rows {start}:{stop} were asked for, but the weight has {rows}. Ask for a "
            f"part of 0:{rows}."
        )
    if (
        out.dim() != 2
        or out.shape[1] != columns
        or len(out) < stop - start
        or out.dtype not in FLOATS
        or not out.is_contiguous()
    ):
        raise ValueError(
            f"The block is {tuple(out.shape)} in {out.dtype}, but rows {start}:{stop} "
            "need at least "
            f"({stop - start}, {columns}), contiguous, in float32, float16 or bfloat16."
        )
    if out.device != packed.data.device:
        raise ValueError(
            f"The block is on {out.device}, but the weight on {packed.data.device}. "
            "Fetch the weight first."
        )
