"""`encoderscope show`: a card or a report's JSON in the terminal, without ComfyUI."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from encoderscope.cli import main
from encoderscope.conditioning.reports.travelling import known_formats, report_files
from encoderscope.tests.reports import samples

REPORT = samples.flux()


def run(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, str, str]:
    status = main.main(["show", *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture
def card(tmp_path: Path) -> Path:
    path = tmp_path / "card.png"
    report_files.write_card(path, known_formats.render(REPORT), REPORT)
    return path


def test_a_card_as_text_as_json_and_drawn_anew(
    card: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text, _ = run(capsys, card)
    assert status == 0 and REPORT["verdict"] in text
    again = card.with_name("again.png")
    status, text, _ = run(capsys, card, "--json", "--png", again)
    assert status == 0 and json.loads(text) == json.loads(json.dumps(REPORT))
    assert report_files.read_report(again) == json.loads(text)


@pytest.mark.parametrize("content", [b"", b"{}", b"\x89PNG\r\n\x1a\n"])
def test_anything_else_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    (tmp_path / "a.png").write_bytes(content)
    status, text, error = run(capsys, tmp_path / "a.png")
    assert status == 2 and not text and "a.png" in error
    status, _, error = run(capsys, tmp_path / "none.png")
    assert status == 2 and "none.png" in error


def test_a_strangers_text_moves_no_cursor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = {**REPORT, "verdict": "\x1b[2Jgone", "format": "encoderscope.tokens"}
    (tmp_path / "a.json").write_text(json.dumps(report), encoding="utf-8")
    status, text, _ = run(capsys, tmp_path / "a.json")
    assert status == 0 and "\x1b" not in text and "gone" in text


def test_it_needs_no_torch_and_no_host(card: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None; sys.modules['comfy'] = None; "
        "sys.modules['transformers'] = None; from encoderscope.cli.main import main; "
        f"sys.exit(main(['show', {str(card)!r}]))"
    )
    mount = Path(__file__).resolve().parents[2] / ".host" / "mount"
    if not (mount / "encoderscope").exists():
        pytest.skip("the mount of dev.py is not there")
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=mount, capture_output=True, encoding="utf-8", check=False
    )
    assert result.returncode == 0, result.stderr
