"""Trains the miniature T5 on text alone: two captions of one scene, some of their tokens masked,
and every masked one to be restored.

A masked colour in one caption can be told from the other only by who has it there, so the words
must come to hold what belongs to them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch.nn import functional

from ...conditioning.scenes.captions import Caption, caption
from ...conditioning.scenes.scene import COLOURS, SHAPES, SIZES, bags, pick, scene, shuffled
from . import clips
from .clips import Told
from .vocabulary import Kept

WIDTH, LAYERS, HEADS = 128, 4, 4
SENTINEL, END = 32099, 1
"""The first of T5's own mask tokens, and what ends a text."""
_IGNORED = -100
_TOLD = {*COLOURS, *SHAPES, *SIZES}


@dataclass(frozen=True)
class Lesson:
    plain: int = 1500
    """Steps with colours only, in few words."""
    full: int = 1000
    batch: int = 64
    rate: float = 1.5e-3
    hidden: tuple[float, float] = (0.6, 0.05)
    """Share of colours, shapes and sizes in one caption; of those in the other, and of all other
    words.
    """
    seed: int = 3


class Gap(NamedTuple):
    given: torch.Tensor
    """(text, token): rows of the vocabulary, with masks."""
    wanted: torch.Tensor
    """(text, token): the row to restore; -100 elsewhere."""


class Denoiser(torch.nn.Module):
    """The encoder, and a head over its vocabulary that is thrown away afterwards."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = torch.nn.Linear(WIDTH, encoder.config.vocab_size)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        return self.head(self.encoder(input_ids=given).last_hidden_state)


def untrained(kept: Kept, seed: int) -> Any:
    """transformers' T5EncoderModel, T5 v1.1's shape, over the kept rows of its vocabulary."""
    from transformers import T5Config, T5EncoderModel

    torch.manual_seed(seed)
    config = T5Config(
        vocab_size=kept.size,
        d_model=WIDTH,
        d_kv=WIDTH // HEADS,
        d_ff=3 * WIDTH,
        num_layers=LAYERS,
        num_heads=HEADS,
        feed_forward_proj="gated-gelu",
        dropout_rate=0.0,
        pad_token_id=kept.row(0),
        eos_token_id=kept.row(END),
    )
    return T5EncoderModel(config)


def train(
    kept: Kept, lesson: Lesson, tell: Told, watch: Callable[[Any], str] = lambda _: ""
) -> Any:
    """``watch``: what to tell of the model now and then."""
    model = Denoiser(untrained(kept, lesson.seed)).train()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=lesson.rate, betas=(0.9, 0.98), weight_decay=0.0
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: clips.falling(step, lesson.plain, lesson.full)
    )
    for step, gap in enumerate(batches(kept, lesson), 1):
        loss = restore(model, gap)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            tell(f"step {step:5}  loss {loss.item():.3f}{watch(model)}")
    return model.encoder.eval().requires_grad_(False)


def restore(model: Denoiser, gap: Gap) -> torch.Tensor:
    return functional.cross_entropy(
        model(gap.given).flatten(0, 1), gap.wanted.flatten(), ignore_index=_IGNORED
    )


def batches(kept: Kept, lesson: Lesson) -> Iterator[Gap]:
    dice, known = random.Random(lesson.seed), bags("train")
    for step in range(lesson.plain + lesson.full):
        scenes = [scene(dice, pick(dice, known)) for _ in range(lesson.batch)]
        plain = step < lesson.plain
        said = [
            clips.plainly(one, dice) if plain else caption(one, dice, clips.kind_of(one, dice))
            for one in scenes
        ]
        yield gapped([_row(kept, one, lesson.hidden, dice) for one in said], kept)


Row = list[tuple[int, bool]]
"""Rows of the vocabulary, and whether each is hidden."""


def _row(kept: Kept, said: Caption, hidden: tuple[float, float], dice: random.Random) -> Row:
    """Both captions in one text, the first or the second of them full of holes; now and then one
    caption alone.
    """
    most, least = hidden
    shares = shuffled(dice, (most, least))
    alone = dice.random() < 0.15
    parts = (
        [(said.text, 3 * least)]
        if alone
        else [(f"{said.text}.", shares[0]), (said.other, shares[1])]
    )
    row: Row = []
    for text, share in parts:
        for word in text.split():
            gone = dice.random() < (share if word.strip(",.:") in _TOLD else least)
            row += [(one, gone) for one in kept.rows(word)[:-1]]
    return [*row, (kept.row(END), False)]


def gapped(rows: Sequence[Row], kept: Kept) -> Gap:
    longest = max(map(len, rows))
    given = torch.full((len(rows), longest), kept.row(0))
    wanted = torch.full((len(rows), longest), _IGNORED)
    for k, row in enumerate(rows):
        for place, (one, hidden) in enumerate(row):
            given[k, place] = kept.row(SENTINEL) if hidden else one
            if hidden:
                wanted[k, place] = one
    return Gap(given, wanted)
