"""What this processor is good at: whether bf16 pays, and the faster of torch's two libraries for
fp32 products on processors of AMD.

torch multiplies fp32 with MKL, which is slower there than oneDNN. While
``torch.backends.mkldnn.matmul.fp32_precision`` is ``"bf16"``, oneDNN does it. That permits bf16,
and where the processor has a matrix unit for it (AMX), bf16 is what comes out; elsewhere it is
fp32.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import torch

_LARGEST_ERROR = 1e-6
"""Relative. bf16 makes 2e-3."""


@contextmanager
def onednn() -> Iterator[None]:
    """Inside, oneDNN multiplies fp32 on the CPU."""
    matmul = torch.backends.mkldnn.matmul
    before = matmul.fp32_precision
    matmul.fp32_precision = "bf16"
    try:
        yield
    finally:
        matmul.fp32_precision = before


@cache
def onednn_pays() -> bool:
    """An AMD processor on which the result is fp32: measured once."""
    return hasattr(torch.backends.mkldnn, "matmul") and _amd() and is_fp32()


@cache
def bf16_pays() -> bool:
    """Products in bf16 are faster than in fp32: without units for them they take five times as
    long. Tried once, in some milliseconds.
    """
    x, w = torch.ones(128, 1024), torch.ones(1024, 1024)  # nobody's random numbers are touched
    narrow, narrow_w = x.bfloat16(), w.bfloat16()
    return _seconds(lambda: torch.mm(narrow, narrow_w.t())) < _seconds(lambda: torch.mm(x, w.t()))


def _seconds(work: Callable[[], object]) -> float:
    times = []
    for _ in range(4):  # the first prepares
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def is_fp32() -> bool:
    """Whether oneDNN's product is fp32 on this processor, not bf16."""
    generator = torch.Generator().manual_seed(0)
    x, w = torch.randn(64, 512, generator=generator), torch.randn(256, 512, generator=generator)
    with onednn():
        product = torch.mm(x, w.t())
    truth = x.double() @ w.double().t()
    return bool((product - truth).norm() / truth.norm() < _LARGEST_ERROR)


def _amd() -> bool:
    try:
        described = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:  # not Linux: Windows names the processor's maker for every program
        described = os.environ.get("PROCESSOR_IDENTIFIER", "")
    return "AuthenticAMD" in described
