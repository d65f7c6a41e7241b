"""The smallest Triton program: whether it can be built at all. Imports Triton, so it is imported
late.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl


@triton.jit
def _add_one(number: tl.tensor) -> None:
    tl.store(number, tl.load(number) + 1)


def run(device: torch.device) -> None:
    """Raises whatever goes wrong."""
    number = torch.ones(1, device=device)
    with torch.cuda.device_of(number):
        _add_one[(1,)](number)
    if number.item() != 2:
        raise ValueError(f"1 + 1 made {number.item():g}")
