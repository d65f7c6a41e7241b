"""Encoders whose truth is known by construction, made from the tokens and static vectors of an
encoder under test.

Blind: ``Bag`` (no order), ``TaggedBag`` (every word at its place, no word knows another),
``untrained`` (the same architecture before training, :mod:`.twin`). Aware: ``PairOracle`` (each
modifier multiplied into its thing). Each is a ``TextEncoder`` itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import torch

from ..encoding.text_encoder import Architecture, Rows, States, TextEncoder
from .cells import PLACES, Cell
from .readouts import rows_at

PLACES_KNOWN = 1024


class Control:
    """Tokens and static vectors of another encoder; subclasses give the states."""

    name = "control"

    def __init__(self, encoder: TextEncoder, seed: int = 0) -> None:
        self.encoder, self.seed = encoder, seed
        self.title = f"{self.name} of {encoder.title}"
        self.architecture: Architecture = replace(encoder.architecture, layers=0, causal=False)

    def rows(self, texts: Sequence[str]) -> list[Rows]:
        return self.encoder.rows(texts)

    def static(self, ids: Sequence[int]) -> torch.Tensor:
        return self.encoder.static(ids)

    def states(self, batch: Sequence[Rows]) -> list[States]:
        """Pooled, where the encoder under test has it: the mean of all tokens.

        Less than float64 would blur the zeros that these encoders are there for.
        """
        ids = sorted({one for rows in batch for one in rows.ids})
        table = self.static(ids).double()
        place = {one: k for k, one in enumerate(ids)}
        out = []
        for rows in batch:
            sequence = self.tokens(table[[place[one] for one in rows.ids]], rows)
            out.append(States(sequence, sequence.mean(0) if self.architecture.pooled else None))
        return out

    def tokens(self, static: torch.Tensor, rows: Rows) -> torch.Tensor:
        """(token, dim) from the static vectors (token, dim)."""
        raise NotImplementedError


class Bag(Control):
    """Word vectors without their order."""

    name = "bag of words"

    def tokens(self, static: torch.Tensor, rows: Rows) -> torch.Tensor:
        return static


class TaggedBag(Control):
    """Word vectors, each with a vector of its place: order, but no word knows another."""

    name = "bag of words with places"

    def __init__(self, encoder: TextEncoder, seed: int = 0) -> None:
        super().__init__(encoder, seed)
        generator = torch.Generator().manual_seed(seed)
        self.tags = torch.randn(
            PLACES_KNOWN, encoder.architecture.width, generator=generator, dtype=torch.float64
        )

    def tokens(self, static: torch.Tensor, rows: Rows) -> torch.Tensor:
        # Multiplied, not added: the sum over all places would lose the order again.
        return static * (1 + self.tags[torch.arange(len(rows)) % PLACES_KNOWN])


class PairOracle(Control):
    """Binds by construction: every thing's vector is multiplied with its own modifier's, and
    nothing tells the order.
    """

    name = "oracle of pairs"

    def __init__(self, encoder: TextEncoder, cells: Iterable[Cell]) -> None:
        super().__init__(encoder)
        self.slots: Mapping[tuple[int, ...], Cell] = {}
        texts = {cell.text: cell for cell in cells}
        self.slots = {
            rows.ids: cell
            for rows, cell in zip(self.rows(list(texts)), texts.values(), strict=True)
        }

    def tokens(self, static: torch.Tensor, rows: Rows) -> torch.Tensor:
        cell, out = self.slots[rows.ids], static.clone()
        for modifier, thing in (PLACES[:2], PLACES[2:]):
            if modifier in cell.slots and thing in cell.slots:
                own = rows_at(rows, cell.slots[thing])
                product = static[rows_at(rows, cell.slots[modifier])].mean(0) * static[own].mean(0)
                out[own] = product * (static[own].norm() / product.norm())
        return out
