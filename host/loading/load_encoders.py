"""From chosen files to a CLIP of the host."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import folders
from . import build, fill, picker

CPU = "cpu"


def load(
    names: list[str], family: str, precision: str, device: str, model: Any = None
) -> build.Loaded:
    """A CLIP from the files of these names. Raises :class:`EncoderScopeError`."""
    from_model = picker.family_of_model(model) if model is not None else None
    return _built(folders.open_all(names), family, from_model, precision, device)


def load_files(paths: Sequence[Path], family: str = picker.AUTO) -> build.Loaded:
    """The same from files anywhere, for the terminal. Raises :class:`EncoderScopeError`."""
    given = [one for path in paths for one in folders.encoders_in(path.name, path)]
    return _built(given, family, None, fill.AS_STORED, CPU)


def _built(
    given: Sequence[build.Given], family: str, from_model: str | None, precision: str, device: str
) -> build.Loaded:
    dtype = fill.precision(precision)
    chosen, parts = picker.choose([one.one for one in given], family, from_model)
    return build.build(given, chosen, parts, dtype, device == CPU)
