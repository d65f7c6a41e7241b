"""Work on a few rows at a time, so that what lies between two steps stays in the
processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

CACHED = 1 << 17
"""Values of a block on a processor: half a megabyte in fp32, well within the second-level cache of
one core.
"""


def blocks(tensor: Tensor) -> Iterator[slice]:
    """Slices of the rows of (row, column). On a GPU it is one slice: there the launches
    cost more.
    """
    rows, width = tensor.shape
    step = max(1, rows)
    if tensor.device.type == "cpu":
        step = max(1, CACHED // width)
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))
