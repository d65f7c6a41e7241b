"""Files of strangers: only regular ones are opened, and none is read that is larger than it can be.

A size is looked up before a byte is read, so that a refusal costs neither time nor memory.
"""

from __future__ import annotations

import json
import math
import re
import stat
from pathlib import Path
from typing import Any

from .errors import EncoderScopeError
from .translation import later

LARGEST_JSON = 4_000_000
"""Bytes of a config.json or of an index of shards: a model of 40,000 tensors takes as many."""
LARGEST_VOCABULARY = 64_000_000
"""Bytes of a tokenizer.json or a spiece.model: the largest, of 260,000 pieces, take 35 MB."""
MOST_VALUES = 2_500_000
"""Commas and brackets of a tokenizer.json: 260,000 pieces with 520,000 merges, each a pair, have
about 1.9 million.
"""
MOST_BRACKETS = 20_000
"""In a configuration: each makes an object that takes far more memory than its two characters."""
_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³])", re.IGNORECASE)
_VOCABULARY_ENDINGS = (".json", ".model", ".txt", ".jinja")


class SpecialFile(EncoderScopeError):
    """A pipe, a socket or a device in the place of a file: opening it can wait for ever."""


class TooLarge(EncoderScopeError):
    """A file that is larger than any of its kind."""


def regular_size(path: Path) -> int:
    """The size of a regular file in bytes, without opening it. Raises OSError, and
    :class:`SpecialFile` for anything that is no regular file.
    """
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(21, "it is a folder", str(path))
    if not stat.S_ISREG(status.st_mode):
        raise SpecialFile(
            "{file} is a pipe, a socket or a device.",
            "A file was expected.",
            "Remove it, and put the file itself there.",
            file=path.name,
        )
    return status.st_size


def read_bytes(path: Path, most: int) -> bytes:
    """All bytes of a regular file. Raises OSError, :class:`SpecialFile`, and :class:`TooLarge` for
    one of more than ``most`` bytes.
    """
    size = regular_size(path)
    if size <= most:
        with path.open("rb") as file:
            data = file.read(size + 1)  # one that grows meanwhile is not read on and on
    if size > most:
        raise _too_large(path, size, most)
    return data


def read_json(path: Path, most: int = LARGEST_JSON) -> Any:
    """The value in a JSON file of at most ``most`` bytes. Raises OSError, :class:`SpecialFile`,
    :class:`TooLarge`, and ValueError for what is no JSON: why, made with ``later``.
    """
    data = read_bytes(path, most)
    if data.count(b"[") + data.count(b"{") > MOST_BRACKETS:
        raise ValueError(later("it holds more than {most:,} brackets", most=MOST_BRACKETS))
    try:
        return json.loads(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError(later("it is nested too deeply")) from error
    except UnicodeDecodeError as error:
        raise ValueError(later("it is no text in UTF-8")) from error
    except json.JSONDecodeError as error:
        raise ValueError(_what_is_there(data, error.lineno)) from error
    except ValueError as error:
        raise ValueError(later("a number in it has too many digits")) from error


def _what_is_there(data: bytes, line: int) -> str:
    """What a file holds in place of JSON."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        return later("it is empty")
    if start.startswith(b"<"):
        return later("it is a web page")
    if start.startswith(b"version https://git-lfs"):
        return later("it is a Git LFS pointer")
    return later("line {line:,} makes no sense", line=line)


def check_library_files(folder: Path) -> None:
    """To be called before a library opens the files of a folder, whichever it takes: all must be
    regular, and configurations and vocabularies no larger than any, nor of more values. Raises
    :class:`EncoderScopeError`.
    """
    try:
        files = [file for file in folder.iterdir() if not file.is_dir()]
        sizes = {file: regular_size(file) for file in files if file.exists()}
    except OSError as error:
        raise EncoderScopeError(
            "The folder {folder!r} cannot be read ({why}).",
            "A folder of model files was expected.",
            "Check that it exists and may be read.",
            folder=folder.name,
            why=error.strerror or error,
        ) from error
    for file, size in sizes.items():
        if size > _largest(file):
            raise _too_large(file, size, _largest(file))
        if file.suffix.lower() == ".json" and size > MOST_VALUES:
            _check_values(file)


def _check_values(file: Path) -> None:
    """Each value takes far more memory than the few characters that make it."""
    values = 0
    with file.open("rb") as opened:
        while block := opened.read(1 << 20):
            values += sum(map(block.count, (b",", b"[", b"{")))
    if values > MOST_VALUES:
        raise TooLarge(
            "{file} holds {values:,} values.",
            "At most {most:,} were expected of such a file.",
            "Download it again from the model's page.",
            file=file.name,
            values=values,
            most=MOST_VALUES,
        )


def _largest(file: Path) -> float:
    if file.name in ("config.json", "generation_config.json", "preprocessor_config.json"):
        return LARGEST_JSON
    return LARGEST_VOCABULARY if file.name.lower().endswith(_VOCABULARY_ENDINGS) else math.inf


def _too_large(path: Path, size: int, most: float) -> TooLarge:
    return TooLarge(
        "{file} has {size:,} bytes.",
        "At most {most:,} were expected of such a file.",
        "Download it again from the model's page.",
        file=path.name,
        size=size,
        most=most,
    )


def is_device(name: str) -> bool:
    """Whether the name, whatever its ending, is one of Windows' devices."""
    return bool(_DEVICE.fullmatch(name.split(".")[0].rstrip()))
