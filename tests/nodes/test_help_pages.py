"""The editor's help names every input and output of its node, and no output that is not there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NODES: dict[str, Any] = json.loads(
    (ROOT / "locales" / "en" / "nodeDefs.json").read_text(encoding="utf-8")
)
"""What every node says of itself; another test holds it against the nodes."""
OF_SEEDS = {"seed"}
"""Inputs that ComfyUI explains."""


def help_page(node: str) -> str:
    return (ROOT / "web" / "docs" / f"{node}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("node", NODES)
def test_every_input_and_output_is_named(node: str) -> None:
    page = help_page(node)
    inputs = {
        name: {name, described["name"]} for name, described in NODES[node].get("inputs", {}).items()
    }
    outputs = {each["name"]: {each["name"]} for each in NODES[node].get("outputs", {}).values()}
    missing = [
        name
        for name, spellings in {**inputs, **outputs}.items()
        if name not in OF_SEEDS and not any(_names(page, spelling) for spelling in spellings)
    ]
    assert missing == []


def _names(page: str, name: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", page))


@pytest.mark.parametrize("node", NODES)
def test_the_list_of_outputs_has_no_other_names(node: str) -> None:
    _, _, listed = help_page(node).partition("## Outputs\n")
    lines = listed.partition("\n## ")[0].splitlines()
    named = {name for line in lines for name in re.findall(r"\*\*(.+?)\*\*", line)}
    assert named <= {each["name"] for each in NODES[node].get("outputs", {}).values()}
