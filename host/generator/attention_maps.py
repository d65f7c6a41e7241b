"""Where the image model looks for a phrase: how much attention each place of the picture pays to
the phrase's rows of the conditioning. It is location, not influence: what is looked at need not
matter.

Heard through ``transformer_options["optimized_attention_override"]``, which the host asks in place
of its attention. U-Nets look in cross-attention (the rows are the only keys); SD3, FLUX and their
kin in joint blocks (the rows stand before the picture's own tokens). The override answers what the
host's own attention answers, and is there during the calls that are listened to and at no other
time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional

from ...conditioning.generator.budget import BASE
from .evaluation import Evaluator

OVERRIDE = "optimized_attention_override"
_CHUNK = 1024
"""Places that are worked out at once."""


class AttentionMaps:
    """Sums of attention over the blocks and calls that were listened to."""

    def __init__(
        self, rows: Mapping[int, Sequence[int]], length: int, size: tuple[int, int]
    ) -> None:
        """``rows``: of each phrase in the conditioning; ``length``: rows that the conditioning
        has; ``size``: height and width of the latent.
        """
        self.rows = {phrase: list(own) for phrase, own in rows.items() if own}
        self.length = length
        self.size = size
        self.sums = {phrase: torch.zeros(size) for phrase in self.rows}
        self.blocks = 0

    def listen(self, evaluator: Evaluator, x: torch.Tensor, sigma: torch.Tensor) -> None:
        """One more call of the model with the prompt itself, without guidance. ``x`` (1, ...),
        ``sigma`` (1,).
        """
        options = evaluator.options
        transformer = options.get("transformer_options", {})
        listener = _Listener(self, transformer.get(OVERRIDE))
        evaluator.options = {**options, "transformer_options": {**transformer, OVERRIDE: listener}}
        try:
            evaluator.alone(x, sigma, BASE)
        finally:
            evaluator.options = options

    def keep(self, q: torch.Tensor, k: torch.Tensor) -> None:
        """Adds what one block attends to. ``q`` (head, place, dim), ``k`` (head, key, dim)."""
        if q.shape[0] != k.shape[0] or q.shape[-1] != k.shape[-1]:
            return
        if k.shape[1] != self.length:
            if q.shape[1] != k.shape[1]:
                return
            q = q[:, self.length :]  # joint: the rows stand before the picture's tokens
        elif q.shape[1] == self.length:
            return
        grid = grid_of(q.shape[1], self.size)
        if grid is None:
            return
        for phrase, shares in attention_to(q, k, self.rows).items():
            spread = functional.interpolate(
                shares.reshape(1, 1, *grid), self.size, mode="bilinear", align_corners=False
            )
            self.sums[phrase] += spread[0, 0]
        self.blocks += 1


class _Listener:
    """Stands in the place of the host's attention, and answers what it answers."""

    def __init__(self, maps: AttentionMaps, before: Callable[..., Any] | None) -> None:
        self.maps = maps
        self.before = before
        """An override of the artist."""

    def __call__(
        self,
        attention: Callable[..., Any],
        q: Any,
        k: Any,
        v: Any,
        heads: int,
        *rest: Any,
        **more: Any,
    ) -> Any:
        apart = bool(more.get("skip_reshape", False))
        self.maps.keep(*(by_head(each, heads, apart) for each in (q, k)))
        if self.before is not None:
            return self.before(attention, q, k, v, heads, *rest, **more)
        return attention(q, k, v, heads, *rest, **more)


def by_head(tensor: torch.Tensor, heads: int, apart: bool) -> torch.Tensor:
    """The first batch row as (head, token, dim), from (batch, head, token, dim) where the heads
    stand ``apart``, else from (batch, token, head x dim).
    """
    first = tensor[0].detach()
    if apart:
        return first
    return first.unflatten(-1, (heads, -1)).transpose(0, 1)


def grid_of(places: int, size: tuple[int, int]) -> tuple[int, int] | None:
    """Height and width of so many places of a latent of this size, one for each patch of 1, 2, 4
    and more latents a side; None where they are no such grid.
    """
    for step in (1, 2, 4, 8, 16, 32):
        grid = math.ceil(size[0] / step), math.ceil(size[1] / step)
        if grid[0] * grid[1] == places and places > 1:
            return grid
    return None


@torch.no_grad()
def attention_to(
    q: torch.Tensor, k: torch.Tensor, rows: Mapping[int, Sequence[int]]
) -> dict[int, torch.Tensor]:
    """Phrase -> the part of its attention that each place pays to the phrase's rows (place,), fp32
    on the processor, mean over the heads.
    """
    sums = {phrase: torch.zeros(q.shape[1], device=q.device) for phrase in rows}
    for queries, keys in zip(q, k, strict=True):
        for start in range(0, len(queries), _CHUNK):
            part = queries[start : start + _CHUNK].float() @ keys.float().T
            part = torch.softmax(part * keys.shape[-1] ** -0.5, dim=-1)
            for phrase, own in rows.items():
                sums[phrase][start : start + _CHUNK] += part[:, own].sum(-1)
    return {phrase: (total / len(q)).cpu() for phrase, total in sums.items()}
