"""The names in a pickle that torch wrote, read without opening it: its opcodes are listed, and none
is carried out.
"""

from __future__ import annotations

import pickletools
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from itertools import chain, islice, pairwise
from pathlib import Path

from ...bounded_reading import regular_size
from ...errors import EncoderScopeError

_MOST_BYTES, _MOST_OPCODES = 4_000_000, 200_000
"""Of one pickle: a checkpoint of 3,000 tensors has half a million bytes and 100,000 opcodes."""
_PICKLES = 4
"""Before zips, torch wrote a number, a version and facts on the machine before the tensors."""
_ZIP, _STORED = b"PK\x03\x04", 0
_ZIP_HEADER = 30
_TEXTS = frozenset(
    (
        *("stringnl", "string1", "string4"),
        *("unicodestringnl", "unicodestring1", "unicodestring4", "unicodestring8"),
    )
)
"""What :mod:`pickletools` calls the arguments that are texts."""
_WIDTHS = frozenset((320, 640, 768, 1024, 1280))
"""Keys of hypernetworks, which are numbers."""


def names_in(path: Path) -> list[str]:
    """Names of tensors as far as they stand there, among other texts; empty where it is no pickle
    or cannot be read.
    """
    try:
        regular_size(path)
        data = _pickles(path)
    except (OSError, EncoderScopeError):
        return []
    texts: list[str] = []
    numbers: set[int] = set()
    with suppress(Exception):  # what is damaged raises whatever reading an argument raises
        for opcode, argument, _ in _opcodes(data):
            if opcode.arg and isinstance(argument, str) and opcode.arg.name in _TEXTS:
                texts.append(argument)
            elif isinstance(argument, int) and argument in _WIDTHS:
                numbers.add(argument)
    layers = [text for text in texts if text.startswith("linear.")]
    nested = (f"{number}.0.{layer}" for number in numbers for layer in layers)
    return [*texts, *nested, *map(".".join, pairwise(texts))]


def _pickles(path: Path) -> BytesIO:
    """The bytes of a bare pickle, or of the one that stands first in torch's archive."""
    with path.open("rb") as file:
        start = file.read(_ZIP_HEADER)
        if start.startswith(_ZIP):
            if int.from_bytes(start[8:10], "little") != _STORED:
                return BytesIO()
            lengths = (start[26:28], start[28:30])
            file.seek(sum(int.from_bytes(length, "little") for length in lengths), 1)
            start = b""
        return BytesIO(start + file.read(_MOST_BYTES))


def _opcodes(data: BytesIO) -> Iterator[tuple[pickletools.OpcodeInfo, object, int | None]]:
    each = chain.from_iterable(pickletools.genops(data) for _ in range(_PICKLES))
    return islice(each, _MOST_OPCODES)
