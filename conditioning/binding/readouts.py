"""What a reader can take from an encoder's answers, as inner products between texts.

Every readout becomes a Gram matrix over texts, and all measures are made of that: turning, shifting
or scaling the space of vectors changes nothing that is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch

from ..encoding.text_encoder import Answer, Rows
from .cells import PLACES, Cell, Span

POOLED, MEAN, SEQUENCE, CROSS = "pooled", "mean", "sequence", "cross-attention"
TITLES = {
    POOLED: "pooled vector",
    MEAN: "mean of the token vectors",
    SEQUENCE: "token vectors in their order",
    CROSS: "token vectors as an unordered set",
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
    matrix: torch.Tensor
    """(text, text) inner products, float64."""
    rounding: float
    """Energy that rounding alone may give a contrast."""


def names(answer: Answer) -> tuple[str, ...]:
    """The readouts of an encoder; one without a pooled vector is read by the mean of its tokens
    instead.
    """
    return (POOLED if answer.states.pooled is not None else MEAN, SEQUENCE, CROSS)


def gram(readout: str, cells: Sequence[tuple[Cell, Answer]]) -> Gram:
    if readout == CROSS:
        return _kernel([answer for _, answer in cells])
    if readout == POOLED:
        vectors = [answer.states.pooled for _, answer in cells]
    elif readout == MEAN:
        vectors = [mean(answer) for _, answer in cells]
    else:
        vectors = [_in_slots(cell, answer) for cell, answer in cells]
    table = torch.stack([one for one in vectors if one is not None]).double()
    size = float(table.pow(2).sum(-1).mean())
    table = table - table.mean(0)
    return Gram(table @ table.T, ROUNDING**2 * size)


def mean(answer: Answer) -> torch.Tensor:
    """(dim,): of all tokens that are not padding."""
    kept = [k for k, kind in enumerate(answer.rows.kinds) if kind != "pad"]
    return answer.states.sequence[kept].mean(0)


def rows_at(rows: Rows, span: Span) -> list[int]:
    """Tokens that hold any of these characters."""
    return [k for k, one in enumerate(rows.spans) if one and one[0] < span[1] and span[0] < one[1]]


def _in_slots(cell: Cell, answer: Answer) -> torch.Tensor:
    """(slot x dim,): the mean vector at each place of the contrast, at the end token, over all
    other words, and over the padding.

    Word for word instead of token for token, so that a word of two tokens does not shift what
    stands behind it.
    """
    sequence, rows = answer.states.sequence, answer.rows
    slots = [rows_at(rows, cell.slots[place]) if place in cell.slots else [] for place in PLACES]
    taken = {k for slot in slots for k in slot}
    of = {
        kind: [k for k, one in enumerate(rows.kinds) if one == kind and k not in taken]
        for kind in ("end", "text", "pad")
    }
    parts = [*slots, of["end"], of["text"], of["pad"]]
    return torch.cat(
        [
            sequence[part].mean(0) if part else sequence.new_zeros(sequence.shape[-1])
            for part in parts
        ]
    )


def _kernel(answers: Sequence[Answer]) -> Gram:
    """Mean embedding of each set of tokens under a Gaussian kernel as wide as the median distance
    of two tokens.

    Additive over tokens by construction, as the numerator of attention over an unordered set is,
    and it keeps more than their mean.
    """
    points, weights, owners = [], [], []
    for number, answer in enumerate(answers):
        picked, shares = _set(answer)
        points.append(answer.states.sequence[picked].double())
        weights.append(torch.tensor(shares, dtype=torch.float64))
        owners += [number] * len(picked)
    table = torch.cat(points)
    table = table - table.mean(0)
    to_text = torch.zeros(len(answers), len(owners), dtype=torch.float64)
    to_text[owners, range(len(owners))] = torch.cat(weights)
    width = _width(table[:: -(-len(table) // SAMPLE)])
    matrix = torch.zeros(len(answers), len(answers), dtype=torch.float64)
    for at in range(
        0, len(table), SAMPLE
    ):  # block by block: a prompt of thousands of words has tens of millions of distances
        block = torch.exp(_distances(table[at : at + SAMPLE], table) / (-2 * width))
        matrix += to_text[:, at : at + SAMPLE] @ (block @ to_text.T)
    return Gram(matrix, ROUNDING**2 * float(table.pow(2).sum(-1).mean()) / width)


def _distances(some: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Squared."""
    lengths = some.pow(2).sum(-1)[:, None] + others.pow(2).sum(-1)
    return (lengths - 2 * some @ others.T).clamp(min=0)


def _width(table: torch.Tensor) -> float:
    """The median of what two different tokens are apart, squared."""
    distances = _distances(table, table)
    apart = distances[distances > distances.max() * 1e-9]
    return float(apart.median()) if len(apart) else 1.0


def _set(answer: Answer) -> tuple[list[int], list[float]]:
    """Tokens of a text and their weights, which add up to 1."""
    kinds = answer.rows.kinds
    words = [k for k, kind in enumerate(kinds) if kind != "pad"]
    pads = [k for k, kind in enumerate(kinds) if kind == "pad"]
    kept = [pads[len(pads) * k // PADS] for k in range(PADS)] if len(pads) > PADS else pads
    each = 1 / len(kinds)
    return words + kept, [each] * len(words) + [each * len(pads) / max(1, len(kept))] * len(kept)


def answers_of(cells: Sequence[Cell], answers: Answers) -> list[tuple[Cell, Answer]]:
    return [(cell, answers[cell.text]) for cell in cells]
