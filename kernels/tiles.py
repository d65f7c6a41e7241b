"""How large a piece of work one GPU program takes, by architecture.

Chosen to fit the shared memory and to spill no registers, as Triton 3.7.1 compiles them
(tests/kernels/test_compile.py); not timed on any GPU. What is not listed, AMD's GPUs among them,
gets the smallest of them.
"""

from __future__ import annotations

from typing import NamedTuple

import torch


class Tiles(NamedTuple):
    queries: int
    keys: int
    warps: int
    stages: int
    """Tiles of keys and values that are on their way at once."""


SMALL = Tiles(64, 64, 4, 2)
ATTENTION = {
    (8, 0): Tiles(64, 64, 4, 3),  # A100
    (8, 6): Tiles(64, 64, 4, 3),  # RTX 30
    (8, 9): Tiles(64, 64, 4, 3),  # RTX 40, L4
    (9, 0): Tiles(128, 64, 8, 3),  # H100, H200
    (10, 0): Tiles(128, 64, 8, 2),  # B200
    (10, 3): Tiles(128, 64, 8, 2),  # B300
    (12, 0): Tiles(64, 64, 4, 2),  # RTX 50
    (12, 1): Tiles(64, 64, 4, 2),  # DGX Spark
}
"""By compute capability, for 16-bit numbers and heads of at most 64."""


def attention_tiles(capability: tuple[int, int] | None, dtype: torch.dtype, dim: int) -> Tiles:
    """The tiles for heads of `dim` numbers: half the keys for more than 64, and half the queries
    and keys in fp32, so that they fit the shared memory. `capability`: see :func:`capability`.
    """
    tiles = SMALL
    if capability:
        tiles = ATTENTION.get(capability, SMALL)
    if dim > 64:
        tiles = tiles._replace(keys=tiles.keys // 2)
    if dtype == torch.float32:
        tiles = tiles._replace(queries=tiles.queries // 2, keys=tiles.keys // 2)
    return tiles


def capability(device: torch.device) -> tuple[int, int] | None:
    """NVIDIA's compute capability; None on anything else. (AMD's GPUs report one, too, which means
    something else.)
    """
    if device.type != "cuda" or torch.version.hip is not None:
        return None
    major, minor = torch.cuda.get_device_capability(device)
    return major, minor


ROW = 1024
"""Values of a row that one program takes where each stands for itself."""


def row_warps(width: int) -> int:
    """Warps for a program that holds a whole row: 8 values a thread, at most 16 warps."""
    return min(16, max(1, width // (32 * 8)))
