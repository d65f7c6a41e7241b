"""What phenomena and readouts are called, in the language of the moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...binding.readouts import TITLES
from ...translation import translatable
from ..wording import translate_name

_PHENOMENA = {
    "colour": translatable("colour"),
    "material": translatable("material"),
    "size": translatable("size"),
    "shape": translatable("shape"),
    "age": translatable("age"),
    "count": translatable("count"),
    "number": translatable("plural"),
    "negation": translatable("negation"),
    "spatial": translatable("place"),
    "order of size": translatable("order of size"),
    "order of time": translatable("order of time"),
    "role": translatable("who does what"),
}
"""The suite's names -> what an artist reads."""


def phenomenon_title(name: str) -> str:
    """That of a newer suite as it is."""
    return translate_name(_PHENOMENA, name)


def readout_title(score: Mapping[str, Any]) -> str:
    """That of a newer report as it says itself."""
    readout = str(score["readout"])
    if readout in TITLES:
        return translate_name(TITLES, readout)
    return str(score.get("readout_title") or readout)
