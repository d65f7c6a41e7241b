"""`encoderscope tokens` with the host's tokenizers and with a tokenizer folder."""

from __future__ import annotations

import io
import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
from encoderscope.cli import main

pytestmark = pytest.mark.host

LONG = "a portrait of an old fisherman, " * 14 + "golden hour"


@pytest.fixture(autouse=True)
def _host(host_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMFYUI_PATH", str(host_folder))


def run(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    status = main.main(["tokens", *arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_text_and_exit_status(capsys: Any) -> None:
    status, out, _ = run(capsys, LONG, "--family", "flux")
    assert status == 1 and "never reach the pooled vector" in out and "\x1b" not in out
    assert run(capsys, "a cat", "--family", "flux")[0] == 0


def test_warnings_of_the_host_about_sound_alone_are_left_out(capsys: Any, caplog: Any) -> None:
    assert run(capsys, "a cat", "--family", "flux")[0] == 0
    caplog.clear()
    for text in ("torchaudio missing, ACE model will be broken", "an embedding does not exist"):
        logging.warning(text)
    assert caplog.messages == ["an embedding does not exist"]


def test_json_equals_the_report_of_the_nodes(capsys: Any) -> None:
    from encoderscope.host.reports import token_reports

    _, out, _ = run(capsys, LONG, "--family", "sd3", "--json")
    assert json.loads(out) == token_reports.report(
        *_with_text(token_reports.choose(None, "sd3"), LONG)
    )


def _with_text(chosen: tuple[Any, Any], text: str) -> tuple[Any, str, Any]:
    return chosen[0], text, chosen[1]


def test_a_dash_reads_a_prompt_a_line_and_writes_a_report_a_line(
    capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = ["a cat", "", "漢字 (red:1.3) fox", LONG]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(prompts) + "\n"))
    status, out, _ = run(capsys, "-", "--family", "sdxl")
    reports = [json.loads(line) for line in out.splitlines()]
    assert [r["text"] for r in reports] == prompts
    assert status == int(any(r["lost"] for r in reports)) == 1


def test_a_picture_is_written(capsys: Any, tmp_path: Path) -> None:
    run(capsys, "a cat", "--family", "sd1", "--png", str(tmp_path / "map.png"))
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("a cat",), "No family"),
        (("a cat", "--family", "nope"), "sd1, sd2, sdxl"),
        (("a cat", "--family", "wan"), "inside the text encoder's file"),
        (("a cat", "--family", "sd1", "--tokenizer", "x"), "Give one of the two"),
        (("a cat", "--tokenizer", "no/such/folder"), "is not a folder"),
    ],
)
def test_bad_input_is_a_sentence_and_status_2(
    capsys: Any, arguments: tuple[str, ...], sentence: str
) -> None:
    status, out, err = run(capsys, *arguments)
    assert status == 2 and not out and sentence in err and "Traceback" not in err


def test_a_folder_that_holds_no_tokenizer_is_said_so(capsys: Any, tmp_path: Path) -> None:
    status, _, err = run(capsys, "a cat", "--tokenizer", str(tmp_path))
    assert status == 2 and "cannot read a tokenizer" in err


def test_without_a_host_the_way_out_is_named(
    capsys: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COMFYUI_PATH", str(tmp_path))
    status, _, err = run(capsys, "a cat", "--family", "sd1")
    assert status == 2 and "COMFYUI_PATH" in err


@pytest.mark.parametrize(
    ("folder", "limit"), [("sd1_tokenizer", 77), ("text_encoders/t5_tokenizer", 512)]
)
def test_a_tokenizer_folder_is_cut_as_a_reference_pipeline_cuts(
    capsys: Any, host_folder: Path, tmp_path: Path, folder: str, limit: int
) -> None:
    copied = Path(shutil.copytree(host_folder / "comfy" / folder, tmp_path / "tokenizer"))
    settings = json.loads((copied / "tokenizer_config.json").read_text(encoding="utf-8"))
    (copied / "tokenizer_config.json").write_text(
        json.dumps(settings | {"model_max_length": limit}), encoding="utf-8"
    )
    specials = 2 if folder.startswith("sd1") else 1
    text = "stone " * (limit + 40)
    _, out, _ = run(capsys, text, "--tokenizer", str(copied), "--json")
    report = json.loads(out)
    assert report["layout"] == "unknown" and [
        len(window) for window in report["streams"][0]["windows"]
    ] == [limit]
    content = [token for token in report["streams"][0]["windows"][0] if token["word"] is not None]
    assert len(content) == limit - specials
    assert [w["fates"]["text"] for w in report["words"]].count(["cut"]) == report["summary"][
        "words"
    ] - len(content)
