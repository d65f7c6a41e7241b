"""The same inputs give the same report, byte for byte: in another process, with another seed of
Python's hashes, with another number of threads.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.host
COMMANDS = {
    "tokens": ["tokens", "a (red:1.3) car, BREAK naïve 🦊 embedding:mine", "--family", "sd3"],
    "lint": ["tokens", "a [red] car::2 {a|b} <lora:x:1>", "--family", "flux", "--lint"],
    "parse": ["parse", "a red car and a blue house, two cats and three dogs, no hat"],
    "probe": ["probe", "a red circle and a blue square"],
}
SURROUNDINGS = (
    {"PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "1"},
    {"PYTHONHASHSEED": "2", "OMP_NUM_THREADS": "2"},
)


@pytest.mark.parametrize("name", COMMANDS)
def test_byte_for_byte(name: str, host_folder: Path, tmp_path: Path) -> None:
    outputs = set()
    for number, surroundings in enumerate(SURROUNDINGS):
        environment = {
            **os.environ,
            **surroundings,
            "COMFYUI_PATH": str(host_folder),
            "ENCODERSCOPE_CACHE": str(tmp_path / str(number)),
        }
        command = [sys.executable, "-m", "encoderscope.cli.main", *COMMANDS[name], "--json"]
        finished = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, check=False
        )
        assert finished.returncode in (0, 1, 2) and finished.stdout, finished.stderr[-1000:]
        outputs.add(finished.stdout)
    assert len(outputs) == 1
