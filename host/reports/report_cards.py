"""Cards: pictures of reports below ComfyUI's output folder, with the report and the workflow
inside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import folder_paths
from comfy.cli_args import args
from PIL import Image

from ...conditioning.errors import EncoderScopeError
from ...conditioning.reports.travelling import known_formats, report_files
from ...conditioning.storage import write_atomically
from ...conditioning.translation import later
from ..folders import below

USUAL = "encoderscope/card"
"""Prefix of the files, below the output folder."""


class SavedCard(NamedTuple):
    """What was written."""

    path: Path
    picture: Image.Image
    shown: dict[str, str]
    """As the host's page finds pictures: filename, subfolder, type."""


def save(text: str, prefix: str, prompt: Any, extra: Any) -> SavedCard:
    """Draw the report in ``text`` (JSON) and write it. ``prompt``, ``extra``: the graph as the host
    runs it, and what its page adds, such as the workflow: they go into the file as the host's own
    pictures have them. Raises :class:`EncoderScopeError`.
    """
    report = report_files.checked(Path("json"), text)
    picture = known_formats.render(report)
    data = report_files.card_bytes(picture, report, _chunks(prompt, extra))
    top = Path(folder_paths.get_output_directory())
    path = _free_path(top, prefix.replace("\\", "/"))
    try:
        write_atomically(path, data)
    except OSError as error:
        raise EncoderScopeError(
            "{file} cannot be written ({why}).",
            "A name and room below the output folder were expected.",
            "Choose a shorter name, or make room on the disk.",
            file=path.name,
            why=error.strerror or error,
        ) from error
    subfolder = path.parent.relative_to(top.resolve()).as_posix()
    address = {"filename": path.name, "subfolder": subfolder.strip("."), "type": "output"}
    return SavedCard(path, picture, address)


def _chunks(prompt: Any, extra: Any) -> dict[str, str]:
    """What the host writes into its pictures; nothing where it was started to write none."""
    if args.disable_metadata:
        return {}
    chunks = {report_files.GRAPH_KEY: prompt} if prompt is not None else {}
    chunks |= extra if isinstance(extra, Mapping) else {}
    return {str(key): json.dumps(value) for key, value in chunks.items() if key != report_files.KEY}


def _free_path(top: Path, prefix: str) -> Path:
    """The next free name. Raises :class:`EncoderScopeError` where it leads out of ``top``."""
    problem = later("{prefix!r} lies outside of ComfyUI's output folder.", prefix=prefix)
    try:
        if below(top, prefix) is not None:
            folder, name, counter, *_ = folder_paths.get_save_image_path(prefix, str(top))
            path = below(top, str(Path(folder) / f"{name}_{counter:05}_.png"))
            if path is not None:
                return path
    except Exception as error:  # the host's own check of the prefix raises a plain Exception
        problem = later("{prefix!r} cannot be written ({why}).", prefix=prefix, why=str(error))
    raise EncoderScopeError(
        problem, "A name below the output folder was expected.", "Choose another name."
    )
