"""The shipped workflows in the real editor: every node is known, and every value stands in its own
widget.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
WORKFLOWS = sorted((Path(__file__).resolve().parents[2] / "workflows").glob("*.json"))
NODES = """() => app.graph.nodes.map((node) => ({ type: node.type, known: node.type in LiteGraph.registered_node_types,
  values: (node.widgets ?? []).filter((w) => w.serialize !== false).map((w) => w.value) }))"""


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_it_loads_without_a_missing_node(path: Path, editor: Any) -> None:
    workflow = json.loads(path.read_text(encoding="utf-8"))
    editor.load(workflow)
    nodes = editor.page.evaluate(NODES)
    assert len(nodes) == len(workflow["nodes"])
    assert [
        node["type"] for node in nodes if not node["known"] and node["type"] != "MarkdownNote"
    ] == []
    saved = {
        node["type"]: node.get("widgets_values")
        for node in workflow["nodes"]
        if node["type"].startswith("EncoderScope_")
    }
    for node in nodes:
        if node["type"] in saved and sum(one["type"] == node["type"] for one in nodes) == 1:
            assert node["values"][: len(saved[node["type"]])] == saved[node["type"]]
