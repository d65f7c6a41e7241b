"""What a file is that stands under a model's name and is none, told by how it begins."""

from __future__ import annotations

import struct
from pathlib import Path

from ...errors import EncoderScopeError
from ...translation import later, translatable

_LOOKED_AT = 64  # bytes
_ZIP = b"PK\x03\x04"
_ZIP_NAME, _LONGEST_ZIP_NAME = 30, 300
"""Where the name of a ZIP's first entry begins, and how far it is looked at."""
_UNFINISHED_ENDINGS = (".part", ".partial", ".crdownload", ".incomplete", ".download", ".aria2")
_ARIA2 = ".aria2"
"""Ending of the note that aria2 keeps beside a file until it is whole."""
_LARGEST_HEADER = 100_000_000
_SHORTEST_TEXT = 8
_BINARY = {
    _ZIP: translatable("a ZIP archive"),
    b"\x1f\x8b": translatable("a gzip archive"),
    b"7z\xbc\xaf": translatable("a 7z archive"),
    b"Rar!": translatable("a RAR archive"),
    b"\x89PNG": translatable("a picture (PNG)"),
    b"\xff\xd8\xff": translatable("a picture (JPEG)"),
    b"\x89HDF": translatable("an HDF5 file (Keras, TensorFlow)"),
    b"\x93NUMPY": translatable("a NumPy array"),
    **dict.fromkeys((b"tjgg", b"lmgg", b"fmgg"), translatable("a GGML file, older than GGUF")),
}
_WEB_AGAIN = translatable(
    "Open the model's page in a browser: it may ask you to log in or to accept its terms. Then "
    "download the file again."
)
_LFS_AGAIN = translatable(
    "Download the file itself from the model's page, or run git lfs pull where it lies."
)
_UNPACK = translatable("Unpack it, and choose the .safetensors or .gguf file in it.")
_WAIT = translatable("Wait until the download has ended, or start it again.")
_OTHER = translatable("Download the .safetensors or .gguf file of the model.")
AGAIN = translatable(
    "Download or copy the file again and compare its size or sha256 with the one its page gives."
)


class BrokenFile(EncoderScopeError):
    """A model file that cannot be trusted: cut short, damaged, or not what its name says."""


class DamagedFile(BrokenFile):
    """One that is to be downloaded again; its sentences may name the ``{file}``."""

    def __init__(self, path: Path, problem: str, expected: str, /, **values: object) -> None:
        super().__init__(problem, expected, AGAIN, file=path.name, **values)


def beginning(path: Path) -> bytes:
    """The first bytes of a file, enough to tell what it is."""
    with path.open("rb") as file:
        return file.read(_LOOKED_AT)


def impostor(path: Path, expected: str) -> BrokenFile | None:
    """What ``path`` is in truth, by how it begins; None where that tells nothing. To be asked of a
    file that is not what its ending says.
    """
    start = beginning(path)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    title, remedy = "", _WEB_AGAIN
    if text.startswith(b"<"):
        title = later("a web page")
    elif text.startswith(b"version https://git-lfs"):
        title, remedy = later("a Git LFS pointer"), _LFS_AGAIN
    elif start and not start.strip(b"\0"):
        return BrokenFile(
            "{file} begins with zeros: it is not whole.", expected, _WAIT, file=path.name
        )
    elif binary := next((title for sign, title in _BINARY.items() if start.startswith(sign)), ""):
        title, remedy = later(binary), _UNPACK if "archive" in binary else _OTHER
    elif _is_onnx(start):
        title, remedy = later("an ONNX model"), _OTHER
    elif _is_text(text):
        title = later("a text that begins with {beginning!r}", beginning=_beginning(text))
    if not title:
        return None
    return BrokenFile(
        "{file} is {title}, saved under a model's name.",
        expected,
        remedy,
        file=path.name,
        title=title,
    )


def is_zip(start: bytes) -> bool:
    """Whether a file begins as a ZIP archive does."""
    return start.startswith(_ZIP)


def is_plain_zip(path: Path) -> bool:
    """Whether a file is a ZIP archive that torch.save did not write: that begins with data.pkl."""
    with path.open("rb") as file:
        start = file.read(_ZIP_NAME + _LONGEST_ZIP_NAME)
    length = int.from_bytes(start[26:28], "little")
    return is_zip(start) and b".pkl" not in start[_ZIP_NAME : _ZIP_NAME + length]


def _is_onnx(start: bytes) -> bool:
    """The version of the format, and then the program that wrote it."""
    return len(start) > 2 and start[0] == 0x08 and 0 < start[1] < 32 and start[2] == 0x12


def _is_text(start: bytes) -> bool:
    plain = start.decode("ascii", "replace")
    return len(plain) >= _SHORTEST_TEXT and all(c.isprintable() or c in "\r\n\t" for c in plain)


def _beginning(text: bytes) -> str:
    return text.decode("ascii", "replace").splitlines()[0][:40]


def looks_like_safetensors(start: bytes) -> bool:
    """Whether a file begins with a length and the bracket of a header."""
    if len(start) < 9 or start[8:9] != b"{":
        return False
    return int(struct.unpack("<Q", start[:8])[0]) <= _LARGEST_HEADER


def misnamed(path: Path, ending: str) -> BrokenFile:
    """What to say of a model file whose ending is another kind's."""
    return BrokenFile(
        "{file} is a {ending} file by what it holds, not by its name.",
        "A name that ends in {ending} was expected.",
        "Rename it to end in {ending}.",
        file=path.name,
        ending=ending,
    )


def unfinished(path: Path) -> BrokenFile | None:
    """What to say of a file that a download has not completed, by its name and its neighbours."""
    note = path.with_name(f"{path.name}{_ARIA2}")
    if path.suffix.lower() in _UNFINISHED_ENDINGS:
        fault = translatable("{file} is a download that has not ended.")
    elif path.suffix and note.is_file():
        fault = translatable("{file} is not whole yet: aria2's note {note} is there.")
    else:
        return None
    return BrokenFile(fault, "A whole file was expected.", _WAIT, file=path.name, note=note.name)
