"""Starts a ComfyUI: `python launch_host.py <its main.py> [its arguments]`.

It mends two things first. A torchvision built for CUDA beside a torch built for the processor
cannot register its operators, and then it cannot even be imported, though the host only asks for it
in passing. Two operator names without a body are enough. And where torchaudio is missing (it has no
build for the processor's torch), ComfyUI from 0.4 on does not start, though text needs no sound:
empty modules are enough.
"""

from __future__ import annotations

import importlib
import runpy
import sys
from importlib import metadata
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

_OPERATORS = ("nms", "qnms")
_kept_alive: list[object] = []  # a torch Library takes its operators along when it is collected


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
        from torch import library as operators

        library = operators.Library("torchvision", "DEF")
        for name in _OPERATORS:
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _kept_alive.append(library)


def mend_torchaudio() -> None:
    """Empty modules in the place of a torchaudio that is not installed."""
    if find_spec("torchaudio") is None:
        for name in ("torchaudio", "torchaudio.functional", "torchaudio.transforms"):
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


def main() -> None:
    main_py = Path(sys.argv[1]).resolve()
    sys.argv = [str(main_py), *sys.argv[2:]]
    # As `python main.py` would have it. Windows' portable Python does not put a script's folder on
    # the path at all.
    here = Path(__file__).resolve().parent
    sys.path[:] = [
        str(main_py.parent),
        *(entry for entry in sys.path if Path(entry).resolve() != here),
    ]
    mend_torchvision()
    mend_torchaudio()
    runpy.run_path(str(main_py), run_name="__main__")


if __name__ == "__main__":
    main()
