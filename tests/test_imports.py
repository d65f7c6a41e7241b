"""Every module of the pack that a tool or a benchmark imports is there, late imports, too: no test
runs all of them, and a type checker takes a missing module for one without types.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("tools", "tests/bench", "tests/soak", "tests/fuzz")


def imported(file: Path) -> Iterator[str]:
    """Absolute names of the pack's modules that a file imports."""
    package = ("encoderscope", *file.relative_to(ROOT).parts[:-1])
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("encoderscope."))
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *filter(None, [node.module])])
            if module.startswith("encoderscope."):
                yield module


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split(".")[1:])
    return path.is_dir() or path.with_suffix(".py").is_file()


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_tools_and_benchmarks_import_is_there(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    names = {name: file.name for file in files for name in imported(file)}
    assert names, "an empty list proves nothing"
    assert {name: file for name, file in names.items() if not is_module(name)} == {}
