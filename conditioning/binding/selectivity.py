"""Selectivity of the words for modifiers: does the vector of `house` depend more on its own `blue`,
or on the other thing's `red`?

Both things get both modifiers in turn (four sentences: m1 m2, m2 m1, m1 m1, m2 m2). At the tokens
of a thing, ``own`` is how far the exchange of its own modifier moves them, ``other`` how far that
of the other thing's does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from ..encoding.text_encoder import Answer
from ..english.cells import FIRST_THING, SECOND_THING, Cell, Frame
from .designs import Design
from .readouts import Answers, tokens_at

END = "end"


@dataclass(frozen=True)
class Selectivity:
    """How far either modifier moves one word's vector; means over frames."""

    word: str
    """first thing, second thing, end (the end token)."""
    first: float
    """How far the first modifier moves it, relative to the length of its vector."""
    second: float

    @property
    def own_share(self) -> float | None:
        """own / (own + other) of a thing; None where neither moves it, and for the end token, which
        has no own modifier.
        """
        total = self.first + self.second
        if self.word == END or total <= 0:
            return None
        own = self.first if self.word == FIRST_THING else self.second
        return own / total


_TokensOf = Callable[[Cell, Answer], list[int]]


def selectivity(design: Design, answers: Answers) -> tuple[Selectivity, ...]:
    """Of both things and of the end token, for attribute binding; nothing for other kinds, and
    nothing where the tokens of a thing are not known.
    """
    if design.kind != "binding":
        return ()
    frames = [frame for frame in design.frames if frame.first_twice and frame.second_twice]
    words: dict[str, _TokensOf] = {
        FIRST_THING: _tokens_in(FIRST_THING),
        SECOND_THING: _tokens_in(SECOND_THING),
        END: _end_token,
    }
    measured = []
    for word, tokens_of in words.items():
        every = (_effects(frame, answers, tokens_of) for frame in frames)
        effects = [effect for effect in every if effect is not None]
        if effects:
            first, second = torch.tensor(effects, dtype=torch.float64).mean(0).tolist()
            measured.append(Selectivity(word, first, second))
    return tuple(measured)


def _tokens_in(slot: str) -> _TokensOf:
    return lambda cell, answer: tokens_at(answer.tokens, cell.slots[slot])


def _end_token(cell: Cell, answer: Answer) -> list[int]:
    return [k for k, kind in enumerate(answer.tokens.kinds) if kind == "end"][:1]


def _effects(frame: Frame, answers: Answers, tokens_of: _TokensOf) -> tuple[float, float] | None:
    """Main effects of the first and of the second modifier on one word's vector."""
    vectors = []
    for cell in (frame.prompt, frame.rival, frame.first_twice, frame.second_twice):
        assert cell is not None
        answer = answers[cell.text]
        tokens = tokens_of(cell, answer)
        if not tokens:
            return None
        vectors.append(answer.states.sequence[tokens].double().mean(0))
    prompt, rival, both_first, both_second = vectors  # (m1, m2), (m2, m1), (m1, m1), (m2, m2)
    size = float(torch.stack(vectors).norm(dim=-1).mean()) or 1.0
    first = float((prompt + both_first - rival - both_second).norm()) / 2 / size
    second = float((both_first + rival - prompt - both_second).norm()) / 2 / size
    return first, second
