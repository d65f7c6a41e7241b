"""Rows of a batch that need no work: those that are the same, those that were just encoded, and
padding that nobody reads.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

Outputs = tuple[torch.Tensor | None, ...]
"""What an encoder returns, each with the batch's rows first."""
KEPT_BYTES = 64 << 20
"""Of encoded rows: fifteen of T5-XXL's longest prompts, or all windows of a long prompt."""


@dataclass
class Work:
    """What was asked, and what was done."""

    rows: int = 0
    encoded: int = 0
    """Rows that went through the encoder."""
    kept: int = 0
    """Rows that had been encoded before."""
    tokens: int = 0
    computed: int = 0
    """Tokens that went through the encoder: without padding, where the family throws it away."""
    again: int = 0
    """Rows that were not finite, and were encoded again exactly."""


class Memory:
    """Encoded rows, the most recently used of them, up to ``limit`` bytes of main memory. A copy of
    an encoder begins with an empty one.
    """

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self.limit, self.size = limit, 0
        self._rows: OrderedDict[Hashable, Outputs] = OrderedDict()

    def __deepcopy__(self, _: object) -> Memory:
        return Memory(self.limit)

    def get(self, key: Hashable) -> Outputs | None:
        if key in self._rows:
            self._rows.move_to_end(key)
        return self._rows.get(key)

    def put(self, key: Hashable, row: Outputs) -> None:
        if _bytes(row) > self.limit or key in self._rows:
            return
        self._rows[key] = tuple(
            None if one is None else one.detach().to("cpu", copy=True) for one in row
        )
        self.size += _bytes(row)
        while self.size > self.limit:
            self.size -= _bytes(self._rows.popitem(last=False)[1])


def _bytes(row: Outputs) -> int:
    return sum(one.numel() * one.element_size() for one in row if one is not None)


def fingerprint(embeds: torch.Tensor) -> bytes:
    """Of the bits of one row (token, dim)."""
    held = embeds.detach().contiguous().cpu()
    return hashlib.blake2b(held.view(torch.uint8).numpy().data, digest_size=16).digest()


def lengths(mask: torch.Tensor) -> list[int] | None:
    """Tokens before the padding of each row of (row, token); None where a mask is not ones and then
    zeros.
    """
    counts = mask.sum(-1)
    places = torch.arange(mask.shape[1], device=mask.device)
    if not torch.equal(mask.bool(), places < counts[:, None]):
        return None
    return [int(one) for one in counts]


def reuse(
    keys: Sequence[Hashable],
    memory: Memory | None,
    encode: Callable[[list[int]], Outputs],
    work: Work,
    device: torch.device,
) -> Outputs:
    """Rows on ``device`` by their ``keys``: equal ones encoded once, those in ``memory`` not at
    all. ``encode`` takes numbers of rows.
    """
    held: dict[Hashable, Outputs] = {}
    for key in dict.fromkeys(keys):
        found = memory.get(key) if memory else None
        if found is not None:
            held[key] = tuple(None if one is None else one.to(device) for one in found)
    first = {key: number for number, key in reversed(list(enumerate(keys)))}
    new = sorted(number for key, number in first.items() if key not in held)
    work.rows, work.encoded, work.kept = len(keys), len(new), len(held)
    if len(new) == len(keys) and memory is None:
        return encode(new)
    made = encode(new) if new else ()
    for at, number in enumerate(new):
        row = tuple(None if one is None else one[at] for one in made)
        held[keys[number]] = row
        if memory:
            memory.put(keys[number], row)
    return tuple(_stacked([held[key][at] for key in keys]) for at in range(len(held[keys[0]])))


def _stacked(rows: Sequence[Any]) -> torch.Tensor | None:
    return None if rows[0] is None else torch.stack(list(rows))
