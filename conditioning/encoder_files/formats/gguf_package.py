"""The optional `gguf` package: whether it is there, and which types of tensors it unpacks."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from typing import Any

from ...errors import EncoderScopeError
from .gguf_header import PLAIN, TYPES

UNPACKED = frozenset(TYPES) - PLAIN - {"Q8_1", "Q8_K"}
"""Types that the package unpacks; plain floats need none."""
FLOATS = ("F64", "F32", "F16", "BF16")


def package() -> Any:
    """The `gguf` package. Raises :class:`EncoderScopeError` where it is not installed."""
    if error := missing():
        raise error
    return importlib.import_module("gguf")


def missing() -> EncoderScopeError | None:
    """What to say where the package is not installed."""
    if importlib.util.find_spec("gguf") is not None:
        return None
    return EncoderScopeError(
        "This is a GGUF file, and the package that unpacks such files is not installed.",
        "The Python package 'gguf' was expected.",
        "Install it into ComfyUI's Python (pip install gguf), or choose a .safetensors version of "
        "the model.",
    )


def unreadable(types: Iterable[str]) -> EncoderScopeError | None:
    """What keeps tensors of these types from being unpacked."""
    packed = [name for name in types if name not in FLOATS]
    unknown = [name for name in packed if name not in UNPACKED]
    if unknown:
        return cannot_unpack(unknown[0])
    return missing() if packed else None


def cannot_unpack(name: str) -> EncoderScopeError:
    """What to say of a type that the package does not unpack."""
    return EncoderScopeError(
        "The gguf package does not unpack tensors of the type {type}.",
        "A type that is widely understood was expected.",
        "Choose another quantisation of this model, such as Q8_0, Q6_K or Q4_K; a newer version of "
        "the package may know this one (pip install -U gguf).",
        type=name,
    )
