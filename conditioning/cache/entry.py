"""A CONDITIONING as the bytes of one safetensors file, and back, bit for bit.

    data = pack(conditioning, {"text": "a fox"})
    unpack(data, "fox.safetensors").conditioning

Tensors are the file's own; what holds them together is JSON in the header's metadata, beside a
SHA-256 of all of it. Nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors import torch as safetensors

from ..bounded_reading import read_bytes, regular_size
from ..encoder_files.formats.header_reader import HeaderReader
from ..encoder_files.formats.safetensors_header import LARGEST_HEADER
from ..errors import EncoderScopeError
from ..translation import later, translatable

FORMAT, VERSION = "encoderscope.conditioning_file", 1
ENDING = ".safetensors"
_PLAIN = (type(None), bool, int, float, str)
_DTYPES = {
    str(dtype): dtype
    for name in (
        *("float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "bool"),
        *("int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8"),
    )
    if (dtype := getattr(torch, name, None)) is not None
}
LARGEST = 2 << 30
"""Bytes of a file that somebody sent: a conditioning of 60 images' worth of tokens takes 500 MB."""
_STRANGE = translatable("{name} was not written by Save Conditioning or by the conditioning cache.")
_NOT_WHOLE = translatable("{name} is not whole ({why}).")
_DAMAGED = translatable("{name} is damaged: its checksum does not fit.")
_BLOCK = 1 << 22
_MOST_TENSORS = 10_000
"""In a conditioning: a schedule of 100 prompts has 200."""


class Unreadable(EncoderScopeError):
    """A file that is not, or no longer, what was written."""


class CannotStore(EncoderScopeError):
    """A conditioning that holds more than tensors and plain values."""


class Unpacked(NamedTuple):
    """What a file held."""

    conditioning: list[Any]
    notes: dict[str, Any]


def pack(conditioning: Any, notes: Mapping[str, Any]) -> bytes:
    """``notes``: plain JSON that travels along. Raises :class:`CannotStore`, which names what it is
    about.
    """
    _require_conditioning(conditioning)
    tensors: dict[str, torch.Tensor] = {}
    layout = json.dumps(_flatten(conditioning, "", tensors))
    table, data = _split_own(safetensors.save(tensors))
    metadata = {
        "format": FORMAT,
        "version": str(VERSION),
        "layout": layout,
        "notes": json.dumps(notes),
    }
    metadata["sha256"] = _checksum(metadata, table, data)
    header = json.dumps({"__metadata__": metadata, **table}).encode()
    header += b" " * (-len(header) % 8)
    packed = struct.pack("<Q", len(header)) + header + data
    if _split_own(packed)[0].get("__metadata__") != metadata:
        raise _too_much(later("its texts and numbers take more than a megabyte"))
    return packed


def _split_own(packed: bytes) -> tuple[dict[str, Any], memoryview]:
    """As :func:`_split`. Raises :class:`CannotStore` for what would not be read again."""
    try:
        return _split(packed)
    except ValueError as error:
        raise _too_much(error.args[0]) from error


def _too_much(why: str) -> CannotStore:
    return CannotStore(
        "The conditioning holds more than can be read again ({why}).",
        "At most {most:,} tensors, and a megabyte beside them, were expected.",
        "Store its parts in files of their own.",
        why=why,
        most=_MOST_TENSORS,
    )


def unpack(data: bytes, name: str) -> Unpacked:
    """``name`` is what messages call the file. Raises :class:`Unreadable`."""
    return _unpack(data, name, None)


def load(path: Path, most: int = LARGEST) -> tuple[Unpacked, int]:
    """What a file holds, and its size in bytes. Raises OSError and :class:`EncoderScopeError`."""
    start, header = _declared(path)
    data = read_bytes(path, most)
    if not data.startswith(start):  # another file was put into its place meanwhile
        return _unpack(data, path.name, None), len(data)
    return _unpack(data, path.name, header), len(data)


def checked_notes(path: Path) -> dict[str, Any]:
    """The notes of a file whose checksum fits; it is read block by block, whatever its size. Raises
    OSError and :class:`EncoderScopeError`.
    """
    start, header = _declared(path)
    metadata = header.pop("__metadata__")
    try:
        digest = _digest(metadata, header)
        with path.open("rb") as file:
            file.seek(len(start))
            while block := file.read(_BLOCK):
                digest.update(block)
        if metadata.get("sha256") != digest.hexdigest():
            raise _unreadable(_DAMAGED, name=path.name)
        return dict(json.loads(metadata["notes"]))
    except Unreadable:
        raise
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        reason = type(error).__name__
        raise _unreadable(_NOT_WHOLE, name=path.name, why=reason) from error


def _unpack(data: bytes, name: str, header: dict[str, Any] | None) -> Unpacked:
    """``header``: what :func:`_parsed` made of the beginning, where that was done before."""
    try:
        if header is None:
            header = _split(data)[0]
        body = memoryview(data)[8 + int.from_bytes(data[:8], "little") :]
        metadata = header.pop("__metadata__", {})
        if metadata.get("format") != FORMAT:
            raise _unreadable(_STRANGE, name=name)
        if metadata.get("version") != str(VERSION):
            raise _unreadable(
                translatable(
                    "{name} has version {version!r} of the format, and this EncoderScope reads "
                    "{known}."
                ),
                name=name,
                version=metadata.get("version"),
                known=VERSION,
            )
        if metadata.get("sha256") != _checksum(metadata, header, body):
            raise _unreadable(_DAMAGED, name=name)
        tensors = safetensors.load(data)
        layout = json.loads(metadata["layout"])
        conditioning = _rebuild(layout, lambda leaf: _tensor(leaf, tensors))
        _require_conditioning(conditioning)
        return Unpacked(conditioning, dict(json.loads(metadata["notes"])))
    except Unreadable:
        raise
    except (
        SafetensorError,
        struct.error,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        reason = f"{type(error).__name__}: {str(error)[:120]}"
        raise _unreadable(_NOT_WHOLE, name=name, why=reason) from error


def _declared(path: Path) -> tuple[bytes, dict[str, Any]]:
    """The beginning of a file that says that it is a conditioning, and the header in it: the rest
    of one that says something else is never read. Raises OSError and :class:`EncoderScopeError`.
    """
    size = regular_size(path)
    with path.open("rb") as file:
        start = file.read(8)
        length = int.from_bytes(start, "little")
        if size < 8 or length > min(size - 8, LARGEST_HEADER):
            raise _unreadable(_NOT_WHOLE, name=path.name, why=later("it ends inside its header"))
        start += file.read(length)
    try:
        header = _parsed(start[8:])
    except ValueError as error:
        raise _unreadable(_NOT_WHOLE, name=path.name, why=error.args[0]) from error
    if header.get("__metadata__", {}).get("format") != FORMAT:
        raise _unreadable(_STRANGE, name=path.name)
    return start, header


def notes_of(data: bytes) -> dict[str, Any]:
    """The notes alone, unchecked, from the beginning of a file; empty where there are none."""
    try:
        (length,) = struct.unpack("<Q", data[:8])
        return dict(json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["notes"]))
    except (struct.error, ValueError, LookupError, TypeError, RecursionError):
        return {}


def _unreadable(problem: str, **values: object) -> Unreadable:
    return Unreadable(
        problem,
        "A conditioning that EncoderScope wrote was expected.",
        "Save it again, or ask for it again.",
        **values,
    )


def _split(data: bytes) -> tuple[dict[str, Any], memoryview]:
    """The header and the bytes of the tensors."""
    (length,) = struct.unpack("<Q", data[:8])
    if length > min(len(data) - 8, LARGEST_HEADER):
        raise ValueError("the file ends inside its header")
    return _parsed(data[8 : 8 + length]), memoryview(data)[8 + length :]


def _parsed(text: bytes) -> dict[str, Any]:
    """The table of a header, with the metadata under the name that it has in the file. Raises
    ValueError.
    """
    reader = HeaderReader(text)
    header: dict[str, Any] = dict(islice(reader.entries(), _MOST_TENSORS + 1))
    if len(header) > _MOST_TENSORS:
        raise ValueError(later("it holds more than {most:,} tensors", most=_MOST_TENSORS))
    if reader.metadata:
        header["__metadata__"] = reader.metadata
    return header


def _checksum(metadata: Mapping[str, str], table: Mapping[str, Any], data: memoryview) -> str:
    """Of all that the file holds, in an order that does not depend on who wrote the header."""
    digest = _digest(metadata, table)
    digest.update(data)
    return str(digest.hexdigest())


def _digest(metadata: Mapping[str, str], table: Mapping[str, Any]) -> Any:
    """The checksum of all but the bytes of the tensors, which come last."""
    digest = hashlib.sha256()
    for part in (metadata["layout"], metadata["notes"], json.dumps(table, sort_keys=True)):
        digest.update(hashlib.sha256(part.encode()).digest())
    return digest


# --- values
# --------------------------------------------------------------------------------------------------


def _require_conditioning(value: Any) -> None:
    if not isinstance(value, (list, tuple)):
        problem = later("This is no conditioning: it is a {type}.", type=type(value).__name__)
    elif not value:
        problem = later("This is no conditioning: it has no entries.")
    elif (number := next((n for n, each in enumerate(value, 1) if not _is_entry(each)), 0)) > 0:
        problem = later(
            "This is no conditioning: entry {number} is no pair of a tensor and a dictionary.",
            number=number,
        )
    else:
        return
    raise CannotStore(
        problem,
        "A list of pairs, a tensor and a dictionary each, was expected.",
        "Connect the CONDITIONING output of a text node.",
    )


def _is_entry(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and len(value) == 2
        and torch.is_tensor(value[0])
        and isinstance(value[1], dict)
    )


def _flatten(value: Any, where: str, tensors: dict[str, torch.Tensor]) -> Any:
    """The layout of a value; its tensors go into ``tensors``. Exact types only: a subclass may hold
    more than it shows.
    """
    if type(value) in _PLAIN:
        return {"value": value}
    if (
        type(value) is torch.Tensor
        and value.layout is torch.strided
        and str(value.dtype) in _DTYPES
        and not value.is_meta
    ):
        name = f"{len(tensors):04d}{where}"
        tensors[name] = value.detach().cpu().clone(memory_format=torch.contiguous_format)
        return {"tensor": name, "dtype": str(value.dtype), "shape": list(value.shape)}
    if type(value) in (list, tuple):
        return {
            type(value).__name__: [
                _flatten(each, f"{where}.{number}", tensors) for number, each in enumerate(value)
            ]
        }
    if type(value) is dict and all(type(name) is str for name in value):
        return {
            "dict": [
                [name, _flatten(each, f"{where}.{name}", tensors)] for name, each in value.items()
            ]
        }
    raise CannotStore(
        "The conditioning holds {place} ({kind}).",
        "Only tensors, numbers, texts and lists of them can be stored in a file.",
        (
            "Take the conditioning from before the node that added it (a hook, a control "
            "net, a mask of another kind)."
        ),
        place=where.lstrip("."),
        kind=_kind(value),
    )


def _kind(value: Any) -> str:
    """What keeps a value from being stored."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if type(value) is dict:
        name = next(name for name in value if type(name) is not str)
        return later("a dictionary with {name!r} for a key, which is no text", name=name)
    if not torch.is_tensor(value):
        return kind
    if value.is_meta:
        return later("a tensor without numbers (meta)")
    if value.layout is not torch.strided:
        return later("a sparse tensor of {dtype}", dtype=value.dtype)
    return f"{kind}, {value.dtype}"


def _rebuild(layout: Any, tensor: Callable[[Any], torch.Tensor]) -> Any:
    """The value of a layout that :func:`_flatten` made. Raises ValueError."""
    if "tensor" in layout:
        return tensor(layout)
    ((kind, content),) = layout.items()
    if kind == "value" and type(content) in _PLAIN:
        return content
    if kind == "dict":
        return {str(name): _rebuild(each, tensor) for name, each in content}
    if kind in ("list", "tuple"):
        return {"list": list, "tuple": tuple}[kind](_rebuild(each, tensor) for each in content)
    raise ValueError(f"unknown kind of value {kind!r}")


def _tensor(leaf: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> torch.Tensor:
    tensor = tensors[leaf["tensor"]]
    if str(tensor.dtype) != leaf["dtype"] or list(tensor.shape) != leaf["shape"]:
        raise ValueError(
            f"{leaf['tensor']} is {tensor.dtype} {list(tensor.shape)}, not {leaf['dtype']} "
            f"{leaf['shape']}"
        )
    return tensor
