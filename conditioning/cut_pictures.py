"""Whether a picture file ends before its pixels do, from its structure: a decoder makes room for
all of them before it notices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from PIL import ImageFile

_BLOCK = 1 << 20
_RAW_BYTES = {"L": 1, "RGB": 3, "BGR": 3, "RGBA": 4, "BGRA": 4, "RGBX": 4, "BGRX": 4, "CMYK": 4}
"""Pillow's names of pixels that are not packed -> bytes of one."""


def is_cut(picture: ImageFile.ImageFile, file: BinaryIO) -> bool:
    """Whether the file that Pillow opened lacks some of its pixels; False where the structure does
    not tell. ``file``: the same, for reading of its own.
    """
    look = _LOOK.get(picture.format or "")
    size = file.seek(0, 2)
    return _raw_end(picture) > size or (look is not None and look(picture, file, size))


def _raw_end(picture: ImageFile.ImageFile) -> int:
    """Where the last of the pixels stands that are not packed."""
    ends = [0]
    for decoder, (left, top, right, bottom), offset, arguments in picture.tile:
        if decoder == "raw" and isinstance(arguments, tuple):
            mode, stride, *_ = (*arguments, 0)
            row = stride or (right - left) * _RAW_BYTES.get(str(mode), 0)
            ends.append(offset + row * (bottom - top))
    return max(ends)


def _png(_: ImageFile.ImageFile, file: BinaryIO, size: int) -> bool:
    at = 8
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        end = at + 8 + int.from_bytes(head[:4], "big")
        if head[4:] == b"IDAT" and end > size:
            return True
        at = end + 4
    return False


def _jpeg(_: ImageFile.ImageFile, file: BinaryIO, size: int) -> bool:
    """Whether no end follows the first scan; thumbnails before it have ends of their own."""
    at, marker = 2, b""
    while marker != b"\xff\xda":
        file.seek(at)
        marker, length = file.read(2), file.read(2)
        if marker[:1] != b"\xff" or len(length) < 2:
            return False
        at += 2 + int.from_bytes(length, "big")
    file.seek(at)
    last = b""
    while block := file.read(_BLOCK):
        if b"\xff\xd9" in last + block:
            return False
        last = block[-1:]
    return at < size


def _gif(picture: ImageFile.ImageFile, file: BinaryIO, size: int) -> bool:
    """Of the first frame, which alone is read."""
    at = picture.tile[0][2] if picture.tile else size
    while at < size:
        file.seek(at)
        length = file.read(1)[0]
        at += 1 + length
        if not length:
            return False
    return at > size


_LOOK: Mapping[str, Callable[[ImageFile.ImageFile, BinaryIO, int], bool]] = {
    "PNG": _png,
    "JPEG": _jpeg,
    "MPO": _jpeg,
    "GIF": _gif,
}
"""Pillow's names of formats -> whether the packed pixels are cut."""
