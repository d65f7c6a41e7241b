"""What each encoder contributes: as encoded, reading an empty prompt, zeros, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import torch

from ..errors import EncoderScopeError
from ..translation import later, later_count
from .conditioning_shapes import ANONYMOUS, T5, ConditioningShape, EncoderSlot, width_of
from .interpolation import as_fp16
from .text_states import ScheduleStep, StreamStates, TextStates

USE, EMPTY, ZEROS, ABSENT = "use", "empty prompt", "zeros", "absent"
CHOICES = (USE, EMPTY, ZEROS, ABSENT)
_WINDOW = 77
_MAY_BE_ABSENT = (("sd3", "l"), ("sd3", "g"), ("sd3", "t5"), ("flux", "l"))
"""Shape and slot: the host encodes without them."""
_SHORTEST_T5 = {"sd3": 77, "flux": 256}
"""The host's minimum of T5 tokens in these shapes."""
StepOfSource = Mapping[int, ScheduleStep]
"""The step of each source at one place of the schedule, by the source's id."""


class StreamSource(NamedTuple):
    """The stream that fills a slot."""

    source: TextStates
    stream: str
    step: int = 0
    """Which step of the source's schedule."""


@dataclass(frozen=True, eq=False)
class Contribution:
    """What one encoder adds to the conditioning."""

    choice: str
    sequence: torch.Tensor
    """(1, token, dim)."""
    pooled: torch.Tensor | None
    """(1, dim)."""
    window: int
    """Tokens of one window."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    source: TextStates | None = None
    stream: str = ""
    step: int = 0


def find_stream(
    slot: EncoderSlot,
    sources: Sequence[TextStates],
    choice: str,
    at: StepOfSource,
    shape: ConditioningShape,
) -> StreamSource | None:
    """The first source that holds a stream for the slot; None where none does and none is needed.

    Raises :class:`EncoderScopeError` where a stream that is needed is missing or of another width.
    """
    needed = choice in (USE, EMPTY)
    for source in sources:
        streams = source.steps[0].streams
        for name in slot.streams:
            if name in streams and (name not in ANONYMOUS or streams[name].width == slot.width):
                if needed:
                    _check_width(slot, streams[name])
                return StreamSource(source, name, source.steps.index(at[id(source)]))
    if needed:
        raise _missing(slot, sources, shape)
    return None


def _missing(
    slot: EncoderSlot, sources: Sequence[TextStates], shape: ConditioningShape
) -> EncoderScopeError:
    present = {
        f"{states.name} ({states.width})"
        for source in sources
        for states in source.steps[0].streams.values()
    }
    may_be_absent = (shape.name, slot.name) in _MAY_BE_ABSENT
    return EncoderScopeError(
        "No {encoder} among the states: they hold {present} (the width in brackets).",
        "{encoder} of width {width} was expected." if slot.width else "{encoder} was expected.",
        "Connect states of a CLIP with {encoder}, or set {choice} to {zeros!r} or {absent!r}."
        if may_be_absent
        else "Connect states of a CLIP with {encoder}, or set {choice} to {zeros!r}.",
        encoder=slot.title,
        present=", ".join(sorted(present)) or later("nothing"),
        width=slot.width,
        choice=slot.choice,
        zeros=ZEROS,
        absent=ABSENT,
    )


def _check_width(slot: EncoderSlot, states: StreamStates) -> None:
    if slot.width is not None and states.width != slot.width:
        raise EncoderScopeError(
            "The states of {name!r} are {width} wide.",
            "{encoder} has a width of {expected}.",
            "Connect another encoder, or set {choice} to {zeros!r}.",
            name=states.name,
            width=states.width,
            encoder=slot.title,
            expected=slot.width,
            choice=slot.choice,
            zeros=ZEROS,
        )
    pooled = width_of(states.pooled)
    if slot.name != T5.name and pooled != slot.width:
        raise EncoderScopeError(
            "The states of {name!r} have a pooled vector of {width}."
            if pooled
            else "The states of {name!r} have no pooled vector.",
            "{encoder} has one of {expected}.",
            "Connect another encoder, or set {choice} to {zeros!r}.",
            name=states.name,
            width=pooled,
            encoder=slot.title,
            expected=slot.width,
            choice=slot.choice,
            zeros=ZEROS,
        )


def contribute(
    slot: EncoderSlot,
    choice: str,
    stream: StreamSource | None,
    at: StepOfSource,
    shape: ConditioningShape,
) -> Contribution | None:
    """What a slot's encoder contributes by the artist's choice; None: absent.

    Raises :class:`EncoderScopeError` where the choice needs a stream or an encoder that is missing.
    """
    if choice == ABSENT:
        return None
    states = None
    if stream is not None:
        states = at[id(stream.source)].streams.get(stream.stream)
    if choice == ZEROS:
        if stream is not None and states is not None and slot.width in (None, states.width):
            return _zeros_like(slot, states, stream)
        return _zeros(slot, shape, _device(at))
    if stream is None or states is None:
        raise EncoderScopeError(
            "No {encoder} at a step of the schedule.",
            "One was expected.",
            "Set {choice} to {zeros!r}.",
            encoder=slot.title,
            choice=slot.choice,
            zeros=ZEROS,
        )
    if choice == EMPTY:
        states = empty_prompt(stream, slot)
    sequence, pooled = as_fp16(states.sequence), as_fp16(states.pooled)
    return Contribution(choice, sequence, pooled, states.windows[0], states.extra, *stream)


def empty_prompt(stream: StreamSource, slot: EncoderSlot) -> StreamStates:
    """The same encoder's states of the empty prompt, at the same step of its schedule.

    Raises :class:`EncoderScopeError` where there is no encoder behind the states.
    """
    if stream.source.encode_empty is None:
        raise EncoderScopeError(
            "There is no encoder behind the states of {encoder} that could read an empty prompt.",
            "States straight from an Encode node were expected.",
            "Encode an empty text and connect its states, or set {choice} to {zeros!r}.",
            encoder=slot.title,
            choice=slot.choice,
            zeros=ZEROS,
        )
    steps = stream.source.encode_empty().steps
    step = steps[0]
    if len(steps) == len(stream.source.steps):
        step = steps[stream.step]
    return step.streams[stream.stream]


def _zeros_like(slot: EncoderSlot, states: StreamStates, stream: StreamSource) -> Contribution:
    """As many zeros as the encoder gave rows."""
    rows = torch.zeros_like(as_fp16(states.sequence))
    pooled = None
    if slot.name != T5.name:
        pooled = rows.new_zeros(1, states.width)
    return Contribution(ZEROS, rows, pooled, states.windows[0], states.extra, *stream)


def _zeros(slot: EncoderSlot, shape: ConditioningShape, device: torch.device) -> Contribution:
    """As many zeros as the host makes of an empty prompt."""
    if slot.width is None:
        raise EncoderScopeError(
            "Zeros of which width? No T5 is among the states.",
            "States with a T5 were expected.",
            "Connect them to t5_states.",
        )
    tokens = _WINDOW
    pooled = None
    if slot.name == T5.name:
        tokens = _SHORTEST_T5.get(shape.name, _WINDOW)
    else:
        pooled = torch.zeros(1, slot.width, device=device)
    rows = torch.zeros(1, tokens, slot.width, device=device)
    return Contribution(ZEROS, rows, pooled, tokens)


def _device(at: StepOfSource) -> torch.device:
    """Where the host keeps conditionings."""
    return next(states.sequence.device for step in at.values() for states in step.streams.values())


def align(contributions: dict[str, Contribution | None], shape: ConditioningShape) -> list[str]:
    """Lengthens the shorter of CLIP-L and CLIP-G by empty windows, in place, and says so.

    Two streams of one CLIP, both as encoded, stay as they are: there the host cuts to the shorter,
    and :mod:`concatenation` says how much. Raises :class:`EncoderScopeError` for windows of
    different sizes.
    """
    left, right = contributions.get("l"), contributions.get("g")
    if left is None or right is None or shape.name == "flux" or _stay_as_they_are(left, right):
        return []
    for name, zeros, partner in (("l", left, right), ("g", right, left)):
        if zeros.choice == ZEROS:
            # no window to keep: as many rows as the partner has, said where zeros are
            size = (1, partner.sequence.shape[1], zeros.sequence.shape[2])
            contributions[name] = replace(zeros, sequence=zeros.sequence.new_zeros(size))
            return []
    name, short, long = ("g", right, left)
    if left.sequence.shape[1] < right.sequence.shape[1]:
        name, short, long = ("l", left, right)
    missing = long.sequence.shape[1] - short.sequence.shape[1]
    if short.window != long.window or missing % short.window:
        raise _unequal_windows(left, right, missing)
    slot = next(slot for slot in shape.slots if slot.name == name)
    filling = _empty_windows(short, slot, missing // short.window)
    sequence = torch.cat([short.sequence, filling.to(short.sequence)], dim=1)
    contributions[name] = replace(short, sequence=sequence)
    note = later_count(
        "{encoder} was lengthened by {count} row of empty windows to its partner's length.",
        "{encoder} was lengthened by {count} rows of empty windows to its partner's length.",
        missing,
        encoder=slot.title,
    )
    return [note]


def _stay_as_they_are(left: Contribution, right: Contribution) -> bool:
    if left.sequence.shape[1] == right.sequence.shape[1]:
        return True
    one_clip = left.source is right.source and left.choice == USE
    return left.choice == right.choice and (left.choice == ZEROS or one_clip)


def _unequal_windows(left: Contribution, right: Contribution, missing: int) -> EncoderScopeError:
    sizes = [f"{clip.sequence.shape[1]} rows in windows of {clip.window}" for clip in (left, right)]
    return EncoderScopeError(
        "CLIP-L has {first}, CLIP-G {second}.",
        "Windows of one size were expected: the two are laid side by side, row by row.",
        (
            "A Long-CLIP beside a normal one would lose {missing} rows: use the normal CLIP-L, or "
            "set one of the two to {zeros!r}."
        ),
        first=sizes[0],
        second=sizes[1],
        missing=missing,
        zeros=ZEROS,
    )


def _empty_windows(short: Contribution, slot: EncoderSlot, count: int) -> torch.Tensor:
    """(1, token, dim): the first window of the empty prompt, ``count`` times."""
    if short.source is None:
        raise EncoderScopeError(
            "No encoder for empty windows.",
            "States of {encoder} were expected.",
            "Encode it again.",
            encoder=slot.title,
        )
    states = empty_prompt(StreamSource(short.source, short.stream, short.step), slot)
    return states.sequence[:, : states.windows[0]].repeat(1, count, 1)
