"""fp32 products out of bf16 ones, for processors whose matrix unit knows bf16 only (Intel AMX).

An fp32 number is the sum of three bf16 numbers, bit for bit (8 + 8 + 8 bits of mantissa). A weight that is bf16, fp8 or int8 is one, an
fp16 weight is two. Products of bf16 numbers are exact in fp32, and the unit adds them in fp32: so the sum of a few bf16 products is the
fp32 product, and on such a processor it takes a third of the time. torch does them for fp32 tensors while
``torch.backends.mkldnn.matmul.fp32_precision`` is ``"bf16"``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch

from ...kernels import Packed

_BY_LAYOUT = {"int8_rows": 1, "fp8_e4m3": 1}
_BY_DTYPE = {torch.bfloat16: 1, torch.float16: 2}


def parts(packed: Packed) -> int | None:
    """How many bf16 numbers a weight of this kind is; None where it is more than two, or not known."""
    return _BY_DTYPE.get(packed.data.dtype) if packed.layout == "plain" else _BY_LAYOUT.get(packed.layout)


def split(x: torch.Tensor, count: int) -> torch.Tensor:
    """(row, column) fp32 -> (count * row, column) fp32 whose stretches are bf16 numbers and add up to ``x``; the largest first."""
    rows = x.shape[0]
    out = x.new_empty(count * rows, x.shape[1])
    rest = x
    for number in range(count):
        piece = out[number * rows : (number + 1) * rows]
        piece.copy_(rest.bfloat16())
        if number + 1 < count:
            rest = rest - piece
    return out


@contextmanager
def bf16_products() -> Iterator[None]:
    """torch's fp32 products on the CPU round their inputs to bf16 meanwhile."""
    matmul = torch.backends.mkldnn.matmul
    before = matmul.fp32_precision
    matmul.fp32_precision = "bf16"
    try:
        yield
    finally:
        matmul.fp32_precision = before


@cache
def pay() -> bool:
    """This processor has a bf16 matrix unit, and torch's sums on it are as good as they must be: tried, not believed."""
    asked = getattr(torch.cpu, "_is_amx_tile_supported", None)
    if asked is None or not asked() or not hasattr(torch.backends.mkldnn, "matmul"):
        return False
    made = torch.Generator().manual_seed(0)
    x, w = torch.randn(64, 512, generator=made), torch.randn(256, 512, generator=made).bfloat16().float()
    with bf16_products():
        three = torch.mm(split(x, 3), w.t())
    truth = x.double() @ w.double().t()
    error = (three.view(3, 64, 256).sum(0).double() - truth).norm() / truth.norm()
    return bool(error < 1e-6)
