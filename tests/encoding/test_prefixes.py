"""Rows that begin alike, as a tree."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.encoding.prefixes import spread, tree

ROWS = torch.tensor([[1, 2, 3, 9], [1, 2, 4, 3], [1, 2, 3, 9], [5, 2, 3, 9]]).float()[..., None]
LENGTHS = [4, 4, 3, 2]


def test_what_is_shared_is_one_branch() -> None:
    result = tree(ROWS, LENGTHS)
    assert result.paths == [[0, 1, 2, 3], [0, 1, 4, 5], [0, 1, 2], [6, 7]], (
        "an equal token behind another past is another node"
    )
    assert [float(ROWS[node]) for node in result.nodes] == [1, 2, 3, 9, 4, 3, 5, 2]


def test_a_node_sees_its_own_past() -> None:
    result = tree(ROWS, LENGTHS)
    mask = result.mask(ROWS)
    assert mask.dtype == torch.float32
    for path in result.paths:
        for at, node in enumerate(path):
            assert [k for k in range(len(result.nodes)) if mask[node, k] == 0] == sorted(
                path[: at + 1]
            )


def test_attention_over_the_tree_is_attention_over_the_rows() -> None:
    generator, width = torch.Generator().manual_seed(0), 8
    values = {item: torch.randn(width, generator=generator) for item in range(10)}
    rows = torch.stack(
        [
            torch.stack([values[int(item)] + place for place, item in enumerate(row)])
            for row in ROWS[..., 0]
        ]
    )
    causal = torch.nn.functional.scaled_dot_product_attention(rows, rows, rows, is_causal=True)
    result = tree(rows, LENGTHS)
    nodes = torch.stack([rows[node] for node in result.nodes])[None]
    over = spread(
        torch.nn.functional.scaled_dot_product_attention(
            nodes, nodes, nodes, attn_mask=result.mask(rows)
        )[0],
        result,
        4,
    )
    for row, length in enumerate(LENGTHS):
        torch.testing.assert_close(over[row, :length], causal[row, :length])
        assert not over[row, length:].any()
