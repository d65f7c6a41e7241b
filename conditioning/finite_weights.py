"""Whether weights are numbers: NaN and infinity in floats of any kind, fp8 among them."""

from __future__ import annotations

from collections.abc import Callable

import torch

_NO_NUMBERS = {torch.float8_e4m3fn: 0x7F, torch.float8_e5m2: 0x7C}
"""fp8 -> the smallest of its bytes, without the sign, that stands for NaN or infinity."""
_PIECE = 1 << 26
"""Bytes that are looked at at once."""


def keep(_: torch.Tensor) -> None:
    """What was looked at stays where it is."""


def is_finite(weight: torch.Tensor, release: Callable[[torch.Tensor], None] = keep) -> bool:
    """Whether no number is NaN or infinity; whole numbers never are. Takes no memory."""
    if not weight.is_floating_point() or not weight.numel():
        return True
    weight = weight.reshape(1) if weight.ndim == 0 else weight
    rows = max(1, _PIECE * len(weight) // weight.nbytes)
    for piece in weight.split(rows):
        with torch.no_grad():
            finite = _is_finite(piece)
        release(piece)
        if not finite:
            return False
    return True


def _is_finite(weight: torch.Tensor) -> bool:
    if limit := _NO_NUMBERS.get(weight.dtype):
        positive, negative = weight.view(torch.int8).amax(), weight.view(torch.uint8).amax()
        return int(positive) < limit and int(negative) < 0x80 + limit
    return bool(torch.isfinite(torch.stack(torch.aminmax(weight))).all())
