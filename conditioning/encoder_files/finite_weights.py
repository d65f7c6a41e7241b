"""Weights that are NaN or infinite: every answer of such an encoder is worth nothing."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from .soundness import BadWeights

MOST_BYTES = 1 << 30
"""Looking at these takes a quarter of a second. Weights stay maps of the file: of larger encoders
the smallest tensors are looked at, and an encoding that is not finite is refused."""


def require_finite_weights(weights: Mapping[str, torch.Tensor], title: str) -> None:
    """Raises :class:`BadWeights` for the first tensor that holds NaN or infinity."""
    looked_at = 0
    for name, weight in sorted(weights.items(), key=lambda item: item[1].nbytes):
        looked_at += weight.nbytes
        if looked_at > MOST_BYTES:
            return
        if not is_finite(weight):
            raise BadWeights(
                "{tensor} of {title} holds numbers that are not finite (NaN or infinity).",
                "Finite weights were expected.",
                "The file is damaged: download it again, or take another file of this encoder.",
                tensor=name,
                title=title,
            )


def is_finite(weight: torch.Tensor) -> bool:
    """Whether no number is NaN or infinity; packed ones and fp8 are not looked at."""
    plain = weight.is_floating_point() and weight.itemsize > 1
    if not plain or not weight.numel():
        return True
    return bool(torch.isfinite(torch.stack(torch.aminmax(weight))).all())
