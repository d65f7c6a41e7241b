"""`encoderscope doctor` with the host's tokenizers: one prompt, and a list that goes on where it
was stopped.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from encoderscope.cli import main

pytestmark = pytest.mark.host
PROMPTS = [
    {"id": "tag", "prompt": "a red car, <lora:detail:0.8>"},
    "a blue house",
    {"id": "long", "prompt": "a portrait of an old fisherman, " * 14 + "golden hour"},
    {"id": "refused", "prompt": "embedding:"},
]


@pytest.fixture(autouse=True)
def _host(host_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMFYUI_PATH", str(host_folder))


def run(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    status = main.main(["doctor", *arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_a_prompt_with_a_family_has_a_suggestion(capsys: Any) -> None:
    status, out, _ = run(capsys, "a red car, <lora:detail:0.8>", "--family", "sdxl", "--json")
    report = json.loads(out)
    assert status == 1
    assert report["suggested_prompt"] == "a red car"
    assert report["family"] == "sdxl"


def test_a_list_goes_on_where_it_was_stopped(capsys: Any, tmp_path: Path) -> None:
    prompts, out = tmp_path / "prompts.jsonl", tmp_path / "reports.jsonl"
    lines = [json.dumps(prompt) for prompt in PROMPTS]
    options = ["--list", str(prompts), "--out", str(out), "--family", "flux"]
    prompts.write_text("\n".join(lines[:2]), encoding="utf-8")
    run(capsys, *options)
    before = out.read_text(encoding="utf-8")
    with out.open("a", encoding="utf-8") as cut_short:
        cut_short.write('{"id": "long", "text')
    prompts.write_text("\n".join(lines), encoding="utf-8")
    status, table, _ = run(capsys, *options)
    assert status == 1
    text = out.read_text(encoding="utf-8")
    assert text.startswith(before)
    finished = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
    assert [each["id"] for each in finished] == ["tag", "2", "long", "refused"]
    assert "construct" in table and "4 prompts; their reports are in" in table
    assert "1 of them could not be read: refused." in table
    assert "ComfyUI" in finished[-1]["error"]


def test_a_list_names_its_bad_line(capsys: Any, tmp_path: Path) -> None:
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text('"a cat"\n{"id": 3}\n', encoding="utf-8")
    status, _, err = run(
        capsys, "--list", str(prompts), "--out", str(tmp_path / "out"), "--family", "sd1"
    )
    assert status == 2 and "line 2" in err


def test_a_picture_outside_of_the_folder_is_refused(capsys: Any, tmp_path: Path) -> None:
    prompts, folder = tmp_path / "prompts.jsonl", tmp_path / "pictures"
    folder.mkdir()
    prompts.write_text('{"prompt": "a cat", "image": "../secret.png"}\n', encoding="utf-8")
    options = ["--list", str(prompts), "--out", str(tmp_path / "out"), "--images", str(folder)]
    status, _, err = run(capsys, *options, "--scorer", "mini-CLIP-hard")
    assert status == 2 and "outside" in err
