"""The header of a GGUF file (llama.cpp, ComfyUI-GGUF), read without the `gguf` package: naming a
file needs no dequantiser.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from ...bounded_reading import regular_size
from ...translation import listed, translatable
from .impostors import (
    BrokenFile,
    DamagedFile,
    beginning,
    impostor,
    looks_like_safetensors,
    misnamed,
)
from .safetensors_header import LONGEST_NAME, MOST_TENSORS, Header, TensorEntry, cut_short

MAGIC = b"GGUF"
EXPECTED = translatable("A whole GGUF file of version 2 or 3, little-endian, was expected.")
# Type number -> (name, values in a block, bytes of a block). From ggml's table of quantisation
# types.
_TYPES = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    9: ("Q8_1", 32, 40),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1),
    25: ("I16", 1, 2),
    26: ("I32", 1, 4),
    27: ("I64", 1, 8),
    28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36),
}
TYPES = frozenset(name for name, _, _ in _TYPES.values())
PLAIN = {"F64", "F32", "F16", "BF16", "I8", "I16", "I32", "I64"}
_SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_STRING, _ARRAY = 8, 9
_MOST_ENTRIES = MOST_TENSORS
"""Entries of metadata: a file has 50, and one for each tensor that was reshaped."""
_MOST_ITEMS = 2_000_000
"""Texts in arrays, together: the largest vocabularies have 800,000 pieces and merges."""
_NESTED_COST = 50
"""An array in an array counts as that many texts: it is read by Python alone."""
_LARGEST_HEADER = 64_000_000
"""Bytes of a header: that of a vocabulary of 800,000 pieces takes 20 MB."""
_LONGEST_TEXT = 65_536
_MOST_TEXT = 4_000_000
"""Bytes of texts that are kept: of one, and of all. Of others only the length is known."""
_DEEPEST = 4
_LONGEST_KEPT = 8  # numbers of an array that is kept: shapes are
_BUFFER = 1 << 20
_LENGTH = struct.Struct("<Q")
_ORIGINAL_SHAPE = (
    "comfy.gguf.orig_shape."  # ComfyUI-GGUF notes the shape of a tensor that had to be reshaped
)


def is_gguf(path: Path) -> bool:
    """Whether a file begins as a GGUF file does, whatever its name says. Raises OSError, and
    :class:`EncoderScopeError` for what is no regular file.
    """
    regular_size(path)
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


class _GgufReader:
    """Reads numbers and strings in a row, and passes over what nothing here needs; a length that
    leads past the end of the file, or of any header, is damage and not a memory error.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path, self.file, self.total = path, file, regular_size(path)
        self._end = min(self.total, _LARGEST_HEADER)
        self._items = 0
        self._text_bytes = 0

    def take(self, size: int) -> bytes:
        self._require(size)
        return self.file.read(size)

    def skip(self, size: int) -> None:
        self._require(size)
        self.file.seek(size, 1)

    def _require(self, size: int) -> None:
        """Raises :class:`BrokenFile` where fewer bytes are left of the header."""
        if size <= self._end - self.file.tell():
            return
        if self._end < self.total:
            raise DamagedFile(
                self.path,
                "The header of {file} is longer than {most:,} bytes.",
                EXPECTED,
                most=_LARGEST_HEADER,
            )
        raise DamagedFile(self.path, "{file} ends inside its own header.", EXPECTED)

    def number(self, code: str) -> Any:
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def text(self, most: int = LONGEST_NAME) -> str:
        """A name of at most so many bytes."""
        length = self.number("Q")
        self._require(length)
        if length > most:
            raise DamagedFile(
                self.path,
                "{file} has a name that is {length:,} bytes long.",
                EXPECTED,
                length=length,
            )
        return self.take(length).decode("utf-8", "replace")

    def value(self, kind: int, depth: int = 0, whole: bool = False) -> Any:
        """A scalar or a string; of an array, and of a long string, only the length unless the
        ``whole`` is asked for, since vocabularies are long and naming a file needs no words of
        theirs.
        """
        if kind == _STRING:
            return self._text_or_length(whole)
        if kind == _ARRAY and depth < _DEEPEST:
            return self._array(depth, whole)
        if kind not in _SCALARS:
            raise DamagedFile(
                self.path, "{file} has metadata of the unknown type {type}.", EXPECTED, type=kind
            )
        return self.number(_SCALARS[kind])

    def _text_or_length(self, whole: bool) -> str | int:
        length: int = self.number("Q")
        self._text_bytes += length
        if not whole and (length > _LONGEST_TEXT or self._text_bytes > _MOST_TEXT):
            self.skip(length)
            return length
        return self.take(length).decode("utf-8", "replace")

    def _array(self, depth: int, whole: bool) -> Any:
        kind, length = self.number("I"), self.number("Q")
        if kind in _SCALARS:
            return self._numbers(_SCALARS[kind], length, whole)
        if whole:
            self._count(length)
            return [self.value(kind, depth + 1, whole) for _ in range(length)]
        if kind == _STRING:
            self._require(length * _LENGTH.size)
            self._count(length)
            self._skip_texts(length)
            return length
        for _ in range(length):
            self._count(_NESTED_COST)
            self.value(kind, depth + 1)
        return length

    def _numbers(self, code: str, length: int, whole: bool) -> Any:
        size = length * struct.calcsize("<" + code)
        if whole:
            self._count(length)
        elif length > _LONGEST_KEPT:
            self.skip(size)
            return length
        return list(struct.unpack(f"<{length}{code}", self.take(size)))

    def _count(self, items: int) -> None:
        self._items += items
        if self._items > _MOST_ITEMS:
            raise DamagedFile(
                self.path,
                "{file} lists more than {most:,} texts.",
                "A whole GGUF file was expected; no vocabulary is as long.",
                most=_MOST_ITEMS,
            )

    def _skip_texts(self, count: int) -> None:
        """Passes over ``count`` strings: their lengths are read in blocks."""
        while count:
            self._require(_LENGTH.size)
            block, at = self.file.read(_BUFFER), 0
            last = len(block) - _LENGTH.size
            while count and at <= last:
                at += _LENGTH.size + _LENGTH.unpack_from(block, at)[0]
                count -= 1
            self.file.seek(-len(block), 1)
            self.skip(at)


def read_gguf(path: Path) -> Header:
    """Names, shapes (outermost axis first, as torch has them), types and metadata of ``path``.
    Lengths stand for arrays. Raises :class:`BrokenFile`.
    """
    _check_beginning(path)
    with path.open("rb", buffering=_BUFFER) as file:
        reader = _GgufReader(path, file)
        tensor_count, entry_count = _counts(reader)
        metadata = dict(_entries(reader, entry_count))
        listed = [_listed(reader) for _ in range(tensor_count)]
        data = end = file.tell()
    step = metadata.get("general.alignment", 32)
    if type(step) is not int or not 0 < step <= _BUFFER:
        raise DamagedFile(path, "{file} aligns its tensors at {step!r} bytes.", EXPECTED, step=step)
    data = math.ceil(data / step) * step
    tensors = {
        name: _tensor(path, name, shape, kind, data + at, metadata)
        for name, shape, kind, at in listed
    }
    if len(tensors) < len(listed):
        raise DamagedFile(path, "In {file} one name stands for two tensors.", EXPECTED)
    _check_end(path, tensors, reader.total)
    texts = {
        key: str(value) for key, value in metadata.items() if not key.startswith(_ORIGINAL_SHAPE)
    }
    return Header(tensors, texts, end)


def read_entries(path: Path, keys: Collection[str]) -> dict[str, Any]:
    """The entries of these names, arrays whole. Raises :class:`BrokenFile`."""
    with path.open("rb", buffering=_BUFFER) as file:
        reader = _GgufReader(path, file)
        _, entry_count = _counts(reader)
        return {key: value for key, value in _entries(reader, entry_count, keys) if key in keys}


def _entries(
    reader: _GgufReader, count: int, whole_keys: Collection[str] = ()
) -> Iterator[tuple[str, Any]]:
    """The entries of metadata, in order; arrays whole where ``whole_keys`` names them."""
    for _ in range(count):
        key = reader.text(_LONGEST_TEXT)
        yield key, reader.value(reader.number("I"), whole=key in whole_keys)


def _check_beginning(path: Path) -> None:
    if is_gguf(path):
        return
    if looks_like_safetensors(beginning(path)):
        raise misnamed(path, ".safetensors")
    if error := impostor(path, EXPECTED):
        raise error


def _counts(reader: _GgufReader) -> tuple[int, int]:
    if reader.take(4) != MAGIC:
        raise DamagedFile(reader.path, "{file} does not begin as a GGUF file does.", EXPECTED)
    version, tensors, entries = reader.number("I"), reader.number("Q"), reader.number("Q")
    if version not in (2, 3):
        raise BrokenFile(
            "{file} is GGUF of version {version}, or of another byte order.",
            EXPECTED,
            "Look for a newer file of this model.",
            file=reader.path.name,
            version=version,
        )
    if tensors > MOST_TENSORS or entries > _MOST_ENTRIES:
        raise DamagedFile(
            reader.path,
            "{file} claims {tensors:,} tensors and {entries:,} entries.",
            "At most {most:,} of each were expected.",
            tensors=tensors,
            entries=entries,
            most=MOST_TENSORS,
        )
    return tensors, entries


def _listed(reader: _GgufReader) -> tuple[str, tuple[int, ...], int, int]:
    name, axes = reader.text(), reader.number("I")
    if axes > 8:
        raise DamagedFile(
            reader.path,
            "Tensor {tensor!r} in {file} claims {axes} axes.",
            EXPECTED,
            tensor=name[:80],
            axes=axes,
        )
    shape = tuple(reader.number("Q") for _ in range(axes))
    return name, shape[::-1], reader.number("I"), reader.number("Q")


def _tensor(
    path: Path, name: str, shape: tuple[int, ...], kind: int, start: int, metadata: dict[str, Any]
) -> TensorEntry:
    if kind not in _TYPES:
        raise BrokenFile(
            "Tensor {tensor!r} in {file} has the unknown GGUF type {type}.",
            "One of {names} was expected.",
            "Choose another quantisation of this model: Q8_0, Q6_K and Q4_K are widely understood.",
            tensor=name[:80],
            file=path.name,
            type=kind,
            names=listed(title for title, _, _ in _TYPES.values()),
        )
    title, block, size = _TYPES[kind]
    values = math.prod(shape)
    if values % block:
        raise DamagedFile(
            path,
            "Tensor {tensor!r} in {file} does not fill whole blocks of {type}.",
            EXPECTED,
            tensor=name[:80],
            type=title,
        )
    original = metadata.get(_ORIGINAL_SHAPE + name)
    if isinstance(original, list) and math.prod(original) == values:
        shape = tuple(original)
    return TensorEntry(name, shape, title, path, start, values // block * size)


def _check_end(path: Path, tensors: dict[str, TensorEntry], total: int) -> None:
    end = max((tensor.start + tensor.size for tensor in tensors.values()), default=0)
    if end > total:
        raise cut_short(path, total, end, EXPECTED)
