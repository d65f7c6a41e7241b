"""Products of activations with weights as their file stores them.

``exact``: fp32 numbers, as ComfyUI's, but no copy of the whole weight is made: blocks of rows are
decoded into one buffer that is used again. ``fast``: bf16 on a CPU, fp16 elsewhere. ``draft``:
bf16, for the layers that have no product of rounded numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch.nn import functional

from ...kernels import Packed, decode_rows
from ..precision import EXACT, FAST
from . import processor

_FEW_TOKENS = 384
_ROWS_ON_CPU = (512, 2_048)
"""Rows of a decoded block, for few tokens and for many: a small one stays in the cache until it is
multiplied, but makes thin products.
"""
_LARGEST_HALF = 2.0**7
"""Activations are scaled down to this before they become fp16, so that sums of thousands of them
stay below its largest number, 65,504.
"""


class Products:
    """Multiplies in one mode. Not for two threads at once: the buffers are shared between calls.

    ``exact_on_cpu``: of an encoder that fast does not pay for there. A host with a graphics card
    encodes on the CPU, too, when the table of an encoder's tokens finds no room on it.
    """

    def __init__(self, mode: str, exact_on_cpu: bool = False) -> None:
        self.mode, self.exact_on_cpu = mode, exact_on_cpu
        self._buffers: dict[tuple[str, torch.device, torch.dtype], torch.Tensor] = {}

    def dtype(self, device: torch.device) -> torch.dtype:
        """Of what goes into a product, and of what comes out."""
        if self.mode == EXACT or (self.exact_on_cpu and device.type == "cpu"):
            return torch.float32
        if self.mode == FAST and device.type != "cpu":
            return torch.float16
        return torch.bfloat16

    def buffer(
        self, name: str, shape: tuple[int, ...], like: torch.Tensor, dtype: torch.dtype
    ) -> torch.Tensor:
        """Uninitialised; on a CPU the same memory for the next call with this name. Elsewhere torch
        keeps memory, and gives it back.
        """
        if like.device.type != "cpu":
            return torch.empty(shape, device=like.device, dtype=dtype)
        key, size = (name, like.device, dtype), math.prod(shape)
        if key not in self._buffers or self._buffers[key].numel() < size:
            self._buffers[key] = torch.empty(size, device=like.device, dtype=dtype)
        return self._buffers[key][:size].view(shape)

    def __call__(
        self, x: torch.Tensor, packed: Packed, out: torch.Tensor | None = None
    ) -> torch.Tensor:
        """``x`` (token, in) times the weight (out, in), transposed: (token, out) of
        :meth:`dtype`.
        """
        x = x.to(self.dtype(x.device))
        if out is None:
            out = x.new_empty(x.shape[0], packed.data.shape[0])
        with _fastest_library(x):
            for start, stop, block, factor in self._blocks(packed, x):
                part = out[:, start:stop]
                torch.mm(x, block.t(), out=part)
                if factor is not None:
                    part.mul_(factor)
        return out

    def wide(self, x: torch.Tensor, packed: Packed) -> torch.Tensor:
        """The same for what is added to the residual, in fp32 instead of fp16, which holds neither
        T5-XXL's activations nor its sums.
        """
        if self.dtype(x.device) != torch.float16:
            return self(x, packed)
        largest = x.abs().amax(-1, keepdim=True).clamp(min=_LARGEST_HALF)
        factor = torch.exp2(torch.ceil(torch.log2(largest / _LARGEST_HALF)))
        half = (x / factor).half()
        out = x.new_empty(x.shape[0], packed.data.shape[0], dtype=torch.float32)
        for start, stop, block, _ in self._blocks(packed, half):
            out[:, start:stop] = _mm_to_fp32(half, block)
        return out.mul_(factor)

    def _blocks(
        self, packed: Packed, x: torch.Tensor
    ) -> Iterator[tuple[int, int, torch.Tensor, torch.Tensor | None]]:
        """(start, stop, rows of the weight in x's dtype, what is left to multiply the product's
        columns with).
        """
        count, width = packed.data.shape[0], x.shape[1]
        if packed.layout == "plain" and packed.data.dtype == x.dtype:
            yield 0, count, packed.data, None
            return
        rows = count
        if x.device.type == "cpu":
            rows = min(count, _ROWS_ON_CPU[x.shape[0] >= _FEW_TOKENS])
        block = self.buffer("weight", (rows, width), x, x.dtype)
        for start in range(0, count, rows):
            stop = min(start + rows, count)
            rows_here = block[: stop - start]
            factor = decode_rows(packed, start, stop, block)
            if factor is not None and x.dtype == torch.float16:
                # A product with numbers up to 448 does not fit.
                rows_here.mul_(factor[:, None])
                factor = None
            yield start, stop, rows_here, factor


def _fastest_library(x: torch.Tensor) -> AbstractContextManager[None]:
    if x.dtype == torch.float32 and x.device.type == "cpu" and processor.onednn_pays():
        return processor.onednn()
    return nullcontext()


_NARROW_SUMS = ("allow_fp16_accumulation", "allow_fp16_reduced_precision_reduction")
"""What ComfyUI's `--fast`, and torch itself, let a GPU do. torch before 2.7 has not the first."""


@contextmanager
def sums_in_fp32() -> Iterator[None]:
    """Whatever is allowed for image models: sums of thousands of T5's numbers do not fit into fp16,
    nor do the parts of one that many processors of a GPU share.
    """
    matmul = torch.backends.cuda.matmul
    before = {name: getattr(matmul, name) for name in _NARROW_SUMS if hasattr(matmul, name)}
    try:
        for name in before:
            setattr(matmul, name, False)
        yield
    finally:
        for name, allowed in before.items():
            setattr(matmul, name, allowed)


_can_widen = {"cuda": True}


def _mm_to_fp32(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """fp16 in, fp32 out: the sum never becomes fp16 where torch can leave it (NVIDIA, torch 2.8 and
    newer).
    """
    if _can_widen.get(x.device.type):
        try:
            return torch.mm(x, weight.t(), out_dtype=torch.float32)
        except torch.cuda.OutOfMemoryError:
            raise
        except (TypeError, RuntimeError):  # an older torch; ROCm
            _can_widen[x.device.type] = False
    return functional.linear(x, weight).float()
