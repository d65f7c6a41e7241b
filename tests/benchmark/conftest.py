"""A folder of pictures with captions, and one thread for the many small tensors of these tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

LINE = {
    "caption": "a red car next to a blue house",
    "swap": "a blue car next to a red house",
    "kind": "colour",
    "paraphrase": "a blue house and a red car",
}


@pytest.fixture(autouse=True)
def _one_thread(one_thread: None) -> None:
    """Every test of this folder."""


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """`folder({}, {"kind": "size"})`: a folder with that many pictures, each line changed as told;
    None leaves a column out, bytes are a line.
    """
    image = pytest.importorskip("PIL.Image")

    def made(*lines: Any) -> Path:
        root = tmp_path / "pictures"
        root.mkdir(exist_ok=True)
        out = []
        for k, line in enumerate(lines, 1):
            image.new("RGB", (8 + k, 8), (20 * k % 256, 90, 200)).save(root / f"{k}.png")
            output = {"image": f"{k}.png", **LINE, **line} if isinstance(line, dict) else line
            out.append(
                output
                if isinstance(output, bytes)
                else json.dumps({k: v for k, v in output.items() if v is not None}).encode()
            )
        (root / "captions.jsonl").write_bytes(b"\n".join([*out, b""]))
        return root

    return made
