"""How much a mix changed each part, measured on its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch

from .conditioning_shapes import RowOwner
from .schedule import MixPart
from .text_states import Conditioning


class PartChange(NamedTuple):
    """A part that was weighed."""

    name: str
    part: MixPart
    change: float | None
    """The most it changed on the schedule: the length of the difference as a share of its own.
    None: it has other rows now, or was zero.
    """


def part_changes(
    parts: Mapping[str, MixPart],
    pooled: torch.Tensor | None,
    sequence: torch.Tensor,
    owners: Sequence[RowOwner],
    mixed: Conditioning,
) -> list[PartChange]:
    """``parts``: those that were weighed. ``pooled``, ``sequence``: as they came; ``mixed``: the
    entries that were made of them.
    """
    weighed = []
    for name, part in parts.items():
        changes = []
        for rows, keys in mixed:
            if name == "pooled":
                changes.append(relative_change(pooled, keys.get("pooled_output")))
            else:
                changes.append(
                    relative_change(_of(name, sequence, owners), _of(name, rows, owners))
                )
        known = [change for change in changes if change is not None]
        change = max(known) if len(known) == len(changes) else None
        weighed.append(PartChange(name, part, change))
    return weighed


def _of(name: str, sequence: torch.Tensor, owners: Sequence[RowOwner]) -> torch.Tensor | None:
    """The rows of a part; None where the sequence is of another length."""
    if not owners or sequence.shape[1] != owners[-1].stop:
        return None
    own = [sequence[:, owner.start : owner.stop] for owner in owners if owner.name == name]
    return torch.cat(own, dim=1) if own else None


def relative_change(own: torch.Tensor | None, mixed: torch.Tensor | None) -> float | None:
    """The length of the difference as a share of ``own``'s; None where that cannot be said."""
    if own is None or mixed is None or own.shape[1:] != mixed.shape[1:]:
        return None
    before = own.to("cpu", torch.float32)
    length = float(before.norm())
    difference = float((mixed.to("cpu", torch.float32) - before).norm())
    return difference / length if length > 0 else None
