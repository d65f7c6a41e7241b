"""Files of textual inversions, by their headers: which tensor would have fitted an encoder."""

from __future__ import annotations

import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..conditioning.encoder_files.formats.safetensors_header import read_safetensors
from ..conditioning.errors import EncoderScopeError

_ENDING = ".safetensors"
_AROUND = string.whitespace + string.punctuation


def fitting_tensor(directories: Any, name: str, width: int) -> str:
    """The name of the only tensor of that width in the file that the host found for ``name``; ''
    where there is none, where there are several, and for files that are no safetensors: they are
    not opened.
    """
    path = next((path for path in _candidates(directories, name) if path.is_file()), None)
    if path is None:
        return ""
    try:
        tensors = read_safetensors(path).tensors
    except (EncoderScopeError, OSError):
        return ""
    fitting = [key for key, entry in tensors.items() if entry.shape and entry.shape[-1] == width]
    return fitting[0] if len(fitting) == 1 else ""


def _candidates(directories: Any, name: str) -> Iterator[Path]:
    """Where the host looks: below its folders, and nowhere outside of them."""
    from comfy.sd1_clip import expand_directory_list

    folders = [directories] if isinstance(directories, str) else list(directories or ())
    for folder in expand_directory_list(folders):
        root = Path(folder).resolve()
        for spelling in dict.fromkeys((name.strip(), name.strip(_AROUND))):
            path = root / spelling
            if path.suffix.lower() != _ENDING:
                path = path.with_name(path.name + _ENDING)
            if path.resolve().is_relative_to(root):
                yield path
