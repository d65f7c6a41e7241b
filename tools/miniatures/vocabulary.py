"""The rows of a tokenizer that the miniatures keep: of tokens that occur. All others
share one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from ...conditioning.binding import cosine_rule, suite
from ...conditioning.english import frames
from ...conditioning.scenes import captions


class Kept:
    """Row 0 is the one that all other tokens share."""

    def __init__(self, tokenizer: Any, marks: Iterable[int]) -> None:
        self.tokenizer, self.padding = tokenizer, 0
        self.ids = sorted(
            {one for text in texts() for one in tokenizer(text)["input_ids"]} | set(marks)
        )
        self._rows = {one: row + 1 for row, one in enumerate(self.ids)}
        self.size = len(self.ids) + 1

    def row(self, one: int) -> int:
        return self._rows.get(one, 0)

    def rows(self, text: str) -> list[int]:
        return [self.row(one) for one in self.tokenizer(text)["input_ids"]]

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
        for one in suite.designs(name, frames.MOST)
        for frame in one.frames
        for cell in frame.cells()
    ]
    return [*captions.words(), *cells, cosine_rule.UNRELATED]
