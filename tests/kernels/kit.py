"""What the tests of the kernels share: the ways and devices to test, the lengths, and how close a
result must be.

Triton's programs run on a GPU where there is one, and in Triton's interpreter in a process of its
own (test_interpreter.py), because the interpreter must be asked for before Triton is imported.
"""

from __future__ import annotations

import os
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
LENGTHS = (1, 13, 33, 65, 77, 97, 256, 512)
"""Beside and beyond multiples of tiles; 33, 65 and 97 were wrong in one of torch's attentions
(PyTorch #191937).
"""
RAGGED = (13, 1, 33, 13, 13, 40, 77, 1)
"""Documents of one pack: some lengths again, side by side and apart."""


class Backend(NamedTuple):
    way: str
    device: str

    def __str__(self) -> str:
        return f"{self.way}-{self.device}"


def _backends() -> list[object]:
    if INTERPRETED:
        return [pytest.param(Backend("triton", "cpu"), id="triton-cpu")]
    on_gpu = [Backend("torch", "cuda"), Backend("triton", "cuda")]
    return [
        pytest.param(Backend("torch", "cpu"), id="torch-cpu"),
        *(pytest.param(b, id=str(b), marks=pytest.mark.gpu) for b in on_gpu),
    ]


BACKENDS = _backends()

TOLERANCES: dict[str, dict[torch.dtype, tuple[float, float]]] = {
    # (relative, absolute), for inputs of size 1. Half of a type's last bit is 2^-12 and 2^-9; the
    # interpreter cuts bf16 off, which is twice that.
    "add_rms_norm": {
        torch.float32: (2e-6, 1e-6),
        torch.float16: (2**-11, 1e-6),
        torch.bfloat16: (2**-7, 1e-6),
    },
    "gated_gelu": {
        torch.float32: (2e-6, 2e-6),
        torch.float16: (2**-11, 2e-6),
        torch.bfloat16: (2**-7, 2e-6),
    },
    # Weights of the softmax are rounded to q's type before they meet v.
    "t5_attention": {
        torch.float32: (1e-5, 2e-6),
        torch.float16: (2**-10, 2e-3),
        torch.bfloat16: (2**-7, 1.6e-2),
    },
    "decode_rows": {
        torch.float32: (1e-6, 1e-6),
        torch.float16: (2**-11, 1e-6),
        torch.bfloat16: (2**-7, 1e-6),
    },
}


def assert_close(op: str, got: Tensor, wanted: Tensor) -> None:
    """`wanted` is fp32 on the processor; how close `got` must be depends on its type alone."""
    relative, absolute = TOLERANCES[op][got.dtype]
    torch.testing.assert_close(got.float().cpu(), wanted, rtol=relative, atol=absolute)


def random(
    *shape: int, dtype: torch.dtype = torch.float32, device: str = "cpu", seed: int = 0
) -> Tensor:
    """The same numbers on every device."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(device, dtype)
