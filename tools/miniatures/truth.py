"""What a miniature really holds, found by supervision: can a linear reader of its vectors name
the colour of each thing?

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


class LabelledThing(NamedTuple):
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


def labelled_things(count: int, part: str, seed: int) -> list[LabelledThing]:
    dice = random.Random(f"truth {part} {seed}")
    part_bags = bags(part)
    things: list[LabelledThing] = []
    while len(things) < 2 * count:
        bag = pick(dice, part_bags)
        colours, shapes = shuffled(dice, bag.colours), shuffled(dice, bag.shapes)
        phrases = [f"a {colour} {shape}" for colour, shape in zip(colours, shapes, strict=True)]
        text = pick(dice, TOGETHER).replace("{A}", phrases[0]).replace("{B}", phrases[1])
        for k, phrase in enumerate(phrases):
            end = text.index(phrase) + len(phrase)
            things.append(
                LabelledThing(
                    text, shapes[k], (end - len(shapes[k]), end), colours[k], colours[1 - k]
                )
            )
    return things


def truth(encoder: Any, seed: int = 0) -> Truth:
    """What linear readers find in an encoder. ``encoder``: a ``TextEncoder``."""
    fitted = labelled_things(FITTED, "train", seed)
    tested = labelled_things(ASKED, "test", seed)
    encodings = encode(encoder, [thing.text for thing in (*fitted, *tested)])

    def sentence(thing: LabelledThing) -> torch.Tensor:
        encoding = encodings[thing.text]
        return mean(encoding) if encoding.states.pooled is None else encoding.states.pooled

    def token(thing: LabelledThing) -> torch.Tensor:
        encoding = encodings[thing.text]
        return encoding.states.sequence[tokens_at(encoding.tokens, thing.span)].mean(0)

    return Truth(*(_accuracy(fitted, tested, vector) for vector in (sentence, token)))


def _accuracy(
    fitted: Sequence[LabelledThing], tested: Sequence[LabelledThing], vector: Any
) -> float:
    """The share of things whose own colour scores above the other colour in its caption."""
    right = 0
    for shape in SHAPES:
        of_shape = [thing for thing in fitted if thing.shape == shape]
        x = torch.stack([vector(thing) for thing in of_shape]).double()
        middle, size = x.mean(0), x.std(0).clamp(min=1e-9)
        labels = torch.tensor([COLOURS.index(thing.colour) for thing in of_shape])
        table = _fit((x - middle) / size, labels)
        for thing in tested:
            if thing.shape != shape:
                continue
            features = (vector(thing).double() - middle) / size
            scores = torch.cat([features, torch.ones(1, dtype=torch.float64)]) @ table
            right += bool(scores[COLOURS.index(thing.colour)] > scores[COLOURS.index(thing.rival)])
    return right / len(tested)


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
