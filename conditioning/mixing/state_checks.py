"""Refuses TEXT_STATES that could only fail while they are joined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from ..errors import EncoderScopeError
from ..translation import later, translatable
from .checks import check_percents
from .contributions import Contribution
from .text_states import StreamStates, TextStates

_AGAIN = translatable("Encode the text again with Encode (open the box).")
_PERCENTS = ("start_percent", "end_percent", "clip_start_percent", "clip_end_percent")


def check_states(name: str, states: Any) -> None:
    """``states`` must be what Encode (open the box) gives. Raises :class:`EncoderScopeError`."""
    if not isinstance(states, TextStates):
        raise EncoderScopeError(
            "{name} holds no states, but {type}.",
            "The states of Encode (open the box) were expected.",
            "Connect its output to {name}.",
            name=later(name),
            type=type(states).__name__,
        )
    if not states.steps:
        raise EncoderScopeError("The states hold no step.", "Encoded text was expected.", _AGAIN)
    for step in states.steps:
        check_percents(name, step.keys, _PERCENTS)
        for stream in step.streams.values():
            _check_stream(name, stream)


def _check_stream(name: str, stream: StreamStates) -> None:
    sequence = stream.sequence
    formed = torch.is_tensor(sequence) and sequence.ndim == 3 and 0 not in sequence.shape
    if formed and stream.windows and sequence.is_floating_point():
        return
    actual = type(sequence).__name__
    if torch.is_tensor(sequence):
        actual = f"{tuple(sequence.shape)} {str(sequence.dtype).removeprefix('torch.')}"
    raise EncoderScopeError(
        "{name}: the sequence of {stream} is {what}, its number of windows {count}.",
        "(1, tokens, width) of floating point, in at least one window, was expected.",
        _AGAIN,
        name=later(name),
        stream=stream.name,
        what=actual,
        count=len(stream.windows),
    )


def check_batches(contributions: Mapping[str, Contribution | None]) -> None:
    """All encoders must have read as many texts. Raises :class:`EncoderScopeError`."""
    sizes = {
        slot: int(contribution.sequence.shape[0])
        for slot, contribution in contributions.items()
        if contribution is not None
    }
    if len(set(sizes.values())) > 1:
        counts = ", ".join(f"{slot} {size}" for slot, size in sizes.items())
        raise EncoderScopeError(
            "The encoders read different numbers of texts: {counts}.",
            "As many for each were expected.",
            _AGAIN,
            counts=counts,
        )
