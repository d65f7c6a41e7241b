"""Conditionings as files of their own, to send to somebody."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import folder_paths

from ..conditioning.cache import entry
from ..conditioning.cache.key import stamp
from ..conditioning.errors import EncoderScopeError
from ..conditioning.storage import write_atomically
from . import clip as host_clip
from .cache import lookup

USUAL = "conditioning"
"""Sub-folder that Save Conditioning writes to and Load Conditioning looks into."""
_FROM_OUTPUT = " [output]"
"""As the host marks such names."""


def save(conditioning: Any, prefix: str) -> tuple[Path, int]:
    """The new file below ComfyUI's output folder, and its size. Raises
    :class:`EncoderScopeError`.
    """
    top = folder_paths.get_output_directory()
    data = entry.pack(conditioning, {"host": host_clip.version()})
    prefix = prefix.replace("\\", "/")
    below(Path(top), prefix)
    try:
        folder, name, counter, *_ = folder_paths.get_save_image_path(prefix, top)
        path = (
            below(Path(top), Path(folder).relative_to(top).as_posix())
            / f"{name}_{counter:05}_{entry.ENDING}"
        )
        write_atomically(path, data)
    except EncoderScopeError:
        raise
    except Exception as error:  # the host's own check of the prefix raises a plain Exception
        raise EncoderScopeError(
            f"{prefix!r} cannot be written ({error}).",
            "A name below ComfyUI's output folder was expected.",
            "Choose another name.",
        ) from error
    return path, len(data)


def below(top: Path, name: str) -> Path:
    """``top/name``, which must not lead out of ``top``. Raises :class:`EncoderScopeError`."""
    real = Path(os.path.realpath(top))
    path = Path(os.path.realpath(real / name.replace("\\", "/").replace("\0", "")))
    if "\0" in name or not path.is_relative_to(real):
        raise EncoderScopeError(
            f"{name!r} lies outside of {top.name!r}.",
            "A name below it was expected.",
            "Choose another name.",
        )
    return path


def choices() -> list[str]:
    """Files of ComfyUI's input and output folders and of the usual sub-folder of each."""
    places = (
        (folder_paths.get_input_directory(), ""),
        (folder_paths.get_output_directory(), _FROM_OUTPUT),
    )
    return [f"{name}{mark}" for top, mark in places for name in _names(Path(top))]


def _names(top: Path) -> list[str]:
    found = (one for folder in (top, top / USUAL) if folder.is_dir() for one in folder.iterdir())
    return sorted(
        one.relative_to(top).as_posix()
        for one in found
        if one.suffix == entry.ENDING and one.is_file()
    )


def resolve(name: str) -> Path:
    """The file of a choice. Raises :class:`EncoderScopeError`."""
    ours = name.endswith(_FROM_OUTPUT)
    top = folder_paths.get_output_directory() if ours else folder_paths.get_input_directory()
    path = below(Path(top), name.removesuffix(_FROM_OUTPUT))
    if path.suffix != entry.ENDING or not path.is_file():
        raise EncoderScopeError(
            f"There is no conditioning {name!r}.",
            f"A {entry.ENDING} file in ComfyUI's input or output folder was expected.",
            f"Put it into input/{USUAL} and refresh the list (key R).",
        )
    return path


def describe(path: Path, size: int) -> str:
    """The name of a written file below the output folder, and its size."""
    output = os.path.realpath(folder_paths.get_output_directory())
    return f"{path.relative_to(output).as_posix()}, {size:,} bytes"


def fingerprint(name: str) -> Any:
    """Changes with the file of a choice; None where there is none."""
    try:
        return stamp(resolve(name))
    except (EncoderScopeError, OSError):
        return None


def load(name: str) -> list[Any]:
    """The conditioning in the file of a choice. Raises :class:`EncoderScopeError`."""
    path = resolve(name)
    return lookup.on_host_device(entry.unpack(path.read_bytes(), path.name).conditioning)
