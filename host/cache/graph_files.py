"""Which files a name can stand for: those of a text encoder, and the embeddings that a prompt may
name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import comfy.sd1_clip

from ...conditioning.cache.key import Fingerprints, combined_digest
from ...conditioning.errors import EncoderScopeError
from .. import clip as host_clip
from .. import folders
from ..loading.files_read import read_by_loader

_EMBEDDING = "embedding:"
_EMBEDDING_ENDINGS = ("", ".safetensors", ".pt", ".bin")
"""In the order in which the host looks for them (``comfy/sd1_clip.py``, ``load_embed``)."""
_LONGEST_NAME = 255


def encoder_hash(choice: str, sha256: Callable[[Path], str]) -> str | None:
    """One hash of all files that Load Text Encoders may read for this choice; None for no choice.

    Rather too many files belong to it, which costs a miss, than too few. Raises
    :class:`EncoderScopeError` for a name that leads nowhere.
    """
    if choice == folders.NONE or not choice:
        return None
    path = folders.resolve(choice)
    return combined_digest((label, sha256(file)) for label, file in sorted(read_by_loader(path)))


def embeddings(text: str, fingerprints: Fingerprints) -> list[list[str]]:
    """Every embedding that the host could find for this text: the name and its content, in order.

    The host reads a name up to the next space or the end of a bracket, so each beginning of what
    follows ``embedding:`` is looked for: too many belong to the key rather than too few. Raises
    :class:`EncoderScopeError` where two different files answer to one name, because the host takes
    one of them by chance.
    """
    names = sorted({name for run in _name_runs(text) for name in _beginnings(run)})
    if not names:
        return []
    tops = sorted(comfy.sd1_clip.expand_directory_list(host_clip.embedding_folders()))
    entries = []
    for name in names:
        hashes = sorted({fingerprints.of(path) for path in _embedding_files(name, tops)})
        if len(hashes) > 1:
            raise EncoderScopeError(
                "{count} different embeddings are called {name!r}.",
                "One file of that name was expected.",
                "Rename or remove the others.",
                count=len(hashes),
                name=name,
            )
        entries += [[name, digest] for digest in hashes]
    return entries


def _name_runs(text: str) -> Iterator[str]:
    """What follows each ``embedding:`` up to the next blank. Raises :class:`EncoderScopeError`
    where no file could have so long a name.
    """
    for piece in text.split(_EMBEDDING)[1:]:
        words = piece.split(None, 1)
        if words and len(words[0]) <= _LONGEST_NAME:
            yield words[0]
        elif words:
            raise EncoderScopeError(
                "A word of {count:,} letters follows {start!r}.",
                "The name of an embedding was expected.",
                "Shorten that name.",
                count=len(words[0]),
                start=_EMBEDDING,
            )


def _beginnings(run: str) -> Iterator[str]:
    for plain in {run, run.replace("\\(", "(").replace("\\)", ")")}:
        for start in {plain, plain.lstrip(",")}:
            yield from (start[:end] for end in range(1, len(start) + 1))


def _embedding_files(name: str, tops: list[str]) -> Iterator[Path]:
    """In each folder the file that the host would take there; it may not lie outside of
    the folder.
    """
    for folder in tops:
        top = os.path.abspath(folder)  # noqa: PTH100  (joined exactly as the host does it, links and all)
        path = os.path.abspath(os.path.join(top, name))  # noqa: PTH100, PTH118
        if path.startswith(top + os.sep):
            candidates = (Path(path + ending) for ending in _EMBEDDING_ENDINGS)
            yield from islice(filter(Path.is_file, candidates), 1)
