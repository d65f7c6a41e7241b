"""A safetensors file that is written one tensor after another, survives an interruption, and can
tell which of its tensors are complete.

Beside the growing file (`name.part`) lies a journal (`name.part.jsonl`): its first line says what
is being made of which source, each further line names a tensor that is on the disk, with the hash
of its bytes. Of a tensor whose bytes do not have that hash nothing is believed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any, BinaryIO

import torch

from ..errors import EncoderScopeError
from ..translation import Deferred, later, translatable
from .plan import QuantizationPlan

_CHUNK = 1 << 22
_SPARE = 64 << 20
"""Bytes that stay free on a disk: for the journal, and for whoever else writes."""

_ROOM = translatable("Make room, or choose another folder.")


class Damaged(EncoderScopeError):
    """What was written is not what was meant to be."""


class GrowingFile:
    """`with GrowingFile(target, plan) as file:` and then for each tensor ``if not file.has(name):
    file.put(name, tensor)``.
    """

    def __init__(self, target: Path, plan: QuantizationPlan) -> None:
        self.target, self.plan = target, plan
        self.part = target.with_name(target.name + ".part")
        self.journal = target.with_name(target.name + ".part.jsonl")
        self.hashes: dict[str, str] = {}
        """Of the tensors that are complete."""
        self.resumed = 0
        """How many were there already."""
        self._file: BinaryIO | None = None

    def __enter__(self) -> GrowingFile:
        check_target(self.target, self.plan.size - _allocated(self.part))
        for path in (self.part, self.journal):
            _require_own(path)
        try:
            if not self._resume():
                self._start()
        except OSError as error:
            self.__exit__()
            raise cannot_be_written(self.target, error, _ROOM) from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def has(self, name: str) -> bool:
        """Whether a tensor is on the disk as it should be."""
        return name in self.hashes

    def put(self, name: str, tensor: torch.Tensor) -> None:
        """Raises :class:`Damaged` where the bytes are not as many as the plan has for it."""
        data = as_bytes(tensor)
        start, size = self.plan.places[name]
        if len(data) != size:
            raise Damaged(
                "{name} came out as {count:,} bytes.",
                "{size:,} were expected.",
                "Tell us which file this was.",
                name=name,
                count=len(data),
                size=size,
            )
        assert self._file is not None
        self._file.seek(start)
        self._file.write(data)
        self._file.flush()
        self.hashes[name] = hashlib.sha256(data).hexdigest()
        with self.journal.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps([name, self.hashes[name]]) + "\n")

    def check(self, name: str) -> None:
        """Raises :class:`Damaged` where the bytes on the disk are not those that were written."""
        if self._hash(name) != self.hashes[name]:
            raise Damaged(
                "{name} in {file} is not what was written there.",
                "The same bytes were expected.",
                (
                    "The disk, its cable or the memory may be failing. Ask again: what is "
                    "damaged is written anew."
                ),
                name=name,
                file=self.part.name,
            )

    def read(self, name: str) -> bytearray:
        """The bytes of a tensor as they are on the disk."""
        start, size = self.plan.places[name]
        data = bytearray(size)
        assert self._file is not None
        self._file.seek(start)
        self._file.readinto(data)  # type: ignore[attr-defined]
        return data

    def finish(self) -> None:
        """Everything is there and was checked: the file gets its name."""
        assert self._file is not None
        os.fsync(self._file.fileno())
        self.__exit__()
        self.part.replace(self.target)
        self.journal.unlink()

    def discard(self) -> None:
        """Nothing can come of it."""
        self.__exit__()
        self.part.unlink()
        self.journal.unlink()

    def left(self) -> Deferred:
        """What an interruption leaves."""
        return later(
            "{file} keeps {done} of {total} tensors; the same request goes on from there.",
            file=self.part.name,
            done=len(self.hashes),
            total=len(self.plan.places),
        )

    def _start(self) -> None:
        self.hashes = {}
        self._file = self.part.open("w+b")
        self._file.write(self.plan.header)
        self._file.truncate(self.plan.size)
        self._file.flush()
        self.journal.write_text(json.dumps(self._request()) + "\n", encoding="utf-8")

    def _resume(self) -> bool:
        """Goes on where an earlier run was stopped, if it made the same of the same source; forgets
        what does not hash as it should.
        """
        try:
            lines = self.journal.read_text(encoding="utf-8").splitlines()
            if (
                json.loads(lines[0]) != self._request()
                or self.part.stat().st_size != self.plan.size
            ):
                return False
            self._file = self.part.open("r+b")
        except (OSError, ValueError, IndexError):
            return False
        if self._file.read(len(self.plan.header)) != self.plan.header:
            self.__exit__()
            return False
        for name, digest in filter(None, map(_line, lines[1:])):
            if name in self.plan.places and self._hash(name) == digest:
                self.hashes[name] = digest
        self.resumed = len(self.hashes)
        entries = [self._request(), *self.hashes.items()]
        lines = [json.dumps(entry) + "\n" for entry in entries]
        self.journal.write_text("".join(lines), encoding="utf-8")
        return True

    def _request(self) -> dict[str, Any]:
        header = hashlib.sha256(self.plan.header).hexdigest()
        return {
            "source": self.plan.source,
            "format": self.plan.format,
            "header": header,
            "version": 1,
        }

    def _hash(self, name: str) -> str:
        start, size = self.plan.places[name]
        assert self._file is not None
        self._file.seek(start)
        digest = hashlib.sha256()
        while size > 0 and (chunk := self._file.read(min(size, _CHUNK))):
            digest.update(chunk)
            size -= len(chunk)
        return digest.hexdigest()


def _line(line: str) -> tuple[str, str] | None:
    """A line of the journal; None for one that the interruption cut short."""
    try:
        name, digest = json.loads(line)
    except (ValueError, TypeError):
        return None
    return str(name), str(digest)


def _require_own(path: Path) -> None:
    """Raises :class:`EncoderScopeError` where something lies in the way: writing through a link
    would overwrite what it leads to.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise EncoderScopeError(
            "{file} is no file of an earlier run.",
            "A plain file, or nothing, was expected there.",
            "Remove it.",
            file=path.name,
        )


def _allocated(path: Path) -> int:
    """Bytes that the disk has set aside for a file; 0 where there is none or nobody knows."""
    if not path.is_file():
        return 0
    return 512 * int(getattr(path.stat(), "st_blocks", 0))


def cannot_be_written(target: Path, error: OSError, remedy: str) -> EncoderScopeError:
    """The error for a disk that cannot be written."""
    return EncoderScopeError(
        "{file} cannot be written ({why}).",
        "A disk with room, that may be written, was expected.",
        remedy,
        file=target.name,
        why=error.strerror or error,
    )


def check_target(target: Path, needed: int) -> None:
    """Raises :class:`EncoderScopeError` where nothing may or can be written."""
    if target.exists():
        raise EncoderScopeError(
            "There is a {file} already.",
            "A new name was expected: nothing is overwritten.",
            "Choose another name, or remove that file.",
            file=target.name,
        )
    if not target.parent.is_dir():
        raise EncoderScopeError(
            "There is no folder {folder!r} for {file}.",
            "A folder that exists was expected.",
            "Make it, or choose another.",
            folder=target.parent.name,
            file=target.name,
        )
    free = shutil.disk_usage(target.parent).free
    if free < needed + _SPARE:
        raise EncoderScopeError(
            "{file} needs {needed} more, and {free} are free where it would lie.",
            "Room for the whole file was expected.",
            "Make room, or choose a folder on another disk.",
            file=target.name,
            needed=_amount(needed + _SPARE),
            free=_amount(free),
        )


def _amount(size: int) -> str:
    """ "1.6 GB", "20 MB"."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def as_bytes(tensor: torch.Tensor) -> memoryview:
    """The bytes of a tensor in order, without a copy where it lies in order already."""
    flat = tensor.detach().contiguous().reshape(-1)
    if not flat.numel():
        return memoryview(b"")
    return memoryview(flat.view(torch.uint8).numpy())


def from_bytes(data: bytearray, dtype: torch.dtype, shape: tuple[int, ...]) -> torch.Tensor:
    """The tensor of this shape that :func:`as_bytes` made ``data`` of."""
    if not data:
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(data, dtype=torch.uint8).view(dtype).reshape(shape)
