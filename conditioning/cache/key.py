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
from typing import Any, NamedTuple

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
class CacheKey:
    """``facts`` are plain JSON; two results with equal facts are equal bit for bit."""

    facts: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """The name of the result."""
        return digest_of(self.facts)

    def changed_since(self, other: CacheKey) -> list[str]:
        """Names of the facts that differ."""
        names = sorted({*self.facts, *other.facts})
        return [name for name in names if self.facts.get(name) != other.facts.get(name)]


def cache_key(
    text: str, upstream: Any, embeddings: Any, environment: Mapping[str, Any], mode: str = EXACT
) -> CacheKey:
    """The key of one encoding. ``mode``: results of ``fast`` never answer for ``exact``."""
    facts = {
        "format": VERSION,
        "mode": mode,
        "text": text,
        "upstream": upstream,
        "embeddings": embeddings,
    }
    return CacheKey({**facts, **{f"with {name}": value for name, value in environment.items()}})


def file_stamp(path: Path) -> tuple[int, int, int, int, int]:
    """Size, both times, inode and device: changes whenever the file does."""
    status = path.stat()
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev)


def changed_at(path: Path) -> int:
    """In nanoseconds since 1970: when it was last written, put in its place, or when a link on the
    way to it was turned elsewhere.
    """
    absolute = path.absolute()
    links = [place.lstat() for place in (absolute, *absolute.parents) if place.is_symlink()]
    return max(max(each.st_mtime_ns, each.st_ctime_ns) for each in (path.stat(), *links))


class _StampedHash(NamedTuple):
    """The SHA-256 of a file, and its stamp when it was computed."""

    stamp: tuple[int, ...]
    sha256: str


class Fingerprints:
    """SHA-256 of whole files, remembered in ``index`` while their stamps stay the same. Safe to
    share between threads.
    """

    def __init__(self, index: Path | None = None) -> None:
        self.index = index
        self._lock = threading.Lock()
        self._hashes: dict[str, _StampedHash] = {}
        if index:
            self._hashes = _read(index)

    def of(self, path: Path, progress: Progress = no_progress) -> str:
        """Raises :class:`EncoderScopeError` where it cannot be read or changes meanwhile."""
        place = os.path.realpath(path)
        try:
            before = file_stamp(path)
            hashed = self._hashes.get(place)
            if hashed and hashed.stamp == before:
                return hashed.sha256
            digest = sha256_of(path, progress)
            if file_stamp(path) != before:
                raise EncoderScopeError(
                    "{file} changed while it was read.",
                    "A finished file was expected.",
                    "Run again.",
                    file=path.name,
                )
        except OSError as error:
            raise EncoderScopeError(
                "{file} cannot be read ({why}).",
                "A file was expected.",
                "Check that it may be read.",
                file=path.name,
                why=error.strerror or error,
            ) from error
        if time.time_ns() - max(before[1], before[2]) > _SETTLED_NS:
            self._remember(place, _StampedHash(before, digest))
        return digest

    def _remember(self, place: str, hashed: _StampedHash) -> None:
        with self._lock:
            self._hashes[place] = hashed
            if self.index is None:
                return
            # Another process may have added to it meanwhile.
            self._hashes = {**_read(self.index), **self._hashes}
            try:
                write_atomically(self.index, json.dumps(self._hashes).encode())
            except (
                OSError
            ):  # then it is hashed again after the next start, and nothing else is lost
                return


def combined_digest(parts: Iterable[tuple[str, str]]) -> str:
    """One number for several named ones."""
    return hashlib.sha256(json.dumps(sorted(parts)).encode()).hexdigest()


def _read(index: Path) -> dict[str, _StampedHash]:
    try:
        hashes: Any = json.loads(index.read_text(encoding="utf-8"))
        return {
            str(path): _StampedHash(tuple(int(number) for number in stamp), str(sha256))
            for path, (stamp, sha256) in hashes.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
