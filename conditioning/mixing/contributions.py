"""What each encoder contributes: as encoded, reading an empty prompt, zeros, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import torch

from ..errors import EncoderScopeError
from .conditioning_shapes import ANONYMOUS, T5, ConditioningShape, EncoderSlot
from .text_states import ScheduleStep, StreamStates, TextStates

USE, EMPTY, ZEROS, ABSENT = "use", "empty prompt", "zeros", "absent"
CHOICES = (USE, EMPTY, ZEROS, ABSENT)
_WINDOW = 77
_SHORTEST_T5 = {"sd3": 77, "flux": 256}
"""The host's minimum of T5 tokens in these layouts."""


class StreamSource(NamedTuple):
    """The stream that fills a role."""

    source: TextStates
    stream: str
    step: int = 0
    """Which step of the source's schedule."""


@dataclass(frozen=True, eq=False)
class Contribution:
    choice: str
    sequence: torch.Tensor
    pooled: torch.Tensor | None
    window: int
    """Tokens of one window."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    source: TextStates | None = None
    stream: str = ""
    step: int = 0

    @property
    def source_family(self) -> str:
        family = self.source.family if self.source else None
        return f"other states ({family})" if family else "other states"


def find_stream(
    role: EncoderSlot, sources: Sequence[TextStates], choice: str, at: Mapping[int, ScheduleStep]
) -> StreamSource | None:
    """The first source that holds a stream for the role; a wrong width is an error where the stream
    is needed.

    ``at``: the step of each source at this place of the schedule, by the source's id.
    """
    needed = choice in (USE, EMPTY)
    for source in sources:
        held = source.steps[0].streams
        for name in role.streams:
            if name in held and (name not in ANONYMOUS or held[name].width == role.width):
                if needed:
                    _check_width(role, held[name])
                return StreamSource(source, name, source.steps.index(at[id(source)]))
    if needed:
        there = {
            f"{one.name} ({one.width} wide)"
            for source in sources
            for one in source.steps[0].streams.values()
        }
        raise EncoderScopeError(
            f"No {role.title} among the states: they hold {', '.join(sorted(there)) or 'nothing'}.",
            f"{role.title}{f', {role.width} wide,' if role.width else ''} was expected.",
            (
                f"Connect states of a CLIP with {role.title}, or set {role.choice} to "
                f"{ZEROS!r} or {ABSENT!r}."
            ),
        )
    return None


def _check_width(role: EncoderSlot, states: StreamStates) -> None:
    if role.width is not None and states.width != role.width:
        raise EncoderScopeError(
            f"The states of {states.name!r} are {states.width} wide.",
            f"{role.title} has a width of {role.width}.",
            (
                f"Connect another encoder, or set {role.choice} to {ZEROS!r}. Nothing is "
                "padded or cut to fit."
            ),
        )
    pooled = None if states.pooled is None else int(states.pooled.shape[-1])
    if role.name != T5.name and pooled != role.width:
        raise EncoderScopeError(
            (
                f"The states of {states.name!r} have "
                f"{f'a pooled vector of {pooled}' if pooled else 'no pooled vector'}."
            ),
            f"{role.title} has one of {role.width}.",
            f"Connect another encoder, or set {role.choice} to {ZEROS!r}.",
        )


def contribute(
    role: EncoderSlot,
    choice: str,
    found: StreamSource | None,
    at: Mapping[int, ScheduleStep],
    form: ConditioningShape,
) -> Contribution | None:
    """``at``: as for :func:`find_stream`. None: absent."""
    if choice == ABSENT:
        return None
    states = at[id(found.source)].streams.get(found.stream) if found else None
    if choice == ZEROS:
        return _zeros(role, states, found, form, _device(at))
    if found is None or states is None:
        raise EncoderScopeError(
            f"No {role.title} at a step of the schedule.",
            "One was expected.",
            f"Set {role.choice} to {ZEROS!r}.",
        )
    if choice == EMPTY:
        states = empty_prompt(found, role)
    return Contribution(
        choice, states.sequence, states.pooled, states.windows[0], states.extra, *found
    )


def empty_prompt(found: StreamSource, role: EncoderSlot) -> StreamStates:
    """The same encoder's states of the empty prompt, at the same step of its schedule."""
    if found.source.encode_empty is None:
        raise EncoderScopeError(
            (
                f"There is no encoder behind the states of {role.title} that could read an "
                "empty prompt."
            ),
            "States straight from an Encode node were expected.",
            f"Encode an empty text and connect its states, or set {role.choice} to {ZEROS!r}.",
        )
    steps = found.source.encode_empty().steps
    return steps[found.step if len(steps) == len(found.source.steps) else 0].streams[found.stream]


def _zeros(
    role: EncoderSlot,
    states: StreamStates | None,
    found: StreamSource | None,
    form: ConditioningShape,
    device: torch.device,
) -> Contribution:
    is_t5 = role.name == T5.name
    if found is not None and states is not None and role.width in (None, states.width):
        rows = torch.zeros_like(states.sequence)
        pooled = None if is_t5 else rows.new_zeros(1, states.width)
        return Contribution(ZEROS, rows, pooled, states.windows[0], states.extra, *found)
    tokens, width = (_SHORTEST_T5.get(form.name, _WINDOW) if is_t5 else _WINDOW), role.width
    if width is None:
        raise EncoderScopeError(
            "Zeros of which width? No T5 is among the states.",
            "States with a T5 were expected.",
            "Connect them to t5_states.",
        )
    pooled = None if is_t5 else torch.zeros(1, width, device=device)
    return Contribution(ZEROS, torch.zeros(1, tokens, width, device=device), pooled, tokens)


def _device(at: Mapping[int, ScheduleStep]) -> torch.device:
    """Where the host keeps conditionings."""
    return next(states.sequence.device for step in at.values() for states in step.streams.values())


def aligned(voices: dict[str, Contribution | None], form: ConditioningShape) -> list[str]:
    """Lengthens the shorter of CLIP-L and CLIP-G by empty windows, in place, and says so.

    Two streams of one CLIP, both as encoded, stay as they are: there the host cuts to the shorter,
    and :mod:`joins` says how much.
    """
    left, right = voices.get("l"), voices.get("g")
    if (
        left is None
        or right is None
        or form.name == "flux"
        or left.sequence.shape[1] == right.sequence.shape[1]
    ):
        return []
    if left.choice == right.choice and (
        left.choice == ZEROS or (left.source is right.source and left.choice == USE)
    ):
        return []
    for name, own, partner in (("l", left, right), ("g", right, left)):
        if (
            own.choice == ZEROS
        ):  # no window to keep: as many rows as the partner has, said where zeros are
            rows = own.sequence.new_zeros(1, partner.sequence.shape[1], own.sequence.shape[2])
            voices[name] = replace(own, sequence=rows)
            return []
    name = "l" if left.sequence.shape[1] < right.sequence.shape[1] else "g"
    short, long = (left, right) if name == "l" else (right, left)
    missing = long.sequence.shape[1] - short.sequence.shape[1]
    role = next(one for one in form.roles if one.name == name)
    if short.window != long.window or missing % short.window:
        raise _unequal_windows(left, right, missing)
    filling = _empty_windows(short, role, missing // short.window)
    voices[name] = replace(
        short, sequence=torch.cat([short.sequence, filling.to(short.sequence)], dim=1)
    )
    return [
        f"{role.title} was lengthened by {missing} rows of empty windows to its partner's length."
    ]


def _unequal_windows(left: Contribution, right: Contribution, missing: int) -> EncoderScopeError:
    sizes = [f"{one.sequence.shape[1]} rows in windows of {one.window}" for one in (left, right)]
    return EncoderScopeError(
        f"CLIP-L has {sizes[0]}, CLIP-G {sizes[1]}.",
        "Windows of one size were expected: the two are laid side by side, row by row.",
        (
            f"A Long-CLIP beside a normal one would lose {missing} rows: use the normal "
            f"CLIP-L, or set one of the two to {ZEROS!r}."
        ),
    )


def _empty_windows(short: Contribution, role: EncoderSlot, count: int) -> torch.Tensor:
    if short.source is None:
        raise EncoderScopeError(
            "No encoder for empty windows.",
            f"States of {role.title} were expected.",
            "Encode it again.",
        )
    states = empty_prompt(StreamSource(short.source, short.stream, short.step), role)
    return states.sequence[:, : states.windows[0]].repeat(1, count, 1)
