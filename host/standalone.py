"""Gives the terminal the host's tokenizers without starting the host."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from ..conditioning.errors import EncoderScopeError

_OWN_COPY = Path(__file__).resolve().parents[1] / ".host" / "ComfyUI"  # where dev.py puts it


def attach() -> Path:
    """Make the host's modules importable, on the processor; returns its folder.

    The host is ``COMFYUI_PATH``, or the ComfyUI this pack is installed in, or the copy that
    ``dev.py`` downloads.
    """
    for folder in _candidates():
        if (folder / "comfy" / "sd1_clip.py").is_file():
            if str(folder) not in sys.path:
                sys.path.insert(0, str(folder))
            importlib.import_module(
                "comfy.cli_args"
            ).args.cpu = True  # tokenizers need no GPU, and must not wait for one
            return folder
    given = os.environ.get("COMFYUI_PATH")
    raise EncoderScopeError(
        f"COMFYUI_PATH is {given!r}, which holds no comfy/sd1_clip.py."
        if given
        else "No ComfyUI was found.",
        "The tokenizers are ComfyUI's own.",
        (
            "Set COMFYUI_PATH to your ComfyUI folder, run 'python dev.py demo' once, or give "
            "--tokenizer FOLDER."
        ),
    )


def _candidates() -> list[Path]:
    given = os.environ.get("COMFYUI_PATH")
    if given:
        return [Path(given).expanduser()]
    custom_nodes = Path(__file__).absolute().parents[2]
    return [custom_nodes.parent, _OWN_COPY] if custom_nodes.name == "custom_nodes" else [_OWN_COPY]
