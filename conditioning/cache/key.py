"""What a result depends on, as one name; and what a file holds, as one number that is computed
once.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import EncoderScopeError
from ..precision import EXACT
from ..progress import Progress, no_progress
from ..storage import sha256_of, write_atomically
from .store import digest_of

VERSION = 1
"""Raised whenever a loader of ours or Fast Encoder gives other numbers for the same files, or facts
change their meaning.
"""
_SETTLED_NS = 3_000_000_000
"""A file that was written a moment ago may be written again within the same tick of its clock: not
remembered yet.
"""


@dataclass(frozen=True)
class Key:
    """``facts`` are plain JSON; two results with equal facts are equal bit for bit."""

    facts: Mapping[str, Any]

    @property
    def digest(self) -> str:
        return digest_of(self.facts)

    def changed_since(self, other: Key) -> list[str]:
        """Names of the facts that differ."""
        names = sorted({*self.facts, *other.facts})
        return [name for name in names if self.facts.get(name) != other.facts.get(name)]


def key(
    text: str, upstream: Any, embeddings: Any, circumstances: Mapping[str, Any], mode: str = EXACT
) -> Key:
    """``mode``: of the encoding; results of ``fast`` never answer for ``exact``."""
    facts = {
        "format": VERSION,
        "mode": mode,
        "text": text,
        "upstream": upstream,
        "embeddings": embeddings,
    }
    return Key({**facts, **{f"with {name}": value for name, value in circumstances.items()}})


def stamp(path: Path) -> tuple[int, int, int, int, int]:
    """Size, both times, inode and device: changes whenever the file does."""
    told = path.stat()
    return (told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino, told.st_dev)


def changed_at(path: Path) -> int:
    """In nanoseconds since 1970: when it was last written, put in its place, or when a link on the
    way to it was turned elsewhere.
    """
    absolute = path.absolute()
    links = [one.lstat() for one in (absolute, *absolute.parents) if one.is_symlink()]
    return max(max(told.st_mtime_ns, told.st_ctime_ns) for told in (path.stat(), *links))


class Fingerprints:
    """SHA-256 of whole files, remembered in ``index`` while their stamps stay the same. Safe to
    share between threads.
    """

    def __init__(self, index: Path | None = None) -> None:
        self.index, self._lock = index, threading.Lock()
        self._known: dict[str, tuple[tuple[int, ...], str]] = _read(index) if index else {}

    def of(self, path: Path, progress: Progress = no_progress) -> str:
        """Raises :class:`EncoderScopeError` where it cannot be read or changes meanwhile."""
        place = os.path.realpath(path)
        try:
            before = stamp(path)
            known = self._known.get(place)
            if known and known[0] == before:
                return known[1]
            digest = sha256_of(path, progress)
            if stamp(path) != before:
                raise EncoderScopeError(
                    f"{path.name} changed while it was read.",
                    "A finished file was expected.",
                    "Run again.",
                )
        except OSError as error:
            raise EncoderScopeError(
                f"{path.name} cannot be read ({error.strerror or error}).",
                "A file was expected.",
                "Check that it may be read.",
            ) from error
        if time.time_ns() - max(before[1], before[2]) > _SETTLED_NS:
            self._remember(place, before, digest)
        return digest

    def _remember(self, place: str, stamped: tuple[int, ...], digest: str) -> None:
        with self._lock:
            self._known[place] = (stamped, digest)
            if self.index is None:
                return
            # Another process may have added to it meanwhile.
            self._known = {**_read(self.index), **self._known}
            told = {one: [list(known[0]), known[1]] for one, known in self._known.items()}
            try:
                write_atomically(self.index, json.dumps(told).encode())
            except (
                OSError
            ):  # then it is hashed again after the next start, and nothing else is lost
                return


def together(parts: Iterable[tuple[str, str]]) -> str:
    """One number for several named ones."""
    return hashlib.sha256(json.dumps(sorted(parts)).encode()).hexdigest()


def _read(index: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    try:
        told: Any = json.loads(index.read_text(encoding="utf-8"))
        return {
            str(path): (tuple(int(part) for part in stamped), str(digest))
            for path, (stamped, digest) in told.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
