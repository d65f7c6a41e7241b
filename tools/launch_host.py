"""Starts a ComfyUI: `python launch_host.py <its main.py> [its arguments]`.

It mends torchvision and torchaudio first (host/torch_companions.py). The pack itself is not
imported here: the host does that, under a name of its own.
"""

from __future__ import annotations

import importlib.util
import runpy
import sys
from pathlib import Path
from types import ModuleType

COMPANIONS = Path(__file__).resolve().parents[1] / "host" / "torch_companions.py"


def load_companions() -> ModuleType:
    """The mending module, by its path, under a name that hides nothing of the host's."""
    name = "encoderscope_torch_companions"
    spec = importlib.util.spec_from_file_location(name, COMPANIONS)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


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
    companions = load_companions()
    companions.mend_torchvision()
    companions.mend_torchaudio()
    runpy.run_path(str(main_py), run_name="__main__")


if __name__ == "__main__":
    main()
