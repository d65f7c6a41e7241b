"""What each layout means, in fp32."""

from __future__ import annotations

import torch
from torch import Tensor

from .packed import Packed


def weight(packed: Packed, start: int, stop: int) -> Tensor:
    """Rows start:stop of the weight, (stop-start, in) in fp32."""
    data, scale = packed.data[start:stop], packed.scale
    if packed.layout == "int4_groups":
        assert scale is not None and packed.group is not None
        nibbles = torch.stack([data & 15, data >> 4], dim=2).flatten(1).float()
        zero = 0.0 if packed.zero is None else _by_column(packed.zero[start:stop], packed.group)
        return (nibbles - 8) * _by_column(scale[start:stop], packed.group) + zero
    if packed.layout == "fp8_e4m3":
        data = data.view(torch.float8_e4m3fn)
    values = data.float()
    if scale is None:
        return values
    return values * (scale.float()[start:stop, None] if scale.dim() else scale.float())


def _by_column(per_group: Tensor, group: int) -> Tensor:
    return per_group.float().repeat_interleave(group, dim=1)


def decode_rows(packed: Packed, start: int, stop: int, out: Tensor) -> None:
    out[: stop - start] = weight(packed, start, stop)
