"""A drawn scene of two things, its caption, and the same caption with the colours exchanged."""

from __future__ import annotations

import random

import torch

from ..errors import EncoderScopeError
from ..translation import later
from .drawing import draw
from .scene import staged

ColouredThing = tuple[str, str]
"""Colour and shape."""


def drawn(
    first: ColouredThing, second: ColouredThing, variation: int, side: int
) -> tuple[torch.Tensor, str, str]:
    """The picture (1, side, side, 3), what it shows, and what it does not show.

    ``variation`` seeds places, sizes and the background. Raises :class:`EncoderScopeError` where
    the exchange of the colours would say the same.
    """
    _require_different(first, second)
    picture = draw([staged(random.Random(variation), first, second)], side)
    swapped = _caption((second[0], first[1]), (first[0], second[1]))
    return picture, _caption(first, second), swapped


def _require_different(first: ColouredThing, second: ColouredThing) -> None:
    if first[0] == second[0]:
        problem = later("Both things are {colour}.", colour=first[0])
    elif first[1] == second[1]:
        problem = later("Both things are a {thing}.", thing=first[1])
    else:
        return
    raise EncoderScopeError(
        problem,
        "Two colours and two different things were expected: else the swap would say the same.",
        "Choose another colour or thing.",
    )


def _caption(first: ColouredThing, second: ColouredThing) -> str:
    return f"a {' '.join(first)} next to a {' '.join(second)}"
