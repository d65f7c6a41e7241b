"""The header of a model file, by whichever format its name and its beginning tell."""

from __future__ import annotations

from pathlib import Path

from ...errors import EncoderScopeError
from ...translation import translatable
from .gguf_header import is_gguf, read_gguf
from .impostors import (
    BrokenFile,
    beginning,
    impostor,
    is_plain_zip,
    looks_like_safetensors,
    misnamed,
    unfinished,
)
from .safetensors_header import Header, Pickle, read_safetensors

SAFETENSORS = (".safetensors", ".sft")
PICKLES = (".pt", ".pt2", ".pth", ".bin", ".ckpt", ".pkl")
EXPECTED = translatable(
    "A .safetensors or .gguf file, or a Hugging Face folder that holds one, was expected."
)


def read_header(path: Path) -> Header:
    """Raises :class:`EncoderScopeError` for a pickle, and for whatever is damaged, not whole or no
    model file.
    """
    if error := unfinished(path):
        raise error
    ending = path.suffix.lower()
    if ending == ".gguf" or (ending in SAFETENSORS and is_gguf(path)):
        return read_gguf(path)
    if ending in SAFETENSORS:
        _require_text(path)
        return read_safetensors(path)
    if looks_like_safetensors(beginning(path)):
        raise misnamed(path, SAFETENSORS[0])
    if is_gguf(path):
        raise misnamed(path, ".gguf")
    if is_plain_zip(path) and (error := impostor(path, EXPECTED)):
        raise error
    if ending in PICKLES:
        raise Pickle(path)
    raise EncoderScopeError(
        "{file} is not a model file that EncoderScope reads.",
        EXPECTED,
        "Choose another file.",
        file=path.name,
    )


def _require_text(path: Path) -> None:
    """The library that maps a file's tensors takes names in UTF-8 only."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise BrokenFile(
            "The path of {file} holds bytes that are no letters (no UTF-8).",
            "A name in UTF-8 was expected.",
            "Rename the file, or the folder that it lies in.",
            file=path.name,
        ) from error
