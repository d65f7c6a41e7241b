"""Where things lie, and the one kind of error that these tools raise on purpose."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STATE = ROOT / ".host"
"""Everything fetched or made that is not a Python environment: the host, front ends, mounts, run
folders.
"""
OWN_HOST = STATE / "ComfyUI"
TRANSFORMERS_4 = STATE / "transformers4"
OUT = ROOT / "out"
WINDOWS = os.name == "nt"


class SetupError(Exception):
    """Something outside our code is not as needed. The text says what was found, what was expected
    and what to do.
    """


def python_in(venv: Path) -> Path:
    """The Python of an environment in this folder."""
    return venv / ("Scripts/python.exe" if WINDOWS else "bin/python")


def venv_python() -> Path:
    """The Python of our own environment."""
    return python_in(VENV)


def venv_command(name: str) -> Path:
    """A command installed in the environment. Never `python -m name`: that would put the current
    folder on sys.path.
    """
    return venv_python().with_name(f"{name}.exe" if WINDOWS else name)


def front_end(version: str) -> Path:
    """The folder of a separately fetched front end, as the host's --front-end-root wants it."""
    return STATE / f"frontend-{version}" / "comfyui_frontend_package" / "static"
