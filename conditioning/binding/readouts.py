"""What a generator can read from an encoder's answers, as inner products between texts.

Every readout becomes a Gram matrix over texts, and all measures are made of that: turning, shifting
or scaling the space of vectors changes no verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import torch

from ..encoding.text_encoder import Answer, TextTokens
from ..english.cells import SLOTS, Cell, Span
from ..spans import overlap
from ..translation import translatable

POOLED, MEAN, SEQUENCE, CROSS = "pooled", "mean", "sequence", "cross-attention"
TITLES = {
    POOLED: translatable("pooled vector"),
    MEAN: translatable("mean of the token vectors"),
    SEQUENCE: translatable("token vectors in their order"),
    CROSS: translatable("token vectors as an unordered set"),
}
PADS = 8
"""Of equal padding tokens so many stand for all, with their weight."""
SAMPLE = 2048
"""So many tokens tell the width of the kernel."""
ROUNDING = 8 * torch.finfo(torch.float32).eps
"""Rounding of an fp32 answer, relative to its length."""


Answers = Mapping[str, Answer]
"""Text -> an encoder's answer to it."""


class Gram(NamedTuple):
    """The inner products of some texts in one readout."""

    matrix: torch.Tensor
    """(text, text) inner products, float64."""
    rounding: float
    """Energy that rounding alone may give a contrast."""


def names(answer: Answer) -> tuple[str, ...]:
    """The readouts of an encoder; one without a pooled vector is read by the mean of its tokens
    instead.
    """
    if answer.states.pooled is None:
        return MEAN, SEQUENCE, CROSS
    return POOLED, SEQUENCE, CROSS


def gram(readout: str, cells: Sequence[tuple[Cell, Answer]]) -> Gram:
    """Inner products between the cells' answers in one readout; their mean is subtracted first."""
    if readout == CROSS:
        return _kernel([answer for _, answer in cells])
    if readout == POOLED:
        vectors = [answer.states.pooled for _, answer in cells]
    elif readout == MEAN:
        vectors = [mean(answer) for _, answer in cells]
    else:
        vectors = [_in_slots(cell, answer) for cell, answer in cells]
    table = torch.stack([vector for vector in vectors if vector is not None]).double()
    size = float(table.pow(2).sum(-1).mean())
    table = table - table.mean(0)
    return Gram(table @ table.T, ROUNDING**2 * size)


def mean(answer: Answer) -> torch.Tensor:
    """The mean vector, (dim,), of all tokens that are not padding."""
    tokens = [k for k, kind in enumerate(answer.tokens.kinds) if kind != "pad"]
    return answer.states.sequence[tokens].mean(0)


def tokens_at(text: TextTokens, span: Span) -> list[int]:
    """Numbers of the tokens that hold any of these characters."""
    return [k for k, token in enumerate(text.spans) if overlap(token, span)]


def _in_slots(cell: Cell, answer: Answer) -> torch.Tensor:
    """(slot x dim,): the mean vector at each place of the contrast, at the end token, over all
    other words, and over the padding.

    Word for word instead of token for token, so that a word of two tokens does not shift what
    stands behind it.
    """
    sequence = answer.states.sequence
    parts: list[list[int]] = [[] for _ in SLOTS]
    for number, slot in enumerate(SLOTS):
        if slot in cell.slots:
            parts[number] = tokens_at(answer.tokens, cell.slots[slot])
    in_slots = {k for part in parts for k in part}
    for kind in ("end", "text", "pad"):
        of_kind = [k for k, each in enumerate(answer.tokens.kinds) if each == kind]
        parts.append([k for k in of_kind if k not in in_slots])
    nothing = sequence.new_zeros(sequence.shape[-1])
    return torch.cat([sequence[part].mean(0) if part else nothing for part in parts])


def _kernel(answers: Sequence[Answer]) -> Gram:
    """Mean embedding of each set of tokens under a Gaussian kernel as wide as the median distance
    of two tokens.

    Additive over tokens by construction, as the numerator of attention over an unordered set is,
    and it keeps more than their mean.
    """
    points, weights, owners = [], [], []
    for number, answer in enumerate(answers):
        tokens, shares = _weighted_tokens(answer)
        points.append(answer.states.sequence[tokens].double())
        weights.append(torch.tensor(shares, dtype=torch.float64))
        owners += [number] * len(tokens)
    table, rows = _different(torch.cat(points))
    table = table - table[rows].mean(0)
    to_text = torch.zeros(len(answers), len(table), dtype=torch.float64)
    to_text.index_put_((torch.tensor(owners), rows), torch.cat(weights), accumulate=True)
    width = _width(table, rows)
    matrix = torch.zeros(len(answers), len(answers), dtype=torch.float64)
    # Block by block: a prompt of thousands of words has tens of millions of distances.
    for start in range(0, len(table), SAMPLE):
        block = _distances(table[start : start + SAMPLE], table).div_(-2 * width).exp_()
        matrix += to_text[:, start : start + SAMPLE] @ (block @ to_text.T)
    energy = table.pow(2).sum(-1)[rows].mean()
    return Gram(matrix, ROUNDING**2 * float(energy) / width)


def _different(points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The different ones of (token, dim), and for each token the number of its own among them.

    Sentences of one contrast have most words in common, and static vectors are the same wherever
    their word stands. Equal vectors have equal sums, under weights that nobody chose.
    """
    sums = (points @ _sums(points.shape[1])).numpy()
    _, first, rows = np.unique(sums, axis=0, return_index=True, return_inverse=True)
    return points[torch.from_numpy(first)], torch.from_numpy(rows.reshape(-1))


@cache
def _sums(dim: int) -> torch.Tensor:
    """(dim, 2) random weights."""
    return torch.randn(dim, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def _distances(some: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """(some, others): squared distances."""
    lengths = some.pow(2).sum(-1)[:, None] + others.pow(2).sum(-1)
    return lengths.sub_(some @ others.T, alpha=2).clamp_(min=0)


def _width(table: torch.Tensor, rows: torch.Tensor) -> float:
    """The median of what two different tokens are apart, squared; of a sample where there are
    many. ``rows``: of each token, its vector in ``table``.
    """
    sample, places = rows[:: -(-len(rows) // SAMPLE)].unique(return_inverse=True)
    among = _distances(table[sample], table[sample])
    among = among[places][:, places]
    apart = among[among > among.max() * 1e-9].numpy()
    if not len(apart):
        return 1.0
    middle = (len(apart) - 1) // 2
    return float(np.partition(apart, middle)[middle])


def _weighted_tokens(answer: Answer) -> tuple[list[int], list[float]]:
    """Tokens of a text and their weights, which add up to 1. A few of many padding tokens stand for
    all.
    """
    kinds = answer.tokens.kinds
    words = [k for k, kind in enumerate(kinds) if kind != "pad"]
    pads = [k for k, kind in enumerate(kinds) if kind == "pad"]
    share = 1 / len(kinds)
    if len(pads) <= PADS:
        return words + pads, [share] * len(kinds)
    sample = [pads[len(pads) * k // PADS] for k in range(PADS)]
    return words + sample, [share] * len(words) + [share * len(pads) / PADS] * PADS


def answers_of(cells: Sequence[Cell], answers: Answers) -> list[tuple[Cell, Answer]]:
    """Each cell with the encoder's answer to it."""
    return [(cell, answers[cell.text]) for cell in cells]
