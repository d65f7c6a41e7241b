"""What is no CONDITIONING is refused in a sentence, before anything is measured of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from ...errors import EncoderScopeError
from ...mixing.text_states import Conditioning

_EXPECTED = "ComfyUI's CONDITIONING is a list of such pairs, at least one."
_CONNECT = "Connect the CONDITIONING output of a text-encoding node."


def checked(conditioning: Any, name: str) -> Conditioning:
    """The conditioning as pairs; what stands behind a pair ComfyUI does not read, either. ``name``:
    "The conditioning". Raises :class:`EncoderScopeError`.
    """
    problem = ""
    if not isinstance(conditioning, (list, tuple)) or not all(map(_is_entry, conditioning)):
        problem = "is not a list of [tensor, dictionary]"
    elif not conditioning:
        problem = "is empty"
    if problem:
        raise EncoderScopeError(f"{name} {problem}.", _EXPECTED, _CONNECT)
    for number, (sequence, keys, *_) in enumerate(conditioning, 1):
        pooled = keys.get("pooled_output")
        _require_numbers(f"{name}: the sequence of entry {number}", sequence)
        if pooled is not None:
            _require_numbers(f"{name}: the pooled vector of entry {number}", pooled)
            if pooled.numel() == 0:
                raise _unreadable(f"{name}: the pooled vector of entry {number}", "is empty")
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
        raise _unreadable(name, f"is of type {type(tensor).__name__}")
    if tensor.is_meta:
        raise _unreadable(name, "is a tensor without numbers (meta)")
    if tensor.layout is not torch.strided:
        raise _unreadable(name, "is a sparse tensor")


def _unreadable(name: str, problem: str) -> EncoderScopeError:
    return EncoderScopeError(
        f"{name} {problem}.",
        "A dense tensor of numbers was expected.",
        "Look at the node that made it: no image model of ComfyUI's reads it.",
    )
