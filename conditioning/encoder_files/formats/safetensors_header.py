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
from ...reports.wording import plural, verb
from .header_reader import HeaderReader, UnreadableHeader
from .impostors import BrokenFile as BrokenFile
from .impostors import impostor, is_plain_zip, is_zip

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
AGAIN = (
    "Download or copy the file again and compare its size or sha256 with the one its page gives."
)
EXPECTED = "A whole safetensors file was expected."


class Pickle(EncoderScopeError):
    """A file that runs code when it is opened."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path.name} is a pickle (.pt, .pth, .bin or .ckpt): opening one can run "
            "any program that someone put into it, "
            "so it is not opened.",
            "A .safetensors or .gguf file was expected: these hold numbers and nothing else.",
            "Look for a .safetensors version on the model's page, or convert this one "
            "where you trust it: "
            "torch.load(path, map_location='cpu', weights_only=True), then "
            "safetensors.torch.save_file.",
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
        raise BrokenFile(
            f"The header of {path.name} cannot be read ({error}).", EXPECTED, AGAIN
        ) from error
    _check_ranges(path, list(tensors.values()), data, total)
    return Header(tensors, reader.metadata, length)


def missing_bytes(count: int) -> str:
    """'1 is missing', '2,000 are missing'."""
    return f"{count:,} {verb(count, 'is', 'are')} missing"


def too_many_tensors(name: str) -> BrokenFile:
    """What to say of more tensors than any text encoder has."""
    return BrokenFile(
        f"{name} holds more than {MOST_TENSORS:,} tensors.",
        "A text encoder was expected, which has a few hundred.",
        "Choose the file of the text encoder itself.",
    )


def _header_length(path: Path, start: bytes, total: int) -> int:
    if total < _LENGTH + 2:
        raise BrokenFile(
            f"{path.name} has {plural(total, 'byte')}, too few for even an empty model.",
            EXPECTED,
            AGAIN,
        )
    length = int(struct.unpack("<Q", start[:_LENGTH])[0])
    if (length > LARGEST_HEADER or length == 0) and (error := impostor(path, EXPECTED)):
        raise error
    if length > LONGEST_HEADER or length < 2:
        raise BrokenFile(
            (
                f"{path.name} says that its header is {length:,} bytes long, which no "
                "safetensors file is."
            ),
            f"{EXPECTED[:-1]}; this is another kind of file, or a damaged one.",
            AGAIN,
        )
    if length > LARGEST_HEADER:
        raise BrokenFile(
            f"{path.name} says that its header is {length:,} bytes long.",
            f"At most {LARGEST_HEADER:,} were expected, which is enough for {MOST_TENSORS:,} "
            "tensors.",
            AGAIN,
        )
    if length > total - _LENGTH:
        raise BrokenFile(
            (
                f"{path.name} ends inside its own header: it has {total:,} bytes and the "
                f"header alone takes {length + _LENGTH:,}."
            ),
            EXPECTED,
            AGAIN,
        )
    return length


def _check_name(path: Path, name: str) -> None:
    """Names are matched against patterns later: one of a megabyte is damage, and must not take a
    minute.
    """
    if len(name) > LONGEST_NAME:
        raise BrokenFile(
            f"{path.name} has a tensor whose name is {len(name):,} characters long.",
            EXPECTED,
            AGAIN,
        )


def _tensor(path: Path, name: str, entry: Any, data: int) -> TensorEntry:
    _check_name(path, name)
    try:
        dtype, shape, begin, end = _checked_entry(entry)
    except (TypeError, KeyError, ValueError) as error:
        raise BrokenFile(
            f"The entry of tensor {name[:80]!r} in {path.name} makes no sense.", EXPECTED, AGAIN
        ) from error
    if dtype not in BITS:
        raise BrokenFile(
            f"Tensor {name[:80]!r} in {path.name} has the dtype {dtype[:20]!r}.",
            f"One of {', '.join(BITS)} was expected.",
            "The file may come from a newer safetensors: look for an fp16 or bf16 version.",
        )
    tensor = TensorEntry(name, shape, dtype, path, data + begin, end - begin)
    if tensor.elements * BITS[dtype] != tensor.size * 8:
        raise BrokenFile(
            f"Tensor {name[:80]!r} in {path.name} claims {tensor.size:,} bytes, but "
            f"{list(shape)} in {dtype} takes "
            f"{tensor.elements * BITS[dtype] // 8:,}.",
            EXPECTED,
            AGAIN,
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
            fault = "leaves a gap before it"
            if tensor.start < at:
                fault = "overlaps the one before it"
            raise BrokenFile(
                f"Tensor {tensor.name[:80]!r} in {path.name} {fault}.", EXPECTED, AGAIN
            )
        at += tensor.size
    if at > total:
        raise BrokenFile(
            (
                f"{path.name} is cut short: it has {total:,} bytes, and its header lists "
                f"{at:,} ({missing_bytes(at - total)})."
            ),
            EXPECTED,
            AGAIN,
        )
    if at < total:
        raise BrokenFile(
            f"{path.name} has {plural(total - at, 'byte')} more than its header lists.",
            EXPECTED,
            AGAIN,
        )
