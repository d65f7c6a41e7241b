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
from ..translation import in_turn, later, later_count, translatable
from . import picture_reading

FILE = "captions.jsonl"
_LINE = translatable("captions.jsonl, line {number}")
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
    """Where a pair is, by its ``{number}``: an English template, also with ``{name}``."""
    pairs: tuple[CaptionPair, ...]
    fingerprint: str
    """Of pictures and sentences, not of kinds and judgements: those may be added later."""
    pictures: Callable[[Sequence[CaptionPair]], Iterator[torch.Tensor]]
    """The pictures of these pairs in their order, as batches (picture, height, width, channel) of
    one size each.
    """

    def where(self, pair: CaptionPair) -> str:
        """Names the line or the scene of a pair, for errors."""
        return later(self.place, name=self.name, number=pair.number)

    @property
    def kinds(self) -> list[str]:
        """What the swaps have wrong, in the order of the pairs."""
        return list(dict.fromkeys(pair.kind for pair in self.pairs if pair.kind))


def of_kinds(dataset: Dataset, kinds: Sequence[str]) -> Dataset:
    """Only the pairs of these kinds; all where none is named. Raises :class:`UnknownName`."""
    available = dataset.kinds or [later("none: the captions name no kinds")]
    for kind in kinds:
        if kind not in dataset.kinds:
            raise UnknownName("kind of pair", kind, available)
    if not kinds:
        return dataset
    return replace(dataset, pairs=tuple(pair for pair in dataset.pairs if pair.kind in kinds))


def print_of(pairs: Sequence[CaptionPair], *rest: object) -> str:
    """A digest of what encoders are shown and asked."""
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
            problems.append(later("Line {number}: {problem}", number=number, problem=error.args[0]))
            if len(problems) == _ENOUGH:
                break
    if problems:
        raise _unreadable(folder, problems)
    if not pairs:
        raise EncoderScopeError(
            "{file} in {folder!r} is empty.",
            "At least one line was expected.",
            _WRITE,
            file=FILE,
            folder=folder.name,
            example=_EXAMPLE,
        )
    if any(pair.kind for pair in pairs):
        pairs = [replace(pair, kind=pair.kind or OTHER) for pair in pairs]

    def opened(batch: Sequence[CaptionPair]) -> Iterator[torch.Tensor]:
        return picture_reading.opened(
            [(folder.joinpath(*_parts(pair.image)), dataset.where(pair)) for pair in batch]
        )

    dataset = Dataset(
        folder.name, folder.name, _LINE, tuple(pairs), print_of(pairs, stamps), opened
    )
    return dataset


_EXAMPLE = (
    '{"image": "1.png", "caption": "a red car and a blue house", "swap": "a blue car and a '
    'red house"}'
)
_WRITE = translatable("Write {example} for every picture.")


def _unreadable(folder: Path, problems: Sequence[str]) -> EncoderScopeError:
    sentences = list(problems[:_NAMED])
    if len(problems) > _NAMED:
        sentences.append(
            later_count(
                "And {count:,} more line.", "And {count:,} more lines.", len(problems) - _NAMED
            )
        )
    if len(problems) == _ENOUGH:
        sentences.append(later("After {most:,} holes the rest was not read.", most=_ENOUGH))
    return EncoderScopeError(
        "{file} in {folder!r} has holes. {problems}",
        "One JSON object a line with {columns} was expected, and the picture in the folder.",
        "Mend these lines, or take them out.",
        file=FILE,
        folder=folder.name,
        problems=in_turn(sentences),
        columns=", ".join(COLUMNS),
    )


def _lines(folder: Path) -> Iterator[tuple[int, bytes]]:
    """Numbered from 1; blank lines are passed over."""
    if not folder.is_dir():
        raise EncoderScopeError(
            "There is no folder {folder!r}.",
            "A folder of pictures with {file} was expected.",
            "Check the path.",
            folder=str(folder),
            file=FILE,
        )
    try:
        if regular_size(folder / FILE) > _LARGEST:
            raise _too_long(folder, later("it has more than {most:,} bytes", most=_LARGEST))
        with (folder / FILE).open("rb") as file:
            yield from _numbered(folder, file)
    except OSError as error:
        raise EncoderScopeError(
            "The folder {folder!r} has no {file} that can be read ({reason}).",
            "One JSON object a line was expected in it.",
            _WRITE,
            folder=folder.name,
            file=FILE,
            reason=type(error).__name__,
            example=_EXAMPLE,
        ) from error


def _numbered(folder: Path, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Raises :class:`EncoderScopeError` for a line that no caption is as long as, and for more
    lines than anybody can wait for.
    """
    number = 0
    while line := file.readline(_LONGEST_LINE + 1):
        number += 1
        if len(line) > _LONGEST_LINE or number > _MOST_LINES:
            raise _too_long(folder, later("at line {number:,}", number=number))
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line.strip():
            yield number, line


def _too_long(folder: Path, problem: str) -> EncoderScopeError:
    return EncoderScopeError(
        "{file} in {folder!r} is too long: {problem}.",
        "At most {lines:,} lines of {length:,} bytes were expected.",
        "Make it shorter.",
        file=FILE,
        folder=folder.name,
        problem=problem,
        lines=_MOST_LINES,
        length=_LONGEST_LINE,
    )


def _pair(number: int, line: bytes) -> CaptionPair:
    columns = _object(line)
    image, caption, swap = (_text(columns, name) for name in COLUMNS)
    paraphrase, kind = (_optional_text(columns, name) for name in ("paraphrase", "kind"))
    if _same(caption, swap):
        raise _BadLine(later("caption and swap are the same ({text!r}).", text=caption[:60]))
    for name, text in (("caption", caption), ("swap", swap)):
        if _same(paraphrase, text):
            raise _BadLine(later("the paraphrase is the {column} itself.", column=name))
    correct = columns.get("generated_correctly")
    if correct not in (None, True, False):
        raise _BadLine(
            later(
                "generated_correctly is {value!r}, not true, false or null.",
                value=str(correct)[:30],
            )
        )
    if correct is not None:
        correct = bool(correct)
    return CaptionPair(number, image, caption, swap, kind, paraphrase, correct)


def _object(line: bytes) -> dict[str, Any]:
    try:
        columns = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _BadLine(later("it is no JSON ({reason}).", reason=str(error)[:80])) from error
    if not isinstance(columns, dict):
        raise _BadLine(later("it is JSON, but no object with columns."))
    return columns


def _optional_text(columns: dict[str, Any], name: str) -> str:
    if columns.get(name) is None:
        return ""
    return _text(columns, name)


def _text(columns: dict[str, Any], name: str) -> str:
    if name not in columns:
        raise _BadLine(later("there is no {column}.", column=name))
    text = columns[name]
    if text is None or (isinstance(text, str) and not text.strip()):
        raise _BadLine(later("its {column} is empty.", column=name))
    if not isinstance(text, str):
        raise _BadLine(later("its {column} is no text.", column=name))
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise _BadLine(
            later("its {column} holds half a character (a lone surrogate).", column=name)
        )
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
        raise _BadLine(later("the image {name!r} does not lie in the folder.", name=name[:60]))
    return path.parts


def _require_inside(place: str, file: Path, name: str) -> None:
    if not Path(os.path.realpath(file)).is_relative_to(place):
        raise _BadLine(
            later("the image {name!r} is a link that leads out of the folder.", name=name[:60])
        )


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
    raise _BadLine(later("there is no picture {name!r}.", name=name[:60]))
