"""The header of a safetensors file: names, shapes, dtypes and byte ranges of its tensors, and not
one byte of the tensors.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...bounded_reading import regular_size
from ...errors import EncoderScopeError
from ...translation import deferred, later_count, listed, translatable
from .. import other_files
from . import pickled_names
from .header_reader import HeaderReader, UnreadableHeader
from .impostors import BrokenFile as BrokenFile
from .impostors import DamagedFile, impostor, is_plain_zip, is_zip

BITS = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(
        ("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8
    ),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}
LONGEST_HEADER = 100_000_000  # bytes: the format's own limit
LARGEST_HEADER = 16_000_000  # bytes that are read: those of more tensors than any encoder has
MOST_TENSORS = 65_536
"""In a model. The largest text encoders have 2,000, language models of many experts 40,000."""
LONGEST_NAME = 300  # characters: the longest in use take 150
_LENGTH = 8  # bytes in which a file says how long its header is
EXPECTED = translatable("A whole safetensors file was expected.")


class Pickle(EncoderScopeError):
    """A file that runs code when it is opened."""

    def __init__(self, path: Path) -> None:
        other = other_files.name(pickled_names.names_in(path))
        problem = translatable(
            "{file} is a pickle (.pt, .pth, .bin or .ckpt): opening one can run any program that "
            "someone put into it, so it is not opened."
        )
        remedy = translatable(
            "Look for a .safetensors version on the model's page, or convert this one where you "
            "trust it: torch.load(path, map_location='cpu', weights_only=True), then "
            "safetensors.torch.save_file."
        )
        if other:
            problem = translatable(
                "{file} is {title} by the names in it, as a pickle (.pt, .pth, .bin or .ckpt): "
                "opening one can run any program that someone put into it, so it is not opened."
            )
        if other and other.folder != other_files.DIFFUSION and other.notes():
            remedy = deferred(lambda: " ".join(other.notes()))
        super().__init__(
            problem,
            "A .safetensors or .gguf file was expected: these hold numbers and nothing else.",
            remedy,
            file=path.name,
            title=other.title if other else "",
        )


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One tensor as its file lists it; `dtype` is the file's own word (`BF16`,
    `F8_E4M3`, `Q4_K`).
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    file: Path
    start: int
    """First byte, counted from the beginning of the file."""
    size: int
    """Bytes."""

    @property
    def elements(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class Header:
    tensors: Mapping[str, TensorEntry]
    metadata: Mapping[str, str]
    bytes: int = 0
    """Of the header."""


def looks_like_pickle(start: bytes) -> bool:
    """A zip (torch.save since 1.6) or a bare pickle. Read as the length of a header, these first
    bytes would be absurd.
    """
    if len(start) < _LENGTH or int(struct.unpack("<Q", start[:_LENGTH])[0]) <= LONGEST_HEADER:
        return False
    return is_zip(start) or (start[:1] == b"\x80" and 2 <= start[1] <= 5)


def read_safetensors(path: Path) -> Header:
    """The header of ``path``; every byte range is checked against the file's size. Raises
    :class:`BrokenFile` and :class:`Pickle`.
    """
    total = regular_size(path)
    with path.open("rb") as file:
        start = file.read(_LENGTH)
        if looks_like_pickle(start) and not is_plain_zip(path):
            raise Pickle(path)
        length = _header_length(path, start, total)
        raw = file.read(length)
    data = _LENGTH + length
    tensors: dict[str, TensorEntry] = {}
    reader = HeaderReader(raw)
    try:
        for name, entry in reader.entries():
            if len(tensors) >= MOST_TENSORS:
                raise too_many_tensors(path.name)
            tensors[name] = _tensor(path, name, entry, data)
    except UnreadableHeader as error:
        raise DamagedFile(
            path, "The header of {file} cannot be read ({why}).", EXPECTED, why=error.args[0]
        ) from error
    _check_ranges(path, list(tensors.values()), data, total)
    return Header(tensors, reader.metadata, length)


def cut_short(path: Path, total: int, listed_bytes: int, expected: str) -> BrokenFile:
    """What to say of a file that ends before the last tensor of its header does."""
    return DamagedFile(
        path,
        "{file} is cut short: it has {total:,} bytes, and its header lists {listed:,} "
        "(missing: {missing:,}).",
        expected,
        total=total,
        listed=listed_bytes,
        missing=listed_bytes - total,
    )


def too_many_tensors(name: str) -> BrokenFile:
    """What to say of more tensors than any text encoder has."""
    return BrokenFile(
        "{name} holds more than {most:,} tensors.",
        "A text encoder was expected, which has a few hundred.",
        "Choose the file of the text encoder itself.",
        name=name,
        most=MOST_TENSORS,
    )


def _header_length(path: Path, start: bytes, total: int) -> int:
    if total < _LENGTH + 2:
        problem = later_count(
            "{file} has {count} byte, too few for even an empty model.",
            "{file} has {count} bytes, too few for even an empty model.",
            total,
            file=path.name,
        )
        raise DamagedFile(path, problem, EXPECTED)
    length = int(struct.unpack("<Q", start[:_LENGTH])[0])
    if (length > LARGEST_HEADER or length == 0) and (error := impostor(path, EXPECTED)):
        raise error
    if length > LONGEST_HEADER or length < 2:
        raise DamagedFile(
            path,
            "{file} says that its header is {length:,} bytes long.",
            "A whole safetensors file was expected; this is another kind of file, or a damaged "
            "one.",
            length=length,
        )
    if length > LARGEST_HEADER:
        raise DamagedFile(
            path,
            "{file} says that its header is {length:,} bytes long.",
            "At most {most:,} bytes were expected, which is enough for {tensors:,} tensors.",
            length=length,
            most=LARGEST_HEADER,
            tensors=MOST_TENSORS,
        )
    if length > total - _LENGTH:
        raise DamagedFile(
            path,
            "{file} ends inside its own header: it has {total:,} bytes and the header alone "
            "takes {length:,}.",
            EXPECTED,
            total=total,
            length=length + _LENGTH,
        )
    return length


def _check_name(path: Path, name: str) -> None:
    """Names are matched against patterns later: one of a megabyte is damage, and must not take a
    minute.
    """
    if len(name) > LONGEST_NAME:
        raise DamagedFile(
            path,
            "{file} has a tensor whose name is {length:,} characters long.",
            EXPECTED,
            length=len(name),
        )


def _tensor(path: Path, name: str, entry: Any, data: int) -> TensorEntry:
    _check_name(path, name)
    try:
        dtype, shape, begin, end = _checked_entry(entry)
    except (TypeError, KeyError, ValueError) as error:
        raise DamagedFile(
            path,
            "The entry of tensor {tensor!r} in {file} makes no sense.",
            EXPECTED,
            tensor=name[:80],
        ) from error
    if dtype not in BITS:
        raise BrokenFile(
            "Tensor {tensor!r} in {file} has the dtype {dtype!r}.",
            "One of {names} was expected.",
            "The file may come from a newer safetensors: look for an fp16 or bf16 version.",
            tensor=name[:80],
            file=path.name,
            dtype=dtype[:20],
            names=listed(BITS),
        )
    tensor = TensorEntry(name, shape, dtype, path, data + begin, end - begin)
    if tensor.elements * BITS[dtype] != tensor.size * 8:
        raise DamagedFile(
            path,
            "Tensor {tensor!r} in {file} claims {size:,} bytes, but {shape} in {dtype} takes "
            "{needed:,}.",
            EXPECTED,
            tensor=name[:80],
            size=tensor.size,
            shape=list(shape),
            dtype=dtype,
            needed=tensor.elements * BITS[dtype] // 8,
        )
    return tensor


def _checked_entry(entry: Any) -> tuple[str, tuple[int, ...], int, int]:
    """Dtype, shape, first byte and end. Raises TypeError, KeyError or ValueError."""
    shape = tuple(entry["shape"])
    begin, end = entry["data_offsets"]
    if not all(type(number) is int and number >= 0 for number in (*shape, begin, end)):
        raise ValueError("a size or an offset is no whole number")
    if end < begin or not isinstance(entry["dtype"], str):
        raise ValueError("its end lies before its beginning, or it has no dtype")
    return entry["dtype"], shape, begin, end


def _check_ranges(path: Path, tensors: list[TensorEntry], data: int, total: int) -> None:
    """Ranges must follow one another without gap or overlap and end where the file ends, as the
    format demands.
    """
    at = data
    for tensor in sorted(tensors, key=lambda tensor: (tensor.start, tensor.size)):
        if tensor.start != at:
            raise DamagedFile(
                path,
                "Tensor {tensor!r} in {file} overlaps the one before it."
                if tensor.start < at
                else "Tensor {tensor!r} in {file} leaves a gap before it.",
                EXPECTED,
                tensor=tensor.name[:80],
            )
        at += tensor.size
    if at > total:
        raise cut_short(path, total, at, EXPECTED)
    if at < total:
        problem = later_count(
            "{file} has {count:,} byte more than its header lists.",
            "{file} has {count:,} bytes more than its header lists.",
            total - at,
            file=path.name,
        )
        raise DamagedFile(path, problem, EXPECTED)
