"""Files of real widths and depths with seeded random weights: narrow inside, since a family is told
by what an encoder gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from encoderscope.tests.host.loading import making

FORWARD = 64
"""Width of the CLIPs' feed-forward layers: the host is told so by its own option (`model_config`).
"""
T5_INSIDE = {"d_ff": 16, "num_heads": 2, "d_kv": 4}


@pytest.fixture(scope="session")
def files(host_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The host's text_encoders folder: `l`, `g`, `h`, `t5xxl` and others, fp16."""
    folder = tmp_path_factory.mktemp("text_encoders")
    inside = (T5_INSIDE["d_ff"], T5_INSIDE["num_heads"], T5_INSIDE["d_kv"])
    for name, model in {
        "l": lambda: making.clip(768, 12, feed_forward=FORWARD),
        "g": lambda: making.clip(1280, 32, "gelu", feed_forward=FORWARD),
        "h": lambda: making.clip(1024, 24, "gelu", feed_forward=FORWARD),
        "t5xxl": lambda: making.t5(4096, 24, *inside),
        "t5_11b": lambda: making.t5(1024, 24, *inside, gated=False),
        "t5base": lambda: making.t5(768, 12, *inside, gated=False),
        "pile_t5xl": lambda: making.umt5(2048, 24, *inside[:2], 32128, inside[2]),
        "umt5base": lambda: making.umt5(768, 12, *inside[:2], 256384, inside[2]),
    }.items():
        making.write(folder / f"{name}.safetensors", making.state(model()), torch.float16)
    making.write_sentencepiece(folder / "umt5base.spiece.model", 256384)
    with making.folders(folder):
        yield folder
    for file in folder.iterdir():
        file.unlink()


@pytest.fixture
def folder(host_folder: Path, tmp_path: Path) -> Iterator[Path]:
    """The only one of the host's text_encoders folders."""
    with making.folders(tmp_path):
        yield tmp_path


@pytest.fixture(scope="module")
def packed(host_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The host's text_encoders folder with what :mod:`packed_files` writes."""
    from encoderscope.tests.host.loading import packed_files

    folder = tmp_path_factory.mktemp("text_encoders")
    packed_files.write(folder)
    with making.folders(folder):
        yield folder
