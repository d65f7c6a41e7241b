"""Do the rows that the mini generator reads hold where things stand?

    python tests/bench/bench_places.py

Captions such as "a red car above a blue house": a linear reader of one thing's row, fitted on bags
of training and tried on bags of the test part, names how the first thing stands to the second (of
four ways), and the thing's own colour (of eight). Beside it, how much of the rows' variance either
makes. ``docs/generator.md`` has the figures.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import torch
from encoderscope.conditioning.scenes.captions import CONVERSES
from encoderscope.conditioning.scenes.scene import COLOURS, Thing, scenes
from encoderscope.host.torch_companions import mend_torchvision
from encoderscope.tools.generator.variant_encoders import BAG, CLIP, CLIP_HARD, CLIP_T5, encoder
from encoderscope.tools.miniatures.train_miniatures import reduced_vocabulary

ROWS, FITTED, TRIED = 24, 1_500, 500
PLACES = tuple(CONVERSES)


class PlacedThings(NamedTuple):
    """A caption with two things, and how the first stands to the second."""

    text: str
    things: tuple[Thing, Thing]
    place: str


def captions(part: str, count: int) -> list[PlacedThings]:
    dice = random.Random(part)
    cases = []
    for scene in scenes(count, part, 3):
        first, second, place = *scene.things, scene.relation
        if dice.random() < 0.5:
            first, second, place = second, first, CONVERSES[place]
        named = [f"a {thing.colour} {thing.shape}" for thing in (first, second)]
        cases.append(PlacedThings(f"{named[0]} {place} {named[1]}", (first, second), place))
    return cases


def rows_of(variant: str, cases: Sequence[PlacedThings], number: int) -> torch.Tensor:
    """(caption, width): the row of each caption's first or second thing."""
    read = encoder(variant)([case.text for case in cases], [None] * len(cases), ROWS).rows.float()
    kind = "t5" if variant == CLIP_T5 else "clip"
    tokenizer, start = reduced_vocabulary(kind).tokenizer, read.shape[1] - ROWS
    places = []
    for case in cases:
        pieces = [tokenizer.decode([each]).strip() for each in tokenizer(case.text)["input_ids"]]
        places.append(start + pieces.index(case.things[number].shape))
    return read[range(len(cases)), places]


def right_share(
    fitted: torch.Tensor, truth: torch.Tensor, tried: torch.Tensor, asked: torch.Tensor
) -> float:
    """Of a linear reader's answers on other captions."""
    middle, spread = fitted.mean(0), fitted.std(0) + 1e-6
    fitted, tried = (
        torch.nn.functional.pad((each - middle) / spread, (0, 1), value=1.0)
        for each in (fitted, tried)
    )
    weights = torch.zeros(fitted.shape[1], int(truth.max()) + 1, requires_grad=True)
    descent = torch.optim.LBFGS([weights], max_iter=300)

    def loss() -> torch.Tensor:
        descent.zero_grad()
        value = torch.nn.functional.cross_entropy(fitted @ weights, truth)
        value = value + 1e-3 * weights.square().sum()
        value.backward()
        return value

    descent.step(loss)
    return float(((tried @ weights).argmax(-1) == asked).float().mean())


def variance_share(rows: torch.Tensor, groups: torch.Tensor) -> float:
    """Of all variance, what lies between groups."""
    rows = rows - rows.mean(0)
    within = [rows[groups == each] for each in groups.unique()]
    between = sum(len(each) * each.mean(0).square().sum() for each in within)
    return float(between / rows.square().sum())


def main() -> None:
    mend_torchvision()
    torch.set_num_threads(1)
    fitted, tried = captions("train", FITTED), captions("test", TRIED)
    for variant in (CLIP_HARD, CLIP, CLIP_T5, BAG):
        for number, name in enumerate(("first", "second")):
            rows, others = (rows_of(variant, cases, number) for cases in (fitted, tried))
            for label in ("place", "colour"):
                truth, asked = (
                    torch.tensor(
                        [
                            PLACES.index(case.place)
                            if label == "place"
                            else COLOURS.index(case.things[number].colour)
                            for case in cases
                        ]
                    )
                    for cases in (fitted, tried)
                )
                right = right_share(rows, truth, others, asked)
                share = variance_share(rows, truth)
                print(f"{variant}, {name} thing: {label} {right:.1%}, {share:.2%} of the variance")


if __name__ == "__main__":
    main()
