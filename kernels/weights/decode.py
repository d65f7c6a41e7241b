"""Each layout decoded with torch's operations: small numbers exactly as they are, so that the scale
is left to the product.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..blocks import blocks
from .packed import Packed, scale_by_row

FP16_OF_FP8 = 256.0
"""What a float8_e4m3fn is worth more than the fp16 with its bits: the exponents' biases are 7 and
15.
"""


def decode_rows(packed: Packed, start: int, stop: int, out: Tensor) -> Tensor | None:
    return LAYOUTS[packed.layout](packed, start, stop, out[: stop - start])


def _as_it_is(packed: Packed, start: int, stop: int, out: Tensor) -> Tensor | None:
    data = packed.data[start:stop]
    if data.dtype == torch.float16 and out.dtype == torch.bfloat16 and out.device.type == "cpu":
        for rows in blocks(data):
            out[rows] = data[rows].float()  # torch has no fast way from fp16 to bf16
    else:
        out.copy_(data)
    return scale_by_row(packed, start, stop)


def _fp8_e4m3(packed: Packed, start: int, stop: int, out: Tensor) -> Tensor | None:
    data = packed.data[start:stop]
    factor = scale_by_row(packed, start, stop)
    if out.device.type != "cpu":
        out.copy_(data.view(torch.float8_e4m3fn))
        return factor
    for rows in blocks(data):
        _fp8_as_fp16(data[rows].view(torch.uint8), out[rows])
    if factor is None:
        return torch.full((stop - start,), FP16_OF_FP8)
    return factor * FP16_OF_FP8


def _fp8_as_fp16(data: Tensor, out: Tensor) -> None:
    """`data` / 256, exactly: sign, exponent and mantissa of an fp8 are put where fp16 has them.
    Several times as fast as torch's own cast.

    The same trick with bf16 ends in numbers below its least normal one, which processors with bf16
    products take for 0.
    """
    half = out if out.dtype == torch.float16 else torch.empty(out.shape, dtype=torch.float16)
    bits = half.view(torch.int16)
    bits.copy_(data.view(torch.int8))  # seeeemmm -> sssssssss eeeemmm: the sign fills the front
    bits.bitwise_left_shift_(7).bitwise_and_(~(1 << 14))
    if out.dtype != torch.float16:
        out.copy_(half.float())  # torch has no fast way from fp16 to bf16
    if data.view(torch.int8).max() == 0x7F or data.max() == 0xFF:  # NaN of either sign
        out.masked_fill_(data.bitwise_and(0x7F) == 0x7F, float("nan"))


def _int4_groups(packed: Packed, start: int, stop: int, out: Tensor) -> None:
    assert packed.scale is not None and packed.group is not None
    data, scale = packed.data[start:stop], packed.scale[start:stop, :, None]
    zero = None if packed.zero is None else packed.zero[start:stop, :, None]
    for rows in blocks(out):
        values = out[rows]
        if out.dtype != torch.float32:
            values = torch.empty(values.shape, device=out.device)
        values[:, 0::2] = data[rows] & 15
        values[:, 1::2] = data[rows] >> 4
        grouped = values.unflatten(1, (-1, packed.group)).sub_(8).mul_(scale[rows].float())
        if zero is not None:
            grouped.add_(zero[rows].float())
        if out.dtype != torch.float32:
            out[rows] = values


LAYOUTS: dict[str, Callable[[Packed, int, int, Tensor], Tensor | None]] = {
    "plain": _as_it_is,
    "int8_rows": _as_it_is,
    "fp8_e4m3": _fp8_e4m3,
    "int4_groups": _int4_groups,
}
