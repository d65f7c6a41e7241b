"""How a weight is stored, and how one is packed."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

GROUPS = (32, 64, 128)


class Packed(NamedTuple):
    """A weight (out, in) of a linear layer.

    layout         data                                            scale
    zero `plain`        fp32, fp16 or bf16 (out, in)                    None, which is 1 `int8_rows`
    int8 (out, in)                                  fp32 (out,) or () `fp8_e4m3`     float8_e4m3fn
    or its bytes as uint8 (out, in)   fp32 (out,) or (), or None `int4_groups`  uint8 (out, in/2)
    fp16 or fp32 (out, in/group)    like scale, or None, which is 0

    A weight is data * scale, and in `int4_groups` (nibble - 8) * scale + zero, a nibble being 0 to
    15. Byte j of a row holds column 2j in its low nibble and column 2j+1 in its high one; `group`
    neighbouring columns share scale and zero. That is ComfyUI's `awq_w4a16`, whose scales are
    transposed (comfy-kitchen 0.2.40, tensor/awq_w4a16.py).
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


def scale_by_row(packed: Packed, start: int, stop: int) -> Tensor | None:
    """The scale of each row, (stop-start,) in fp32; None where there is none."""
    if packed.scale is None:
        return None
    scale = packed.scale.float()
    return scale[start:stop] if scale.dim() else scale.expand(stop - start)


def pack_int8(weight: Tensor) -> Packed:
    """To the nearest of 255 values from -absmax to absmax of each row. (out, in) in any float type;
    raises ValueError unless finite.
    """
    values = _finite(weight)
    scale = values.abs().amax(dim=1) / 127
    steps = torch.where(scale > 0, scale, 1.0)
    return Packed(
        "int8_rows", (values / steps[:, None]).round_().clamp_(-127, 127).to(torch.int8), scale
    )


def pack_int4(weight: Tensor, group: int) -> Packed:
    """To the nearest of 16 values from the least to the greatest of each `group` columns (one of
    GROUPS).

    Asymmetric: that has less error than 15 values around 0, for 16 bits more a group. Scale and
    zero are fp16, and the nibbles are chosen for them as rounded. Raises ValueError for another
    group, for columns that it does not divide, and for weights that fp16 cannot hold.
    """
    values = _finite(weight)
    rows, columns = values.shape
    if group not in GROUPS or columns % group:
        raise ValueError(
            f"Groups of {group} of {columns} columns were asked for, but a group must be "
            f"one of {GROUPS} and divide the columns. "
            "Keep such a weight in int8_rows."
        )
    grouped = values.view(rows, columns // group, group)
    least, greatest = torch.aminmax(grouped, dim=2)
    # Not less than fp16's smallest normal number: below it the step itself would be rounded away.
    scale = ((greatest - least) / 15).clamp_(min=torch.finfo(torch.float16).smallest_normal).half()
    zero = (least + 8 * scale.float()).half()
    if not torch.isfinite(zero).all() or not torch.isfinite(scale).all():
        raise ValueError(
            f"The weight reaches {values.abs().max():g}, but the scales of int4_groups "
            "are fp16, up to 65504. Keep it plain."
        )
    steps = (grouped - zero.float()[..., None]).div_(scale.float()[..., None])
    nibbles = steps.round_().add_(8).clamp_(0, 15).to(torch.uint8).view(rows, columns)
    return Packed("int4_groups", nibbles[:, 0::2] | nibbles[:, 1::2] << 4, scale, zero, group)


def _finite(weight: Tensor) -> Tensor:
    """(out, in) in fp32."""
    if weight.dim() != 2 or not weight.dtype.is_floating_point:
        raise ValueError(
            f"Expected a weight (out, in) of a float type, but got {tuple(weight.shape)} "
            f"in {weight.dtype}. Unpack it first."
        )
    values = weight.float().contiguous()
    if not torch.isfinite(values).all():
        raise ValueError(
            "The weight holds values that are not finite, which no integer stands for. "
            "Keep it as it is (plain)."
        )
    return values
