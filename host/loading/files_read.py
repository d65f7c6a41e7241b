"""Which files a loader may read for what was chosen: weights, and whatever lies beside them."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path

from ...conditioning.encoder_files.checkpoint import SHARD

ENDINGS = (".safetensors", ".sft", ".gguf")
_CONFIGURATIONS = (".json", ".model", ".txt")
"""Endings of configurations and vocabularies."""


def read_by_loader(path: Path) -> Iterator[tuple[str, Path]]:
    """Each file that a loader of ``path`` may read, with a label that does not name ``path``."""
    if not path.is_dir():
        yield from _weights(path)
        yield from (
            (file.name.removeprefix(f"{path.stem}."), file) for file in _configurations(path.parent)
        )
        yield from _tokenizer_folders(path.parent)
    elif (path / "model_index.json").is_file():
        yield from ((file.name, file) for file in _configurations(path))
        for part in sorted((*path.glob("text_encoder*"), *path.glob("tokenizer*"))):
            yield from _files_below(part, part.name)
    else:
        yield from _files_below(path, "")
        yield from _tokenizer_folders(path)


def _weights(path: Path) -> Iterator[tuple[str, Path]]:
    shard = SHARD.fullmatch(path.name)
    if shard is None:
        yield "weights/", path
        return
    for file in path.parent.glob(f"{glob.escape(shard['stem'])}-*.safetensors"):
        yield f"weights/{file.name}", file


def _configurations(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.iterdir()
        if file.is_file() and file.name.lower().endswith(_CONFIGURATIONS)
    )


def _tokenizer_folders(folder: Path) -> Iterator[tuple[str, Path]]:
    yield from _files_below(folder / "tokenizer", "tokenizer")
    if folder.name.startswith("text_encoder"):
        tokenizer = folder.name.replace("text_encoder", "tokenizer", 1)
        yield from _files_below(folder.parent / tokenizer, "diffusers")


def _files_below(folder: Path, label: str) -> Iterator[tuple[str, Path]]:
    """Weights, configurations and vocabularies; nothing where there is no such folder."""
    if not folder.is_dir():
        return
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name.lower().endswith((*ENDINGS, *_CONFIGURATIONS)):
            yield f"{label}/{file.relative_to(folder).as_posix()}", file
