"""The pages of `python dev.py docs`: links that are kept, links that are not, and a menu in which
nothing is missing.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from encoderscope.tools import docs_site

ROOT = Path(__file__).resolve().parents[1]
PAGES = [name for name in docs_site.files() if name.endswith(".md")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](words.md)", "[a](words.md)"),
        ("[a](words.md#x)", "[a](words.md#x)"),
        ("![a](../workflows/token_map.jpg)", "![a](../workflows/token_map.jpg)"),
        ("[a](https://example.org/x.py)", "[a](https://example.org/x.py)"),
        ("[a](../conditioning/families/)", "a"),
        ("[`a`](../dev.py)", "`a`"),
        ("[a](../assets/generator/)", "[a](../assets/generator/README.md)"),
        ("[a](there-is-no-such-page.md)", "[a](there-is-no-such-page.md)"),
        ("[a](../../outside.md)", "[a](../../outside.md)"),
    ],
)
def test_links(text: str, expected: str) -> None:
    """What is in the repository but no page becomes text; what is nowhere stays, for mkdocs to
    complain about.
    """
    assert docs_site.linked(text, "docs/design.md", set(docs_site.files())) == expected


def test_the_menu_has_every_guide_report_and_node() -> None:
    menu = str(list(docs_site.navigation()))
    left_out = [
        name for name in PAGES if not name.startswith("assets/") and f"'{name}'" not in menu
    ]
    assert left_out == []


def test_every_module_of_the_api_has_its_place() -> None:
    modules = {path.stem for path in (ROOT / "api").glob("*.py")}
    assert modules == {"__init__", "resources", *docs_site.MODULES}


def test_the_questions_are_answered_by_nodes_that_there_are() -> None:
    faq = (ROOT / "docs" / "faq.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    nodes = set(re.findall(r"^\| \*\*(.+?)\*\*", readme, re.MULTILINE))
    answers = set(re.findall(r"\*\*(.+?)\*\*", faq))
    assert len(answers) >= 12
    assert answers <= nodes, answers - nodes
