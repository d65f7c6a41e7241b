"""What a binding benchmark asks: pictures, each with a caption and a swap of it that is false.

    dataset = read_folder(Path("my_pictures"))     a folder with captions.jsonl; checked whole
    before anything is encoded dataset.pictures(dataset.pairs[:8])            few pictures at a
    time, whatever the folder holds

Columns of captions.jsonl: image, caption, swap; and, where they are wanted, kind, paraphrase and
generated_correctly.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath
from typing import Any, BinaryIO

import torch

from ..bounded_reading import is_device, regular_size
from ..errors import EncoderScopeError, UnknownName
from ..reports.wording import plural
from . import picture_reading

FILE = "captions.jsonl"
COLUMNS = ("image", "caption", "swap")
OTHER = "other"
"""The kind of pairs that name none where others do."""
_MOST_LINES = 100_000
_LONGEST_LINE = 20_000
_LARGEST = 64_000_000
"""Bytes of the file."""
_NAMED = 5  # problems that an error names before it counts the rest
_ENOUGH = 1000  # problems after which the rest is not read


@dataclass(frozen=True)
class CaptionPair:
    """A picture, what is true of it, and a swap that is not."""

    number: int
    """Its line in the file, or its place in a drawn set; from 1."""
    image: str
    caption: str
    swap: str
    """The same words, false of this picture."""
    kind: str = ""
    """What the swap has wrong: colour, size, relation, or whatever the file says."""
    paraphrase: str = ""
    """True, in other words. Encoders without an image tower are asked with it."""
    correct: bool | None = None
    """Whether a generator drew this caption right; None: nobody said."""


@dataclass(frozen=True)
class Dataset:
    """Pairs of captions with their pictures."""

    name: str
    title: str
    place: str
    """What a pair's number counts: "captions.jsonl, line"."""
    pairs: tuple[CaptionPair, ...]
    fingerprint: str
    """Of pictures and sentences, not of kinds and judgements: those may be added later."""
    pictures: Callable[[Sequence[CaptionPair]], Iterator[torch.Tensor]]
    """The pictures of these pairs in their order, as batches (picture, height, width, channel) of
    one size each.
    """

    def where(self, pair: CaptionPair) -> str:
        """Names the line or the scene of a pair, for errors."""
        return f"{self.place} {pair.number}"

    @property
    def kinds(self) -> list[str]:
        """What the swaps have wrong, in the order of the pairs."""
        return list(dict.fromkeys(pair.kind for pair in self.pairs if pair.kind))


def of_kinds(dataset: Dataset, kinds: Sequence[str]) -> Dataset:
    """Only the pairs of these kinds; all where none is named. Raises :class:`UnknownName`."""
    available = dataset.kinds or ["none: the captions name no kinds"]
    for kind in kinds:
        if kind not in dataset.kinds:
            raise UnknownName("kind of pair", kind, available)
    if not kinds:
        return dataset
    return replace(dataset, pairs=tuple(pair for pair in dataset.pairs if pair.kind in kinds))


def print_of(pairs: Sequence[CaptionPair], *rest: object) -> str:
    """Names what encoders are shown and asked."""
    digest = hashlib.sha256(repr(rest).encode())
    for pair in pairs:
        fields = (pair.number, pair.image, pair.caption, pair.swap, pair.paraphrase)
        digest.update(repr(fields).encode())
    return digest.hexdigest()[:24]


# --- a folder
# --------------------------------------------------------------------------------------------------


class _BadLine(ValueError):
    """What is wrong with one line."""


def read_folder(folder: Path) -> Dataset:
    """Raises :class:`EncoderScopeError`, which names every line that is wrong."""
    pairs, stamps, problems = [], [], []
    place = os.path.realpath(folder)
    for number, line in _lines(folder):
        try:
            pair = _pair(number, line)
            stamps.append(_stamp(folder, place, pair.image))
            pairs.append(pair)
        except _BadLine as error:
            problems.append(f"line {number}: {error}")
            if len(problems) == _ENOUGH:
                break
    if problems:
        raise _unreadable(folder, problems)
    if not pairs:
        raise EncoderScopeError(
            f"{FILE} in {folder.name!r} is empty.",
            "At least one line was expected.",
            f"Write {_EXAMPLE} for every picture.",
        )
    if any(pair.kind for pair in pairs):
        pairs = [replace(pair, kind=pair.kind or OTHER) for pair in pairs]
    counted = f"{FILE}, line"

    def opened(batch: Sequence[CaptionPair]) -> Iterator[torch.Tensor]:
        return picture_reading.opened(
            [(folder.joinpath(*_parts(pair.image)), f"{counted} {pair.number}") for pair in batch]
        )

    return Dataset(folder.name, folder.name, counted, tuple(pairs), print_of(pairs, stamps), opened)


_EXAMPLE = (
    '{"image": "1.png", "caption": "a red car and a blue house", "swap": "a blue car and a '
    'red house"}'
)


def _unreadable(folder: Path, problems: Sequence[str]) -> EncoderScopeError:
    more = ""
    if len(problems) > _NAMED:
        more = f" And {plural(len(problems) - _NAMED, 'more line')}."
    if len(problems) == _ENOUGH:
        more = f"{more} After {_ENOUGH:,} holes the rest was not read."
    return EncoderScopeError(
        f"{FILE} in {folder.name!r} has holes. {' '.join(problems[:_NAMED])}{more}",
        f"One JSON object a line with {', '.join(COLUMNS)} was expected, and the picture in the "
        "folder.",
        "Mend these lines, or take them out.",
    )


def _lines(folder: Path) -> Iterator[tuple[int, bytes]]:
    """Numbered from 1; blank lines are passed over."""
    if not folder.is_dir():
        raise EncoderScopeError(
            f"There is no folder {str(folder)!r}.",
            f"A folder of pictures with {FILE} was expected.",
            "Check the path.",
        )
    try:
        if regular_size(folder / FILE) > _LARGEST:
            raise _too_long(folder, f"has more than {_LARGEST:,} bytes")
        with (folder / FILE).open("rb") as file:
            yield from _numbered(folder, file)
    except OSError as error:
        raise EncoderScopeError(
            f"The folder {folder.name!r} has no {FILE} that can be read ({type(error).__name__}).",
            "One JSON object a line was expected in it.",
            f"Write {_EXAMPLE} for every picture.",
        ) from error


def _numbered(folder: Path, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Raises :class:`EncoderScopeError` for a line that no caption is as long as, and for more
    lines than anybody can wait for.
    """
    number = 0
    while line := file.readline(_LONGEST_LINE + 1):
        number += 1
        if len(line) > _LONGEST_LINE or number > _MOST_LINES:
            raise _too_long(folder, f"is too long at line {number:,}")
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line.strip():
            yield number, line


def _too_long(folder: Path, what: str) -> EncoderScopeError:
    return EncoderScopeError(
        f"{FILE} in {folder.name!r} {what}.",
        f"At most {_MOST_LINES:,} lines of {_LONGEST_LINE:,} bytes were expected.",
        "Make it shorter.",
    )


def _pair(number: int, line: bytes) -> CaptionPair:
    columns = _object(line)
    image, caption, swap = (_text(columns, name) for name in COLUMNS)
    paraphrase, kind = (_optional_text(columns, name) for name in ("paraphrase", "kind"))
    if _same(caption, swap):
        raise _BadLine(f"caption and swap are the same ({caption[:60]!r}).")
    for name, text in (("caption", caption), ("swap", swap)):
        if _same(paraphrase, text):
            raise _BadLine(f"the paraphrase is the {name} itself.")
    correct = columns.get("generated_correctly")
    if correct not in (None, True, False):
        raise _BadLine(f"generated_correctly is {str(correct)[:30]!r}, not true, false or null.")
    if correct is not None:
        correct = bool(correct)
    return CaptionPair(number, image, caption, swap, kind, paraphrase, correct)


def _object(line: bytes) -> dict[str, Any]:
    try:
        columns = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _BadLine(f"it is no JSON ({str(error)[:80]}).") from error
    if not isinstance(columns, dict):
        raise _BadLine("it is JSON, but no object with columns.")
    return columns


def _optional_text(columns: dict[str, Any], name: str) -> str:
    if columns.get(name) is None:
        return ""
    return _text(columns, name)


def _text(columns: dict[str, Any], name: str) -> str:
    if name not in columns:
        raise _BadLine(f"there is no {name}.")
    text = columns[name]
    if text is None or (isinstance(text, str) and not text.strip()):
        raise _BadLine(f"its {name} is empty.")
    if not isinstance(text, str):
        raise _BadLine(f"its {name} is no text.")
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise _BadLine(f"its {name} holds half a character (a lone surrogate).")
    return text


def _same(first: str, second: str) -> bool:
    """Encoders do not see capitals or double spaces."""
    return first.casefold().split() == second.casefold().split()


def _parts(name: str) -> tuple[str, ...]:
    """Folders and file of a picture's name, written in either system's way. Whatever could lead out
    of the folder is refused.
    """
    path = PureWindowsPath(name)
    leads_out = path.drive or path.root or ".." in path.parts or "\0" in name or not path.parts
    if leads_out or any(map(is_device, path.parts)):
        raise _BadLine(f"the image {name[:60]!r} does not lie in the folder.")
    return path.parts


def _require_inside(place: str, file: Path, name: str) -> None:
    if not Path(os.path.realpath(file)).is_relative_to(place):
        raise _BadLine(f"the image {name[:60]!r} is a link that leads out of the folder.")


def _stamp(folder: Path, place: str, name: str) -> tuple[int, int]:
    """Tells a changed picture without reading it. ``place``: where the folder really lies."""
    file = folder.joinpath(*_parts(name))
    try:
        if file.is_file():
            _require_inside(place, file, name)
            status = file.stat()
            return status.st_size, status.st_mtime_ns
    except OSError:  # such as a name that is too long
        pass
    raise _BadLine(f"there is no picture {name[:60]!r}.")
