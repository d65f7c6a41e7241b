"""What targets share: bytes as texts, numbers and files, and the promises that are asked for."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from encoderscope.conditioning.reports.strict_json import to_json

_LONGEST_TEXT = 2000
"""Characters: a target is called thousands of times."""


def text_of(data: bytes) -> str:
    """Any text that Python can hold, halves of surrogate pairs among them."""
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    return text[:_LONGEST_TEXT]


def require(condition: object, words: str) -> None:
    """Unlike assert, it also counts where Python leaves those out."""
    if not condition:
        raise AssertionError(words)


def require_json(report: Any) -> None:
    line = to_json(report)
    require("\n" not in line and json.loads(line) is not None, "no strict JSON")


@cache
def own_folder() -> Path:
    """For the files of one process."""
    return Path(tempfile.mkdtemp(prefix="encoderscope-fuzz-"))


def write_file(name: str, data: bytes) -> Path:
    path = own_folder() / name
    path.write_bytes(data)
    return path


class Bytes:
    """Takes numbers and texts off a string of bytes; of its end, zeros."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self, below: int) -> int:
        value = self.data[self.at] if self.at < len(self.data) else 0
        self.at += 1
        return value % below

    def text(self) -> str:
        size = self.number(64)
        part = self.data[self.at : self.at + size]
        self.at += size
        return part.decode("utf-8", "replace")
