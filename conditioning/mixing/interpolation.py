"""The arithmetic of mixing: exact at 0 and 1, in fp32 between and beyond."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

from ..errors import EncoderScopeError

_WINDOW = 77
"""Tokens of a CLIP window."""
_FP8 = (torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz)
_PARALLEL = 1e-4
"""Radians below which an arc is as good as a line in fp32."""


def linear(part: torch.Tensor, base: torch.Tensor, strength: float) -> torch.Tensor:
    """``base + strength * (part - base)``; exactly ``part`` at 1 and exactly ``base`` at 0. Shapes
    broadcast over the batch.
    """
    if strength == 1:
        return part
    if strength == 0:
        return base
    start = base.float()
    return (start + strength * (part.float() - start)).to(part.dtype)


def norm_preserving(part: torch.Tensor, base: torch.Tensor, strength: float) -> torch.Tensor:
    """Turns from ``base`` towards ``part`` along the great circle (slerp; Shoemake 1985), its
    length moving linearly.

    ``part``, ``base``: (batch, dim). Raises :class:`EncoderScopeError` where a direction is missing
    or the circle is not unique.
    """
    if strength in (0, 1):
        return linear(part, base, strength)
    a, b = base.float(), part.float()
    from_length, to_length = a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True)
    if not bool((from_length > 0).all() and (to_length > 0).all()):
        raise EncoderScopeError(
            (
                "Norm-preserving interpolation was asked for, but a pooled vector is all "
                "zero and has no direction."
            ),
            "Two vectors with a direction were expected.",
            "Connect a baseline (such as the empty prompt's conditioning), or choose linear.",
        )
    u, v = a / from_length, b / to_length
    angle = torch.acos((u * v).sum(dim=-1, keepdim=True).clamp(-1, 1))
    if bool((math.pi - angle < 1e-3).any()):
        raise EncoderScopeError(
            (
                "Norm-preserving interpolation was asked for, but the two pooled vectors "
                "point in opposite directions."
            ),
            "Vectors with one shortest way between them were expected.",
            "Choose linear, or another baseline.",
        )
    sine = torch.sin(angle)
    arc = (torch.sin((1 - strength) * angle) * u + torch.sin(strength * angle) * v) / sine
    line = torch.nn.functional.normalize(u + strength * (v - u), dim=-1)
    length = (from_length + strength * (to_length - from_length)).clamp(min=0)
    return (torch.where(angle < _PARALLEL, line, arc) * length).to(part.dtype)


def lengthened(rows: torch.Tensor, to: int, part: str) -> torch.Tensor:
    """``rows`` (batch, token, dim) with its last window (CLIP) or last token (T5) repeated; zeros
    where there are no rows at all.
    """
    missing = to - rows.shape[1]
    if missing <= 0:
        return rows
    if rows.shape[1] == 0:
        return rows.new_zeros(rows.shape[0], to, rows.shape[2])
    unit = 1
    if part == "clip" and rows.shape[1] % _WINDOW == 0 and missing % _WINDOW == 0:
        unit = _WINDOW
    last = rows[:, -unit:]
    return torch.cat([rows, last.repeat(1, missing // unit, 1)], dim=1)


def widened(conditioning: Sequence[Any]) -> list[list[Any]]:
    """fp8 tensors as fp16, which holds each of their numbers: torch has no arithmetic for fp8."""
    widened = []
    for sequence, keys in conditioning:
        pooled = keys.get("pooled_output")
        if any(torch.is_tensor(part) and part.dtype in _FP8 for part in (sequence, pooled)):
            keys = {**keys, "pooled_output": as_fp16(pooled)}
        widened.append([as_fp16(sequence), keys])
    return widened


def as_fp16(part: Any) -> Any:
    """A tensor of fp8 as fp16; anything else as it is."""
    if torch.is_tensor(part) and part.dtype in _FP8:
        return part.to(torch.float16)
    return part
