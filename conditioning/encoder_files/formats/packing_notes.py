"""The note beside a packed layer, in the layout of ComfyUI's mixed precision: a small JSON that
names the format. Read without torch, so that naming a file needs none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...errors import EncoderScopeError
from ...translation import later, listed
from .safetensors_header import TensorEntry

NOTE = ".comfy_quant"
COMFY = {"int8": "int8_tensorwise", "int4": "awq_w4a16", "fp8": "float8_e4m3fn"}
"""ComfyUI's names of the formats, in the JSON beside each layer."""
GROUPS = (64, 32)
"""Columns that share a scale and a zero in int4: the first of these that divides a matrix's
columns. 64 is ComfyUI's own.
"""
_SINCE = {"nvfp4": "0.8", "rotated by ConvRot": "0.27"}
"""Packing -> the first version of ComfyUI that loads it (its pull requests 11635 and 14636)."""
_NAMES = {comfy_name: name for name, comfy_name in COMFY.items()}
_LONGEST = 4096  # bytes; ComfyUI's own notes take less than 100


class UnknownPacking(EncoderScopeError):
    """A layer packed in a way that EncoderScope does not read."""


def parse_note(raw: bytes, layer: str = "") -> dict[str, Any]:
    """The JSON beside a layer, checked: `format` is ours (int8, int4, fp8), `group` a number.
    Raises :class:`UnknownPacking`, which names ``layer``.
    """
    try:
        settings = json.loads(raw)
        if not isinstance(settings, dict):
            raise ValueError("no object")
    except (ValueError, RecursionError) as error:
        raise _unknown(later("an unknown format (its note cannot be read)"), layer) from error
    comfy_format, group = settings.get("format"), settings.get("group_size", GROUPS[0])
    if _is_rotated(settings):
        name = str(comfy_format or "int8")[:40]
        raise _unknown(later("{format}, rotated by ConvRot", format=name), layer)
    if comfy_format is None:
        raise _unknown(later("an unknown format (its note names none)"), layer)
    if comfy_format not in _NAMES or type(group) is not int or group < 2:
        raise _unknown(str(comfy_format)[:40], layer)
    return {"format": _NAMES[comfy_format], "group": group}


def _is_rotated(settings: Mapping[str, Any]) -> bool:
    parameters = settings.get("params")
    return bool(
        settings.get("convrot") or (isinstance(parameters, dict) and parameters.get("convrot"))
    )


def _unknown(packed_as: str, layer: str) -> UnknownPacking:
    return UnknownPacking(
        "A layer is packed as {format}: {layer}." if layer else "A layer is packed as {format}.",
        "One of {names} was expected, not rotated.",
        "Take an unquantised version (fp16 or bf16) and quantise it with EncoderScope, or use "
        "{loader}.",
        format=packed_as,
        layer=layer,
        names=listed(_NAMES),
        loader=own_loader(packed_as),
    )


def own_loader(packed_as: str) -> str:
    """'ComfyUI's own loader, from ComfyUI 0.8 on': where that is known of a packing."""
    for packing, version in _SINCE.items():
        if packing in packed_as:
            return later("ComfyUI's own loader, from ComfyUI {version} on", version=version)
    return later("ComfyUI's own loader where its version knows this format")


def stored_note(entry: TensorEntry) -> bytes:
    """The bytes of a note in its file; of one that is far too long, its beginning."""
    with entry.file.open("rb") as file:
        file.seek(entry.start)
        return file.read(min(entry.size, _LONGEST))
