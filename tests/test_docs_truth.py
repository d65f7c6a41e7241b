"""What the pages name is there: files that links and paths lead to, modules that commands run, and
nodes, inputs and outputs under the names that the nodes have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATTERNS = ("*.md", "docs/*.md", "docs/decisions/*.md", "web/docs/*.md", "assets/*/README.md")
PAGES = sorted(path for pattern in PATTERNS for path in ROOT.glob(pattern))
MADE = {"out", "build"}
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir()} - MADE
NODES: dict[str, Any] = json.loads(
    (ROOT / "locales" / "en" / "nodeDefs.json").read_text(encoding="utf-8")
)
TITLES = {node["display_name"].partition(" (trun")[0] for node in NODES.values()}


def links(page: str) -> Iterator[str]:
    """Targets of links and pictures that are files."""
    for target in re.findall(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)", page):
        if not re.match(r"[a-z]+:", target):
            yield target


def paths(page: str) -> Iterator[str]:
    """Paths below one of the repository's folders, those with a placeholder left out."""
    for match in re.finditer(r"(?<![\w/.<-])([a-z_0-9]+(?:/[\w.-]+)+/?)([<*]?)", page):
        path = match[1].rstrip(".")
        if path.split("/")[0] in FOLDERS and not match[2]:
            yield path


def modules(page: str) -> Iterator[Path]:
    """The files of modules that a command runs."""
    for module in re.findall(r"-m encoderscope\.([a-z_0-9.]+)", page):
        yield ROOT.joinpath(*module.rstrip(".").split(".")).with_suffix(".py")


def test_the_readers_find_what_is_wrong() -> None:
    page = "[a](no.md#x) tests/no_such.py, `docs/`, nodes/<group>/x -m encoderscope.tools.no_such"
    assert list(links(page)) == ["no.md"]
    assert list(paths(page)) == ["tests/no_such.py"]
    assert list(modules(page)) == [ROOT / "tools" / "no_such.py"]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = [target for target in links(text) if not (page.parent / target).exists()]
    missing += [path for path in paths(text) if not (ROOT / path).exists()]
    missing += [str(path) for path in modules(text) if not path.exists()]
    assert missing == []


def test_readme_lists_every_node_under_its_name() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| \*\*(.+?)\*\*", readme, re.MULTILINE))
    listed = (listed - {"Save / Load Conditioning"}) | {"Save Conditioning", "Load Conditioning"}
    assert listed == TITLES


@pytest.mark.parametrize("node", NODES)
def test_a_help_page_has_the_title_of_its_node(node: str) -> None:
    page = (ROOT / "web" / "docs" / f"{node}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {NODES[node]['display_name']}\n")


@pytest.mark.parametrize("node", NODES)
def test_fields_in_bold_are_fields_of_a_node(node: str) -> None:
    """A word with an underscore is an input: of this node, or of one whose title the page has."""
    page = (ROOT / "web" / "docs" / f"{node}.md").read_text(encoding="utf-8")
    known = {
        name
        for each in NODES.values()
        if each is NODES[node] or each["display_name"] in page
        for name in each.get("inputs", {})
    }
    assert set(re.findall(r"\*\*([a-z0-9]+_[a-z0-9_]+)\*\*", page)) <= known


def test_the_changelog_is_one_of_short_entries() -> None:
    """An entry says what a user notices; how it was found and measured is in docs/ and git."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^##.*$", text, re.MULTILINE)
    assert len(headings) == len(set(headings))
    entries = re.split(r"\n(?=- |#|\n)", text)
    assert [entry for entry in entries if len(entry) > 400] == []
