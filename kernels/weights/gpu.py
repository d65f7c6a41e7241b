"""int8 and int4 into a block, each value read and written once. Imports Triton."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from ..tiles import ROW
from .packed import Packed, scale_by_row


@triton.jit
def _int8(data: tl.tensor, out: tl.tensor, columns: int, WIDTH: tl.constexpr) -> None:
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * WIDTH + tl.arange(0, WIDTH)
    inside = column < columns
    tl.store(
        out + row * columns + column,
        tl.load(data + row * columns + column, mask=inside, other=0).to(tl.float32),
        mask=inside,
    )


@triton.jit
def _int4(
    data: tl.tensor,
    scale: tl.tensor,
    zero: tl.tensor,
    out: tl.tensor,
    columns: int,
    group: int,
    row_step: int,
    group_step: int,
    WIDTH: tl.constexpr,
    HAS_ZERO: tl.constexpr,
) -> None:
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * WIDTH + tl.arange(0, WIDTH)
    inside = column < columns
    pair = tl.load(data + row * (columns // 2) + column // 2, mask=inside, other=0).to(tl.int32)
    values = (((pair >> (column % 2) * 4) & 15) - 8).to(tl.float32)
    at = row * row_step + (column // group) * group_step
    values *= tl.load(scale + at, mask=inside, other=0.0).to(tl.float32)
    if HAS_ZERO:
        values += tl.load(zero + at, mask=inside, other=0.0).to(tl.float32)
    tl.store(out + row * columns + column, values, mask=inside)


def decode_rows(packed: Packed, start: int, stop: int, out: Tensor) -> Tensor | None:
    columns = out.shape[1]
    grid = (stop - start, triton.cdiv(columns, ROW))
    data = packed.data[start:stop]
    with torch.cuda.device_of(out):
        if packed.layout == "int8_rows":
            _int8[grid](data, out, columns, WIDTH=ROW)
            return scale_by_row(packed, start, stop)
        assert packed.scale is not None
        scale = packed.scale[start:stop]
        zero = scale if packed.zero is None else packed.zero[start:stop]
        if zero.stride() != scale.stride():
            scale, zero = scale.contiguous(), zero.contiguous()
        _int4[grid](
            data,
            scale,
            zero,
            out,
            columns,
            packed.group,
            *scale.stride(),
            WIDTH=ROW,
            HAS_ZERO=packed.zero is not None,
        )
    return None
