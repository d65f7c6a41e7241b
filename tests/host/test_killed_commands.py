"""Commands that are killed (SIGKILL): the same command goes on afterwards, and leaves what a run
leaves that was never stopped, byte for byte.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from encoderscope.tests.host import test_audit
from encoderscope.tools import packages

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(sys.platform != "linux", reason="SIGKILL and fork"),
]
PROMPTS = [f"a red car and {number} blue houses, no hat" for number in range(12)]


def child(arguments: list[str], out: Path, lines: int | None) -> None:
    """Run the command in a process of its own; kill it once there are so many lines."""
    from encoderscope.cli import main

    process = os.fork()
    if process == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os._exit(main.main(arguments))
    while lines is not None and (not out.exists() or out.read_bytes().count(b"\n") < lines):
        time.sleep(0.001)
    if lines is not None:
        os.kill(process, signal.SIGKILL)
    status = os.waitpid(process, 0)[1]
    assert status == signal.SIGKILL if lines else os.waitstatus_to_exitcode(status) in (0, 1)


def test_a_list_of_prompts_is_killed_again_and_again(
    host_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COMFYUI_PATH", str(host_folder))
    listed = tmp_path / "prompts.jsonl"
    listed.write_text("".join(json.dumps(prompt) + "\n" for prompt in PROMPTS), encoding="utf-8")
    whole, killed = tmp_path / "whole.jsonl", tmp_path / "killed.jsonl"
    command = ["doctor", "--list", str(listed), "--family", "sd1", "--out"]
    child([*command, str(whole)], whole, None)
    for lines in (1, 4, 9):
        child([*command, str(killed)], killed, lines)
        with killed.open("ab") as file:  # a system that is switched off cuts a line anywhere
            file.write(b'{"id": "12", "settings"'[: 3 * lines])
    child([*command, str(killed)], killed, None)
    assert killed.read_bytes() == whole.read_bytes() and whole.read_bytes().count(b"\n") == 12


@pytest.mark.skipif(
    not (packages.audit_folder() / "datasets").is_dir(), reason="fetched by dev.py test"
)
def test_an_audit_is_killed_and_goes_on(host_folder: Path, tmp_path: Path) -> None:
    source, tables = tmp_path / "captions.txt", [tmp_path / "whole.pq", tmp_path / "killed.pq"]
    source.write_text("\n".join(PROMPTS * 25), encoding="utf-8")
    options = ["--family", "sd1", "--part", "50", "--processes", "1", "--out"]
    start = [sys.executable, "-m", "encoderscope.cli.main", "audit", str(source), *options]
    environment = test_audit.environment(host_folder)
    process = subprocess.Popen(
        [*start, str(tables[1])], env=environment, stdout=subprocess.DEVNULL, cwd=tmp_path
    )
    second = tmp_path / "killed.pq.parts" / "part-000001.parquet"
    while process.poll() is None and not second.exists():
        time.sleep(0.001)
    process.kill()
    assert process.wait() == -signal.SIGKILL and not tables[1].exists()
    (second.parent / "part.unfinished").write_bytes(b"half")
    outputs: list[Any] = []
    for table in reversed(tables):
        done = subprocess.run(
            [*start, str(table), "--json"], env=environment, capture_output=True, check=False,
            cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode in (0, 1), done.stderr[-1000:]
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]
    assert tables[0].read_bytes() == tables[1].read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "captions.txt", "killed.pq", "whole.pq"
    ]  # fmt: skip


def test_a_card_is_killed_while_it_is_written(host_folder: Path, tmp_path: Path) -> None:
    """The old card is there, whole, until the new one is."""
    from encoderscope.conditioning.reports.travelling import report_files
    from PIL import Image

    path, picture = tmp_path / "card.png", Image.new("RGB", (600, 600), "red")
    report = {"format": "encoderscope.reading", "version": 1, "text": "old"}
    report_files.write_card(path, picture, report)
    for pause in (0.0, 0.01, 0.03):
        process = os.fork()
        if process == 0:
            while True:
                report_files.write_card(path, picture, {**report, "text": "new" * 10_000})
        time.sleep(pause)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        assert report_files.read_report(path)["text"] in ("old", "new" * 10_000)
    left = [other for other in tmp_path.iterdir() if other != path]
    for other in left:
        os.utime(other, (1, 1))
    report_files.write_card(path, picture, report)
    assert list(tmp_path.iterdir()) == [path], f"{len(left)} were left and are gone after an hour"
