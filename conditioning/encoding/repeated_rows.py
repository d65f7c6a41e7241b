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
    """How many rows and tokens there were, and how many of them were encoded."""

    rows: int = 0
    encoded: int = 0
    """Rows that went through the encoder."""
    remembered: int = 0
    """Rows that had been encoded before."""
    tokens: int = 0
    computed: int = 0
    """Tokens that went through the encoder: without padding, where the family throws it away."""
    repeated: int = 0
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
        """The row of this key, which counts as used."""
        if key in self._rows:
            self._rows.move_to_end(key)
        return self._rows.get(key)

    def put(self, key: Hashable, row: Outputs) -> None:
        """Copies a row to main memory, and forgets those that were not used for longest."""
        if _bytes(row) > self.limit or key in self._rows:
            return
        self._rows[key] = _each(row, lambda tensor: tensor.detach().to("cpu", copy=True))
        self.size += _bytes(row)
        while self.size > self.limit:
            self.size -= _bytes(self._rows.popitem(last=False)[1])


def _each(row: Outputs, change: Callable[[torch.Tensor], torch.Tensor]) -> Outputs:
    """Every tensor of a row changed; what is None stays."""
    return tuple(tensor if tensor is None else change(tensor) for tensor in row)


def _bytes(row: Outputs) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in row if tensor is not None)


def fingerprint(embeds: torch.Tensor) -> bytes:
    """The fingerprint of the bits of one row, (token, dim)."""
    row = embeds.detach().contiguous().cpu()
    return hashlib.blake2b(row.view(torch.uint8).numpy().data, digest_size=16).digest()


def lengths(mask: torch.Tensor) -> list[int] | None:
    """Tokens before the padding of each row of (row, token); None where a mask is not ones and then
    zeros.
    """
    counts = mask.sum(-1)
    places = torch.arange(mask.shape[1], device=mask.device)
    if not torch.equal(mask.bool(), places < counts[:, None]):
        return None
    return [int(count) for count in counts]


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
    rows = _remembered(keys, memory, device)
    first = {key: number for number, key in reversed(list(enumerate(keys)))}
    new = sorted(number for key, number in first.items() if key not in rows)
    work.rows, work.encoded, work.remembered = len(keys), len(new), len(rows)
    if len(new) == len(keys) and memory is None:
        return encode(new)
    if new:
        encoded = encode(new)
        for at, number in enumerate(new):
            rows[keys[number]] = _row(encoded, at)
            if memory:
                memory.put(keys[number], rows[keys[number]])
    return tuple(_stacked(column) for column in zip(*(rows[key] for key in keys), strict=True))


def _remembered(
    keys: Sequence[Hashable], memory: Memory | None, device: torch.device
) -> dict[Hashable, Outputs]:
    """The rows that are in memory, on ``device``."""
    rows: dict[Hashable, Outputs] = {}
    if memory is None:
        return rows
    for key in dict.fromkeys(keys):
        row = memory.get(key)
        if row is not None:
            rows[key] = _each(row, lambda tensor: tensor.to(device))
    return rows


def _row(batch: Outputs, number: int) -> Outputs:
    return _each(batch, lambda tensor: tensor[number])


def _stacked(rows: Sequence[Any]) -> torch.Tensor | None:
    if rows[0] is None:
        return None
    return torch.stack(list(rows))
