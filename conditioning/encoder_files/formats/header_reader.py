"""Reads the JSON of a safetensors header one entry at a time: what it costs is bounded by its
length, whatever a stranger wrote into it.

A JSON parser that builds all of it takes up to twenty times the bytes it reads: `[],[],[],` makes
an object of 64 bytes out of each three. Here a value is parsed alone, and only as far as an entry
of a tensor can reach.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ...translation import later

_LONGEST_ENTRY = 2000
"""Bytes of what stands behind a name: dtype, shape and two offsets take less than 200."""
_LONGEST_TEXT = 1_000_000
_MOST_TEXT = 8_000_000
"""Bytes of metadata that are kept: of one value, and of all. Longer ones are passed over."""
_LONGEST_NAME = 8000
"""Bytes of a name as it is written, escapes and all."""
_MOST_TEXTS = 65_536
_SPACE = re.compile(rb"[ \t\n\r]*")
_METADATA = "__metadata__"
_decoder = json.JSONDecoder()


class UnreadableHeader(ValueError):
    """What is wrong with it, in words that go into brackets (made with ``later``)."""


class HeaderReader:
    """`for name, value in HeaderReader(raw).entries()`, and then its ``metadata``."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self._at = raw, 0
        self._plain = _without_escapes(raw)
        self.metadata: dict[str, str] = {}
        """Texts alone; complete once the entries were read."""
        self._text_bytes = 0

    def entries(self) -> Iterator[tuple[str, Any]]:
        """Names with their values, in order. Raises :class:`UnreadableHeader`."""
        if not self._begins(b"{"):
            raise UnreadableHeader(later("it is not a list of tensors"))
        for name in self._names():
            if name == _METADATA:
                self._read_metadata()
            else:
                yield name, self._value()
        self._skip_space()
        if self._at < len(self.raw):
            raise UnreadableHeader(later("something follows behind its end"))

    def _read_metadata(self) -> None:
        if not self._begins(b"{"):
            self._value()
            return
        for number, name in enumerate(self._names(), 1):
            if number > _MOST_TEXTS:
                raise UnreadableHeader(
                    later("it has more than {most:,} entries of metadata", most=_MOST_TEXTS)
                )
            self._skip_space()
            if self.raw[self._at : self._at + 1] != b'"':
                self._value()
            else:
                self._keep(name, self._string())

    def _keep(self, name: str, quoted: bytes) -> None:
        self._text_bytes += len(name) + len(quoted)
        if len(quoted) <= _LONGEST_TEXT and self._text_bytes <= _MOST_TEXT:
            self.metadata[name] = _text(quoted)

    def _names(self) -> Iterator[str]:
        """Those of an object whose bracket was read, none of them twice: each up to its value."""
        names: set[str] = set()
        if self._begins(b"}"):
            return
        while True:
            self._skip_space()
            quoted = self._string()
            if len(quoted) > _LONGEST_NAME:
                raise UnreadableHeader(
                    later("a name in it takes {bytes:,} bytes", bytes=len(quoted))
                )
            name = _text(quoted)
            if not self._begins(b":"):
                raise UnreadableHeader(later("a colon is missing at byte {at:,}", at=self._at))
            if name in names:
                raise UnreadableHeader(later("one name stands for two entries"))
            names.add(name)
            yield name
            if self._begins(b"}"):
                return
            if not self._begins(b","):
                raise UnreadableHeader(later("a comma is missing at byte {at:,}", at=self._at))

    def _string(self) -> bytes:
        """A string with its quotes, as it is written."""
        start = self._at
        end = -1
        if self._plain[start : start + 1] == b'"':
            end = self._plain.find(b'"', start + 1)
        if end < 0:
            raise UnreadableHeader(later("a name in quotes is missing at byte {at:,}", at=start))
        self._at = end + 1
        return self.raw[start : self._at]

    def _value(self) -> Any:
        """A value of at most :data:`_LONGEST_ENTRY` bytes."""
        self._skip_space()
        part = self.raw[self._at : self._at + _LONGEST_ENTRY]
        try:
            # Latin 1 has a character for each byte; nothing but ASCII means anything here.
            value, end = _decoder.raw_decode(part.decode("latin-1"))
        except (ValueError, RecursionError) as error:
            raise UnreadableHeader(
                later("no entry of a tensor stands at byte {at:,}", at=self._at)
            ) from error
        self._at += end
        return value

    def _begins(self, sign: bytes) -> bool:
        """Passes over ``sign`` where it comes next."""
        self._skip_space()
        if self.raw[self._at : self._at + 1] != sign:
            return False
        self._at += 1
        return True

    def _skip_space(self) -> None:
        if self.raw[self._at : self._at + 1].isspace():
            match = _SPACE.match(self.raw, self._at)
            self._at = match.end() if match else self._at


def _without_escapes(raw: bytes) -> bytes:
    """The same bytes, but for escaped quotes and backslashes: each quote that is left begins or
    ends a string.
    """
    if b"\\" not in raw:
        return raw
    return raw.replace(rb"\\", b"__").replace(rb"\"", b"__")


def _text(quoted: bytes) -> str:
    try:
        plain = quoted[1:-1].decode("utf-8")
        if plain.isprintable() and "\\" not in plain:
            return plain
        text = json.loads(quoted.decode("utf-8"))
    except ValueError as error:
        raise UnreadableHeader(
            later("a text in it is no UTF-8, or holds a control character")
        ) from error
    return str(text)
