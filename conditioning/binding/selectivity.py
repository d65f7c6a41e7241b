"""Which modifier a word hears: does `house` carry more of its own `blue`, or of the other thing's
`red`?

Both things get both modifiers in turn (four sentences: m1 m2, m2 m1, m1 m1, m2 m2). At the tokens
of a thing, ``own`` is how far the exchange of its own modifier moves them, ``other`` how far that
of the other thing's does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from ..encoding.text_encoder import Answer
from .cells import PLACES, Cell, Design, Frame
from .readouts import Answers, rows_at

END = "end"


@dataclass(frozen=True)
class Heard:
    """Means over frames."""

    listener: str
    """first thing, second thing, end (the end token)."""
    first: float
    """How far the first modifier moves it, relative to the length of its vector."""
    second: float

    @property
    def own_share(self) -> float | None:
        """own / (own + other) of a thing; None where it hears neither, and for the end token, which
        has no own.
        """
        own, other = (
            (self.first, self.second) if self.listener == PLACES[1] else (self.second, self.first)
        )
        return own / (own + other) if self.listener != END and own + other > 0 else None


def heard(design: Design, answers: Answers) -> tuple[Heard, ...]:
    """For a binding; nothing for other kinds, and nothing where the tokens of a thing could not be
    told.
    """
    frames = [
        one for one in design.frames if one.first_twice is not None and one.second_twice is not None
    ]
    if design.kind != "binding" or not frames:
        return ()
    listeners: list[tuple[str, Callable[[Cell, Answer], list[int]]]] = [
        *((place, _thing(place)) for place in (PLACES[1], PLACES[3])),
        (
            END,
            lambda _, answer: [k for k, kind in enumerate(answer.rows.kinds) if kind == "end"][:1],
        ),
    ]
    out = []
    for name, where in listeners:
        effects = [one for frame in frames if (one := _effects(frame, answers, where)) is not None]
        if effects:
            first, second = torch.tensor(effects, dtype=torch.float64).mean(0).tolist()
            out.append(Heard(name, first, second))
    return tuple(out)


def _thing(place: str) -> Callable[[Cell, Answer], list[int]]:
    return lambda cell, answer: rows_at(answer.rows, cell.slots[place])


def _effects(
    frame: Frame, answers: Answers, where: Callable[[Cell, Answer], list[int]]
) -> tuple[float, float] | None:
    """Main effects of the first and of the second modifier on one word's vector."""
    vectors = []
    for cell in (frame.p, frame.s, frame.first_twice, frame.second_twice):
        assert cell is not None
        answer = answers[cell.text]
        rows = where(cell, answer)
        if not rows:
            return None
        vectors.append(answer.states.sequence[rows].double().mean(0))
    p, s, both_first, both_second = vectors  # (m1, m2), (m2, m1), (m1, m1), (m2, m2)
    size = float(torch.stack(vectors).norm(dim=-1).mean()) or 1.0
    first = float((p + both_first - s - both_second).norm()) / 2 / size
    second = float((both_first + s - p - both_second).norm()) / 2 / size
    return first, second
