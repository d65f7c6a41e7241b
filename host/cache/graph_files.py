"""Which files a name can stand for: what Load Text Encoders may read, and the embeddings that a
prompt may name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import comfy.sd1_clip

from ...conditioning.cache.key import Fingerprints, together
from ...conditioning.encoder_files.checkpoint import SHARD
from ...conditioning.errors import EncoderScopeError
from .. import clip as host_clip
from .. import folders as picking

_TEXTS = (".json", ".model", ".txt")
"""Configurations and vocabularies."""
_EMBEDDING = "embedding:"
_ENDINGS = ("", ".safetensors", ".pt", ".bin")
"""In the order in which the host looks for them (``comfy/sd1_clip.py``, ``load_embed``)."""


def content(name: str, sha256: Callable[[Path], str]) -> str | None:
    """Of all that Load Text Encoders may read for this choice: rather too much, which costs a miss,
    than too little.
    """
    if name == picking.NONE or not name:
        return None
    path = picking.resolve(name)
    return together((told, sha256(file)) for told, file in sorted(belongings(path)))


def belongings(path: Path) -> Iterator[tuple[str, Path]]:
    """Its name among the others, and the file."""
    if not path.is_dir():
        shard, folder = SHARD.fullmatch(path.name), path.parent
        weights = folder.glob(f"{_literal(shard['stem'])}-*.safetensors") if shard else [path]
        yield from ((f"weights/{one.name if shard else ''}", one) for one in weights)
        yield from ((one.name.removeprefix(f"{path.stem}."), one) for one in _texts(folder))
        yield from _beside(folder)
    elif (path / "model_index.json").is_file():
        yield from ((one.name, one) for one in _texts(path))
        for part in sorted((*path.glob("text_encoder*"), *path.glob("tokenizer*"))):
            yield from _tree(part, part.name)
    else:
        yield from _tree(path, "")
        yield from _beside(path)


def _beside(folder: Path) -> Iterator[tuple[str, Path]]:
    yield from _tree(folder / "tokenizer", "tokenizer")
    if folder.name.startswith("text_encoder"):
        yield from _tree(
            folder.parent / folder.name.replace("text_encoder", "tokenizer", 1), "diffusers"
        )


def _tree(folder: Path, called: str) -> Iterator[tuple[str, Path]]:
    for one in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if one.is_file() and one.name.lower().endswith((*picking.ENDINGS, *_TEXTS)):
            yield f"{called}/{one.relative_to(folder).as_posix()}", one


def _texts(folder: Path) -> list[Path]:
    return sorted(
        one for one in folder.iterdir() if one.is_file() and one.name.lower().endswith(_TEXTS)
    )


def _literal(text: str) -> str:
    return "".join(f"[{one}]" if one in "*?[" else one for one in text)


def embeddings(text: str, fingerprints: Fingerprints) -> list[list[str]]:
    """Every embedding that the host could find for this text: the name and its content, in order.

    The host reads a name up to the next space or the end of a bracket, so each beginning of what
    follows ``embedding:`` is looked for: too many belong to the key rather than too few. Raises
    :class:`EncoderScopeError` where two different files answer to one name, because the host takes
    one of them by chance.
    """
    candidates = sorted({one for run in _runs(text) for one in _beginnings(run)})
    if not candidates:
        return []
    folders = sorted(comfy.sd1_clip.expand_directory_list(host_clip.embedding_folders()))
    told = []
    for name in candidates:
        contents = sorted({fingerprints.of(path) for path in _found(name, folders)})
        if len(contents) > 1:
            raise EncoderScopeError(
                f"{len(contents)} different embeddings are called {name!r}.",
                "One was expected.",
                "Rename or remove the others.",
            )
        told += [[name, contents[0]]] if contents else []
    return told


def _runs(text: str) -> Iterator[str]:
    for piece in text.split(_EMBEDDING)[1:]:
        words = piece.split(None, 1)
        if words and len(words[0]) <= 255:
            yield words[0]
        elif words:
            raise EncoderScopeError(
                f"A word of {len(words[0]):,} letters follows {_EMBEDDING!r}.",
                "The name of an embedding was expected.",
                "Shorten it.",
            )


def _beginnings(run: str) -> Iterator[str]:
    for plain in {run, run.replace("\\(", "(").replace("\\)", ")")}:
        for start in {plain, plain.lstrip(",")}:
            yield from (start[:end] for end in range(1, len(start) + 1))


def _found(name: str, folders: list[str]) -> Iterator[Path]:
    """In each folder the file that the host would take there; it may not lie outside of
    the folder.
    """
    for folder in folders:
        top = os.path.abspath(folder)  # noqa: PTH100  (joined exactly as the host does it, links and all)
        path = os.path.abspath(os.path.join(top, name))  # noqa: PTH100, PTH118
        if path.startswith(top + os.sep):
            found = next(
                (Path(path + ending) for ending in _ENDINGS if Path(path + ending).is_file()), None
            )
            if found is not None:
                yield found
