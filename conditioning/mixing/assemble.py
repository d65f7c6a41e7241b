"""Joins the states of one to three texts or loaders into the CONDITIONING of an image model.

The joins are those of ComfyUI's ``encode_token_weights``: ``comfy/sdxl_clip.py``,
``comfy/text_encoders/{sd3_clip,flux,pixart_t5}.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

from ..errors import EncoderScopeError, UnknownName
from .checks import check
from .concatenation import CONCATENATIONS, Concatenated
from .conditioning_shapes import SHAPES, ConditioningShape, EncoderSlot, shape_of_family
from .contributions import (
    ABSENT,
    CHOICES,
    EMPTY,
    USE,
    ZEROS,
    Contribution,
    aligned,
    contribute,
    find_stream,
)
from .text_states import ROWS, Conditioning, ScheduleStep, TextStates

__all__ = ["ABSENT", "CHOICES", "EMPTY", "USE", "ZEROS", "Assembled", "assemble"]

_PERCENTS = (("start_percent", "end_percent"), ("clip_start_percent", "clip_end_percent"))


class Assembled(NamedTuple):
    conditioning: Conditioning
    shape: ConditioningShape
    notes: tuple[str, ...]


def assemble(
    states: TextStates,
    shape: str | None,
    choices: Mapping[str, str],
    clip_states: TextStates | None = None,
    t5_states: TextStates | None = None,
) -> Assembled:
    """One entry for each step of the schedules, in the shape's form.

    ``shape``: a name of ``SHAPES``; None: the one of ``states``' family. ``choices``: clip_l,
    clip_g, t5 -> one of ``CHOICES``; a missing one means use. Streams of ``clip_states`` and
    ``t5_states`` come before those of ``states``. Raises :class:`EncoderScopeError`.
    """
    form = _shape(states, shape)
    wanted = {role.name: _choice(role, choices) for role in form.roles}
    given = [one for one in (clip_states, t5_states) if one is not None]
    sources = list({id(one): one for one in (states, *given)}.values())
    notes: dict[str, None] = {}
    made: Conditioning = []
    for steps in _together(sources):
        at = dict(zip(map(id, sources), steps, strict=True))
        voices: dict[str, Contribution | None] = {}
        for role in form.roles:
            override = t5_states if role.name == "t5" else clip_states
            found = find_stream(
                role, [*([override] if override else []), *sources], wanted[role.name], at
            )
            voices[role.name] = contribute(role, wanted[role.name], found, at, form)
        _check_used(voices, wanted, {"clip_states": clip_states, "t5_states": t5_states}, form)
        notes.update(dict.fromkeys(aligned(voices, form)))
        joined = CONCATENATIONS[form.name](voices)
        notes.update(dict.fromkeys([*_said(form, wanted, voices, states), *joined.notes]))
        made.append([joined.sequence, _keys(steps, voices, joined, form)])
    if any(step.keys.get("hooks") is not None for one in sources[1:] for step in one.steps):
        notes[
            (
                "Hooks on the image model are taken from states alone, not from clip_states "
                "or t5_states."
            )
        ] = None
    return Assembled(check("What was assembled", made), form, tuple(notes))


def _check_used(
    voices: Mapping[str, Contribution | None],
    wanted: Mapping[str, str],
    given: Mapping[str, TextStates | None],
    form: ConditioningShape,
) -> None:
    """What was connected for a part that is wanted must have been of use."""
    for name, one in given.items():
        wants = any(
            choice in (USE, EMPTY)
            for role, choice in wanted.items()
            if (role == "t5") == (name == "t5_states")
        )
        if (
            one is not None
            and wants
            and all(voice is None or voice.source is not one for voice in voices.values())
        ):
            held = ", ".join(
                f"{states.name} ({states.width} wide)" for states in one.steps[0].streams.values()
            )
            takes = ", ".join(f"{role.title} ({role.width or 'any'} wide)" for role in form.roles)
            raise EncoderScopeError(
                f"{name} holds {held}, of which {form.title} takes nothing.",
                f"One of {takes} was expected.",
                f"Disconnect {name}, or connect the states of another encoder.",
            )


def _shape(states: TextStates, shape: str | None) -> ConditioningShape:
    if shape is not None:
        if shape not in SHAPES:
            raise UnknownName("layout", shape, list(SHAPES))
        return SHAPES[shape]
    found = shape_of_family(states.family)
    if found is None:
        raise EncoderScopeError(
            (
                f"The states come from {states.family or 'a CLIP of no known family'}, which "
                "has no layout here."
            ),
            f"A family of {', '.join(SHAPES)} was expected.",
            (
                "Choose the layout of the model that will draw, or use the conditioning of "
                "the Encode node as it is."
            ),
        )
    return found


def _choice(role: EncoderSlot, choices: Mapping[str, str]) -> str:
    choice = choices.get(role.choice, USE)
    if choice not in CHOICES:
        raise UnknownName("choice", choice, list(CHOICES))
    return choice


def _together(sources: list[TextStates]) -> Iterator[tuple[ScheduleStep, ...]]:
    """The steps of all sources that meet: equal schedules step by step, others wherever their
    percents overlap.
    """
    for one in sources:
        if not one.steps:
            raise EncoderScopeError(
                "The states hold no step.", "Encoded text was expected.", "Encode the text again."
            )
    for steps in product(*(one.steps for one in sources)):
        spans = [percents(step) for step in steps]
        if len(steps) == 1 or max(a for a, _ in spans) < min(b for _, b in spans):
            yield steps


def percents(step: ScheduleStep) -> tuple[float, float]:
    """The share of the schedule that a step is for."""
    return (
        max(float(step.keys.get(start, 0.0)) for start, _ in _PERCENTS),
        min(float(step.keys.get(end, 1.0)) for _, end in _PERCENTS),
    )


def _keys(
    steps: tuple[ScheduleStep, ...],
    voices: Mapping[str, Contribution | None],
    joined: Concatenated,
    form: ConditioningShape,
) -> dict[str, Any]:
    own = {
        name: value for name, value in steps[0].keys.items() if name not in ("attention_mask", ROWS)
    }
    keys: dict[str, Any] = {"pooled_output": joined.pooled}
    last = voices[form.roles[-1].name]
    if last is not None and form.name not in (
        "sdxl",
        "flux",
    ):  # as the host: these pass nothing else on, SD3 what its T5 says
        keys.update(last.extra)
    keys.update(own)
    if len(steps) > 1 and any(
        step.keys.get("clip_start_percent") is not None for step in steps[1:]
    ):
        spans = [percents(step) for step in steps]
        keys["clip_start_percent"], keys["clip_end_percent"] = (
            max(a for a, _ in spans),
            min(b for _, b in spans),
        )
    if form.name == "sd3":
        keys[ROWS] = joined.rows
    return keys


def _said(
    form: ConditioningShape,
    wanted: Mapping[str, str],
    voices: Mapping[str, Contribution | None],
    main: TextStates,
) -> Iterator[str]:
    for role in form.roles:
        choice, voice = wanted[role.name], voices[role.name]
        if choice == ABSENT:
            yield f"{role.title} is absent, as if it had not been loaded."
        elif choice == ZEROS and voice is not None:
            yield f"{role.title} is zeros: {voice.sequence.shape[1]} rows."
        elif choice == EMPTY:
            yield f"{role.title} reads an empty prompt."
        elif voice is not None and voice.source is not main:
            yield f"{role.title} comes from {voice.source_family}."
    dtypes = {
        str(one.sequence.dtype).removeprefix("torch.") for one in voices.values() if one is not None
    }
    if len(dtypes) > 1:
        yield (
            f"The encoders answer in {' and '.join(sorted(dtypes))}: joined in the more "
            "precise one."
        )
