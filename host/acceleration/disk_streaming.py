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


class LayerPages:
    """The pages of memory that hold the layers of one encoder."""

    def __init__(self, layers: list[Any]) -> None:
        self.layers = layers
        self._maps: list[tuple[int, int]] = []

    def streamed(self, number: int, forward: Callable[..., Any]) -> Callable[..., Any]:
        """``forward`` of a layer, which has the next one fetched meanwhile and lets its own pages
        go afterwards.
        """
        return partial(self._run, number, forward)

    def _run(
        self, number: int, forward: Callable[..., Any], *arguments: Any, **keywords: Any
    ) -> Any:
        if number == 0:
            self._maps = list(clean_file_maps())
        for following in self.layers[number + 1 : number + 2]:
            self._advise(following, _WILL_NEED)
        try:
            return forward(*arguments, **keywords)
        finally:
            self._advise(self.layers[number], _DO_NOT_NEED)

    def _advise(self, layer: Any, advice: int) -> None:
        for weight in layer.parameters():
            _advise_weight(weight, self._maps, advice)


def releasing() -> Callable[[Any], None]:
    """Lets the pages of a weight go that lies on the map of a file: it was looked at once."""
    maps = list(clean_file_maps()) if LINUX else []
    return lambda weight: _advise_weight(weight, maps, _DO_NOT_NEED)


def _advise_weight(weight: Any, maps: list[tuple[int, int]], advice: int) -> None:
    start = weight.data_ptr()
    stop = start + weight.numel() * weight.element_size()
    if any(low <= start and stop <= high for low, high in maps):
        _advise_pages(start, stop, advice)


def _advise_pages(start: int, stop: int, advice: int) -> None:
    """Only of the pages that lie between two addresses as a whole."""
    first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
    last = stop // mmap.PAGESIZE * mmap.PAGESIZE
    if first < last:
        _libc().madvise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), advice)


@cache
def _libc() -> Any:
    return ctypes.CDLL(None)


def clean_file_maps() -> Iterator[tuple[int, int]]:
    """Where this process has model files mapped and wrote nothing since: what was written would be
    lost (``/proc/self/smaps``).
    """
    low = high = 0
    clean = False
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


def is_mapped(encoder: Any) -> bool:
    """Whether any of an encoder's weights lies on the map of a model file."""
    if not LINUX:
        return False
    maps = list(clean_file_maps())
    return any(
        low <= weight.data_ptr() < high
        for weight in encoder.parameters()
        if weight.device.type == "cpu"
        for low, high in maps
    )
