"""`python dev.py gpu` with steps that are little programs: limits, lines of results, refusals."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from encoderscope.tools import comfyui, gpu, gpu_bundle, gpu_steps, places
from encoderscope.tools.gpu_steps import Step

ROOT = Path(__file__).resolve().parents[1]
HERE = gpu.Machine(sys.executable, dict(os.environ))


def options(folder: Path, *more: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    gpu.add_arguments(parser)
    return parser.parse_args(["--out", str(folder), "--device", "cpu", *more])


def program(name: str, text: str, limit: int = 60, host: str = "") -> Step:
    return Step(name, limit, ("-c", text), host)


def lines(folder: Path) -> dict[str, Any]:
    text = (folder / "results.jsonl").read_text(encoding="utf-8")
    return {line["step"]: line for line in map(json.loads, text.splitlines())}


@pytest.fixture(autouse=True)
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "SLOWER", 1)
    monkeypatch.setattr(gpu, "card_of", lambda machine, device: {"card": "none", "device": device})


def test_each_step_leaves_a_line_and_a_step_that_hangs_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    late = f"import time; time.sleep(6); open({str(kept)!r}, 'w')"
    hangs = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {late!r}])"
    monkeypatch.setattr(gpu, "STEPS", (
        program("right-good", "import os; print('a | b', os.environ['ENCODERSCOPE_DEVICE'], "
                "os.environ['ENCODERSCOPE_HOST_ARGUMENTS'])", host="--lowvram"),
        program("right-bad", "print('why'); raise SystemExit(3)"),
        program("fast-hangs", hangs, limit=2),
        program("fast-last", "print('done')"),
    ))  # fmt: skip
    start = time.monotonic()
    assert gpu.run(options(tmp_path), HERE) == 1
    assert time.monotonic() - start < 30
    results = lines(tmp_path)
    statuses = {name: line["status"] for name, line in results.items()}
    assert statuses == {
        "right-good": "passed", "right-bad": "failed", "fast-hangs": "too long",
        "fast-last": "passed",
    }  # fmt: skip
    assert results["right-good"]["figures"] == ["a | b cpu --lowvram"]
    assert results["right-bad"]["last"] == ["why"]
    table = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert "| right-good | passed |" in table and "## fast-hangs: too long" in table
    time.sleep(max(0.0, start + 9 - time.monotonic()))
    assert not kept.exists(), "what the step started went on"


def test_what_passed_is_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = tmp_path / "counted"
    counts = f"open({str(counted)!r}, 'a').write('x')"
    steps = (program("right-a", counts), program("fast-b", f"{counts}; raise SystemExit(1)"))
    monkeypatch.setattr(gpu, "STEPS", steps)
    for more, runs in (((), 2), ((), 3), (("--only", "right"), 3), (("--again",), 5)):
        status = gpu.run(options(tmp_path, *more), HERE)
        assert len(counted.read_text()) == runs, more
        assert status == int(more != ("--only", "right"))


def test_a_line_that_was_cut_is_a_step_that_did_not_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu, "STEPS", (program("right-a", ""),))
    (tmp_path / "results.jsonl").write_text('{"step": "right-a", "stat', encoding="utf-8")
    assert gpu.run(options(tmp_path), HERE) == 0
    assert [line["step"] for line in gpu._lines(tmp_path)] == ["right-a"]


def test_no_step_begins_when_the_minutes_are_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gpu, "STEPS", (program("right-a", ""),))
    assert gpu.run(options(tmp_path, "--minutes", "0.1"), HERE) == 1
    assert "right-a: left out, since --minutes 0.1 are over" in capsys.readouterr().out


def test_a_step_that_is_none_is_refused() -> None:
    with pytest.raises(places.SetupError, match=r"There is no step 'quick'\. Known: right-kernels"):
        gpu.chosen(["right", "quick"])


def test_a_machine_without_a_card_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    with pytest.raises(places.SetupError, match=r"sees no CUDA device.*--device simulated"):
        gpu.card_of(gpu.Machine(sys.executable, environment), "cuda")
    assert gpu.card_of(gpu.Machine(sys.executable, environment), "cpu")["card"] is None
    environment["PYTHONPATH"] = str(ROOT / "tests" / "kernels")
    with pytest.raises(places.SetupError, match=r"(?s)no torch or no pytest.*pip install pytest"):
        gpu.card_of(gpu.Machine(sys.executable, environment | {"PYTHONHOME": "/nowhere"}), "cuda")


def test_a_python_that_is_used_as_it_is_needs_a_comfyui(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COMFYUI_PATH", raising=False)
    monkeypatch.setattr(gpu, "OWN_HOST", tmp_path / "none")
    with pytest.raises(places.SetupError, match=r"COMFYUI_PATH is not set.*--bundle"):
        gpu.machine_here(None)
    with pytest.raises(places.SetupError, match="no such file"):
        gpu.machine_here(tmp_path / "no.zip")


def test_a_bundle_is_unpacked_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle, state = tmp_path / "bundle.zip", tmp_path / "state"
    with zipfile.ZipFile(bundle, "w") as made:
        made.writestr("ComfyUI/main.py", "")
        made.writestr("ComfyUI/comfy/__init__.py", "")
        made.writestr("packages/carried.py", "there = 1")
    monkeypatch.delenv("COMFYUI_PATH", raising=False)
    monkeypatch.delenv("COMFYUI_PYTHON", raising=False)
    for module in (gpu, gpu_bundle):
        monkeypatch.setattr(module, "OWN_HOST", state / "ComfyUI")
    monkeypatch.setattr(gpu_bundle, "STATE", state)
    monkeypatch.setattr(comfyui, "MOUNT", state / "mount")
    monkeypatch.setattr(comfyui, "STATE", state)
    environment = dict(os.environ)
    try:
        machine = gpu.machine_here(bundle)
    finally:
        os.environ.clear()
        os.environ.update(environment)
    assert machine.environment["COMFYUI_PATH"] == str(state / "ComfyUI")
    check = "import carried; import importlib.util as u; assert u.find_spec('encoderscope')"
    subprocess.run([machine.python, "-c", check], env=machine.environment, check=True, cwd=tmp_path)


def test_every_step_names_what_is_there() -> None:
    for step in gpu_steps.STEPS:
        for part in step.program:
            if part.startswith(str(ROOT)):
                assert Path(part).exists(), part
            if part.startswith("encoderscope."):
                assert (
                    ROOT / f"{part.removeprefix('encoderscope.').replace('.', '/')}.py"
                ).exists()
    names = [step.name for step in gpu_steps.STEPS]
    assert len(set(names)) == len(names)
    order = [["right", "fast", "train"].index(name.partition("-")[0]) for name in names]
    assert order == sorted(order), "right comes before fast"
