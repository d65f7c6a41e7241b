"""What says that memory ran out: errors of Python, of the system and of torch."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator

from .errors import EncoderScopeError

_FULL = re.compile(r"out of memory|not enough memory|can't allocate memory", re.IGNORECASE)
"""What torch says where memory is full, in an error of no kind of its own."""
_SIZE = re.compile(r"tried to allocate [\d.]+ \w+", re.IGNORECASE)


class OutOfMemory(EncoderScopeError):
    """The computer's memory ran out."""


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and those that it was raised from."""
    while error is not None:
        yield error
        error = error.__cause__


def is_shortage(error: BaseException) -> bool:
    """Whether memory ran out, as Python, the system or torch say it."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    if isinstance(error, RuntimeError):
        return _FULL.search(str(error)) is not None
    return isinstance(error, MemoryError)


def detail(error: BaseException) -> str:
    """torch's words for how much was asked for, where it says so; else the error's kind."""
    size = _SIZE.search(str(error))
    return size.group() if size else type(error).__name__
