"""The same tests with Triton's programs, which its interpreter runs on the processor. It must be
asked for before Triton is imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest
from encoderscope.tests.kernels.kit import INTERPRETED

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(INTERPRETED, reason="this is the process that it would start")
@pytest.mark.skipif(
    util.find_spec("triton") is None,
    reason="triton is not installed; requirements-dev.txt has it for Linux",
)
def test_tritons_programs_pass_in_its_interpreter() -> None:
    environment = os.environ | {"TRITON_INTERPRET": "1", "OMP_NUM_THREADS": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "triton-cpu",
        str(Path(__file__).parent),
    ]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    assert " passed" in ended.stdout and "skipped" not in ended.stdout, ended.stdout[-2000:]
