"""Gives the terminal the host's tokenizers and encoders without starting the host."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from pathlib import Path

from ..conditioning.errors import EncoderScopeError
from . import torch_companions

_OWN_COPY = Path(__file__).resolve().parents[1] / ".host" / "ComfyUI"  # where dev.py puts it


def attach() -> Path:
    """Make the host's modules importable, on the processor; returns its folder. Raises
    :class:`EncoderScopeError` where there is no host.

    The host is ``COMFYUI_PATH``, or the ComfyUI this pack is installed in, or the copy that
    ``dev.py`` downloads.
    """
    folder = _host_folder()
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    logging.getLogger().addFilter(_is_about_text)
    torch_companions.mend_torchvision()
    torch_companions.mend_torchaudio()
    # Tokenizers need no GPU, and must not wait for one.
    importlib.import_module("comfy.cli_args").args.cpu = True
    return folder


def _is_about_text(record: logging.LogRecord) -> bool:
    """Not that ComfyUI's models of sound lack torchaudio, which no command needs."""
    return not str(record.msg).startswith("torchaudio missing")


def _host_folder() -> Path:
    for folder in _candidates():
        if (folder / "comfy" / "sd1_clip.py").is_file():
            return folder
    named = os.environ.get("COMFYUI_PATH")
    raise EncoderScopeError(
        "COMFYUI_PATH is {folder!r}, which holds no comfy/sd1_clip.py."
        if named
        else "No ComfyUI was found.",
        "The tokenizers are ComfyUI's own.",
        "Set COMFYUI_PATH to your ComfyUI folder, run 'python dev.py demo' once, or give "
        "--tokenizer FOLDER.",
        folder=named,
    )


def _candidates() -> list[Path]:
    if named := os.environ.get("COMFYUI_PATH"):
        return [Path(named).expanduser()]
    custom_nodes = Path(__file__).absolute().parents[2]
    if custom_nodes.name == "custom_nodes":
        return [custom_nodes.parent, _OWN_COPY]
    return [_OWN_COPY]
