"""How every miniature's weights are changed: AdamW, gradients of limited length, one schedule."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch

_LONGEST = 1.0
"""Of all gradients together."""


class Descent:
    """The steps of one training."""

    def __init__(
        self,
        parameters: Iterable[torch.nn.Parameter],
        rate: float,
        even: int,
        then: int,
        groups: list[dict[str, Any]] | None = None,
    ) -> None:
        """``rate``, ``even``, ``then``: as :func:`falling` takes a part of it. ``groups``: the same
        parameters with the weight decay of each; without them nothing decays.
        """
        self._parameters = list(parameters)
        self._optimizer = torch.optim.AdamW(
            groups or self._parameters, lr=rate, betas=(0.9, 0.98), weight_decay=0.0
        )
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimizer, lambda step: falling(step, even, then)
        )

    def step(self, loss: torch.Tensor) -> None:
        """One step down this loss."""
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._parameters, _LONGEST)
        self._optimizer.step()
        self._schedule.step()


def falling(step: int, even: int, then: int) -> float:
    """A part of the full rate: up over 30 steps, even for a while, then down along a cosine."""
    done = max(0.0, (step - even) / then)
    return min(1.0, (step + 1) / 30) * (0.52 + 0.48 * math.cos(math.pi * min(1.0, done)))
