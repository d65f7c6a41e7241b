"""Nothing that a file or a prompt brought along moves a terminal's cursor, and no path is taken for
another.
"""

from __future__ import annotations

import ast
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from encoderscope.cli import common, main
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.strict_json import to_json

CLI = Path(__file__).resolve().parents[2] / "cli"
EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\nfake line\r\u202egnp.exe"


def obeyed(text: str) -> list[str]:
    """Characters that a terminal obeys."""
    return [
        char
        for char in text
        if char != "\n" and unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs")
    ] + [char for char in text if "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069"]


@pytest.mark.parametrize("ending", [".safetensors", ".gguf", ".pt", ""])
@pytest.mark.parametrize("content", [b"", b"junk that is no model" * 10])
def test_names_in_refusals_are_escaped(
    ending: str, content: bytes, tmp_path: Path, capsys: Any
) -> None:
    path = tmp_path / f"{EVIL}{ending}"
    path.write_bytes(content)
    assert main.main(["inspect", str(path)]) == 2
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1 and not obeyed(errors) and "fake line" in errors


def test_a_name_in_a_report_is_escaped(tmp_path: Path, capsys: Any) -> None:
    header = json.dumps({EVIL: {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]}}).encode()
    path = tmp_path / f"{EVIL}.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"00")
    for options in ([], ["--json"]):
        assert main.main(["inspect", str(path), *options]) == 1
        output = capsys.readouterr().out
        assert "fake line" in output and not obeyed(output)
    assert json.loads(output)["name"] == path.name


def test_prompts_are_escaped(capsys: Any) -> None:
    for options in ([], ["--json"]):
        main.main(["parse", f"a red car and a blue {EVIL}", *options])
        assert not obeyed(capsys.readouterr().out)


def test_errors_of_the_system_have_a_sentence(tmp_path: Path, capsys: Any) -> None:
    assert main.main(["inspect", str(tmp_path / ("x" * 5000))]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    status = main.main(["bench", "drawn-20", "--encoders", "x" * 5000])
    assert status == 2 and "There is no" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["inspect", ""],
        ["quantize", ""],
        ["quantize", "a", "--out", ""],
        ["image", "", "a red car"],
        ["bench", "", "--encoders", "mini-CLIP"],
        ["probe", "a red car and a blue house", "--encoder", ""],
        ["cache", "ls", "--folder", ""],
        ["tokens", "a", "--family", "flux", "--png", ""],
    ],
)
def test_an_empty_path_is_not_the_current_folder(arguments: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit) as caught:
        main.main(arguments)
    assert caught.value.code == 2
    assert "an empty path was given" in capsys.readouterr().err


def test_an_empty_name_is_not_the_current_folder(capsys: Any) -> None:
    assert main.main(["tokens", "a cat", "--tokenizer", ""]) == 2
    assert "'' is not a folder" in capsys.readouterr().err
    assert main.main(["bench", "drawn-20", "--encoders", ""]) == 2
    assert "There is no ''" in capsys.readouterr().err


@pytest.mark.parametrize("colour", [False, True])
def test_colours_pass_where_they_are_asked_for_and_nothing_else(colour: bool, capsys: Any) -> None:
    common.show("\x1b[38;5;196mred\x1b[0m\x1b[2J\tend\u2028", colour)
    output = capsys.readouterr().out
    escaped = r"\x1b[2J\x09end" + "\\u2028\n"
    if colour:
        assert output == f"\x1b[38;5;196mred\x1b[0m{escaped}"
    else:
        assert output == rf"\x1b[38;5;196mred\x1b[0m{escaped}"


def test_json_is_the_same_json_and_plain() -> None:
    report = {"text": EVIL, "half": "\ud800", "emoji": "👨‍👩‍👧 naïve"}
    line = to_json(report)
    assert json.loads(line) == report and not obeyed(line) and "naïve" in line
    line.encode()


def test_an_error_is_three_plain_sentences() -> None:
    error = EncoderScopeError(f"{EVIL} is bad.", "A file was expected.", "Choose another.")
    assert not obeyed(str(error)) and "\n" not in str(error)
    assert str(error) == f"{error.problem} {error.expected} {error.remedy}"


def test_the_commands_print_in_one_place() -> None:
    """`show` and the progress bar."""
    calls = {
        f"{path.name}:{node.lineno}": node
        for path in sorted(CLI.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    }
    assert {name.partition(":")[0] for name in calls} == {"common.py"} and len(calls) == 3
