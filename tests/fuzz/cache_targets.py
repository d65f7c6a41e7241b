"""Entries of the cache, whole and damaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import torch
from encoderscope.conditioning.cache import entry
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.fuzz.promises import Bytes, require, write_file


def cache_entry(data: bytes) -> None:
    """Any bytes in the place of an entry are unreadable, or what was written."""
    entry.notes_of(data)
    with suppress(EncoderScopeError):
        unpacked = entry.unpack(data, "entry")
        require(isinstance(unpacked.conditioning, list), "no conditioning")
    path = write_file("entry.safetensors", data)
    with suppress(EncoderScopeError):
        entry.load(path)


def damaged_entry(data: bytes) -> None:
    """A whole entry with bytes exchanged, cut off or put in: never another answer."""
    packed = packed_entry()
    source, damaged = Bytes(data), bytearray(packed)
    for place in _places(source, len(packed)):
        kind = source.number(4)
        if kind == 0:
            del damaged[place : place + 1 + source.number(16)]
        elif kind == 1:
            damaged[place:place] = bytes([source.number(256)])
        elif place < len(damaged):
            damaged[place] = source.number(256)
    if bytes(damaged) == packed:
        return
    try:
        unpacked = entry.unpack(bytes(damaged), "entry")
    except EncoderScopeError:
        return
    written = entry.unpack(packed, "entry")
    require(unpacked.notes == written.notes, "other notes")
    require(is_same(unpacked.conditioning, written.conditioning), "other numbers")


def _places(source: Bytes, size: int) -> Iterator[int]:
    for _ in range(1 + source.number(3)):
        yield (source.number(256) << 8 | source.number(256)) % size


def is_same(first: Any, second: Any) -> bool:
    if torch.is_tensor(first):
        return torch.is_tensor(second) and torch.equal(first, second)
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(map(is_same, first, second))
    if isinstance(first, dict):
        return list(first) == list(second) and all(is_same(first[k], second[k]) for k in first)
    return bool(first == second and type(first) is type(second))


@cache
def packed_entry() -> bytes:
    tensor = torch.arange(48, dtype=torch.float32).reshape(1, 6, 8)
    extras = {
        "pooled_output": torch.ones(1, 4, dtype=torch.float16),
        "strength": 1.5,
        "area": (1, 2),
    }
    return entry.pack([[tensor, extras]], {"key": {"text": "a red car"}})
