"""The reduced vocabulary of the miniatures: a row for every token that occurs in a caption. All
others share one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from ...conditioning.binding import cosine_rule, suite
from ...conditioning.english import frames
from ...conditioning.scenes import captions


class ReducedVocabulary:
    """The tokens with a row of their own; row 0 is the one that all others share."""

    def __init__(self, tokenizer: Any, marks: Iterable[int]) -> None:
        self.tokenizer, self.padding = tokenizer, 0
        self.ids = sorted(
            {token for text in texts() for token in tokenizer(text)["input_ids"]} | set(marks)
        )
        self._rows = {token: row + 1 for row, token in enumerate(self.ids)}
        self.size = len(self.ids) + 1

    def row(self, token: int) -> int:
        """The row of a token: its own, or the shared one."""
        return self._rows.get(token, 0)

    def rows(self, text: str) -> list[int]:
        """The rows of a text's tokens."""
        return [self.row(token) for token in self.tokenizer(text)["input_ids"]]

    def batch(self, texts: Sequence[str]) -> torch.Tensor:
        """(text, token), as wide as the longest; the rest is the last token again."""
        rows = [self.rows(text) for text in texts]
        longest = max(map(len, rows))
        return torch.tensor([row + [row[-1]] * (longest - len(row)) for row in rows])


def texts() -> list[str]:
    """Captions, and the words of the probe's own suite, whose rows stay as they were drawn: blind
    controls are made of them.
    """
    cells = [
        cell.text
        for name in suite.PHENOMENA
        for design in suite.designs(name, frames.MOST)
        for frame in design.frames
        for cell in frame.cells()
    ]
    return [*captions.words(), *cells, cosine_rule.UNRELATED]
