"""A node is one thin file, named after its id."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from encoderscope.host import ids

ROOT = Path(__file__).resolve().parents[2]
SHARED = {
    "inputs",
    "checked_inputs",
    "foreign_objects",
    "doctor_inputs",
    "outputs",
    "schema",
    "extension",
}
"""Modules of nodes/ that are none."""
LIMIT = 80


def node_files() -> list[Path]:
    files = (ROOT / "nodes").glob("*/*.py")
    return sorted(path.relative_to(ROOT) for path in files if path.name != "__init__.py")


def source(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def node_ids() -> set[str]:
    return {value for value in vars(ids).values() if str(value).startswith("EncoderScope_")}


def snake_case(node_id: str) -> str:
    name = node_id.removeprefix("EncoderScope_")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_every_id_has_its_file() -> None:
    assert {path.stem for path in node_files()} == {snake_case(name) for name in node_ids()}
    assert len(node_files()) == len(node_ids()), "one file each"


def test_nothing_else_lies_in_the_folder() -> None:
    beside = {path.stem for path in (ROOT / "nodes").glob("*.py")}
    assert beside == {"__init__", *SHARED}


@pytest.mark.parametrize("path", node_files(), ids=lambda path: path.as_posix())
def test_it_holds_one_node_and_little_else(path: Path) -> None:
    tree = ast.parse(source(path))
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    assert [item.name for item in classes] == [path.stem.title().replace("_", "")]
    assert [ast.unparse(base) for base in classes[0].bases] in (["io.ComfyNode"], ["ReportNode"])
    assert len(source(path).splitlines()) <= LIMIT


@pytest.mark.parametrize("path", node_files(), ids=lambda path: path.as_posix())
def test_it_imports_no_other_node(path: Path) -> None:
    assert list(imported_nodes(source(path))) == []


def imported_nodes(code: str) -> Iterator[str]:
    """What a node's file imports of nodes/, inputs and outputs aside."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and 1 <= node.level <= 2:
            module = node.module or ""
            names = [module] if module else [alias.name for alias in node.names]
            yield from (name for name in names if name not in SHARED)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("from .. import inputs\nfrom ..outputs import pixels\nfrom ...host import clip", []),
        ("from .token_map import TokenMap", ["token_map"]),
        ("from . import token_map", ["token_map"]),
        ("def f():\n    from ..prompt.token_map import TokenMap", ["prompt.token_map"]),
        ("from ..prompt import token_map", ["prompt"]),
    ],
)
def test_an_imported_node_is_reported(code: str, names: list[str]) -> None:
    assert list(imported_nodes(code)) == names
