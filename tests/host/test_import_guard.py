"""The pack imports where only ComfyUI's own requirements are installed: no optional package is
needed before it is used.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from encoderscope.tools import comfyui

pytestmark = pytest.mark.host
OPTIONAL = (
    *("pyarrow", "datasets", "pandas", "matplotlib", "gguf", "triton", "comfy_kitchen"),
    *("jsonschema", "hypothesis", "pytest", "playwright", "accelerate", "bitsandbytes"),
    *("cv2", "sklearn", "diffusers", "kornia", "spandrel"),
)
"""What some machines have and others do not."""
GUARD = """
import json, sys
for name in json.loads(sys.argv[1]):
    sys.modules[name] = None  # an import of it fails, and looking for it finds nothing
from encoderscope.cli import main
from encoderscope.cli.common import attach_host
attach_host()
from encoderscope.nodes.extension import NODES
print(len([node.GET_SCHEMA() for node in NODES]))
"""


def guarded(host: Path, *blocked: str) -> subprocess.CompletedProcess[str]:
    """All nodes with their schemas, in a Python that lacks these packages."""
    comfyui.mount(comfyui.MOUNT)
    return subprocess.run(
        [sys.executable, "-c", GUARD, json.dumps(blocked)], cwd=comfyui.MOUNT, check=False,
        capture_output=True, encoding="utf-8",
        env=os.environ | {"COMFYUI_PATH": str(host), "PYTHONPATH": str(comfyui.MOUNT)},
    )  # fmt: skip


def test_all_nodes_import_without_optional_packages(host_folder: Path) -> None:
    from encoderscope.nodes.extension import NODES

    attention = host_folder / "comfy" / "ldm" / "modules" / "attention.py"
    needed = attention.read_text(encoding="utf-8")  # by newer hosts themselves
    result = guarded(host_folder, *(name for name in OPTIONAL if f"import {name}\n" not in needed))
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == str(len(NODES))


def test_a_package_that_is_needed_would_be_missed(host_folder: Path) -> None:
    result = guarded(host_folder, "safetensors")
    assert result.returncode != 0 and "safetensors" in result.stderr
