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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath
from typing import Any

import torch

from ..errors import EncoderScopeError, UnknownName
from . import pictures

FILE = "captions.jsonl"
COLUMNS = ("image", "caption", "swap")
OTHER = "other"
"""The kind of pairs that name none where others do."""
_SHOWN = 5  # problems that an error tells before it counts the rest


@dataclass(frozen=True)
class Pair:
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
    name: str
    title: str
    place: str
    """What a pair's number counts: "captions.jsonl, line"."""
    pairs: tuple[Pair, ...]
    fingerprint: str
    """Of pictures and sentences, not of kinds and judgements: those may be added later."""
    pictures: Callable[[Sequence[Pair]], Iterator[torch.Tensor]]
    """The pictures of these pairs in their order, as batches (picture, height, width, channel) of
    one size each.
    """

    def where(self, pair: Pair) -> str:
        return f"{self.place} {pair.number}"

    @property
    def kinds(self) -> list[str]:
        return list(dict.fromkeys(pair.kind for pair in self.pairs if pair.kind))


def of_kinds(dataset: Dataset, kinds: Sequence[str]) -> Dataset:
    """Only the pairs of these kinds; all where none is named. Raises :class:`UnknownName`."""
    known = dataset.kinds
    for kind in kinds:
        if kind not in known:
            raise UnknownName("kind of pair", kind, known or ["none: the captions name no kinds"])
    return (
        replace(dataset, pairs=tuple(one for one in dataset.pairs if one.kind in kinds))
        if kinds
        else dataset
    )


def print_of(pairs: Sequence[Pair], *rest: object) -> str:
    """Names what encoders are shown and asked."""
    told = hashlib.sha256(repr(rest).encode())
    for one in pairs:
        told.update(repr((one.number, one.image, one.caption, one.swap, one.paraphrase)).encode())
    return told.hexdigest()[:24]


# --- a folder
# --------------------------------------------------------------------------------------------------


class _Hole(ValueError):
    """What is wrong with one line."""


def read_folder(folder: Path) -> Dataset:
    """Raises :class:`EncoderScopeError`, which names every line that is wrong."""
    pairs, stamps, problems = [], [], []
    for number, line in _lines(folder):
        try:
            pair = _pair(number, line)
            stamps.append(_stamp(folder, pair.image))
            pairs.append(pair)
        except _Hole as hole:
            problems.append(f"line {number}: {hole}")
    if problems:
        more = f" And {len(problems) - _SHOWN:,} more lines." if len(problems) > _SHOWN else ""
        raise EncoderScopeError(
            f"{FILE} in {folder.name!r} has holes. {' '.join(problems[:_SHOWN])}{more}",
            (
                f"One JSON object a line with {', '.join(COLUMNS)} was expected, and the "
                "picture in the folder."
            ),
            "Mend these lines, or take them out.",
        )
    if not pairs:
        raise EncoderScopeError(
            f"{FILE} in {folder.name!r} is empty.",
            "At least one line was expected.",
            f"Write {_EXAMPLE} for every picture.",
        )
    if any(one.kind for one in pairs):
        pairs = [replace(one, kind=one.kind or OTHER) for one in pairs]
    place = f"{FILE}, line"

    def opened(some: Sequence[Pair]) -> Iterator[torch.Tensor]:
        return pictures.opened(
            [(folder.joinpath(*_parts(one.image)), f"{place} {one.number}") for one in some]
        )

    return Dataset(folder.name, folder.name, place, tuple(pairs), print_of(pairs, stamps), opened)


_EXAMPLE = (
    '{"image": "1.png", "caption": "a red car and a blue house", "swap": "a blue car and a '
    'red house"}'
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
        with (folder / FILE).open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
    except OSError as error:
        raise EncoderScopeError(
            f"The folder {folder.name!r} has no {FILE} that can be read ({type(error).__name__}).",
            "One JSON object a line was expected in it.",
            f"Write {_EXAMPLE} for every picture.",
        ) from error


def _pair(number: int, line: bytes) -> Pair:
    told = _object(line)
    image, caption, swap = (_text(told, name) for name in COLUMNS)
    paraphrase, kind = (
        _text(told, name) if told.get(name) is not None else "" for name in ("paraphrase", "kind")
    )
    if _same(caption, swap):
        raise _Hole(f"caption and swap are the same ({caption[:60]!r}).")
    if paraphrase and (_same(paraphrase, caption) or _same(paraphrase, swap)):
        raise _Hole(
            f"the paraphrase is the {'caption' if _same(paraphrase, caption) else 'swap'} itself."
        )
    correct = told.get("generated_correctly")
    if correct not in (None, True, False):
        raise _Hole(f"generated_correctly is {str(correct)[:30]!r}, not true, false or null.")
    return Pair(
        number, image, caption, swap, kind, paraphrase, None if correct is None else bool(correct)
    )


def _object(line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _Hole(f"it is no JSON ({str(error)[:80]}).") from error
    if not isinstance(told, dict):
        raise _Hole("it is JSON, but no object with columns.")
    return told


def _text(told: dict[str, Any], name: str) -> str:
    if name not in told:
        raise _Hole(f"there is no {name}.")
    text = told[name]
    if not isinstance(text, str) or not text.strip():
        raise _Hole(
            f"its {name} is "
            f"{'empty' if text in ('', None) or isinstance(text, str) else 'no text'}."
        )
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise _Hole(f"its {name} holds half a character (a lone surrogate).")
    return text


def _same(one: str, other: str) -> bool:
    """Encoders do not see capitals or double spaces."""
    return one.casefold().split() == other.casefold().split()


def _parts(name: str) -> tuple[str, ...]:
    """Folders and file of a picture's name, written in either system's way. Whatever could lead out
    of the folder is refused.
    """
    path = PureWindowsPath(name)
    if path.drive or path.root or ".." in path.parts or "\0" in name or not path.parts:
        raise _Hole(f"the image {name[:60]!r} does not lie in the folder.")
    return path.parts


def _stamp(folder: Path, name: str) -> tuple[int, int]:
    """Tells a changed picture without reading it."""
    file = folder.joinpath(*_parts(name))
    try:
        if file.is_file():
            found = file.stat()
            return found.st_size, found.st_mtime_ns
    except OSError:  # such as a name that is too long
        pass
    raise _Hole(f"there is no picture {name[:60]!r}.")
