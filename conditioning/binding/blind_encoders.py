"""Control encoders whose truth is known by construction, made from the tokens and static vectors of
an encoder under test.

Blind: ``BagEncoder`` (no order), ``PlacedBagEncoder`` (every word at its place, no word knows
another), ``UntrainedEncoder`` (the same architecture before training, :mod:`.untrained_encoders`).
Aware: ``BindingOracle`` (each modifier multiplied into its thing). Each is a ``TextEncoder``
itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import torch

from ..encoding.text_encoder import Architecture, States, TextEncoder, TextTokens
from ..english.cells import FIRST_MODIFIER, FIRST_THING, SECOND_MODIFIER, SECOND_THING, Cell
from .readouts import tokens_at

MOST_PLACES = 1024


class ControlEncoder:
    """Tokens and static vectors of another encoder; subclasses give the states."""

    name = "control"

    def __init__(self, encoder: TextEncoder, seed: int = 0) -> None:
        self.encoder = encoder
        self.seed = seed
        self.title = f"{self.name} of {encoder.title}"
        self.architecture: Architecture = replace(encoder.architecture, layers=0, causal=False)

    def tokenize(self, texts: Sequence[str]) -> list[TextTokens]:
        """The tokens of the encoder under test."""
        return self.encoder.tokenize(texts)

    def static(self, ids: Sequence[int]) -> torch.Tensor:
        """(id, dim): the vectors of the encoder under test."""
        return self.encoder.static(ids)

    def states(self, batch: Sequence[TextTokens]) -> list[States]:
        """Pooled, where the encoder under test has it: the mean of all tokens.

        Less than float64 would blur the zeros that these encoders are there for.
        """
        ids = sorted({token for text in batch for token in text.ids})
        table = self.static(ids).double()
        row = {token: k for k, token in enumerate(ids)}
        states = []
        for text in batch:
            sequence = self.tokens(table[[row[token] for token in text.ids]], text)
            pooled = None
            if self.architecture.pooled:
                pooled = sequence.mean(0)
            states.append(States(sequence, pooled))
        return states

    def tokens(self, static: torch.Tensor, text: TextTokens) -> torch.Tensor:
        """(token, dim) from the static vectors (token, dim)."""
        raise NotImplementedError


class BagEncoder(ControlEncoder):
    """Word vectors without their order."""

    name = "bag of words"

    def tokens(self, static: torch.Tensor, text: TextTokens) -> torch.Tensor:
        return static


class PlacedBagEncoder(ControlEncoder):
    """Word vectors, each with a vector of its place: order, but no word knows another."""

    name = "bag of words with places"

    def __init__(self, encoder: TextEncoder, seed: int = 0) -> None:
        super().__init__(encoder, seed)
        generator = torch.Generator().manual_seed(seed)
        self.places = torch.randn(
            MOST_PLACES, encoder.architecture.width, generator=generator, dtype=torch.float64
        )

    def tokens(self, static: torch.Tensor, text: TextTokens) -> torch.Tensor:
        # Multiplied, not added: the sum over all places would lose the order again.
        return static * (1 + self.places[torch.arange(len(text)) % MOST_PLACES])


class BindingOracle(ControlEncoder):
    """Binds by construction: every thing's vector is multiplied with its own modifier's, and
    nothing in it shows the order.
    """

    name = "binding oracle"

    def __init__(self, encoder: TextEncoder, cells: Iterable[Cell]) -> None:
        super().__init__(encoder)
        by_text = {cell.text: cell for cell in cells}
        tokenized = self.tokenize(list(by_text))
        self.cells: Mapping[tuple[int, ...], Cell] = {
            text.ids: cell for text, cell in zip(tokenized, by_text.values(), strict=True)
        }

    def tokens(self, static: torch.Tensor, text: TextTokens) -> torch.Tensor:
        slots = self.cells[text.ids].slots
        sequence = static.clone()
        for modifier, thing in ((FIRST_MODIFIER, FIRST_THING), (SECOND_MODIFIER, SECOND_THING)):
            if modifier in slots and thing in slots:
                own = tokens_at(text, slots[thing])
                modifiers = static[tokens_at(text, slots[modifier])]
                product = modifiers.mean(0) * static[own].mean(0)
                sequence[own] = product * (static[own].norm() / product.norm())
        return sequence
