"""An encoder that tokenises each text once, however many controls are made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from .text_encoder import States, TextEncoder, TextTokens, weights_of


class TokenizedOnce:
    """The encoder that it is made of, with the tokens of every text kept as long as it lives."""

    def __init__(self, encoder: TextEncoder) -> None:
        self.encoder = encoder
        self.name = encoder.name
        self.title = encoder.title
        self.architecture = encoder.architecture
        self._tokens: dict[str, TextTokens] = {}

    def tokenize(self, texts: Sequence[str]) -> list[TextTokens]:
        """The tokens of each text; only texts that are new are tokenised."""
        new = [text for text in dict.fromkeys(texts) if text not in self._tokens]
        if new:
            self._tokens |= dict(zip(new, self.encoder.tokenize(new), strict=True))
        return [self._tokens[text] for text in texts]

    def states(self, batch: Sequence[TextTokens]) -> list[States]:
        """Those of the encoder itself."""
        return self.encoder.states(batch)

    def static(self, ids: Sequence[int]) -> torch.Tensor:
        """(id, dim): the vectors of the encoder itself."""
        return self.encoder.static(ids)

    def weights(self) -> Mapping[str, torch.Tensor]:
        """Those of the encoder itself."""
        return weights_of(self.encoder)
