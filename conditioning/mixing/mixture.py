"""Weighs the pooled vector, the CLIP rows and the T5 rows of a CONDITIONING against a baseline
(``docs/decisions/0005-mixing.md``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import torch

from ..errors import EncoderScopeError, UnknownName
from ..translation import deferred, later
from . import mix_notes
from .checks import check, check_result
from .conditioning_shapes import (
    SHAPES,
    RecognisedShape,
    RowOwner,
    is_known_pair,
    recognise,
    width_of,
)
from .interpolation import lengthened, linear, norm_preserving, widened
from .mix_changes import part_changes, relative_change
from .schedule import MixPart, ScheduleSegment, segments
from .text_states import ROWS, Conditioning, Entry

LINEAR, NORM_PRESERVING = "linear", "norm-preserving"
INTERPOLATIONS = (LINEAR, NORM_PRESERVING)
PARTS = ("pooled", "clip", "t5")
_CARRIED = {"pooled_output", ROWS}
_OTHER_STATES = "conditioning_"
"""How the host's keys of further encoders' states begin, such as HiDream's conditioning_llama3."""


class Mixed(NamedTuple):
    """A conditioning, what to say about it, and what was weighed (of the first entry)."""

    conditioning: Conditioning
    notes: tuple[str, ...]
    summary: str


@dataclass(frozen=True)
class _Inputs:
    """One entry of each input."""

    pooled: Entry
    sequence: Entry
    baseline: Entry | None

    @cached_property
    def shape(self) -> RecognisedShape:
        """Whose the sequence's rows are; zeros, as Conditioning (Zero Out) makes them of SD3, stand
        against the rows of a baseline of their length.
        """
        own, baseline = self.recognise(self.sequence), self.baseline
        if own.evidence != "all zero" or baseline is None:
            return own
        same_length = baseline[0].shape[1:] == self.sequence[0].shape[1:]
        return self.recognise(baseline) if same_length else own

    @property
    def pooled_vector(self) -> torch.Tensor | None:
        """(batch, dim)."""
        vector: torch.Tensor | None = self.pooled[1].get("pooled_output")
        return vector

    def recognise(self, entry: Entry) -> RecognisedShape:
        """An entry without a pooled vector is taken as if it had pooled_from's, with which it is to
        be used.
        """
        sequence, keys = entry
        if keys.get("pooled_output") is None:
            keys = {**keys, "pooled_output": self.pooled_vector}
        return recognise([sequence, keys])


def mix(
    pooled_from: Any,
    sequence_from: Any,
    parts: Mapping[str, MixPart],
    baseline: Any = None,
    interpolation: str = LINEAR,
) -> Mixed:
    """The pooled vector of one CONDITIONING with the sequence of another, each part at its strength
    over its range of the schedule.

    ``parts``: pooled, clip, t5 -> :class:`MixPart`; a missing one is taken as it is. ``baseline``:
    what a strength of 0 means; None: zeros. Raises :class:`EncoderScopeError` for anything that
    could only fail or mislead later. The inputs are not changed.
    """
    entries = {
        "pooled_from": widened(check(later("pooled_from"), pooled_from)),
        "sequence_from": widened(check(later("sequence_from"), sequence_from)),
    }
    if baseline is not None:
        entries["baseline"] = widened(check(later("baseline"), baseline))
    if interpolation not in INTERPOLATIONS:
        raise UnknownName("interpolation", interpolation, list(INTERPOLATIONS))
    full = {name: parts.get(name, MixPart()) for name in PARTS}
    notes: dict[str, None] = {}
    mixed: Conditioning = []
    for number in range(_entry_count(entries)):
        entry = {name: listed[number % len(listed)] for name, listed in entries.items()}
        inputs = _Inputs(entry["pooled_from"], entry["sequence_from"], entry.get("baseline"))
        _check_fit(inputs)
        _notes_before(inputs, full, notes)
        mixed += _mix_entry(inputs, full, interpolation, notes)
        if number == 0:
            weighed = {name: full[name] for name in _present(inputs) if full[name] != MixPart()}
            pooled, sequence = inputs.pooled_vector, inputs.sequence
            exchanged = relative_change(sequence[1].get("pooled_output"), pooled)
            changes = part_changes(weighed, pooled, sequence[0], inputs.shape.parts, mixed)
    summary = mix_notes.weighed(changes, exchanged, baseline is not None)
    return Mixed(check_result(mixed), tuple(notes), summary)


def _entry_count(entries: Mapping[str, Conditioning]) -> int:
    most = max(len(listed) for listed in entries.values())
    if any(len(listed) not in (1, most) for listed in entries.values()):
        counts = ", ".join(f"{name} {len(listed)}" for name, listed in entries.items())
        raise EncoderScopeError(
            "The conditionings have different numbers of entries: {counts}.",
            "Equal numbers, which are mixed in pairs, or one entry for all were expected.",
            "Mix before Conditioning (Combine), or combine all of them alike.",
            counts=counts,
        )
    return most


def _check_fit(inputs: _Inputs) -> None:
    """The pooled vector and the sequence must be of one image model."""
    pooled, own = inputs.pooled_vector, inputs.sequence[1].get("pooled_output")
    if pooled is None and own is not None:
        raise EncoderScopeError(
            "pooled_from has no pooled vector, but {sequence_of} takes one.",
            "A conditioning with a pooled vector of {width} was expected.",
            "Connect one that has it to pooled_from: for FLUX.1 any CLIP-L, for SDXL and SD3 "
            "their own CLIPs.",
            sequence_of=recognise(inputs.sequence).title,
            width=own.shape[-1],
        )
    if pooled is None or width_of(pooled) == width_of(own):
        return
    if not _may_replace(inputs, own, pooled):
        raise EncoderScopeError(
            "The pooled vector is {pooled_of}'s ({width} wide), the sequence {sequence_of}'s "
            "({sequence_width} wide).",
            "Both of one image model were expected.",
            "Encode both with the CLIP of the model that will draw.",
            pooled_of=recognise(inputs.pooled).title,
            width=pooled.shape[-1],
            sequence_of=recognise(inputs.sequence).title,
            sequence_width=inputs.sequence[0].shape[-1],
        )


def _may_replace(inputs: _Inputs, own: torch.Tensor | None, pooled: torch.Tensor) -> bool:
    """Whether a pooled vector of another width than the sequence's own may go with it."""
    shape = inputs.shape.shape
    if own is not None and shape != "flux":
        return False
    clip_rows = any(rows.name == "clip" for rows in inputs.shape.parts)
    if shape == "sd3" and clip_rows and pooled.shape[-1] != SHAPES["sd3"].pooled:
        return False
    return is_known_pair(int(inputs.sequence[0].shape[-1]), int(pooled.shape[-1]))


def _notes_before(inputs: _Inputs, parts: Mapping[str, MixPart], notes: dict[str, None]) -> None:
    """What can be said of an entry before it is mixed."""
    present = _present(inputs)
    for name, part in parts.items():
        if name not in present and part != MixPart():
            notes[mix_notes.absent(name, inputs.shape.is_known)] = None
    left = sorted(set(inputs.pooled[1]) - set(inputs.sequence[1]) - _CARRIED)
    if left:
        note = later(
            "Only pooled_from has {keys}: left behind, the other keys are sequence_from's.",
            keys=", ".join(left),
        )
        notes[note] = None
    others = sorted(key for key in inputs.sequence[1] if key.startswith(_OTHER_STATES))
    if others and any(parts[rows.name] != MixPart() for rows in inputs.shape.parts):
        notes[later("Not weighed, as sequence_from has it: {keys}.", keys=", ".join(others))] = None
    if inputs.shape.shape == "sd3":
        notes[deferred(lambda: inputs.recognise(inputs.sequence).sentence)] = None
    if "pooled" not in present and inputs.sequence[0].shape[-1] == SHAPES["sdxl"].sequence:
        notes[mix_notes.NO_POOLED] = None


def _present(inputs: _Inputs) -> list[str]:
    """The parts that this entry has."""
    present = {rows.name for rows in inputs.shape.parts}
    if inputs.pooled_vector is not None:
        present.add("pooled")
    return [name for name in PARTS if name in present]


def _mix_entry(
    inputs: _Inputs, parts: Mapping[str, MixPart], interpolation: str, notes: dict[str, None]
) -> Conditioning:
    """One entry for each stretch of the schedule with constant strengths."""
    mixed: Conditioning = []
    present = {name: parts[name] for name in _present(inputs)}
    for segment in segments(present, inputs.sequence[1]):
        sequence, change = _sequence(inputs, segment.strengths, notes)
        pooled = _pooled(inputs, segment.strengths.get("pooled", 1.0), interpolation)
        if pooled is not None:
            _check_batches(pooled, sequence)
        mixed.append([sequence, _keys(inputs, segment, pooled, change)])
    return mixed


# --- the pooled vector
# --------------------------------------------------------------------------------------------------


def _pooled(inputs: _Inputs, strength: float, interpolation: str) -> torch.Tensor | None:
    """The pooled vector (batch, dim) at its strength."""
    part = inputs.pooled_vector
    if part is None or strength == 1:
        return part
    base = torch.zeros_like(part)
    if inputs.baseline is not None:
        base = inputs.baseline[1].get("pooled_output")
    if base is None or base.shape[-1] != part.shape[-1]:
        raise EncoderScopeError(
            "The baseline has no pooled vector."
            if base is None
            else "The baseline has a pooled vector of {given}.",
            "One of {width} was expected, as pooled_from has.",
            "Encode the baseline with the same CLIP, or leave it out for zeros.",
            given=width_of(base),
            width=part.shape[-1],
        )
    _check_batches(part, base)
    if interpolation == NORM_PRESERVING:
        return norm_preserving(part, base, strength)
    return linear(part, base, strength)


# --- the sequence
# --------------------------------------------------------------------------------------------------


class _SequenceChange(NamedTuple):
    rows: dict[str, int]
    """Rows of each part afterwards."""
    blocks: int


def _sequence(
    inputs: _Inputs, strengths: Mapping[str, float], notes: dict[str, None]
) -> tuple[torch.Tensor, _SequenceChange | None]:
    """The sequence (batch, token, dim) with its parts at their strengths, and what changed; None
    when nothing was. Adds to ``notes``.
    """
    sequence: torch.Tensor = inputs.sequence[0]
    if all(strengths[rows.name] == 1 for rows in inputs.shape.parts):
        return sequence, None
    base, base_rows = _baseline_rows(inputs)
    blocks: list[torch.Tensor] = []
    rows = {"clip": 0, "t5": 0}
    counted = {"clip": 0, "t5": 0}
    for owner in inputs.shape.parts:
        base_block = _block(base, base_rows, owner.name, counted[owner.name])
        counted[owner.name] += 1
        block = sequence[:, owner.start : owner.stop]
        blocks.append(_mixed_block(owner.name, block, base_block, strengths[owner.name], notes))
        rows[owner.name] += blocks[-1].shape[1]
    for name, count in counted.items():
        spare = [owner for owner in base_rows if owner.name == name][count:]
        if spare and strengths.get(name, 0) != 1:
            notes[mix_notes.spare(name, sum(owner.stop - owner.start for owner in spare))] = None
    batch = max(block.shape[0] for block in blocks)
    mixed = torch.cat([block.expand(batch, -1, -1) for block in blocks], dim=1)
    if mixed.shape[1] == 0:
        raise EncoderScopeError(
            "Nothing of the sequence would be left.",
            "At least one part was expected.",
            "Give one part a strength.",
        )
    return mixed, _SequenceChange(rows, len(blocks))


def _mixed_block(
    name: str, block: torch.Tensor, base: torch.Tensor, strength: float, notes: dict[str, None]
) -> torch.Tensor:
    """A part's block (batch, token, dim) at its strength, the shorter of the two lengthened."""
    _check_batches(block, base)
    rows, base_rows = block.shape[1], base.shape[1]
    if strength not in (0, 1) and rows != base_rows:
        notes[mix_notes.lengthening(name, rows, base_rows)] = None
        longest = max(rows, base_rows)
        block = lengthened(block, longest, name)
        base = lengthened(base, longest, name)
    return linear(block, base, strength)


def _baseline_rows(inputs: _Inputs) -> tuple[torch.Tensor, tuple[RowOwner, ...]]:
    """The baseline's sequence (batch, token, dim) and whose its rows are."""
    sequence: torch.Tensor = inputs.sequence[0]
    parts = inputs.shape.parts
    if inputs.baseline is None:
        return torch.zeros_like(sequence), parts
    base: torch.Tensor = inputs.baseline[0]
    if base.shape[-1] != sequence.shape[-1]:
        raise EncoderScopeError(
            "The baseline's sequence is {baseline_of}'s ({width} wide).",
            "{expected} was expected, as sequence_from has ({sequence_of}).",
            "Encode the baseline with the same CLIP, or leave it out for zeros.",
            baseline_of=recognise(inputs.baseline).title,
            width=base.shape[-1],
            expected=sequence.shape[-1],
            sequence_of=inputs.shape.title,
        )
    shape = inputs.recognise(inputs.baseline)
    if len(parts) == 1 and shape.shape != "sd3":
        return base, (RowOwner(parts[0].name, 0, int(base.shape[1])),)
    if len(parts) > 1 and shape.evidence == "all zero" and base.shape[1] == sequence.shape[1]:
        return base, parts
    return base, shape.parts


def _block(base: torch.Tensor, rows: Sequence[RowOwner], name: str, number: int) -> torch.Tensor:
    """The baseline's block of a part: the one of the same number, or its last; no rows where it has
    none.
    """
    own = [owner for owner in rows if owner.name == name]
    if not own:
        return base[:, :0]
    owner = own[min(number, len(own) - 1)]
    return base[:, owner.start : owner.stop]


def _check_batches(a: torch.Tensor, b: torch.Tensor) -> None:
    if a.shape[0] != b.shape[0] and 1 not in (a.shape[0], b.shape[0]):
        raise EncoderScopeError(
            "The inputs come in batches of {first} and {second}.",
            "Equal batches, or one of either, were expected.",
            "Encode as many prompts for every input, or a single one.",
            first=a.shape[0],
            second=b.shape[0],
        )


# --- the dictionary
# --------------------------------------------------------------------------------------------------


def _keys(
    inputs: _Inputs,
    segment: ScheduleSegment,
    pooled: torch.Tensor | None,
    change: _SequenceChange | None,
) -> dict[str, Any]:
    keys = dict(inputs.sequence[1])
    if pooled is not None or "pooled_output" in keys:
        keys["pooled_output"] = pooled
    if segment.percents:
        keys["start_percent"], keys["end_percent"] = segment.percents
    if change is None:
        return keys
    keys.pop(ROWS, None)
    if inputs.shape.shape == "sd3" and change.blocks <= 2:
        keys[ROWS] = change.rows
    if inputs.baseline is not None:
        names = [owner.name for owner in inputs.shape.parts]
        masked = "t5"  # the host's mask in SD3 is T5's alone
        if masked not in names:
            masked = names[0]
        _set_mask(keys, inputs.baseline[1], segment.strengths[masked])
    return keys


def _set_mask(keys: dict[str, Any], base_keys: Mapping[str, Any], strength: float) -> None:
    """Visible is whatever either of the two shows; no mask means that all is visible."""
    if strength == 1:
        return
    mask, base_mask = keys.pop("attention_mask", None), base_keys.get("attention_mask")
    if strength == 0:
        mask = base_mask
    elif mask is None or base_mask is None:
        return
    else:
        longest = max(mask.shape[-1], base_mask.shape[-1])
        pads = (
            torch.nn.functional.pad(each, (0, longest - each.shape[-1]))
            for each in (mask, base_mask)
        )
        mask = torch.maximum(*pads)
    if mask is not None:
        keys["attention_mask"] = mask
