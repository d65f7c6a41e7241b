"""Refuses a CONDITIONING that would only fail deep inside a sampler."""

from __future__ import annotations

from typing import Any

import torch

from ..errors import EncoderScopeError
from .text_states import Conditioning

_REMEDY = "Look at the nodes before it with What Is in This Conditioning?"


def check(name: str, conditioning: Any) -> Conditioning:
    """``conditioning`` itself, when it has the host's form and finite numbers. Raises
    :class:`EncoderScopeError`.
    """
    if not isinstance(conditioning, (list, tuple)):
        raise EncoderScopeError(
            f"{name} is not a conditioning.",
            "A list of sequences with dictionaries was expected.",
            _REMEDY,
        )
    if not conditioning:
        raise EncoderScopeError(
            f"{name} is empty.", "A CONDITIONING with at least one entry was expected.", _REMEDY
        )
    for number, entry in enumerate(conditioning, 1):
        _check_entry(f"{name}, entry {number}," if len(conditioning) > 1 else name, entry)
    return list(conditioning)


def _check_entry(name: str, entry: Any) -> None:
    formed = (
        isinstance(entry, (list, tuple))
        and len(entry) == 2
        and torch.is_tensor(entry[0])
        and isinstance(entry[1], dict)
    )
    if not formed:
        raise EncoderScopeError(
            f"{name} is not a conditioning.", "A sequence and a dictionary were expected.", _REMEDY
        )
    sequence, keys = entry
    if sequence.ndim != 3 or 0 in sequence.shape:
        raise EncoderScopeError(
            f"{name} has a sequence of shape {tuple(sequence.shape)}.",
            "(batch, tokens, width) was expected.",
            _REMEDY,
        )
    _check_finite(f"{name}: its sequence", sequence)
    pooled = keys.get("pooled_output")
    if pooled is None:
        return
    if not torch.is_tensor(pooled) or pooled.ndim != 2:
        shape = tuple(pooled.shape) if torch.is_tensor(pooled) else type(pooled).__name__
        raise EncoderScopeError(
            f"{name} has a pooled vector of shape {shape}.", "(batch, width) was expected.", _REMEDY
        )
    _check_finite(f"{name}: its pooled vector", pooled)
    if 1 not in (batches := {sequence.shape[0], pooled.shape[0]}) and len(batches) > 1:
        raise EncoderScopeError(
            (
                f"{name} holds a batch of {sequence.shape[0]} sequences and "
                f"{pooled.shape[0]} pooled vectors."
            ),
            "Equal batches, or one of either, were expected.",
            _REMEDY,
        )


def _check_finite(name: str, tensor: torch.Tensor) -> None:
    bad = ~torch.isfinite(tensor)
    if not bool(bad.any()):
        return
    kind = "NaN (not a number)" if bool(torch.isnan(tensor).any()) else "infinite"
    where = f" at token {int(bad.any(dim=-1).any(dim=0).nonzero()[0])}" if tensor.ndim == 3 else ""
    raise EncoderScopeError(
        (
            f"{name} holds {int(bad.sum())} values that are "
            f"{kind}{', the first' + where if where else ''}."
        ),
        "Finite numbers were expected.",
        (
            "Its encoder overflowed or its file is damaged: load it in another precision, or "
            "look at it with What Is This File?"
        ),
    )
