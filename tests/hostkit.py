"""The real ComfyUI for tests: in this process (`import_host`) or as a server (`serve`).

    with hostkit.serve(folder, front_end="1.58.1") as server:
        outputs = server.run(hostkit.sample_graph("token_map"))   # {node number: what it showed}
        entry = server.wait_for(server.queue(graph))              # its history
        server.get_json("/object_info"), server.post_json("/prompt", {...}), server.url,
        server.log_text()

Most tests take the fixtures `host_folder` and `host_server` of conftest.py instead.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from encoderscope.host.torch_companions import mend_torchaudio, mend_torchvision
from encoderscope.tools import comfyui, packages, places
from encoderscope.tools.server import HostFailure, HostServer

__all__ = [
    "FRONT_ENDS",
    "HostFailure",
    "HostServer",
    "find_browser",
    "import_host",
    "sample_graph",
    "serve",
]

SAMPLES = Path(__file__).parent / "samples"
FRONT_ENDS = ("own", packages.NEWEST_FRONT_END)
"""The host's own front end (1.32.9 for our ComfyUI 0.3.75) and the newest that was tested."""
LAZY = "ENCODERSCOPE_LAZY_WEIGHTS"
"""Set: newer hosts make their layers without weights, as they do on NVIDIA GPUs (dynamic VRAM),
though these tests use none.
"""
DEVICE = os.environ.get("ENCODERSCOPE_DEVICE", "cpu")
"""Where the host computes in this process: cpu, cuda, or simulated (host/simulated_gpu.py)."""
OF_PROCESSORS = pytest.mark.skipif(DEVICE != "cpu", reason="on a processor alone")
HOST_ARGUMENTS = os.environ.get("ENCODERSCOPE_HOST_ARGUMENTS", "").split()
"""What ComfyUI is started with, such as ``--lowvram``."""
NO_HOST = "no ComfyUI here: `python dev.py test` sets one up, or set COMFYUI_PATH"
NO_BROWSER = (
    "no Chromium, Chrome or Edge was found: install one, or set ENCODERSCOPE_CHROMIUM to its "
    "program"
)


@cache
def missing_for(mark: str) -> str:
    """Why tests with this mark cannot run here; empty when they can."""
    checks = {
        "host": [_missing_host],
        "browser": [_missing_host, _missing_browser],
        "gpu": [_missing_gpu],
    }
    return next((reason for check in checks[mark] if (reason := check())), "")


def _missing_host() -> str:
    try:
        if comfyui.find_host() is None:
            return NO_HOST
    except places.SetupError as error:
        return str(error)
    return (
        ""
        if importlib.util.find_spec("torch")
        else "this Python has no torch: `python dev.py test` has"
    )


def _missing_browser() -> str:
    if find_browser() is None:
        return NO_BROWSER
    if not _front_end_folder(packages.NEWEST_FRONT_END).is_dir():
        return (
            f"front end {packages.NEWEST_FRONT_END} was not fetched: `python dev.py test` does that"
        )
    return (
        ""
        if importlib.util.find_spec("playwright")
        else "playwright is not installed: `python dev.py test` has it"
    )


def _missing_gpu() -> str:
    if not importlib.util.find_spec("torch"):
        return "this Python has no torch"
    import torch

    return "" if torch.cuda.is_available() else "no CUDA device"


def find_browser() -> str | None:
    """The program of a Chromium-like browser, for playwright's `executable_path`."""
    inputs = os.environ.get("ENCODERSCOPE_CHROMIUM")
    if inputs:
        return inputs
    names = (
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
        "msedge",
        "microsoft-edge",
    )
    folders = [
        os.environ.get(key, "") for key in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
    ]
    places_to_look = [
        *(
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
            "/Applications/Chromium.app/Contents/MacOS/Chromium",
        ),
        *(f"{folder}/Google/Chrome/Application/chrome.exe" for folder in folders if folder),
        *(f"{folder}/Microsoft/Edge/Application/msedge.exe" for folder in folders if folder),
    ]
    on_path = next((path for name in names if (path := shutil.which(name))), None)
    return on_path or next((place for place in places_to_look if Path(place).is_file()), None)


def sample_graph(name: str) -> dict[str, Any]:
    """A graph in API format from tests/samples."""
    return dict(json.loads((SAMPLES / f"{name}.api.json").read_text(encoding="utf-8")))


def _front_end_folder(version: str) -> Path:
    return places.front_end(version)


def serve(
    folder: Path, *, front_end: str = "own", arguments: Sequence[str] = (), **options: Any
) -> HostServer:
    """A server with the pack, to be entered with `with`; it writes into `folder` only."""
    host = comfyui.ensure_host()
    chosen = None if front_end == "own" else _front_end_folder(front_end)
    fixed = ["--disable-api-nodes", *HOST_ARGUMENTS]
    if DEVICE != "cuda":
        fixed.append("--cpu")
    return HostServer(host, folder, front_end=chosen, arguments=(*fixed, *arguments), **options)


def _without_weights() -> None:
    """As a newer host with dynamic VRAM makes its layers. Its own reader of files needs an NVIDIA
    driver: safetensors' takes its place.
    """
    from comfy import memory_management, utils
    from safetensors.torch import load_file

    memory_management.aimdo_enabled = True
    utils.load_safetensors = lambda path: (load_file(path), {})


@cache
def import_host(folder: Path, device: str = DEVICE) -> Path:
    """Make the host importable in this process, writing into `folder` only; its own folder is
    returned. Unless `device` is cuda, it computes as if there were no GPU.
    """
    host = comfyui.find_host()
    if host is None:
        raise places.SetupError(NO_HOST)
    if not host.own:
        sys.dont_write_bytecode = True
    mend_torchvision()
    mend_torchaudio()
    sys.path.insert(0, str(host.path))
    from comfy import cli_args

    for name, value in vars(cli_args.parser.parse_args(HOST_ARGUMENTS)).items():
        if value != cli_args.parser.get_default(name):
            setattr(cli_args.args, name, value)
    cli_args.args.cpu = device != "cuda"
    if os.environ.get(LAZY):
        _without_weights()
    import folder_paths

    for name in ("output", "input", "temp", "user"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        getattr(folder_paths, f"set_{name}_directory")(str(folder / name))
    return host.path


def run_with_transformers_4(
    arguments: Sequence[str | Path], **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run this Python with transformers 4 over its own packages, as hosts have it where some
    tokenizers are the slow ones.
    """
    environment = packages.clean_environment(PYTHONPATH=str(places.TRANSFORMERS_4), PYTHONUTF8="1")
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        command, env=environment, text=True, capture_output=True, check=False, **options
    )
