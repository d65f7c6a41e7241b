"""Conditionings as files of their own, to send to somebody."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import folder_paths

from ..conditioning.cache import entry
from ..conditioning.cache.key import file_stamp
from ..conditioning.errors import EncoderScopeError
from ..conditioning.storage import write_atomically
from ..conditioning.translation import translate_count
from . import clip as host_clip
from .cache import lookup
from .folders import below

USUAL = "conditioning"
"""Sub-folder that Save Conditioning writes to and Load Conditioning looks into."""
_FROM_OUTPUT = " [output]"
"""As the host marks such names."""


def save(conditioning: Any, prefix: str) -> tuple[Path, int]:
    """The new file below ComfyUI's output folder, and its size. Raises
    :class:`EncoderScopeError`.
    """
    top = Path(folder_paths.get_output_directory())
    data = entry.pack(conditioning, {"host": host_clip.version()})
    prefix = prefix.replace("\\", "/")
    _inside(top, prefix)
    try:
        folder, name, counter, *_ = folder_paths.get_save_image_path(prefix, str(top))
        path = _inside(top, folder) / f"{name}_{counter:05}_{entry.ENDING}"
        write_atomically(path, data)
    except EncoderScopeError:
        raise
    except Exception as error:  # the host's own check of the prefix raises a plain Exception
        raise EncoderScopeError(
            "{prefix!r} cannot be written ({why}).",
            "A name below ComfyUI's output folder was expected.",
            "Choose another name.",
            prefix=prefix,
            why=error,
        ) from error
    return path, len(data)


def _inside(top: Path, name: str) -> Path:
    """``top/name``, links resolved. Raises :class:`EncoderScopeError` where it leads out."""
    path = below(top, name)
    if path is None:
        raise EncoderScopeError(
            "{name!r} lies outside of {folder!r}.",
            "A name below it was expected.",
            "Choose another name.",
            name=name,
            folder=top.name,
        )
    return path


def choices() -> list[str]:
    """Files of ComfyUI's input and output folders and of the usual sub-folder of each."""
    from_input = _names(Path(folder_paths.get_input_directory()))
    from_output = _names(Path(folder_paths.get_output_directory()))
    return [*from_input, *(f"{name}{_FROM_OUTPUT}" for name in from_output)]


def _names(top: Path) -> list[str]:
    paths = (path for folder in (top, top / USUAL) if folder.is_dir() for path in folder.iterdir())
    names = (
        path.relative_to(top).as_posix()
        for path in paths
        if path.suffix == entry.ENDING and path.is_file()
    )
    return sorted(name for name in names if below(top, name))


def resolve(name: str) -> Path:
    """The file of a choice. Raises :class:`EncoderScopeError`."""
    top = folder_paths.get_input_directory()
    if name.endswith(_FROM_OUTPUT):
        top = folder_paths.get_output_directory()
    path = _inside(Path(top), name.removesuffix(_FROM_OUTPUT))
    if path.suffix != entry.ENDING or not path.is_file():
        raise EncoderScopeError(
            "There is no conditioning {name!r}." if name else "No conditioning is chosen.",
            "A {ending} file in ComfyUI's input or output folder was expected.",
            "Put it into input/{usual} and refresh the list (key R).",
            name=name,
            ending=entry.ENDING,
            usual=USUAL,
        )
    return path


def describe(path: Path, size: int) -> str:
    """The name of a written file below the output folder, and its size."""
    output = os.path.realpath(folder_paths.get_output_directory())
    return translate_count(
        "{file}, {count:,} byte",
        "{file}, {count:,} bytes",
        size,
        file=path.relative_to(output).as_posix(),
    )


def fingerprint(name: str) -> Any:
    """Changes with the file of a choice; None where there is none."""
    try:
        return file_stamp(resolve(name))
    except (EncoderScopeError, OSError):
        return None


def load(name: str) -> list[Any]:
    """The conditioning in the file of a choice. Raises :class:`EncoderScopeError`."""
    path = resolve(name)
    try:
        unpacked, _ = entry.load(path)
    except OSError as error:
        raise EncoderScopeError(
            "{file} cannot be read ({why}).",
            "A file that may be read was expected.",
            "Check its permissions.",
            file=path.name,
            why=error.strerror or error,
        ) from error
    return lookup.on_host_device(unpacked.conditioning)
