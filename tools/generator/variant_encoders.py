"""What each variant of the generator reads of a prompt: rows and a pooled vector, exactly as the
host's SD3 gives them, without the columns that are always zero.

``clip``, ``clip-hard``: the miniature as clip_l, without T5. ``clip-t5``: mini-CLIP as clip_l and
mini-T5-hard as t5xxl. ``bag``: mini-CLIP's token vectors, without places and without a transformer
above them. ``oracle``: a row for each thing, of what is there and not of what was said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch

from ...conditioning import miniature
from ...conditioning.scenes.scene import COLOURS, SHAPES, SIZES, Scene
from ..miniatures.train_miniatures import reduced_vocabulary

WIDTH, ROWS = 128, 77
"""Columns that are not zero; rows of each encoder."""
CLIP, CLIP_HARD, CLIP_T5, BAG, ORACLE = VARIANTS = ("clip", "clip-hard", "clip-t5", "bag", "oracle")
PLACES = ("to the left of", "to the right of", "above", "below")


class Conditioning(NamedTuple):
    """Of a batch of prompts."""

    rows: torch.Tensor
    """(text, row, 128), bf16. ``clip-t5``: CLIP's, then as many of T5; ``oracle``: 2."""
    pooled: torch.Tensor
    """(text, 128), bf16."""

    def of(self, texts: torch.Tensor) -> Conditioning:
        """Those texts, by number."""
        return Conditioning(self.rows[texts], self.pooled[texts])


Encode = Callable[[Sequence[str], Sequence[Scene | None], int], Conditioning]
"""From captions, the scenes that they are of (None for the empty prompt), and how many rows each
encoder fills with tokens and padding: 77 as the host does, or fewer for speed.
"""


def encoder(variant: str) -> Encode:
    """What the generator of this name reads."""
    if variant == ORACLE:
        return _oracle
    clip = _clip(_PLAYED_BY.get(variant, miniature.CLIP))
    if variant != CLIP_T5:
        return lambda texts, _, rows: clip(texts, rows)
    t5 = _t5(miniature.T5_HARD)

    def both(texts: Sequence[str], _: Sequence[Scene | None], rows: int) -> Conditioning:
        read = clip(texts, rows)
        return Conditioning(torch.cat([read.rows, t5(texts, rows)], dim=1), read.pooled)

    return both


_PLAYED_BY = {CLIP_HARD: miniature.CLIP_HARD, BAG: miniature.BAG}


def _clip(name: str) -> Callable[[Sequence[str], int], Conditioning]:
    mini = miniature.load(name)
    tokenizer = reduced_vocabulary("clip").tokenizer
    model = miniature.text(mini, tokenizer).model

    @torch.no_grad()
    def encode(texts: Sequence[str], rows: int) -> Conditioning:
        read = []
        for tokens in _tokens(tokenizer, texts, rows):
            out = model.text_model(tokens, output_hidden_states=True)
            read.append((out.hidden_states[-2].bfloat16(), out.pooler_output.bfloat16()))
        return Conditioning(*(torch.cat(parts) for parts in zip(*read, strict=True)))

    return encode


def _t5(name: str) -> Callable[[Sequence[str], int], torch.Tensor]:
    mini = miniature.load(name)
    tokenizer = reduced_vocabulary("t5").tokenizer
    model = miniature.text(mini, tokenizer).model

    @torch.no_grad()
    def encode(texts: Sequence[str], rows: int) -> torch.Tensor:
        # No mask: the host shows padding to every word.
        read = [
            model(tokens).last_hidden_state.bfloat16() for tokens in _tokens(tokenizer, texts, rows)
        ]
        return torch.cat(read)

    return encode


def _tokens(tokenizer: Any, texts: Sequence[str], rows: int) -> Iterator[torch.Tensor]:
    """(text, row), in batches."""
    for first in range(0, len(texts), 256):
        batch = list(texts[first : first + 256])
        yield tokenizer(batch, padding="max_length", max_length=rows, return_tensors="pt")[
            "input_ids"
        ]


def _oracle(_: Sequence[str], scenes: Sequence[Scene | None], __: int) -> Conditioning:
    rows = torch.zeros(len(scenes), 2, WIDTH)
    for k, scene in enumerate(scenes):
        if scene is None:
            continue
        for number in range(len(scene.things)):
            rows[k, number, _traits(scene, number)] = 1.0
    return Conditioning(rows.bfloat16(), torch.zeros(len(scenes), WIDTH, dtype=torch.bfloat16))


def _traits(scene: Scene, number: int) -> list[int]:
    """Columns of the oracle's row: colour, shape, size, and where it stands to the other thing."""
    thing, first = scene.things[number], 0
    columns = []
    values = [(COLOURS, thing.colour), (SHAPES, thing.shape), (SIZES, thing.size)]
    if len(scene.things) == 2:
        turned = Scene((thing, scene.things[1 - number]), scene.ground)
        values.append((PLACES, turned.relation))
    for options, value in values:
        columns.append(first + options.index(value))
        first += len(options)
    return columns
