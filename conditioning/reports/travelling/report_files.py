"""A report as a file: JSON, or a PNG card that has the report inside it.

    write_card(path, picture, report)      the picture, and the report that it shows
    read_report(path)                      the report of a card, or of a .json file

Files come from strangers: no chunk of a card is read that is larger than any report, nothing is
unpacked beyond that, and a report is plain JSON of a known format before anybody draws it.
"""

from __future__ import annotations

import json
import math
import os
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ...bounded_reading import TooLarge, read_bytes, regular_size
from ...errors import EncoderScopeError
from ...storage import write_atomically
from ...translation import translatable
from ..strict_json import to_json
from .report_memory import require_readable

if TYPE_CHECKING:
    from PIL import Image

KEY = "encoderscope"
"""Of the card's text chunk: PNG's zTXt, compressed ASCII. ComfyUI's page passes over it; a
compressed iTXt of this size keeps front end 1.58.1 waiting for ever.
"""
GRAPH_KEY = "prompt"
"""Of the chunk from which ComfyUI's page makes nodes when a picture is dropped on the canvas."""
LARGEST_REPORT = 20_000_000
"""Bytes of a report. That of a prompt of 10,000 words takes 10 MB."""
LONGEST_TEXT = 1_000_000
"""Bytes of one text in a report."""
_SMALL = 4_000_000
"""Bytes that may take four times as much memory, which one wide character makes of all."""
_WIDE = re.compile(rb"[\xf0-\xf4][\x80-\xbf]{3}")
_MOST_WIDE = 500_000
_MOST_CHUNKS = 10_000
_PNG = b"\x89PNG\r\n\x1a\n"
_EXPECTED = translatable(
    "A card that EncoderScope wrote (a PNG), or the JSON of one of its reports, was expected."
)


def write_card(path: Path, picture: Image.Image, report: Mapping[str, Any]) -> None:
    """Write a picture of a report as a PNG that holds the report, and a graph that asks again where
    there is one. Raises OSError, and :class:`EncoderScopeError` for a report that is too large.
    """
    write_atomically(path, card_bytes(picture, report))


def card_bytes(
    picture: Image.Image, report: Mapping[str, Any], chunks: Mapping[str, str] | None = None
) -> bytes:
    """The PNG. ``chunks``: further texts by their keys, instead of the report's own graph. Raises
    :class:`EncoderScopeError` for a report that would not be read again.
    """
    from PIL.PngImagePlugin import PngInfo

    info, text = PngInfo(), to_json(report, ascii_only=True)
    require_readable(text)
    info.add_text(KEY, text, zip=True)
    if chunks is None:
        graph = graph_of(report)
        chunks = {GRAPH_KEY: json.dumps(graph)} if graph else {}
    for key, text in chunks.items():
        info.add_text(key, text)
    data = BytesIO()
    picture.save(data, "PNG", pnginfo=info)
    return data.getvalue()


def graph_of(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """The node that made a report, with its prompt, as ComfyUI's API writes graphs; None where
    nothing of it is known.
    """
    node = _NODES.get(str(report.get("format")))
    if node is None:
        return None
    inputs = {"text": str(report.get("text", ""))}
    if node == "EncoderScope_TokenMap" and report.get("layout") == "known":
        inputs["family"] = str(report["family"])
    return {"1": {"class_type": node, "inputs": inputs}}


_NODES = {
    "encoderscope.tokens": "EncoderScope_TokenMap",
    "encoderscope.probe": "EncoderScope_BindingProbe",
    "encoderscope.image": "EncoderScope_ImageProbe",
    "encoderscope.generator": "EncoderScope_IgnoredWords",
    "encoderscope.doctor": "EncoderScope_PromptDoctor",
}


def read_report(path: Path) -> dict[str, Any]:
    """The report in a file. Raises :class:`EncoderScopeError` where there is none."""
    return checked(path, read_text(path))


def read_text(path: Path) -> str:
    """What a card has inside it, or all of another file. Raises :class:`EncoderScopeError`."""
    try:
        return decoded(path, _read(path))
    except OSError as error:
        raise EncoderScopeError(
            "{path!r} cannot be read ({reason}).",
            _EXPECTED,
            "Check the path.",
            path=str(path),
            reason=error.strerror or str(error),
        ) from error
    except UnicodeDecodeError as error:
        raise _refusal(path, _NEITHER) from error


def _read(path: Path) -> bytes:
    """The report's bytes; of a card nothing else is read."""
    regular_size(path)
    with path.open("rb") as file:
        if file.read(len(_PNG)) == _PNG:
            embedded = report_in(file)
            if embedded is None:
                raise _refusal(path, translatable("{name!r} is a picture without a report in it."))
            return embedded
    try:
        return read_bytes(path, LARGEST_REPORT)
    except TooLarge as error:
        raise _refusal(
            path,
            translatable("{name!r} has {count:,} bytes, more than any report."),
            path.stat().st_size,
        ) from error


def checked(path: Path, text: str) -> dict[str, Any]:
    """The report that this text is. Raises :class:`EncoderScopeError`."""
    require_readable(text, path.name)
    try:
        report = json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise _refusal(path, _NEITHER) from error
    is_report = isinstance(report, dict) and str(report.get("format")).startswith("encoderscope.")
    if not is_report or type(report.get("version")) is not int:
        raise _refusal(path, translatable("{name!r} is JSON, but no report."))
    return dict(report)


def _finite(number: str) -> float | None:
    """1e999 is infinity."""
    value = float(number)
    return value if math.isfinite(value) else None


def decoded(path: Path, text: bytes | bytearray) -> str:
    """The JSON in these bytes; of many, with escapes in the place of wide characters. Raises
    :class:`EncoderScopeError` for a text that no report has, and UnicodeDecodeError.
    """
    if len(text) > LARGEST_REPORT:
        raise _refusal(
            path,
            translatable("{name!r} holds a report of more than {count:,} bytes."),
            LARGEST_REPORT,
        )
    half = LONGEST_TEXT // 2
    places = range(0, len(text) - half, half)
    if any(text.find(b'"', place, place + half) < 0 for place in places):
        raise _refusal(
            path,
            translatable(
                "{name!r} holds {count:,} bytes without a quotation mark, as no report does."
            ),
            half,
        )
    wide = 0
    if len(text) > _SMALL:
        wide = sum(text.count(first) for first in (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4"))
    if wide > _MOST_WIDE:
        raise _refusal(
            path,
            translatable("{name!r} holds {count:,} wide characters, more than any report."),
            wide,
        )
    if wide:
        text = _escaped(text)
    return text.decode("utf-8-sig")


def _escaped(text: bytes | bytearray) -> bytearray:
    """The same with escapes for characters of four bytes; built in one piece, not of many."""
    narrow, place = bytearray(), 0
    for match in _WIDE.finditer(text):
        narrow += text[place : match.start()]
        narrow += json.dumps(match[0].decode())[1:-1].encode()
        place = match.end()
    narrow += text[place:]
    return narrow


def report_in(file: BinaryIO) -> bytes | None:
    """The report's bytes in an open PNG; None where it has none, or a damaged one. Other chunks are
    passed over unread.
    """
    for kind, length in islice(_chunks(file), _MOST_CHUNKS):
        unpack = _TEXT_OF.get(kind)
        if unpack is None or length > LARGEST_REPORT:
            continue
        start = file.read(min(length, len(KEY) + 1))
        if start == KEY.encode() + b"\0":
            text = unpack(file.read(length - len(start)))
            if text is not None:
                return text
    return None


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Kind and length of every whole chunk, with the file at its body."""
    at, size = len(_PNG), file.seek(0, os.SEEK_END)
    while at + 12 <= size:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        at += 12 + length
        if at > size:
            return
        yield kind, length


def _text_of_itxt(rest: bytes) -> bytes | None:
    """Behind the key: flag, method, language, translated key, text."""
    fields = rest[2:].split(b"\0", 2)
    if len(fields) < 3:
        return None
    return _unpacked(fields[2]) if rest[0] else fields[2]


def _text_of_ztxt(rest: bytes) -> bytes | None:
    """Behind the key: method, text."""
    return _unpacked(rest[1:])


def _unpacked(data: bytes) -> bytes | None:
    """No more than is read of a report; None for what is damaged."""
    reader = zlib.decompressobj()
    try:
        return reader.decompress(data, LARGEST_REPORT + 1)
    except zlib.error:
        return None


_TEXT_OF: Mapping[bytes, Callable[[bytes], bytes | None]] = {
    b"zTXt": _text_of_ztxt,
    b"iTXt": _text_of_itxt,
}


_NEITHER = translatable("{name!r} is neither a card nor JSON.")


def _refusal(path: Path, problem: str, count: int = 0) -> EncoderScopeError:
    """``problem``: an English template."""
    return EncoderScopeError(
        problem,
        _EXPECTED,
        "Take the file as it was written: pages that show pictures often strip what is inside.",
        name=path.name,
        count=count,
    )
