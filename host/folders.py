"""The host's model folders: what can be chosen in them, and what was chosen."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..conditioning.encoder_files.checkpoint import PICKLES, SHARD, open_checkpoint
from ..conditioning.encoder_files.description import Description
from ..conditioning.encoder_files.signatures import describe
from ..conditioning.errors import EncoderScopeError
from .loading.build import Given

NONE = "none"
KEY = "text_encoders"
ENDINGS = (".safetensors", ".sft", ".gguf")
ENDINGS_AND_PICKLES = (*ENDINGS, *PICKLES)  # the latter to say why they are not opened


def roots() -> list[Path]:
    import folder_paths

    return [Path(folder) for folder in folder_paths.get_folder_paths(KEY)]


def choices(endings: tuple[str, ...] = ENDINGS) -> list[str]:
    """Files and whole models (Hugging Face folders) below the host's text_encoders folders; a
    folder's name ends in a slash.
    """
    return sorted({name for root in roots() for name in _below(root, endings)}, key=str.casefold)


def _below(root: Path, endings: tuple[str, ...]) -> Iterator[str]:
    for folder, folders, files in os.walk(root, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        here = Path(folder).relative_to(root)
        weights = [name for name in files if name.lower().endswith(endings)]
        shards = [name for name in weights if SHARD.fullmatch(name)]
        indexed = any(name.endswith(".safetensors.index.json") for name in files)
        if here.parts and (
            indexed
            or "model_index.json" in files
            or (weights and ("config.json" in files or shards))
        ):
            yield here.as_posix() + "/"
        yield from ((here / name).as_posix() for name in weights if name not in shards)


def resolve(name: str) -> Path:
    """The file or folder of a name, which must lie below one of the host's folders. Raises
    :class:`EncoderScopeError`.
    """
    plain = name.replace("\\", "/").rstrip("/")
    for root in roots():
        path = Path(os.path.normpath(root / plain))
        if not path.is_relative_to(os.path.normpath(root)) or path == Path(os.path.normpath(root)):
            raise EncoderScopeError(
                f"{name!r} lies outside of ComfyUI's {KEY} folders.",
                "A name below one of them was expected.",
                f"Put the file into models/{KEY}, or add its folder to extra_model_paths.yaml.",
            )
        if path.exists() and _may_open(path.relative_to(os.path.normpath(root)), path.is_dir()):
            return path
    raise EncoderScopeError(
        f"There is no {name!r} in ComfyUI's {KEY} folders.",
        f"One of its files or folders was expected ({len(choices())} are there).",
        "Choose another, or put the file there and refresh the list (key R).",
    )


def _may_open(name: Path, folder: bool) -> bool:
    """Model files and folders that are not hidden: nothing else, whatever a shared workflow asks
    for.
    """
    hidden = any(part.startswith(".") for part in name.parts)
    return not hidden and (folder or name.suffix.lower() in ENDINGS_AND_PICKLES)


def fingerprint(name: str) -> str:
    """Changes with the files of a choice. Raises :class:`EncoderScopeError`."""
    path = resolve(name)
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    stats = ((file.name, file.stat()) for file in files if file.is_file())
    return repr([(name, stat.st_mtime_ns, stat.st_size) for name, stat in stats])


def open_all(names: Sequence[str]) -> list[Given]:
    """The encoders in the chosen files, in order. Raises :class:`EncoderScopeError`."""
    chosen = [name for name in names if name and name != NONE]
    if not chosen:
        raise EncoderScopeError(
            "No file is chosen.",
            "One to four text encoders were expected.",
            "Choose a file in file_1, or put one into models/text_encoders.",
        )
    twice = next((name for name in chosen if chosen.count(name) > 1), None)
    if twice:
        raise EncoderScopeError(
            f"{twice!r} is chosen twice.",
            "Each file is given once.",
            f"Set one of them to {NONE!r}.",
        )
    return [one for name in chosen for one in encoders_in(name, resolve(name))]


def encoders_in(name: str, path: Path) -> Iterator[Given]:
    """Those of one file or folder; ``name`` is what people call it. Raises
    :class:`EncoderScopeError`.
    """
    checkpoint = open_checkpoint(path)
    found = describe(checkpoint)
    if found.kind == "encoder":
        yield Given(name, checkpoint, found)
    elif found.kind == "checkpoint" and (checkpoint.kind == "pipeline" or not found.architecture):
        yield from (
            Given(f"{name} ({one.prefix.rstrip('./')})", checkpoint, one) for one in found.inside
        )
    else:
        raise _no_encoder(name, found)


def _no_encoder(name: str, found: Description) -> EncoderScopeError:
    inside = f" It holds {' and '.join(one.title for one in found.inside)}." if found.inside else ""
    notes = " ".join(found.notes)
    remedy = (
        "Load it with Load Checkpoint, which gives its CLIP."
        if inside
        else f"Choose a text encoder.{' ' + notes if notes else ''}"
    )
    return EncoderScopeError(
        f"{name} is {found.title}.{inside}", "A text encoder was expected.", remedy
    )
