"""`encoderscope audit` with its engine and ComfyUI's tokenizers: the same as the token reports say,
from every kind of table, in parts that a stopped run keeps.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from encoderscope.tools import comfyui, packages

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(
        not (packages.audit_folder() / "datasets").is_dir(), reason="fetched by dev.py test"
    ),
]
LONG = "a portrait of an old fisherman, " * 14 + "golden hour"
CAPTIONS = ["a red fox", LONG, "", "a cat BREAK a dog", "漢字 (red:1.3) fox", "x" * 60_000]
READ = """
import json, sys, pyarrow.parquet
print(json.dumps(pyarrow.parquet.read_table(sys.argv[1]).to_pylist()))
"""


def environment(host: Path, engine: bool = True) -> dict[str, str]:
    comfyui.mount(comfyui.MOUNT)
    places = [str(comfyui.MOUNT), *([str(packages.audit_folder())] * engine)]
    return os.environ | {
        "COMFYUI_PATH": str(host),
        "PYTHONPATH": os.pathsep.join(places),
        "PYTHONUTF8": "1",
    }


def audit(
    host: Path, source: Path, *arguments: Any, engine: bool = True
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "encoderscope.cli.main", "audit", str(source), "--json"]
    return subprocess.run(
        [*command, *map(str, arguments)], cwd=source.parent, encoding="utf-8", check=False,
        env=environment(host, engine), capture_output=True,
    )  # fmt: skip


def rows_of(host: Path, table: Path) -> list[dict[str, Any]]:
    command = [sys.executable, "-c", READ, str(table)]
    result = subprocess.run(command, env=environment(host), capture_output=True, check=True)
    return list(json.loads(result.stdout))


def write(folder: Path, name: str) -> Path:
    """The captions as a table of this kind."""
    path = folder / name
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["id", "text"], *enumerate(CAPTIONS)])
    else:
        lines = [json.dumps({"id": k, "caption": text}) for k, text in enumerate(CAPTIONS)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_rows_say_what_the_token_reports_say(host_folder: Path, tmp_path: Path) -> None:
    from encoderscope.host.reports import token_reports

    source, table = write(tmp_path, "captions.jsonl"), tmp_path / "findings.parquet"
    result = audit(
        host_folder, source, "--family", "sdxl", "-o", table, "--png", tmp_path / "a.png"
    )
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    rows = rows_of(host_folder, table)
    assert [row["row"] for row in rows] == list(range(len(CAPTIONS)))
    clip, layout = token_reports.choose(None, "sdxl")
    for row, caption in list(zip(rows, CAPTIONS, strict=True))[:-1]:
        expected = token_reports.report(clip, caption, layout)
        assert row["lost"] == expected["summary"]["lost"]
        assert row["words"] == expected["summary"]["words"]
        counted = {entry["stream"]: entry["tokens"] for entry in row["tokens"]}
        assert counted == expected["summary"]["tokens"]
        assert [each["kind"] for each in row["findings"]] == [
            each["kind"] for each in expected["findings"]
        ]
    assert "50,000" in rows[-1]["error"] and report["unread"] == 1
    assert rows[1]["lost_words"][0]["missed_by"] == ["pooled"]
    assert report["with_lost_words"] == sum(row["lost"] > 0 for row in rows)
    assert (tmp_path / "a.png").is_file() and not list(tmp_path.glob("*.parts"))


def test_parts_shares_and_kinds_of_tables_change_nothing(host_folder: Path, tmp_path: Path) -> None:
    source, other = write(tmp_path, "captions.jsonl"), write(tmp_path, "captions.csv")
    whole, parts, first, second = (tmp_path / f"{name}.parquet" for name in "abcd")
    common = ["--family", "flux", "--json", "-o"]
    lines = [
        [source, *common, whole],
        [other, *common, parts, "--part", 2, "--processes", 2],
        [source, *common, first, "--shard", "1/2"],
        [source, *common, second, "--shard", "2/2"],
    ]
    code = (
        "import json, sys; from encoderscope.cli.main import main\n"
        "for line in json.loads(sys.argv[1]): assert main(['audit', *line]) == 0"
    )
    arguments = json.dumps([[str(each) for each in line] for line in lines])
    subprocess.run(
        [sys.executable, "-c", code, arguments], env=environment(host_folder), cwd=tmp_path,
        capture_output=True, check=True,
    )  # fmt: skip
    expected = rows_of(host_folder, whole)
    assert [*rows_of(host_folder, first), *rows_of(host_folder, second)] == expected
    # an empty field of CSV is no text to the engine
    assert [row for row in rows_of(host_folder, parts) if row["row"] != 2] == [
        row for row in expected if row["row"] != 2
    ]


def test_a_stopped_run_goes_on_behind_its_last_part(host_folder: Path, tmp_path: Path) -> None:
    """A part that is there is not computed again: this one says so by its content."""
    source, table = write(tmp_path, "captions.jsonl"), tmp_path / "findings.parquet"
    stop = (
        "import sys; from encoderscope.api import audit; from pathlib import Path\n"
        "def progress(done, total):\n    if done >= 4: sys.exit(7)\n"
        "options = audit.AuditOptions('sdxl', part=2, progress=progress)\n"
        f"audit.audit(Path({str(source)!r}), Path({str(table)!r}), options)"
    )
    command = [sys.executable, "-c", stop]
    result = subprocess.run(
        command, cwd=tmp_path, env=environment(host_folder), check=False, capture_output=True
    )
    assert result.returncode == 7, result.stderr
    parts = sorted(tmp_path.glob("findings.parquet.parts/part-*.parquet"))
    assert len(parts) == 2 and not table.exists()
    parts[0].write_bytes(parts[1].read_bytes())
    assert audit(host_folder, source, "--family", "sdxl", "--part", 2, "-o", table).returncode == 0
    assert [row["row"] for row in rows_of(host_folder, table)] == [2, 3, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.jsonl", '{"x": "a"}', "--column"),
        ("a.docx", "a", "ending"),
        ("a.parquet", "no parquet", "cannot be read"),
    ],
)
def test_what_is_no_table_of_captions_is_refused(
    host_folder: Path, tmp_path: Path, name: str, content: str, words: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    result = audit(host_folder, tmp_path / name, "--family", "sdxl")
    assert result.returncode == 2 and words in result.stderr and "Traceback" not in result.stderr


def test_without_the_engine_it_says_how_to_get_it(host_folder: Path, tmp_path: Path) -> None:
    result = audit(host_folder, write(tmp_path, "a.jsonl"), "--family", "sdxl", engine=False)
    assert result.returncode == 2 and "pip install datasets" in result.stderr
