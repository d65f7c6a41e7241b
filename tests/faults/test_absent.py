"""What is optional may be absent: all is imported without it, and what needs it says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
OPTIONAL = ("triton", "comfy_kitchen", "comfy_aimdo", "gguf", "torchaudio")
BLOCK = f"""
import sys
from importlib.machinery import PathFinder
class Absent(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.split(".")[0] not in {OPTIONAL!r}:
            return PathFinder.find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(PathFinder)] = Absent
"""
CORE = """
import importlib, pkgutil, encoderscope
count = 0
for room in ("conditioning", "kernels", "cli"):
    package = importlib.import_module(f"encoderscope.{room}")
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith((".gpu", "kernels.smallest_program")):
            importlib.import_module(found.name)
            count += 1
import torch
from encoderscope.kernels import limits
print(count, limits.why_not_on(torch.device("cpu")))
"""
HOST = """
import sys
from pathlib import Path
from encoderscope.tests import hostkit
hostkit.import_host(Path(sys.argv[1]))
import encoderscope.nodes.extension as extension
from encoderscope.host import miniatures
from encoderscope.host.acceleration import patches
fast = patches.accelerate(miniatures.clip("mini-CLIP"), "draft")
print(len(extension.NODES), fast.encoders[0].mode, fast.encoders[0].reason)
"""


def run(program: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-c", BLOCK + program, *arguments]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    finished = subprocess.run(
        command, cwd=Path(__file__).parent, env=environment, capture_output=True, check=False
    )
    assert finished.returncode == 0, finished.stderr.decode()[-2000:]
    return finished.stdout.decode().splitlines()[-1].split(" ", 1)


def test_the_core_is_imported_without_all_that_is_optional() -> None:
    count, reason = run(CORE)
    assert int(count) > 150 and reason == "Triton is not installed"


@pytest.mark.host
def test_the_nodes_are_imported_and_draft_says_what_it_lacks(tmp_path: Path) -> None:
    count, words = run(HOST, str(tmp_path))
    mode, reason = words.split(" ", 1)
    assert int(count) >= 23 and mode == "exact"
    assert "draft needs comfy-kitchen" in reason
