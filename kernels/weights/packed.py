"""How a weight is stored, and how one is packed."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

GROUPS = (32, 64, 128)
FLOATS = (torch.float32, torch.float16, torch.bfloat16)


class Packed(NamedTuple):
    """A weight (out, in) of a linear layer.

    layout         data                                            scale                           zero
    `plain`        fp32, fp16 or bf16 (out, in)                    None, which is 1
    `int8_rows`    int8 (out, in)                                  fp32 (out,) or ()
    `fp8_e4m3`     float8_e4m3fn or its bytes as uint8 (out, in)   fp32 (out,) or (), or None
    `int4_groups`  uint8 (out, in/2)                               fp16 or fp32 (out, in/group)    like scale, or None, which is 8

    A weight is data * scale, and in `int4_groups` (nibble - zero) * scale, a nibble being 0 to 15. Byte j of a row holds column j in its
    low nibble and column j + in/2 in its high one, so that each half of a row is decoded in one stretch. `group` neighbouring columns share
    scale and zero.
    """

    layout: str
    data: Tensor
    scale: Tensor | None
    zero: Tensor | None = None
    group: int | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(out, in) of the weight."""
        rows, columns = self.data.shape
        return rows, columns * 2 if self.layout == "int4_groups" else columns


def pack_int8(weight: Tensor) -> Packed:
    """To the nearest of 255 values from -absmax to absmax of each row. (out, in) in any float type; raises ValueError unless finite."""
    values = _finite(weight)
    scale = values.abs().amax(dim=1) / 127
    steps = torch.where(scale > 0, scale, 1.0)
    return Packed("int8_rows", (values / steps[:, None]).round_().clamp_(-127, 127).to(torch.int8), scale)


def pack_int4(weight: Tensor, group: int) -> Packed:
    """To the nearest of 16 values from the least to the greatest of each `group` columns (32, 64 or 128).

    Asymmetric: that has less error than 15 values around 0, for 16 bits more a group. Scale and zero are fp16, and the nibbles are chosen
    for them as rounded. Raises ValueError for another group, for columns that it does not divide, and unless the weight is finite.
    """
    values = _finite(weight)
    rows, columns = values.shape
    if group not in GROUPS or columns % group or columns % 2:
        raise ValueError(
            f"Groups of {group} of {columns} columns were asked for, but a group must be one of {GROUPS}, divide the columns, "
            "and leave them even. Keep such a weight in int8_rows."
        )
    grouped = values.view(rows, columns // group, group)
    least, greatest = grouped.amin(dim=2).clamp_(max=0), grouped.amax(dim=2).clamp_(min=0)
    # Not less than fp16's smallest normal number: below it a step would be rounded by as much as it is.
    scale = ((greatest - least) / 15).clamp_(min=torch.finfo(torch.float16).smallest_normal).half()
    zero = (-least / scale.float()).half()
    nibbles = (grouped / scale.float()[..., None]).add_(zero.float()[..., None]).round_().clamp_(0, 15)
    low, high = nibbles.to(torch.uint8).view(rows, columns).chunk(2, dim=1)
    return Packed("int4_groups", low | high << 4, scale, zero, group)


def _finite(weight: Tensor) -> Tensor:
    """(out, in) in fp32."""
    if weight.dim() != 2 or not weight.dtype.is_floating_point:
        raise ValueError(
            f"Expected a weight (out, in) of a float type, but got {tuple(weight.shape)} in {weight.dtype}. Unpack it first."
        )
    values = weight.float().contiguous()
    if not torch.isfinite(values).all():
        raise ValueError(
            "The weight holds values that are not finite, which no integer stands for. Keep it as it is (plain)."
        )
    return values
