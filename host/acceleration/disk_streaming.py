"""Weights that lie on the disk's map, one layer in memory at a time.

A file that is mapped fills the memory as it is read, and the system takes pages back only when
others ask. On a small machine that is too late: programs stall. Here the next layer is asked for
while one computes, and each is given back when it is done. Linux only.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

_WILL_NEED, _DO_NOT_NEED = 3, 4  # <bits/mman.h>
_FILES = (".safetensors", ".gguf")
LINUX = sys.platform.startswith("linux")


class Pages:
    """Of the layers of one encoder."""

    def __init__(self, layers: list[Any]) -> None:
        self.layers, self._maps = layers, list[tuple[int, int]]()

    def streamed(self, number: int, forward: Callable[..., Any]) -> Callable[..., Any]:
        """``forward`` of a layer, which has the next one fetched meanwhile and lets its own pages
        go afterwards.
        """
        return partial(self._run, number, forward)

    def _run(self, number: int, forward: Callable[..., Any], *given: Any, **named: Any) -> Any:
        if number == 0:
            self._maps = list(untouched())
        for following in self.layers[number + 1 : number + 2]:
            self._advise(following, _WILL_NEED)
        try:
            return forward(*given, **named)
        finally:
            self._advise(self.layers[number], _DO_NOT_NEED)

    def _advise(self, layer: Any, advice: int) -> None:
        for weight in layer.parameters():
            start = weight.data_ptr()
            stop = start + weight.numel() * weight.element_size()
            first, last = (
                -(-start // mmap.PAGESIZE) * mmap.PAGESIZE,
                stop // mmap.PAGESIZE * mmap.PAGESIZE,
            )
            if first < last and any(low <= start and stop <= high for low, high in self._maps):
                _system().madvise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), advice)


@cache
def _system() -> Any:
    return ctypes.CDLL(None)


def untouched() -> Iterator[tuple[int, int]]:
    """Where this process has model files mapped and wrote nothing since: what was written would be
    lost (``/proc/self/smaps``).
    """
    low, high, clean = 0, 0, False
    with open("/proc/self/smaps", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 (Path would read it whole)
        for line in file:
            first, *rest = line.split()
            if not first.endswith(":"):
                low, high = (int(part, 16) for part in first.split("-"))
                clean = line.rstrip().endswith(_FILES)
            elif first in (
                "Anonymous:",
                "Swap:",
            ):  # copies of pages, in memory and out of it; the second stands behind the first
                clean = clean and rest[0] == "0"
                if first == "Swap:" and clean:
                    yield low, high


def on_a_map(encoder: Any) -> bool:
    """Whether any of its weights is."""
    maps = list(untouched()) if LINUX else []
    return any(
        low <= one.data_ptr() < high
        for one in encoder.parameters()
        if one.device.type == "cpu"
        for low, high in maps
    )
