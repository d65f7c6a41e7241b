"""Refuses a CONDITIONING that would only fail deep inside a sampler."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

import torch

from ..errors import EncoderScopeError
from ..translation import later, later_count, translatable
from .text_states import Conditioning

_PERCENTS = ("start_percent", "end_percent")
MOST_NUMBERS = 1 << 28
"""In one tensor: those of 130 prompts of 512 tokens at once, as T5-XXL gives them. A gigabyte."""
LOOK_BEFORE_IT = translatable("Look at the nodes before it with What Is in This Conditioning?")


def check(name: str, conditioning: Any) -> Conditioning:
    """``conditioning`` itself, when it has the host's form and finite numbers. Raises
    :class:`EncoderScopeError`.
    """
    if not isinstance(conditioning, (list, tuple)):
        raise EncoderScopeError(
            "{name} is not a conditioning.",
            "A list of sequences with dictionaries was expected.",
            LOOK_BEFORE_IT,
            name=name,
        )
    if not conditioning:
        raise EncoderScopeError(
            "{name} is empty.",
            "A CONDITIONING with at least one entry was expected.",
            LOOK_BEFORE_IT,
            name=name,
        )
    if len(conditioning) == 1:
        _check_entry(name, conditioning[0])
    else:
        for number, entry in enumerate(conditioning, 1):
            _check_entry(later("{name}, entry {number},", name=name, number=number), entry)
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
            "{name} is not a conditioning.",
            "A sequence and a dictionary were expected.",
            LOOK_BEFORE_IT,
            name=name,
        )
    sequence, keys = entry
    _check_sequence(name, sequence)
    check_percents(name, keys)
    mask = keys.get("attention_mask")
    if mask is not None and not torch.is_tensor(mask):
        raise EncoderScopeError(
            "{name} has an attention_mask that is a {type}.",
            "A tensor of (batch, tokens) was expected.",
            LOOK_BEFORE_IT,
            name=name,
            type=type(mask).__name__,
        )
    pooled = keys.get("pooled_output")
    if pooled is not None:
        _check_pooled(name, pooled, sequence.shape[0])


def _check_sequence(name: str, sequence: torch.Tensor) -> None:
    named = later("The sequence of {name}", name=name)
    _check_numbers(named, sequence)
    if sequence.ndim != 3 or 0 in sequence.shape:
        raise EncoderScopeError(
            "{name} has a sequence of shape {shape}.",
            "(batch, tokens, width) was expected.",
            LOOK_BEFORE_IT,
            name=name,
            shape=tuple(sequence.shape),
        )
    _check_finite(named, sequence)


def _check_pooled(name: str, pooled: Any, sequences: int) -> None:
    """``sequences``: how many the entry has beside the pooled vectors."""
    if not torch.is_tensor(pooled) or pooled.ndim != 2:
        kind = type(pooled).__name__
        if torch.is_tensor(pooled):
            kind = later("of shape {shape}", shape=tuple(pooled.shape))
        raise EncoderScopeError(
            "{name} is {kind}.",
            "A tensor of (batch, width) was expected.",
            LOOK_BEFORE_IT,
            name=later("The pooled vector of {name}", name=name),
            kind=kind,
        )
    named = later("The pooled vector of {name}", name=name)
    _check_numbers(named, pooled)
    _check_finite(named, pooled)
    batches = (sequences, pooled.shape[0])
    if 1 not in batches and batches[0] != batches[1]:
        raise EncoderScopeError(
            "{name} holds a batch of {sequences} sequences and {vectors} pooled vectors.",
            "Equal batches, or one of either, were expected.",
            LOOK_BEFORE_IT,
            name=name,
            sequences=batches[0],
            vectors=batches[1],
        )


def require_finite(name: str, conditioning: Conditioning) -> None:
    """Refuses NaN and infinities in the sequences and pooled vectors of a conditioning."""
    for sequence, keys, *_ in conditioning:
        _check_finite(later("The sequence of {name}", name=name), sequence)
        pooled = keys.get("pooled_output")
        if torch.is_tensor(pooled):
            _check_finite(later("The pooled vector of {name}", name=name), pooled)


def require_readable_size(name: str, tensor: torch.Tensor) -> None:
    """Refuses what would take gigabytes: no text encoder gives it."""
    if tensor.numel() > MOST_NUMBERS:
        raise EncoderScopeError(
            "{name} holds {count:,} numbers, in the shape {shape}.",
            "At most {limit:,} were expected.",
            LOOK_BEFORE_IT,
            name=name,
            count=tensor.numel(),
            shape=tuple(tensor.shape),
            limit=MOST_NUMBERS,
        )


def _check_numbers(name: str, tensor: torch.Tensor) -> None:
    """Refuses tensors that cannot be weighed: without numbers, sparse, complex, or of whole
    numbers, and those that are too large.
    """
    require_readable_size(name, tensor)
    if tensor.is_floating_point() and tensor.layout is torch.strided and not tensor.is_meta:
        return
    kind = str(tensor.dtype).removeprefix("torch.")
    if tensor.is_meta:
        kind = later("a tensor without numbers (meta)")
    elif tensor.layout is not torch.strided:
        kind = later("sparse {dtype}", dtype=kind)
    raise EncoderScopeError(
        "{name} is {kind}.",
        "A dense tensor of floating point was expected.",
        LOOK_BEFORE_IT,
        name=name,
        kind=kind,
    )


def check_percents(name: str, keys: Mapping[str, Any], names: Sequence[str] = _PERCENTS) -> None:
    """Refuses a start or an end of the schedule that is no number, as sampling does."""
    for key in names:
        value = keys.get(key, 0.0)
        if is_finite(value):
            continue
        raise EncoderScopeError(
            "{name} has {key} {value!r}.",
            "A number from 0 to 1 was expected.",
            LOOK_BEFORE_IT,
            name=name,
            key=key,
            value=value,
        )


def is_finite(value: object) -> TypeGuard[float]:
    """Whether it is a number that a schedule can hold."""
    try:
        return isinstance(value, (int, float)) and math.isfinite(value)
    except OverflowError:
        return False


def check_result(conditioning: Conditioning) -> Conditioning:
    """A mix itself, when its numbers are finite: strengths can take them out of their type's
    range.
    """
    for sequence, keys in conditioning:
        for part in (sequence, keys.get("pooled_output")):
            if part is not None and not bool(torch.isfinite(part.float()).all()):
                kind = str(part.dtype).removeprefix("torch.")
                raise EncoderScopeError(
                    "The mix leaves the range of {kind}: it would hold numbers without end.",
                    "Strengths that keep it finite were expected.",
                    "Choose strengths nearer to 1.",
                    kind=kind,
                )
    return conditioning


def _check_finite(name: str, tensor: torch.Tensor) -> None:
    """Refuses NaN and infinities in (batch, token, dim) or (batch, dim)."""
    bad = ~torch.isfinite(tensor.float())
    if not bool(bad.any()):
        return
    problem = later_count(
        "{name} holds {count} value that is NaN (not a number) or infinite.",
        "{name} holds {count} values that are NaN (not a number) or infinite.",
        int(bad.sum()),
        name=name,
    )
    if tensor.ndim == 3:
        row = 1 + int(bad.any(dim=-1).any(dim=0).nonzero()[0])
        problem = later("{problem} The first is in row {row}.", problem=problem, row=row)
    raise EncoderScopeError(
        problem,
        "Finite numbers were expected.",
        "Its encoder overflowed or its file is damaged: load it in bf16 or fp32 with Load Text "
        "Encoders (EncoderScope), which names damaged weights.",
    )
