"""What a miniature really holds, found by supervision: can a linear reader of its vectors tell who
has which colour?

For each shape a linear reader of the sentence's vector (or of the shape's own token vectors) is
fitted to name its colour, on captions of training scenes, and asked on captions of bags that were
never seen, only between the two colours that are there. An encoder that holds no binding cannot do
better there than chance, which is measured on a bag of the same tokens.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from ...conditioning.binding.readouts import mean, tokens_at
from ...conditioning.encoding.text_encoder import encode
from ...conditioning.scenes.captions import TOGETHER
from ...conditioning.scenes.scene import COLOURS, SHAPES, bags, pick, shuffled

FITTED, ASKED = 3000, 600
_DECAY = 1e-3


class Told(NamedTuple):
    """One thing in one caption."""

    text: str
    shape: str
    span: tuple[int, int]
    """Characters of the shape's word."""
    colour: str
    rival: str


class Truth(NamedTuple):
    sentence: float
    """Share of right answers from the sentence's vector: pooled, or the mean of the tokens."""
    tokens: float
    """The same from the shape's own token vectors."""


def told(count: int, part: str, seed: int) -> list[Told]:
    dice, known, found = random.Random(f"truth {part} {seed}"), bags(part), list[Told]()
    while len(found) < 2 * count:
        bag = pick(dice, known)
        colours, shapes = shuffled(dice, bag.colours), shuffled(dice, bag.shapes)
        phrases = [f"a {colour} {shape}" for colour, shape in zip(colours, shapes, strict=True)]
        text = pick(dice, TOGETHER).replace("{A}", phrases[0]).replace("{B}", phrases[1])
        for k, phrase in enumerate(phrases):
            end = text.index(phrase) + len(phrase)
            found.append(
                Told(text, shapes[k], (end - len(shapes[k]), end), colours[k], colours[1 - k])
            )
    return found


def truth(encoder: Any, seed: int = 0) -> Truth:
    """``encoder``: a ``TextEncoder``."""
    fitted, asked = told(FITTED, "train", seed), told(ASKED, "test", seed)
    answers = encode(encoder, [one.text for one in (*fitted, *asked)])

    def sentence(one: Told) -> torch.Tensor:
        found = answers[one.text]
        return mean(found) if found.states.pooled is None else found.states.pooled

    def token(one: Told) -> torch.Tensor:
        found = answers[one.text]
        return found.states.sequence[tokens_at(found.rows, one.span)].mean(0)

    return Truth(*(_right(fitted, asked, vector) for vector in (sentence, token)))


def _right(fitted: Sequence[Told], asked: Sequence[Told], vector: Any) -> float:
    right = 0
    for shape in SHAPES:
        known, new = ([one for one in all_of if one.shape == shape] for all_of in (fitted, asked))
        x = torch.stack([vector(one) for one in known]).double()
        middle, size = x.mean(0), x.std(0).clamp(min=1e-9)
        table = _fit(
            (x - middle) / size, torch.tensor([COLOURS.index(one.colour) for one in known])
        )
        for one in new:
            scores = (
                torch.cat(
                    [(vector(one).double() - middle) / size, torch.ones(1, dtype=torch.float64)]
                )
                @ table
            )
            right += bool(scores[COLOURS.index(one.colour)] > scores[COLOURS.index(one.rival)])
    return right / len(asked)


def _fit(x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """(dim + 1, colour): multinomial logistic regression with a little weight decay."""
    x = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)
    table = torch.zeros(x.shape[1], len(COLOURS), dtype=x.dtype, requires_grad=True)
    optimizer = torch.optim.LBFGS([table], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = torch.nn.functional.cross_entropy(x @ table, labels) + _DECAY * table.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    return table.detach()
