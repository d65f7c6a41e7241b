"""Rows of a causal encoder that begin alike, as a tree: what they share is one branch, computed
once.

A token of a causal encoder depends on those before it alone. So all rows together are a set of
nodes, each a token behind a certain past, and an attention mask that lets every node see its own
past.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import torch

MOST_NODES = 1_024
"""The mask is as large as the square of them, and past some hundreds the attention costs more than
what is saved.
"""


class Tree(NamedTuple):
    """Rows of tokens, with every common beginning once."""

    nodes: list[tuple[int, int]]
    """Row and place of a token for each node; a node comes after its past."""
    parents: list[int]
    """Of each node, the one before it; -1: none."""
    paths: list[list[int]]
    """Of each row, the nodes of its tokens."""

    def mask(self, like: torch.Tensor) -> torch.Tensor:
        """(node, node), to be added to the attention's scores: 0 for a node's past and itself, else
        the least number.
        """
        visible = torch.eye(len(self.nodes), dtype=torch.bool)
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                visible[node] |= visible[parent]
        least = -torch.finfo(like.dtype).max
        mask = torch.full(visible.shape, least, dtype=like.dtype, device=like.device)
        return mask.masked_fill_(visible.to(like.device), 0.0)


def tree(embeds: torch.Tensor, lengths: Sequence[int]) -> Tree:
    """Of rows (row, token, dim), the first ``lengths`` tokens of each."""
    bits = embeds.detach().contiguous().cpu().view(torch.uint8).numpy()
    node_of: dict[tuple[int, bytes], int] = {}
    result = Tree([], [], [])
    for row, length in enumerate(lengths):
        parent = -1
        path = []
        for place in range(length):
            key = (parent, hashlib.blake2b(bits[row, place].data, digest_size=16).digest())
            if key not in node_of:
                node_of[key] = len(result.nodes)
                result.nodes.append((row, place))
                result.parents.append(parent)
            parent = node_of[key]
            path.append(parent)
        result.paths.append(path)
    return result


def spread(states: torch.Tensor, branches: Tree, length: int) -> torch.Tensor:
    """(node, dim) -> (row, length, dim), zeros behind each row."""
    out = states.new_zeros(len(branches.paths), length, states.shape[-1])
    for row, path in zip(out, branches.paths, strict=True):
        row[: len(path)] = states[path]
    return out
