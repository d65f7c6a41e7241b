"""What a distance between two tokens weighs, and where documents begin: made once per forward,
shared by all layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

ALIGNED = 8
"""Values. torch's attention on a GPU wants each row of a bias to begin at a multiple of this, or
copies it in every layer.
"""


class Bias:
    """Documents 0 = s0 < s1 < ... = tokens (`starts`), and T5's bias as a Toeplitz table (head,
    2*longest-1) in fp32.

    Key j is seen from query i of one document with table[:, j - i + longest - 1]. The table is what
    T5 computes for these distances, by the same operations (buckets, then the embedding), once: 262
    kB for 64 heads and 512 tokens, where the square of all pairs has 67 MB. Raises ValueError for
    starts that are not ascending from 0, and for a document that is longer than the table;
    TypeError unless fp32.
    """

    def __init__(self, table: Tensor, starts: Sequence[int]) -> None:
        self.starts = tuple(int(start) for start in starts)
        self.lengths = tuple(after - before for before, after in pairwise(self.starts))
        self.table = table.contiguous()
        if len(self.starts) < 2 or self.starts[0] != 0 or min(self.lengths) < 1:
            raise ValueError(
                f"Documents start at {list(self.starts)}, but expected 0, then "
                "ascending, and last the number of tokens. "
                "For one document of n tokens that is [0, n]."
            )
        if table.dtype != torch.float32:
            raise TypeError(
                f"The bias table is {table.dtype}, but must be torch.float32. Convert it "
                "once with .float()."
            )
        if table.dim() != 2 or table.shape[1] % 2 == 0 or self.longest < max(self.lengths):
            raise ValueError(
                f"The bias table is {tuple(table.shape)}, but expected (head, "
                "2*longest-1) with longest at least "
                f"{max(self.lengths)}, the length of the longest document. Compute it "
                "for more distances."
            )
        self._squares: dict[tuple[int, torch.dtype], Tensor] = {}
        self._tiles: dict[int, Tensor] = {}

    @property
    def longest(self) -> int:
        """The longest document that the table has distances for."""
        return int(self.table.shape[1] + 1) // 2

    def square(self, length: int, dtype: torch.dtype) -> Tensor:
        """(head, query, key) for a document of this length, built when first asked for. Read-only;
        its rows are padded in memory.
        """
        if (length, dtype) not in self._squares:
            distances = self.table[:, self.longest - length : self.longest + length - 1].to(dtype)
            row = -(-length // ALIGNED) * ALIGNED
            # Row i of the square is the window that begins at distance -i: all windows, the last
            # one first.
            windows = functional.pad(distances, (0, row - length)).unfold(1, row, 1)
            backwards = torch.arange(length - 1, -1, -1, device=distances.device)
            self._squares[length, dtype] = windows.index_select(1, backwards)[
                ..., :length
            ]  # flip(1) would not be contiguous
        return self._squares[length, dtype]

    def tiles(self, queries: int) -> Tensor:
        """(tile, 3) int32 for tiles of this many queries: the first of them, and where its document
        begins and ends.
        """
        if queries not in self._tiles:
            documents = pairwise(self.starts)
            tiles = [
                (first, start, stop)
                for start, stop in documents
                for first in range(start, stop, queries)
            ]
            self._tiles[queries] = torch.tensor(tiles, dtype=torch.int32, device=self.table.device)
        return self._tiles[queries]

    @cached_property
    def runs(self) -> tuple[tuple[int, int, int], ...]:
        """(start, stop, length): the tokens of neighbouring documents of one length."""
        runs: list[tuple[int, int, int]] = []
        for start, stop in pairwise(self.starts):
            length = stop - start
            if runs and runs[-1][2] == length:
                start = runs.pop()[0]
            runs.append((start, stop, length))
        return tuple(runs)
