"""`encoderscope doctor --model`: the image model is measured in the terminal as the node measures
it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from encoderscope.cli import main

pytestmark = pytest.mark.host
TEXT = "a red car and a blue house"


@pytest.fixture(autouse=True)
def _host(host_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMFYUI_PATH", str(host_folder))
    monkeypatch.setenv("ENCODERSCOPE_CACHE", str(tmp_path))


def run(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    status = main.main(["doctor", *arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_it_says_what_the_node_says(capsys: Any) -> None:
    from encoderscope.host import miniatures
    from encoderscope.host.generator import miniature_model
    from encoderscope.host.reports import doctor_reports
    from encoderscope.host.reports.doctor_stations import DoctorInputs

    _, out, _ = run(capsys, TEXT, "--model", "clip-hard", "--guidance", "3", "--json")
    report = json.loads(out)
    clip = miniatures.clip("mini-CLIP-hard", "sd3 without T5")
    model = miniature_model.model("clip-hard")
    node = doctor_reports.report(DoctorInputs(clip, TEXT, model, guidance=3.0))
    assert [each["looked_at"] for each in report["stations"]] == [True, True, True, False]
    assert [each["checks"][:3] for each in report["phrases"]] == [
        each["checks"][:3] for each in node["phrases"]
    ]
    assert report["sentence"] == node["sentence"]


def test_ctrl_c_stops_it(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from encoderscope.cli import doctor_stations

    calls = []

    def bar(label: str) -> Any:
        def shown(done: int, total: int) -> None:
            calls.append(label)
            if label == "measuring" and done:
                raise KeyboardInterrupt

        return shown

    monkeypatch.setattr(doctor_stations, "progress_bar", bar)
    status, out, err = run(capsys, TEXT, "--model", "mini-MMDiT-clip-hard")
    assert (status, out) == (main.STOPPED, "") and "Stopped" in err
    assert calls.count("measuring") == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--model", "none.safetensors"], "clip-hard, bag"),
        (["--model", "clip-hard", "--encoder", "mini-T5"], "It was trained with mini-CLIP-hard"),
        (["--model", "FILE"], "no text encoder for it"),
        (["--model", "FILE", "--encoder", "none.safetensors"], "There is no file"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    capsys: Any, tmp_path: Path, options: list[str], says: str
) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"nothing")
    status, out, err = run(
        capsys, TEXT, *(str(file) if each == "FILE" else each for each in options)
    )
    assert (status, out) == (2, "") and says in err


@pytest.mark.parametrize(
    ("name", "refusal"),
    [("model.safetensors", "cannot load 'model.safetensors'"), ("model.ckpt", "no safetensors")],
)
def test_a_file_that_is_no_image_model_is_refused(tmp_path: Path, name: str, refusal: str) -> None:
    from encoderscope.conditioning.errors import EncoderScopeError
    from encoderscope.host.generator import model_files

    file = tmp_path / name
    file.write_bytes(b"nothing")
    with pytest.raises(EncoderScopeError, match=refusal):
        model_files._from_file(file)
