"""Trains the miniature T5 on text alone: two captions of one scene, some of their tokens masked,
and every masked one to be restored.

A masked colour in one caption can be restored from the other only by whose colour it is there, so
the words must come to hold what belongs to them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch.nn import functional

from ...conditioning.scenes.captions import Caption
from ...conditioning.scenes.scene import COLOURS, SHAPES, SIZES, bags, pick, scene, shuffled
from . import clips
from .clips import Log
from .descent import Descent
from .reduced_vocabulary import ReducedVocabulary

WIDTH, LAYERS, HEADS = 128, 4, 4
SENTINEL, END = 32099, 1
"""The first of T5's own mask tokens, and what ends a text."""
_IGNORED = -100
_BOUND_WORDS = {*COLOURS, *SHAPES, *SIZES}


@dataclass(frozen=True)
class T5Training:
    """How a T5 is trained."""

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


class MaskedTexts(NamedTuple):
    """A batch of texts with some of their tokens masked."""

    tokens: torch.Tensor
    """(text, token): rows of the vocabulary, with masks."""
    targets: torch.Tensor
    """(text, token): the row to restore; -100 elsewhere."""


class Denoiser(torch.nn.Module):
    """The encoder, and a head over its vocabulary that is thrown away afterwards."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = torch.nn.Linear(WIDTH, encoder.config.vocab_size)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.head(self.encoder(input_ids=tokens).last_hidden_state)


def untrained(vocabulary: ReducedVocabulary, seed: int) -> Any:
    """transformers' T5EncoderModel, T5 v1.1's shape, over the kept rows of its vocabulary."""
    from transformers import T5Config, T5EncoderModel

    torch.manual_seed(seed)
    config = T5Config(
        vocab_size=vocabulary.size,
        d_model=WIDTH,
        d_kv=WIDTH // HEADS,
        d_ff=3 * WIDTH,
        num_layers=LAYERS,
        num_heads=HEADS,
        feed_forward_proj="gated-gelu",
        dropout_rate=0.0,
        pad_token_id=vocabulary.row(0),
        eos_token_id=vocabulary.row(END),
    )
    return T5EncoderModel(config)


def train(
    vocabulary: ReducedVocabulary,
    settings: T5Training,
    log: Log,
    watch: Callable[[Any], str] = lambda _: "",
) -> Any:
    """Train a T5 on captions. ``watch``: what to add to a line of ``log``."""
    model = Denoiser(untrained(vocabulary, settings.seed)).train()
    descent = Descent(model.parameters(), settings.rate, settings.plain, settings.full)
    for step, texts in enumerate(batches(vocabulary, settings), 1):
        loss = restore(model, texts)
        descent.step(loss)
        if step % 100 == 0:
            log(f"step {step:5}  loss {loss.item():.3f}{watch(model)}")
    return model.encoder.eval().requires_grad_(False)


def restore(model: Denoiser, texts: MaskedTexts) -> torch.Tensor:
    return functional.cross_entropy(
        model(texts.tokens).flatten(0, 1), texts.targets.flatten(), ignore_index=_IGNORED
    )


def batches(vocabulary: ReducedVocabulary, settings: T5Training) -> Iterator[MaskedTexts]:
    dice = random.Random(settings.seed)
    training_bags = bags("train")
    for step in range(settings.plain + settings.full):
        scenes = [scene(dice, pick(dice, training_bags)) for _ in range(settings.batch)]
        captions = [
            clips.drawn_caption(drawn, dice, plain=step < settings.plain) for drawn in scenes
        ]
        rows = [_row(vocabulary, drawn, settings.hidden, dice) for drawn in captions]
        yield masked_texts(rows, vocabulary)


Row = list[tuple[int, bool]]
"""Rows of the vocabulary, and whether each is masked."""


def _row(
    vocabulary: ReducedVocabulary, drawn: Caption, hidden: tuple[float, float], dice: random.Random
) -> Row:
    """Both captions in one text, the first or the second of them full of holes; now and then one
    caption alone.
    """
    most, least = hidden
    shares = shuffled(dice, (most, least))
    parts = [(f"{drawn.text}.", shares[0]), (drawn.other, shares[1])]
    if dice.random() < 0.15:
        parts = [(drawn.text, 3 * least)]
    row: Row = []
    for text, share in parts:
        for word in text.split():
            is_bound = word.strip(",.:") in _BOUND_WORDS
            masked = dice.random() < (share if is_bound else least)
            row += [(token, masked) for token in vocabulary.rows(word)[:-1]]
    return [*row, (vocabulary.row(END), False)]


def masked_texts(rows: Sequence[Row], vocabulary: ReducedVocabulary) -> MaskedTexts:
    longest = max(map(len, rows))
    tokens = torch.full((len(rows), longest), vocabulary.row(0))
    targets = torch.full((len(rows), longest), _IGNORED)
    for k, row in enumerate(rows):
        for position, (token, masked) in enumerate(row):
            tokens[k, position] = token
            if masked:
                tokens[k, position] = vocabulary.row(SENTINEL)
                targets[k, position] = token
    return MaskedTexts(tokens, targets)
