"""Puts the states of one to three texts or loaders together as the CONDITIONING of an image model.

As ComfyUI's ``encode_token_weights`` does: ``comfy/sdxl_clip.py``,
``comfy/text_encoders/{sd3_clip,flux,pixart_t5}.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from ..errors import EncoderScopeError, UnknownName
from ..families.table import FAMILIES
from ..translation import deferred, joined, later, later_count, translatable, translate
from .checks import check
from .concatenation import CONCATENATIONS, Concatenated, Contributions
from .conditioning_shapes import SHAPES, T5, ConditioningShape, EncoderSlot, shape_of_family
from .contributions import (
    ABSENT,
    CHOICES,
    EMPTY,
    USE,
    ZEROS,
    Contribution,
    StepOfSource,
    align,
    contribute,
    find_stream,
)
from .state_checks import check_batches, check_states
from .text_states import ROWS, Conditioning, ScheduleStep, TextStates

__all__ = ["ABSENT", "CHOICES", "EMPTY", "USE", "ZEROS", "Assembled", "assemble"]

_PERCENTS = (("start_percent", "end_percent"), ("clip_start_percent", "clip_end_percent"))
_IS_T5 = ("", "t5xxl")
"""Streams of T5-XXL itself; "" are zeros."""
_PASS_NOTHING_ON = ("sdxl", "flux")
"""Shapes of which the host passes on no other key of its encoders; of SD3 T5's alone."""
_HOOKS_ELSEWHERE = later(
    "Hooks on the image model are taken from states alone, not from clip_states or t5_states."
)


class Assembled(NamedTuple):
    """A conditioning, the shape it has and what to say about it."""

    conditioning: Conditioning
    shape: ConditioningShape
    notes: tuple[str, ...]


class _Recipe(NamedTuple):
    """What is to be assembled."""

    shape: ConditioningShape
    choices: Mapping[str, str]
    """Slot -> one of CHOICES."""
    states: TextStates
    overrides: Mapping[str, TextStates]
    """clip_states, t5_states, as far as connected."""

    @property
    def sources(self) -> list[TextStates]:
        """All states, each once, those of ``states`` first."""
        everything = (self.states, *self.overrides.values())
        return list({id(states): states for states in everything}.values())

    def sources_of(self, slot: EncoderSlot) -> list[TextStates]:
        """Where to look for a slot's stream, in order."""
        override = self.overrides.get(_override_of(slot.name))
        return [states for states in (override, *self.sources) if states is not None]


def _override_of(slot: str) -> str:
    """The input whose states come first for a slot."""
    if slot == "t5":
        return translatable("t5_states")
    return translatable("clip_states")


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
    connected = {"clip_states": clip_states, "t5_states": t5_states}
    for name, text_states in {translatable("states"): states, **connected}.items():
        if text_states is not None or name == "states":
            check_states(name, text_states)
    form = _shape(states, shape)
    recipe = _Recipe(
        form,
        {slot.name: _choice(slot, choices) for slot in form.slots},
        states,
        {name: override for name, override in connected.items() if override is not None},
    )
    notes: dict[str, None] = {}
    conditioning: Conditioning = []
    for steps in _meeting(recipe.sources):
        contributions = _contributions(recipe, steps)
        check_batches(contributions)
        notes.update(dict.fromkeys(align(contributions, form)))
        together = CONCATENATIONS[form.name](contributions)
        notes.update(dict.fromkeys(_slot_notes(recipe, contributions)))
        notes.update(dict.fromkeys(_precision_notes(form, contributions)))
        notes.update(dict.fromkeys(together.notes))
        conditioning.append([together.sequence, _keys(steps, contributions, together, form)])
    others = [step for source in recipe.sources[1:] for step in source.steps]
    if any(step.keys.get("hooks") is not None for step in others):
        notes[_HOOKS_ELSEWHERE] = None
    return Assembled(check("CONDITIONING", conditioning), form, tuple(notes))


def _contributions(
    recipe: _Recipe, steps: Sequence[ScheduleStep]
) -> dict[str, Contribution | None]:
    """What every slot contributes at one place of the schedule (one step of each source)."""
    at: StepOfSource = dict(zip(map(id, recipe.sources), steps, strict=True))
    contributions: dict[str, Contribution | None] = {}
    for slot in recipe.shape.slots:
        choice = recipe.choices[slot.name]
        stream = find_stream(slot, recipe.sources_of(slot), choice, at, recipe.shape)
        contributions[slot.name] = contribute(slot, choice, stream, at, recipe.shape)
    for name, states in recipe.overrides.items():
        _check_used(name, states, contributions, recipe)
    return contributions


def _check_used(
    name: str, states: TextStates, contributions: Contributions, recipe: _Recipe
) -> None:
    """What was connected for a slot that is used must have been of use."""
    used = [contribution for contribution in contributions.values() if contribution is not None]
    if any(contribution.source is states for contribution in used):
        return
    choices = [choice for slot, choice in recipe.choices.items() if _override_of(slot) == name]
    if USE not in choices and EMPTY not in choices:
        return
    streams = states.steps[0].streams.values()
    present = (f"{stream.name} ({stream.width})" for stream in streams)
    takes = (f"{slot.title} ({slot.width or '*'})" for slot in recipe.shape.slots)
    raise EncoderScopeError(
        "{name} holds {present} (the width in brackets), of which {layout} takes nothing.",
        "One of {takes} was expected.",
        "Disconnect {name}, or connect the states of another encoder.",
        name=later(name),
        present=", ".join(present),
        layout=recipe.shape.title,
        takes=", ".join(takes),
    )


def _shape(states: TextStates, name: str | None) -> ConditioningShape:
    if name is not None:
        if name not in SHAPES:
            raise UnknownName("layout", name, list(SHAPES))
        return SHAPES[name]
    shape = shape_of_family(states.family)
    if shape is None:
        raise EncoderScopeError(
            "The states come from {family}, which has no layout here.",
            "A family of {layouts} was expected.",
            "Choose the layout of the model that will draw, or use the conditioning of the Encode "
            "node as it is.",
            family=_family_title(states.family),
            layouts=", ".join(SHAPES),
        )
    return shape


def _family_title(name: str | None) -> str:
    if name is None:
        return later("a CLIP of no known family")
    return FAMILIES[name].title if name in FAMILIES else name


def _choice(slot: EncoderSlot, choices: Mapping[str, str]) -> str:
    choice = choices.get(slot.choice, USE)
    if choice not in CHOICES:
        raise UnknownName("choice", choice, list(CHOICES))
    return choice


def _meeting(sources: Sequence[TextStates]) -> list[tuple[ScheduleStep, ...]]:
    """The steps of all sources that meet: equal schedules step by step, others wherever their
    percents overlap. Raises :class:`EncoderScopeError` where none do.
    """
    together = []
    for steps in product(*(source.steps for source in sources)):
        start, end = _overlap(steps)
        if len(steps) == 1 or start < end:
            together.append(steps)
    if not together:
        raise EncoderScopeError(
            "The schedules of the states never meet: there is no moment at which all are given.",
            "Equal or overlapping schedules were expected.",
            "Encode all of them with the same schedule.",
        )
    return together


def percents(step: ScheduleStep) -> tuple[float, float]:
    """The share of the schedule that a step is for."""
    return (
        max(float(step.keys.get(start, 0.0)) for start, _ in _PERCENTS),
        min(float(step.keys.get(end, 1.0)) for _, end in _PERCENTS),
    )


def _overlap(steps: Sequence[ScheduleStep]) -> tuple[float, float]:
    starts, ends = zip(*map(percents, steps), strict=True)
    return max(starts), min(ends)


def _keys(
    steps: Sequence[ScheduleStep],
    contributions: Contributions,
    together: Concatenated,
    shape: ConditioningShape,
) -> dict[str, Any]:
    """The entry's dictionary: the pooled vector, what the last encoder adds, and the step's own."""
    keys: dict[str, Any] = {"pooled_output": together.pooled}
    last = contributions[shape.slots[-1].name]
    if last is not None and shape.name not in _PASS_NOTHING_ON:
        keys.update(last.extra)
    keys.update(
        {key: value for key, value in steps[0].keys.items() if key not in ("attention_mask", ROWS)}
    )
    if any(step.keys.get("clip_start_percent") is not None for step in steps[1:]):
        keys["clip_start_percent"], keys["clip_end_percent"] = _overlap(steps)
    if shape.name == "sd3":
        keys[ROWS] = together.rows
    return keys


def _slot_notes(recipe: _Recipe, contributions: Contributions) -> Iterator[str]:
    """What the choices made of each slot, and whose states stand there."""
    for slot in recipe.shape.slots:
        choice, contribution = recipe.choices[slot.name], contributions[slot.name]
        if choice == ABSENT:
            yield later("{encoder} is absent, as if it had not been loaded.", encoder=slot.title)
        elif choice == ZEROS and contribution is not None:
            yield later_count(
                "{encoder} is zeros: {count:,} row.",
                "{encoder} is zeros: {count:,} rows.",
                int(contribution.sequence.shape[1]),
                encoder=slot.title,
            )
        elif choice == EMPTY:
            yield later("{encoder} reads an empty prompt.", encoder=slot.title)
        elif contribution is not None and contribution.source is not recipe.states:
            yield _source_note(slot.title, contribution.source)
        if contribution is not None and slot is T5 and contribution.stream not in _IS_T5:
            yield later(
                "{stream} stands in for {encoder}, which has its width: this model was not trained "
                "with it.",
                stream=contribution.stream,
                encoder=slot.title,
            )


def _precision_notes(shape: ConditioningShape, contributions: Contributions) -> Iterator[str]:
    """What the encoders' precisions make of the whole."""
    if shape.name == "flux":
        return  # nothing is joined
    dtypes = {
        str(contribution.sequence.dtype).removeprefix("torch.")
        for contribution in contributions.values()
        if contribution is not None and contribution.choice != ZEROS
    }
    if len(dtypes) > 1:
        yield deferred(
            lambda: translate(
                "The encoders answer in {dtypes}: joined in the more precise one.",
                dtypes=joined(sorted(dtypes)),
            )
        )


def _source_note(encoder: str, source: TextStates | None) -> str:
    """Says that an encoder's states are not those of ``states``."""
    if source is None or not source.family:
        return later("{encoder} comes from other states.", encoder=encoder)
    return later(
        "{encoder} comes from other states ({family}).", encoder=encoder, family=source.family
    )
