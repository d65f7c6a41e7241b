"""A folder of results, each named by its key: written whole or not at all, checked when read, and
bounded.

There is no lock. Two writers of one key write the same bytes; every writer trims after it has put
its file into place, so the last one sees all. Files that have no such name are nobody's business
here.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import EncoderScopeError
from ..storage import write_atomically
from ..translation import in_turn, later, localized, translate
from .entry import ENDING, Unpacked, Unreadable, checked_notes, load, notes_of

GIB = 1 << 30
LIMIT = 2 * GIB
_NAME = re.compile(rf"[0-9a-f]{{64}}{re.escape(ENDING)}")
_HEADER = 1 << 20
"""Bytes that hold any entry's notes: a prompt and the names of a few files."""


class Item(NamedTuple):
    """One file of the folder."""

    path: Path
    bytes: int
    used: float
    """When it was last read or written, in seconds since 1970."""

    @property
    def digest(self) -> str:
        return self.path.name.removesuffix(ENDING)

    def notes(self) -> dict[str, Any]:
        """What it says about itself, unchecked."""
        try:
            with self.path.open("rb") as file:
                return notes_of(file.read(_HEADER))
        except OSError:
            return {}


@dataclass(frozen=True)
class Store:
    """The folder of results."""

    folder: Path
    limit: int = LIMIT
    """Bytes."""

    def path(self, digest: str) -> Path:
        return self.folder / f"{digest}{ENDING}"

    def read(self, digest: str) -> tuple[Unpacked, int] | None:
        """The result and the size of its file; None where there is none. Raises
        :class:`Unreadable`.
        """
        path = self.path(digest)
        try:
            unpacked, size = load(path, self.limit)
        except FileNotFoundError:
            return None
        except OSError as error:
            if path.is_dir():
                raise Unreadable(*_in_the_way(path)) from error
            raise Unreadable(
                "{file} cannot be read ({why}).",
                "An entry of the cache was expected.",
                "Check the folder.",
                file=path.name,
                why=error.strerror or error,
            ) from error
        if digest_of(unpacked.notes.get("key")) != digest:
            raise Unreadable(
                "{file} answers another question than its name says.",
                "Its own key was expected.",
                "Remove it.",
                file=path.name,
            )
        with contextlib.suppress(OSError):  # a folder that may only be read still answers
            os.utime(path)
        return unpacked, size

    def write(self, digest: str, data: bytes) -> None:
        """Raises :class:`EncoderScopeError` where it does not fit or the folder cannot
        be written.
        """
        if len(data) > self.limit:
            raise EncoderScopeError(
                "The entry takes {count:,} bytes.",
                "At most {limit:,} may be kept.",
                "Raise the limit to keep it.",
                count=len(data),
                limit=self.limit,
            )
        try:
            write_atomically(self.path(digest), data)
        except OSError as error:
            if self.path(digest).is_dir():
                raise EncoderScopeError(*_in_the_way(self.path(digest))) from error
            raise EncoderScopeError(
                "{path!r} cannot be written ({why}).",
                "A folder for the cache was expected.",
                "Free some space, or allow it to be written.",
                path=str(self.folder),
                why=error.strerror or error,
            ) from error
        self.trim()

    def items(self) -> list[Item]:
        """All entries, the most recently used first."""
        return sorted(self._items(), key=lambda item: (item.used, item.path.name), reverse=True)

    def trim(self) -> list[Item]:
        """Removes what was not used for longest until the rest fits."""
        items = self.items()
        surplus = []
        total = sum(item.bytes for item in items)
        while total > self.limit:
            surplus.append(items.pop())
            total -= surplus[-1].bytes
        return self.remove(surplus)

    def remove(self, items: Iterable[Item]) -> list[Item]:
        """Those that are gone now; one that another process holds open on Windows stays, and so
        does a folder that is not empty.
        """
        removed = []
        for item in items:
            with contextlib.suppress(OSError):
                if item.path.is_dir():
                    item.path.rmdir()
                item.path.unlink(missing_ok=True)
                removed.append(item)
        return removed

    def verify(self) -> Iterator[tuple[Item, str]]:
        """Every entry with what is wrong with it, or an empty text; a folder in an entry's place is
        damage, too. Leaves the times of use alone.
        """
        for item in self.items():
            yield item, self._fault(item)
        for path in self._paths():
            if _NAME.fullmatch(path.name) and path.is_dir():
                yield Item(path, 0, 0.0), localized(in_turn(_in_the_way(path)[::2]))

    def _fault(self, item: Item) -> str:
        try:
            notes = checked_notes(item.path)
        except OSError as error:
            reason = error.strerror or error
            return translate("{file} cannot be read ({why}).", file=item.path.name, why=reason)
        except EncoderScopeError as error:
            return error.problem
        if digest_of(notes.get("key")) != item.digest:
            return translate(
                "{file} answers another question than its name says.", file=item.path.name
            )
        return ""

    def _items(self) -> Iterator[Item]:
        for path in self._files():
            if _NAME.fullmatch(path.name):
                with contextlib.suppress(OSError):  # another process just removed it
                    status = path.stat()
                    yield Item(path, status.st_size, status.st_mtime)

    def _files(self) -> list[Path]:
        return [path for path in self._paths() if path.is_file()]

    def _paths(self) -> list[Path]:
        try:
            return list(self.folder.iterdir())
        except OSError:
            return []


def _in_the_way(path: Path) -> tuple[str, str, str]:
    """Problem, expectation and remedy of a folder that has the name of an entry."""
    return (
        later(
            "{name} is a folder, and an entry of the cache belongs in its place.", name=path.name
        ),
        later("A file was expected."),
        later("Remove that folder from {folder!r}.", folder=path.parent.name),
    )


def digest_of(facts: Mapping[str, Any] | None) -> str:
    """The name of the entry that answers for these facts."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
