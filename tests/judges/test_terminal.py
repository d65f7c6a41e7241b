"""`encoderscope image ... --judge`: judges in the terminal, without ComfyUI."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from encoderscope.cli import main
from encoderscope.conditioning.scenes.drawing import draw
from encoderscope.conditioning.scenes.scene import staged
from encoderscope.tests.judges import tiny_models
from PIL import Image

TRUE, SWAP = "a red car and a blue house", "a blue car and a red house"
SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "report-image.schema.json"


@pytest.fixture
def picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ENCODERSCOPE_CACHE", str(tmp_path / "cache"))
    scene = staged(random.Random(1), ("red", "car"), ("blue", "house"))
    levels = draw([scene], 160)[0].mul(255).round().byte()
    Image.fromarray(levels.numpy()).save(tmp_path / "drawn.png")
    return tmp_path / "drawn.png"


def run(capsys: Any, *arguments: object) -> tuple[int, str, str]:
    status = main.main(["image", *map(str, arguments)])
    output = capsys.readouterr()
    return status, output.out, output.err


def test_the_status_says_what_the_picture_shows(capsys: Any, picture: Path) -> None:
    status, out, _ = run(capsys, picture, TRUE, "--judge", "mini-vqa")
    assert status == 0
    assert out.startswith("mini-VQA says: as in the prompt: car, house, red car, blue house.")
    status, out, _ = run(capsys, picture, picture, SWAP, "--judge", "mini-VQA")
    assert status == 1
    assert "of 2 pictures, 2 do not show the prompt" in out
    status, out, _ = run(capsys, picture, "a wooden dog", "--judge", "mini-vqa")
    assert status == 2


def test_the_json_is_that_of_the_node(capsys: Any, picture: Path, tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    png = tmp_path / "report.png"
    status, out, _ = run(capsys, picture, TRUE, "--judge", "mini-vqa", "--json", "--png", png)
    report = json.loads(out)
    jsonschema.validate(report, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert status == 0 and png.read_bytes().startswith(b"\x89PNG")
    assert [each["title"] for each in report["judges"]] == ["mini-VQA"]
    assert report["scorer"]["objective"] == "answers"
    assert all(kind["speaks"] for kind in report["judges"][0]["kinds"])


def test_a_folder_and_mini_vqa_side_by_side(capsys: Any, picture: Path, tmp_path: Path) -> None:
    folder = tiny_models.save("BlipForQuestionAnswering", tmp_path / "blip")
    status, out, _ = run(
        capsys, picture, "a car", "--judge", "mini-vqa", "--judge", folder, "--json"
    )
    report = json.loads(out)
    assert [each["title"] for each in report["judges"]] == ["mini-VQA", "BLIP-VQA (blip)"]
    assert status == 0, "a judge of random weights claims nothing, and so does not disagree"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--judge", "nowhere"], "A judge was expected: a Hugging Face folder"),
        (["--judge", "mini-vqa", "--variants", "a tree"], "--judge was given with --variants"),
    ],
)
def test_bad_input_is_named(capsys: Any, picture: Path, arguments: list[str], text: str) -> None:
    status, _, errors = run(capsys, picture, TRUE, *arguments)
    assert status == 2
    assert text in errors
