"""Mends torchvision and torchaudio where they do not fit torch: ComfyUI and transformers import
them in passing, though text needs neither.

A torchvision built for CUDA beside a torch built for the processor cannot register its operators,
and then it cannot even be imported. Two operator names without a body are enough. And where
torchaudio is missing (it has no build for the processor's torch), ComfyUI from 0.4 on does not
start: empty modules are enough.

Imports nothing of the pack: tools/launch_host.py loads this file by its path, before the host runs.
"""

from __future__ import annotations

import importlib
import sys
from importlib import metadata
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

_OPERATORS = ("nms", "qnms")
_AUDIO_MODULES = ("torchaudio", "torchaudio.functional", "torchaudio.transforms")
_libraries: list[object] = []  # a torch Library takes its operators along when it is collected


def mend_torchvision() -> None:
    """Define torchvision's operators where importing it fails for want of them; otherwise change
    nothing.
    """
    if not _builds_differ():
        return  # and torch is not imported early: the host sets its environment variables first
    try:
        importlib.import_module("torchvision")
    except (RuntimeError, ImportError, OSError):
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        _define_operators()


def _define_operators() -> None:
    from torch import library as operators

    library = operators.Library("torchvision", "DEF")
    for name in _OPERATORS:
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _libraries.append(library)


def mend_torchaudio() -> None:
    """Put empty modules in the place of a torchaudio that is not installed."""
    if find_spec("torchaudio") is not None:
        return
    for name in _AUDIO_MODULES:
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None, is_package=True)
        module.__path__ = []
        owner, _, attribute = name.rpartition(".")
        if owner:
            setattr(sys.modules[owner], attribute, module)
        sys.modules[name] = module


def _builds_differ() -> bool:
    """Do torch and torchvision come from different builds (the part of the version after the plus
    sign)?
    """
    try:
        torch, torchvision = metadata.version("torch"), metadata.version("torchvision")
    except metadata.PackageNotFoundError:
        return False
    return torch.partition("+")[2] != torchvision.partition("+")[2]
