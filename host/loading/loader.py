"""From chosen files to a CLIP of the host: the flow of this folder, from its pick to its report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...conditioning.reports.wording import joined
from .. import folders, progress_bar
from . import build, encoder_plan, picker

CPU = "cpu"


def load(
    names: list[str], family: str, precision: str, device: str, model: Any = None
) -> build.LoadedClip:
    """A CLIP from the files of these names. Raises :class:`EncoderScopeError`."""
    from_model = None
    if model is not None:
        from_model = picker.family_of_model(model)
    return load_described(folders.open_all(names), family, from_model, precision, device)


def load_files(paths: Sequence[Path], family: str = picker.AUTO) -> build.LoadedClip:
    """The same from files anywhere, for the terminal. Raises :class:`EncoderScopeError`."""
    files = [file for path in paths for file in folders.encoders_in(path.name, path)]
    return load_described(files, family, None, encoder_plan.AS_STORED, CPU)


def load_described(
    files: Sequence[folders.EncoderFile],
    family: str,
    from_model: str | None,
    precision: str,
    device: str,
) -> build.LoadedClip:
    """The same from files that are open. Raises :class:`EncoderScopeError`."""
    dtype = encoder_plan.precision(precision)
    names = joined([file.name for file in files])
    progress_bar.announce(f"Reading {names}. ComfyUI keeps what was loaded for the next Run.")
    descriptions = [file.description for file in files]
    family, roles = picker.choose(descriptions, family, from_model)
    return build.load(files, family, roles, dtype, device == CPU)
