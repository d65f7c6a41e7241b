"""Weighs the pooled vector, the CLIP rows and the T5 rows of a CONDITIONING against a baseline
(``docs/decisions/0005-mixing.md``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import torch

from ..errors import EncoderScopeError
from .checks import check
from .conditioning_shapes import (
    SHAPES,
    RecognisedShape,
    RowOwner,
    is_known_pair,
    recognise,
    width_of,
)
from .interpolation import lengthened, linear, norm_preserving
from .schedule import MixPart, ScheduleSegment, segments
from .text_states import ROWS, Conditioning, Entry

LINEAR, NORM_PRESERVING = "linear", "norm-preserving"
INTERPOLATIONS = (LINEAR, NORM_PRESERVING)
PARTS = {
    "pooled": "pooled vector",
    "clip": "CLIP part of the sequence",
    "t5": "T5 part of the sequence",
}
_CARRIED = {"pooled_output", ROWS}


class Mixed(NamedTuple):
    conditioning: Conditioning
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Trio:
    """One entry of each input."""

    pooled: Entry
    sequence: Entry
    baseline: Entry | None

    @cached_property
    def seen(self) -> RecognisedShape:
        """Whose the sequence's rows are."""
        return self.recognise(self.sequence)

    def recognise(self, entry: Entry) -> RecognisedShape:
        """An entry without a pooled vector is taken as if it had pooled_from's, with which it is to
        be used.
        """
        keys = entry[1]
        if keys.get("pooled_output") is None:
            keys = {**keys, "pooled_output": self.pooled[1].get("pooled_output")}
        return recognise([entry[0], keys])


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
    given = {
        "pooled_from": check("pooled_from", pooled_from),
        "sequence_from": check("sequence_from", sequence_from),
    }
    if baseline is not None:
        given["baseline"] = check("baseline", baseline)
    count = _entries(given)
    full = {name: parts.get(name, MixPart()) for name in PARTS}
    notes: dict[str, None] = {}
    mixed: Conditioning = []
    for number in range(count):
        one = {name: entries[number % len(entries)] for name, entries in given.items()}
        trio = _Trio(one["pooled_from"], one["sequence_from"], one.get("baseline"))
        _check_fit(trio)
        made, said = _mix_entry(trio, full, interpolation)
        mixed += made
        notes.update(dict.fromkeys(said))
    return Mixed(mixed, tuple(notes))


def _entries(given: Mapping[str, Conditioning]) -> int:
    most = max(len(entries) for entries in given.values())
    if any(len(entries) not in (1, most) for entries in given.values()):
        said = ", ".join(f"{name} {len(entries)}" for name, entries in given.items())
        raise EncoderScopeError(
            f"The conditionings have different numbers of entries: {said}.",
            "Equal numbers, which are mixed in pairs, or one entry for all were expected.",
            "Mix before Conditioning (Combine), or combine all of them alike.",
        )
    return most


def _check_fit(trio: _Trio) -> None:
    theirs, own = trio.pooled[1].get("pooled_output"), trio.sequence[1].get("pooled_output")
    if theirs is None:
        if own is not None:
            raise EncoderScopeError(
                (
                    f"pooled_from has no pooled vector, but {recognise(trio.sequence).title} "
                    "takes one."
                ),
                f"A conditioning with a pooled vector of {own.shape[-1]} was expected.",
                (
                    "Connect one that has it to pooled_from: for FLUX.1 any CLIP-L, for SDXL "
                    "and SD3 their own CLIPs."
                ),
            )
        return
    width, pooled = int(trio.sequence[0].shape[-1]), int(theirs.shape[-1])
    free = own is None or trio.seen.shape == "flux"
    clip_rows = any(rows.name == "clip" for rows in trio.seen.parts)
    misfit = trio.seen.shape == "sd3" and clip_rows and pooled != SHAPES["sd3"].pooled
    if pooled != width_of(own) and not (free and is_known_pair(width, pooled) and not misfit):
        titles = recognise(trio.pooled).title, recognise(trio.sequence).title
        raise EncoderScopeError(
            (
                f"The pooled vector is {titles[0]}'s ({pooled} wide), the sequence "
                f"{titles[1]}'s ({width} wide)."
            ),
            "Both of one image model were expected.",
            "Encode both with the CLIP of the model that will draw.",
        )


def _mix_entry(
    trio: _Trio, parts: Mapping[str, MixPart], interpolation: str
) -> tuple[Conditioning, list[str]]:
    keys = trio.sequence[1]
    has_pooled = trio.pooled[1].get("pooled_output") is not None
    present = {one.name for one in trio.seen.parts} | ({"pooled"} if has_pooled else set())
    notes = [
        f"{trio.seen.title} has no {PARTS[name]} here: its strength does nothing."
        for name, part in parts.items()
        if name not in present and part != MixPart()
    ]
    left = sorted(set(trio.pooled[1]) - set(keys) - _CARRIED)
    if left:
        notes.append(
            f"Only pooled_from has {', '.join(left)}: left behind, the other keys are "
            "sequence_from's."
        )
    if trio.seen.shape == "sd3":
        notes.append(trio.seen.sentence)
    if not has_pooled and trio.sequence[0].shape[-1] == SHAPES["sdxl"].sequence:
        notes.append(
            "There is no pooled vector: AuraFlow takes none, SDXL stops without. For "
            "SDXL connect one to pooled_from."
        )
    made: Conditioning = []
    for one in segments({name: parts[name] for name in present}, keys):
        sequence, changed, said = _sequence(trio, one.strengths)
        pooled = _pooled(trio, one.strengths.get("pooled", 1.0), interpolation)
        if pooled is not None:
            _check_batches("pooled vectors and sequences", pooled, sequence)
        made.append([sequence, _keys(trio, one, pooled, changed)])
        notes += said
    return made, notes


# --- the pooled vector
# --------------------------------------------------------------------------------------------------


def _pooled(trio: _Trio, strength: float, interpolation: str) -> torch.Tensor | None:
    part: torch.Tensor | None = trio.pooled[1].get("pooled_output")
    if part is None or strength == 1:
        return part
    base = (
        torch.zeros_like(part) if trio.baseline is None else trio.baseline[1].get("pooled_output")
    )
    if base is None or base.shape[-1] != part.shape[-1]:
        has = "no pooled vector" if base is None else f"a pooled vector of {base.shape[-1]}"
        raise EncoderScopeError(
            f"The baseline has {has}.",
            f"One of {part.shape[-1]} was expected, as pooled_from has.",
            "Encode the baseline with the same CLIP, or leave it out for zeros.",
        )
    _check_batches("pooled vectors", part, base)
    return (
        norm_preserving(part, base, strength)
        if interpolation == NORM_PRESERVING
        else linear(part, base, strength)
    )


# --- the sequence
# --------------------------------------------------------------------------------------------------


class _Change(NamedTuple):
    rows: dict[str, int]
    """RowOwner of each part afterwards."""
    blocks: int


def _sequence(
    trio: _Trio, strengths: Mapping[str, float]
) -> tuple[torch.Tensor, _Change | None, list[str]]:
    """The sequence with its parts at their strengths; None when nothing was changed; what to say
    about it.
    """
    part: torch.Tensor = trio.sequence[0]
    if all(strengths[one.name] == 1 for one in trio.seen.parts):
        return part, None, []
    base, base_rows = _baseline_rows(trio)
    blocks, notes, rows = [], [], {"clip": 0, "t5": 0}
    counted = {"clip": 0, "t5": 0}
    for one in trio.seen.parts:
        mine, theirs = (
            part[:, one.start : one.stop],
            _block(base, base_rows, one.name, counted[one.name]),
        )
        counted[one.name] += 1
        _check_batches("sequences", mine, theirs)
        strength = strengths[one.name]
        if strength not in (0, 1) and mine.shape[1] != theirs.shape[1]:
            notes.append(_lengthened(one.name, mine.shape[1], theirs.shape[1]))
            longest = max(mine.shape[1], theirs.shape[1])
            mine, theirs = (
                lengthened(mine, longest, one.name),
                lengthened(theirs, longest, one.name),
            )
        blocks.append(linear(mine, theirs, strength))
        rows[one.name] += blocks[-1].shape[1]
    for name in counted:
        spare = sum(
            one.stop - one.start
            for one in [one for one in base_rows if one.name == name][counted[name] :]
        )
        if spare and strengths.get(name, 0) != 1:
            notes.append(
                f"{spare} of the baseline's {name.upper()} rows are left out: "
                "sequence_from has no place for them."
            )
    batch = max(block.shape[0] for block in blocks)
    joined = torch.cat([block.expand(batch, -1, -1) for block in blocks], dim=1)
    if joined.shape[1] == 0:
        raise EncoderScopeError(
            "Nothing of the sequence would be left.",
            "At least one part was expected.",
            "Give one part a strength.",
        )
    return joined, _Change(rows, len(blocks)), notes


def _lengthened(name: str, mine: int, theirs: int) -> str:
    shorter = "the baseline" if theirs < mine else "sequence_from"
    how = "its last window" if name == "clip" else "its last token"
    if not min(mine, theirs):
        how = "zeros"
    return (
        f"{PARTS[name]}: {mine} rows against the baseline's {theirs}; {shorter} was "
        f"lengthened by {how}."
    )


def _baseline_rows(trio: _Trio) -> tuple[torch.Tensor, tuple[RowOwner, ...]]:
    if trio.baseline is None:
        return torch.zeros_like(trio.sequence[0]), trio.seen.parts
    base: torch.Tensor = trio.baseline[0]
    if base.shape[-1] != trio.sequence[0].shape[-1]:
        raise EncoderScopeError(
            (
                f"The baseline's sequence is {recognise(trio.baseline).title}'s "
                f"({base.shape[-1]} wide)."
            ),
            f"{trio.sequence[0].shape[-1]} was expected, as sequence_from has ({trio.seen.title}).",
            "Encode the baseline with the same CLIP, or leave it out for zeros.",
        )
    seen = trio.recognise(trio.baseline)
    if len(trio.seen.parts) == 1:
        return base, (
            RowOwner(trio.seen.parts[0].name, 0, int(base.shape[1])),
        ) if seen.shape != "sd3" else seen.parts
    same = seen.how == "all zero" and base.shape[1] == trio.sequence[0].shape[1]
    return base, trio.seen.parts if same else seen.parts


def _block(base: torch.Tensor, rows: Sequence[RowOwner], name: str, number: int) -> torch.Tensor:
    """The baseline's block of a part: the one of the same number, or its last; no rows where it has
    none.
    """
    mine = [one for one in rows if one.name == name]
    if not mine:
        return base[:, :0]
    one = mine[min(number, len(mine) - 1)]
    return base[:, one.start : one.stop]


def _check_batches(what: str, a: torch.Tensor, b: torch.Tensor) -> None:
    if a.shape[0] != b.shape[0] and 1 not in (a.shape[0], b.shape[0]):
        raise EncoderScopeError(
            f"The {what} come in batches of {a.shape[0]} and {b.shape[0]}.",
            "Equal batches, or one of either, were expected.",
            "Encode as many prompts for every input, or a single one.",
        )


# --- the dictionary
# --------------------------------------------------------------------------------------------------


def _keys(
    trio: _Trio, segment: ScheduleSegment, pooled: torch.Tensor | None, changed: _Change | None
) -> dict[str, Any]:
    keys = dict(trio.sequence[1])
    if pooled is not None or "pooled_output" in keys:
        keys["pooled_output"] = pooled
    if segment.percents:
        keys["start_percent"], keys["end_percent"] = segment.percents
    if changed is None:
        return keys
    keys.pop(ROWS, None)
    if trio.seen.shape == SHAPES["sd3"].name and changed.blocks <= 2:
        keys[ROWS] = changed.rows
    if trio.baseline is not None:
        names = [one.name for one in trio.seen.parts]
        _set_mask(keys, trio.baseline[1], segment.strengths["t5" if "t5" in names else names[0]])
    return keys


def _set_mask(keys: dict[str, Any], base: Mapping[str, Any], strength: float) -> None:
    """Visible is whatever either of the two shows; no mask means that all is visible. The host's
    mask in SD3 is T5's alone.
    """
    if strength == 1:
        return
    mine, theirs = keys.pop("attention_mask", None), base.get("attention_mask")
    if strength == 0:
        mine = theirs
    elif mine is not None and theirs is not None:
        longest = max(mine.shape[-1], theirs.shape[-1])
        pads = (
            torch.nn.functional.pad(one, (0, longest - one.shape[-1])) for one in (mine, theirs)
        )
        mine = torch.maximum(*pads)
    else:
        mine = None
    if mine is not None:
        keys["attention_mask"] = mine
