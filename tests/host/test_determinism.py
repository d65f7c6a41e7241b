"""The same inputs give the same report, byte for byte: in another process, with another seed of
Python's hashes, with another number of threads, and where a pass takes fewer texts or pictures.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.host
COMMANDS = {
    "tokens": ["tokens", "a (red:1.3) car, BREAK naïve 🦊 embedding:mine", "--family", "sd3"],
    "lint": ["tokens", "a [red] car::2 {a|b} <lora:x:1>", "--family", "flux", "--lint"],
    "parse": ["parse", "a red car and a blue house, two cats and three dogs, no hat"],
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


_TOOK = re.compile(rb'"seconds": [0-9.e-]+')
"""How long quantising took is no result."""
BATCHES = (0, 3)
"""Of the two processes: as many texts and pictures in a pass as usual, and three."""


def test_every_report_byte_for_byte(host_folder: Path, tmp_path: Path) -> None:
    """One process for each of the surroundings prints all of them."""
    printed = []
    for surroundings, batch in zip(SURROUNDINGS, BATCHES, strict=True):
        folder = tmp_path / str(batch)
        folder.mkdir()
        command = [sys.executable, "-m", "encoderscope.tests.host.every_report"]
        finished = subprocess.run(
            [*command, str(folder), str(batch)],
            cwd=tmp_path,
            env={**os.environ, **surroundings, "COMFYUI_PATH": str(host_folder)},
            capture_output=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr[-1000:]
        lines = _TOOK.sub(b"", finished.stdout).splitlines()
        printed.append(dict(line.split(b" ", 1) for line in lines))
    assert printed[0].keys() == printed[1].keys() and len(printed[0]) >= 13
    different = [name for name in printed[0] if printed[0][name] != printed[1][name]]
    assert different == []
