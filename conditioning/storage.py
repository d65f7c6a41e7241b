"""Files on disk: written atomically, and known by the SHA-256 of their bytes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from .bounded_reading import read_json, regular_size
from .progress import Progress, no_progress

UNFINISHED = ".part"
"""The ending of a file that is still being written."""
_LEFTOVER = re.compile(r"encoderscope-[0-9a-f]{32}\.part")
_ABANDONED = 3600
"""Seconds after which nobody writes an unfinished file any longer."""
_CHUNK = 1 << 22
_PIECES, _PIECE = 64, 4096
"""How many pieces tell whether a file is a copy of another, and how large they are."""


def write_atomically(path: Path, data: bytes) -> None:
    """Writes beside ``path`` and renames: ``path`` is complete or as it was before, also after a
    crash. Raises OSError, and leaves nothing unfinished then. What killed processes have left in
    the folder goes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path.parent)
    unfinished = path.with_name(f"encoderscope-{uuid.uuid4().hex}{UNFINISHED}")
    try:
        with unfinished.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def remove_leftovers(folder: Path) -> None:
    """Remove what :func:`write_atomically` was killed at an hour ago or longer."""
    for path in folder.glob(f"encoderscope-*{UNFINISHED}"):
        with suppress(OSError):  # another process just removed it
            abandoned = time.time() - path.lstat().st_mtime > _ABANDONED
            if abandoned and _LEFTOVER.fullmatch(path.name):
                path.unlink()


def try_to_write_json(path: Path, value: Any) -> None:
    """Writes ``value`` atomically, and does nothing where the folder cannot be written."""
    try:
        write_atomically(path, json.dumps(value).encode())
    except OSError:
        return


def try_to_read_json(path: Path) -> Any:
    """The value in a JSON file; None where it is missing or cannot be read."""
    try:
        return read_json(path)
    except (OSError, ValueError):
        return None


def sha256_of(path: Path, progress: Progress = no_progress) -> str:
    """The SHA-256 of a regular file, in hexadecimal. ``progress`` counts bytes. Raises OSError and
    :class:`SpecialFile`.
    """
    digest, done, total = hashlib.sha256(), 0, regular_size(path)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            progress(done, total)
    return digest.hexdigest()


def is_copy(first: Path, second: Path) -> bool:
    """Whether two regular files have the same size, beginning and small pieces all over. Raises
    OSError and :class:`SpecialFile`.
    """
    return regular_size(first) == regular_size(second) and _pieces(first) == _pieces(second)


def _pieces(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        pieces = [file.read(_CHUNK)]
        for place in range(0, path.stat().st_size, max(1, path.stat().st_size // _PIECES)):
            file.seek(place)
            pieces.append(file.read(_PIECE))
    return pieces


def sha256_by_name(files: Iterable[Path], progress: Progress = no_progress) -> dict[str, str]:
    """The SHA-256 of every file; ``progress`` counts the bytes of all of them. Raises OSError."""
    sizes = {file: regular_size(file) for file in files}
    total = sum(sizes.values())
    hashes: dict[str, str] = {}
    finished = 0

    def show(done: int, _: int) -> None:
        progress(finished + done, total)

    for file, size in sizes.items():
        hashes[file.name] = sha256_of(file, show)
        finished += size
    return hashes
