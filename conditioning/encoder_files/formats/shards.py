"""A model that is cut into several files: by its index, or by the numbers in their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ...errors import EncoderScopeError
from ...translation import either, in_turn, later, later_count, listed
from .any_header import PICKLES, read_header
from .impostors import AGAIN, BrokenFile, DamagedFile
from .json_object import read_object
from .safetensors_header import LARGEST_HEADER, MOST_TENSORS, Pickle, TensorEntry, too_many_tensors

SHARD = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.safetensors", re.DOTALL)
INDEX = ".safetensors.index.json"
_MOST_SHARDS = 1000
_NAMED = 8


class Shards(NamedTuple):
    """All of one model."""

    files: tuple[Path, ...]
    tensors: Mapping[str, TensorEntry]
    metadata: Mapping[str, str]


def read(folder: Path, stem: str) -> Shards:
    """The shards whose names begin with ``stem``, in ``folder``. Raises
    :class:`EncoderScopeError`.
    """
    index = folder / f"{stem}{INDEX}"
    names = _indexed(index) if index.is_file() else _numbered(folder, stem)
    files = tuple(folder / name for name in names)
    _require_all(folder, files)
    tensors, metadata = _merged(files, folder)
    if index.is_file():
        _check_index(index, tensors)
    return Shards(files, tensors, metadata)


def _require_all(folder: Path, files: Sequence[Path]) -> None:
    missing = [file.name for file in files if not file.is_file()]
    if not missing:
        return
    count = len(missing)
    remedies = [
        later_count(
            "Download it into the same folder.", "Download them into the same folder.", count
        )
    ]
    others = sorted(file.name for file in folder.glob("*.safetensors") if file not in files)
    if others:
        remedies.append(later("If {files} is meant, give it that name.", files=either(others[:2])))
    raise EncoderScopeError(
        later_count(
            "{count} of the {total} shards of {folder!r} is missing: {names}.",
            "{count} of the {total} shards of {folder!r} are missing: {names}.",
            count,
            total=len(files),
            folder=folder.name,
            names=listed(missing[:_NAMED]),
        ),
        "All shards in one folder were expected.",
        in_turn(remedies),
    )


def _merged(files: Sequence[Path], folder: Path) -> tuple[dict[str, TensorEntry], dict[str, str]]:
    """The tensors and the metadata of all shards, within the bounds of one file."""
    tensors: dict[str, TensorEntry] = {}
    metadata: dict[str, str] = {}
    header_bytes = 0
    for file in files:
        header = read_header(file)
        header_bytes += header.bytes
        if len(tensors) + len(header.tensors) > MOST_TENSORS:
            raise too_many_tensors(folder.name)
        if header_bytes > LARGEST_HEADER:
            raise BrokenFile(
                "The headers of the shards of {folder!r} are longer than {most:,} bytes together.",
                "The shards of one model were expected.",
                AGAIN,
                folder=folder.name,
                most=LARGEST_HEADER,
            )
        _require_new(header.tensors, tensors, file)
        metadata |= header.metadata
        tensors.update(header.tensors)
    return tensors, metadata


def _require_new(tensors: Iterable[str], before: Mapping[str, TensorEntry], file: Path) -> None:
    twice = next((name for name in tensors if name in before), None)
    if twice:
        raise BrokenFile(
            "Tensor {tensor!r} stands in two shards, {first} and {second}.",
            "The shards of one model were expected.",
            "Keep each model in a folder of its own.",
            tensor=twice[:80],
            first=before[twice].file.name,
            second=file.name,
        )


def _indexed(index: Path) -> list[str]:
    names = sorted(set(_weight_map(index).values()))
    if len(names) > _MOST_SHARDS:
        raise _unlikely_shards(index.name, len(names))
    pickle = next((name for name in names if name.lower().endswith(PICKLES)), "")
    if pickle:
        raise Pickle(Path(pickle))
    # an index may not lead out of its folder
    if not names or any(Path(name).name != name or name in (".", "..") for name in names):
        raise DamagedFile(
            index,
            "{file} names no shards, or some outside of its folder.",
            "File names were expected.",
        )
    return names


def _weight_map(index: Path) -> dict[str, str]:
    weight_map = read_object(index).get("weight_map")
    if not isinstance(weight_map, dict) or not all(
        isinstance(name, str) for name in weight_map.values()
    ):
        raise DamagedFile(index, "{file} has no weight_map.", "An index of shards was expected.")
    return weight_map


def _check_index(index: Path, tensors: Mapping[str, TensorEntry]) -> None:
    lost = [name for name in _weight_map(index) if name not in tensors]
    if lost:
        raise DamagedFile(
            index,
            later_count(
                "{count:,} tensor that {file} lists is in no shard: {names}.",
                "{count:,} tensors that {file} lists are in no shard: {names}.",
                len(lost),
                file=index.name,
                names=listed(lost[:3]),
            ),
            "Index and shards of one model were expected.",
        )


def _numbered(folder: Path, stem: str) -> list[str]:
    shards = filter(None, (SHARD.fullmatch(file.name) for file in folder.iterdir()))
    count = max(int(shard["count"]) for shard in shards if shard["stem"] == stem)
    if not 0 < count <= _MOST_SHARDS:
        raise _unlikely_shards(folder.name, count)
    return [f"{stem}-{number:05d}-of-{count:05d}.safetensors" for number in range(1, count + 1)]


def _unlikely_shards(name: str, count: int) -> BrokenFile:
    return BrokenFile(
        "{name} speaks of {shards:,} shards.",
        "1 to {most:,} were expected: the largest models have 200.",
        AGAIN,
        name=name,
        shards=count,
        most=_MOST_SHARDS,
    )
