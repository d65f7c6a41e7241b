"""What is no CONDITIONING is refused in a sentence, before anything is measured of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from ...errors import EncoderScopeError
from ...mixing.checks import require_readable_size
from ...mixing.text_states import Conditioning
from ...translation import later, translatable

_EXPECTED = translatable("ComfyUI's CONDITIONING is a list of [tensor, dictionary], at least one.")
_CONNECT = translatable("Connect the CONDITIONING output of a text-encoding node.")
_MAKER = translatable("Look at the node that made it: no image model of ComfyUI's reads it.")
_MOST_ROWS = 50_000
"""Each has its place in the report and in its picture."""


def checked(conditioning: Any, name: str) -> Conditioning:
    """The conditioning as pairs; what stands behind a pair ComfyUI does not read, either. ``name``:
    "The conditioning". Raises :class:`EncoderScopeError`.
    """
    problem = ""
    if not isinstance(conditioning, (list, tuple)) or not all(map(_is_entry, conditioning)):
        problem = later("{name} is not a list of [tensor, dictionary].", name=name)
    elif not conditioning:
        problem = later("{name} is empty.", name=name)
    if problem:
        raise EncoderScopeError(problem, _EXPECTED, _CONNECT)
    for number, (sequence, keys, *_) in enumerate(conditioning, 1):
        pooled = keys.get("pooled_output")
        _require_numbers(
            later("{name}: the sequence of entry {number}", name=name, number=number), sequence
        )
        if pooled is not None:
            part = later("{name}: the pooled vector of entry {number}", name=name, number=number)
            _require_numbers(part, pooled)
            if pooled.numel() == 0:
                raise _unreadable(later("{name} is empty.", name=part))
    return [[sequence, keys] for sequence, keys, *_ in conditioning]


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, (list, tuple))
        and len(entry) > 1
        and isinstance(entry[0], torch.Tensor)
        and entry[0].dim() > 0
        and isinstance(entry[1], Mapping)
    )


def _require_numbers(name: str, tensor: object) -> None:
    if not isinstance(tensor, torch.Tensor):
        kind = type(tensor).__name__
        raise _unreadable(later("{name} is of type {type}.", name=name, type=kind))
    if tensor.is_meta:
        raise _unreadable(later("{name} is a tensor without numbers (meta).", name=name))
    if tensor.layout is not torch.strided:
        raise _unreadable(later("{name} is a sparse tensor.", name=name))
    require_readable_size(name, tensor)
    rows = math.prod(tensor.shape[int(tensor.dim() > 2) : -1])
    if rows > _MOST_ROWS:
        raise EncoderScopeError(
            "{name} has {rows:,} rows.",
            "At most {limit:,} were expected.",
            _MAKER,
            name=name,
            rows=rows,
            limit=_MOST_ROWS,
        )


def _unreadable(problem: str) -> EncoderScopeError:
    return EncoderScopeError(problem, "A dense tensor of numbers was expected.", _MAKER)
