"""`encoderscope probe`, `image` and `bench` with encoders from files, each in a process of its own:
there nothing has mended a torchvision that does not fit torch before the command does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from encoderscope.tests.host.loading import making
from encoderscope.tests.image_text import kit
from encoderscope.tools import comfyui
from PIL import Image

pytestmark = pytest.mark.host

PROMPT = "a red car next to a blue house"


@pytest.fixture(scope="module")
def encoder_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "clip.safetensors"
    return making.write(path, making.clip_state(making.clip(64, 2)))


@pytest.fixture(scope="module")
def dual_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folders") / "clip"
    kit.save(folder, "clip", positions=40)
    return folder


def run(host_folder: Path, folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """One command in a fresh process, with results kept below ``folder``."""
    comfyui.mount(comfyui.MOUNT)
    environment = os.environ | {
        "COMFYUI_PATH": str(host_folder),
        "ENCODERSCOPE_CACHE": str(folder / "cache"),
        "PYTHONPATH": str(comfyui.MOUNT),
        "PYTHONUTF8": "1",
    }
    command = [sys.executable, "-m", "encoderscope.cli.main", *map(str, arguments)]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )


def test_a_text_encoder_file_is_probed(
    host_folder: Path, encoder_file: Path, tmp_path: Path
) -> None:
    result = run(host_folder, tmp_path, "probe", PROMPT, "--encoder", encoder_file)
    assert "Traceback" not in result.stderr and result.returncode in (0, 1, 2), result.stderr
    assert "red car / blue house" in result.stdout


def test_an_image_text_encoder_scores_a_picture(
    host_folder: Path, dual_folder: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (32, 32), "red").save(tmp_path / "red.png")
    result = run(host_folder, tmp_path, "image", "red.png", PROMPT, "--encoder", dual_folder)
    assert "Traceback" not in result.stderr and result.returncode in (0, 1, 2), result.stderr
    assert "Picture 1" in result.stdout


def test_an_image_text_encoder_is_benchmarked(
    host_folder: Path, dual_folder: Path, tmp_path: Path
) -> None:
    result = run(host_folder, tmp_path, "bench", "drawn-20", "--encoders", dual_folder)
    assert result.returncode == 0 and "Traceback" not in result.stderr, result.stderr
    assert "20" in result.stdout
