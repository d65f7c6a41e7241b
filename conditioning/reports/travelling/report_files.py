"""A report as a file: JSON, or a PNG card that has the report inside it.

    write_card(path, picture, report)      the picture, and the report that it shows
    read_report(path)                      the report of a card, or of a .json file

Files come from strangers: no chunk of a card is read that is larger than any report, nothing is
unpacked beyond that, and a report is plain JSON of a known format before anybody draws it.
"""

from __future__ import annotations

import codecs
import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...bounded_reading import read_bytes
from ...errors import EncoderScopeError
from ...storage import write_atomically
from ..strict_json import strict, to_json

if TYPE_CHECKING:
    from PIL import Image

KEY = "encoderscope"
"""Of the card's text chunk: PNG's zTXt, compressed ASCII. ComfyUI's page passes over it; a
compressed iTXt of this size keeps front end 1.58.1 waiting for ever.
"""
GRAPH_KEY = "prompt"
"""Of the chunk from which ComfyUI's page makes nodes when a picture is dropped on the canvas."""
LARGEST_FILE = 64_000_000
"""Bytes of a card or of a report's JSON."""
LARGEST_REPORT = 32_000_000
"""Bytes of a report. That of a prompt of 10,000 words takes 6 MB."""
MOST_COMMAS, MOST_BRACKETS = 1_000_000, 400_000
"""In a report: each makes an object that takes far more memory than its characters. That of 10,000
words has 440,000 and 140,000 for two encoders.
"""
LONGEST_TEXT = 1_000_000
"""Bytes of one text in a report."""
_SMALL = 4_000_000
"""Bytes that may take four times as much memory, which one wide character makes of all."""
_WIDE = re.compile(rb"[\x80-\xff]+")
_MOST_CHUNKS = 10_000
_PNG = b"\x89PNG\r\n\x1a\n"
_EXPECTED = (
    "A card that EncoderScope wrote (a PNG), or the JSON of one of its reports, was expected."
)


def write_card(path: Path, picture: Image.Image, report: Mapping[str, Any]) -> None:
    """Write a picture of a report as a PNG that holds the report, and a graph that asks again where
    there is one. Raises OSError.
    """
    write_atomically(path, card_bytes(picture, report))


def card_bytes(
    picture: Image.Image, report: Mapping[str, Any], chunks: Mapping[str, str] | None = None
) -> bytes:
    """The PNG. ``chunks``: further texts by their keys, instead of the report's own graph."""
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text(KEY, to_json(report, ascii_only=True), zip=True)
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


def read_text(path: Path) -> bytes:
    """What a card has inside it, or all of another file. Raises :class:`EncoderScopeError`."""
    try:
        data = read_bytes(path, LARGEST_FILE)
    except OSError as error:
        raise EncoderScopeError(
            f"{str(path)!r} cannot be read ({error.strerror or error}).",
            _EXPECTED,
            "Check the path.",
        ) from error
    if not data.startswith(_PNG):
        return data
    embedded = report_in(data)
    if embedded is None:
        raise _refusal(path, "is a picture without a report in it")
    return embedded


def checked(path: Path, text: bytes) -> dict[str, Any]:
    """The report that these bytes are. Raises :class:`EncoderScopeError`."""
    if len(text) > LARGEST_REPORT:
        raise _refusal(path, f"holds a report of {len(text):,} bytes")
    if text.count(b",") > MOST_COMMAS or text.count(b"[") + text.count(b"{") > MOST_BRACKETS:
        raise _refusal(path, "holds more values than any report")
    try:
        report = strict(json.loads(decoded(path, text)))
    except EncoderScopeError:
        raise
    except (ValueError, RecursionError) as error:
        raise _refusal(path, "is neither a card nor JSON") from error
    is_report = isinstance(report, dict) and str(report.get("format")).startswith("encoderscope.")
    if not is_report or type(report.get("version")) is not int:
        raise _refusal(path, "is JSON, but no report")
    return dict(report)


def decoded(path: Path, text: bytes) -> str:
    """The JSON in these bytes; of many, with escapes in the place of wide characters. Raises
    :class:`EncoderScopeError` for a text that no report has, and ValueError for what is no UTF-8.
    """
    half = LONGEST_TEXT // 2
    places = range(0, len(text) - half, half)
    if any(text.find(b'"', place, place + half) < 0 for place in places):
        raise _refusal(path, "holds a text that is longer than any of a report")
    if len(text) <= _SMALL or text.isascii():
        return text.decode("utf-8-sig")
    narrow, place = bytearray(), len(codecs.BOM_UTF8) * text.startswith(codecs.BOM_UTF8)
    for wide in _WIDE.finditer(text, place):
        narrow += text[place : wide.start()]
        narrow += json.dumps(wide[0].decode())[1:-1].encode()
        place = wide.end()
    narrow += text[place:]
    del text  # two copies are enough
    return narrow.decode("ascii")


def report_in(data: bytes) -> bytes | None:
    """The report's bytes in those of a PNG; None where it has none, or a damaged one."""
    for kind, body in islice(_chunks(data), _MOST_CHUNKS):
        key, _, rest = body.partition(b"\0")
        if key == KEY.encode() and rest:
            unpack = _TEXT_OF.get(kind)
            text = unpack(rest) if unpack else None
            if text is not None:
                return text
    return None


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of every whole chunk."""
    at = len(_PNG)
    while at + 12 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        end = at + 8 + length
        if end + 4 > len(data):
            return
        yield kind, data[at + 8 : end]
        at = end + 4


def _text_of_itxt(rest: bytes) -> bytes | None:
    """Behind the key: flag, method, language, translated key, text."""
    packed, fields = rest[0], rest[2:].split(b"\0", 2)
    if len(fields) < 3:
        return None
    return _unpacked(fields[2]) if packed else fields[2]


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


def _refusal(path: Path, problem: str) -> EncoderScopeError:
    return EncoderScopeError(
        f"{path.name!r} {problem}.",
        _EXPECTED,
        "Take the file as it was written: pages that show pictures often strip what is inside.",
    )
