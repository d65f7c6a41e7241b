"""The host's encoder (T5 or CLIP) with rows that need no work left out; everything else is its own."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable
from functools import cache
from typing import Any

import torch
from comfy.text_encoders.t5 import T5

from ...conditioning.fast import rows
from ...conditioning.fast.rows import Outputs, Work
from ...conditioning.modes import EXACT
from .t5 import Run

_HOST = "encoderscope_host_class"
Mark = Callable[[], Hashable | None]
"""Of the weights as they are now; None where that cannot be said, and nothing may be kept."""


class Reusing:
    """Mixed into the host's class: what :func:`lightened` makes of an encoder."""

    run: Run
    padding_is_zeroed: bool
    """Whoever asked for the rows throws those of masked tokens away, so that nobody sees what they would have been."""
    told: Callable[[Work], None]
    mark: Mark
    memory: rows.Memory

    def forward(self, input_ids: Any = None, attention_mask: Any = None, embeds: Any = None, **rest: Any) -> Any:
        """As the host's; ``embeds`` (row, token, dim). Rows of every output come back in their order, as tensors of their own."""
        if embeds is None:
            return super().forward(input_ids, attention_mask, embeds=embeds, **rest)  # type: ignore[misc]
        work = Work(tokens=embeds.shape[0] * embeds.shape[1])
        counted = rest.pop("num_tokens", None)
        mark, options = self.mark(), repr(sorted((key, value) for key, value in rest.items() if key != "embeds_info"))
        keys = [
            (rows.fingerprint(one), counted and counted[n], None if attention_mask is None else rows.fingerprint(attention_mask[n]))
            for n, one in enumerate(embeds)
        ]
        named = [(mark, self.run.products.mode, embeds.device, options, *key) for key in keys]

        def encode(which: list[int]) -> Outputs:
            mask = None if attention_mask is None else attention_mask[which]
            told = rest | ({} if counted is None else {"num_tokens": [counted[n] for n in which]})
            return self._finite(embeds[which], mask, told, work)

        found = rows.reuse(named, None if mark is None else self.memory, encode, work)
        self.told(work)
        return found

    def _finite(self, embeds: torch.Tensor, mask: torch.Tensor | None, rest: dict[str, Any], work: Work) -> Outputs:
        made = self._encode(embeds.clone(), mask, rest, work)
        if self.run.products.mode == EXACT or all(one is None or bool(one.isfinite().all()) for one in made):
            return made
        work.again += embeds.shape[0]
        mode, self.run.products.mode = self.run.products.mode, EXACT
        try:
            return self._encode(embeds, mask, rest, work)
        finally:
            self.run.products.mode = mode

    def _encode(self, embeds: torch.Tensor, mask: torch.Tensor | None, rest: dict[str, Any], work: Work) -> Outputs:
        """The host changes ``embeds`` in place."""
        counts = rows.lengths(mask) if mask is not None and self.padding_is_zeroed and isinstance(self, T5) else None
        if counts is None or not all(counts):
            work.computed += embeds.shape[0] * embeds.shape[1]
            return tuple(super().forward(None, mask, embeds=embeds, **rest))  # type: ignore[misc]
        work.computed += sum(counts)
        packed = torch.cat([one[:count] for one, count in zip(embeds, counts, strict=True)])[None]
        self.run.starts = [sum(counts[:n]) for n in range(len(counts) + 1)]
        try:
            made = super().forward(None, None, embeds=packed, **rest)  # type: ignore[misc]
        finally:
            self.run.starts = None
        return tuple(None if one is None else _padded(one[0], counts, embeds.shape[1]) for one in made)


def _padded(packed: torch.Tensor, counts: list[int], length: int) -> torch.Tensor:
    """(token, dim) end to end -> (row, length, dim) with zeros behind each row."""
    out = packed.new_zeros(len(counts), length, packed.shape[-1])
    for row, part in zip(out, packed.split(counts), strict=True):
        row[: len(part)] = part
    return out


@cache
def _reusing(kind: Any) -> Any:
    return type(f"Reusing{kind.__name__}", (Reusing, kind), {_HOST: kind})


def lightened(encoder: Any, run: Run, mark: Mark, told: Callable[[Work], None], padding_is_zeroed: bool) -> Any:
    """``encoder`` as a shallow copy: the same modules and parameters, of which the root itself has none."""
    made = copy.copy(encoder)
    kind: Any = type(encoder)
    made.__class__ = _reusing(getattr(kind, _HOST, kind))
    made.run, made.mark, made.told, made.memory = run, mark, told, rows.Memory()
    made.padding_is_zeroed = padding_is_zeroed
    return made
