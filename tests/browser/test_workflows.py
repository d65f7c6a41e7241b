"""The shipped workflows in the real editor: every node is known, every value stands in its own
widget, nothing lies over anything else, and each one runs.
"""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
PACK = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((PACK / "workflows").glob("*.json"))
BLUEPRINTS = sorted((PACK / "subgraphs").glob("*.json"))
NODES = """() => app.graph.nodes.map((node) => ({ type: node.type, known: node.type in LiteGraph.registered_node_types,
  values: (node.widgets ?? []).filter((w) => w.serialize !== false).map((w) => w.value) }))"""
BOXES = """() => app.graph.nodes.map((node) => {
  const element = document.querySelector(`[data-node-id='${node.id}']`), scale = app.canvas.ds.scale
  const title = LiteGraph.NODE_TITLE_HEIGHT
  let [width, height] = [node.size[0], node.size[1] + title]
  if (element) { const box = element.getBoundingClientRect(); [width, height] = [box.width / scale, box.height / scale] }
  return { name: `${node.type} ${node.id}`, left: node.pos[0], top: node.pos[1] - title, width, height } })"""
SLACK = 6
"""Pixels that frames of nodes may share: their borders and shadows."""
PROMPT = "async () => (await app.graphToPrompt()).output"
OWN_FILES = "EncoderScope_LoadEncoders"
"""Loads files that nobody has here: a miniature stands in for them."""
STAND_IN = {
    "class_type": "EncoderScope_LoadMiniature",
    "inputs": {"miniature": "mini-CLIP-hard", "family": "flux"},
}
LOOKS_AT_A_FILE = "EncoderScope_InspectEncoder"


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
        if node["type"] in saved and sum(item["type"] == node["type"] for item in nodes) == 1:
            assert node["values"][: len(saved[node["type"]])] == saved[node["type"]]
    editor.page.wait_for_timeout(1500)  # a note of Nodes 2.0 grows when it is written
    assert overlapping(editor.page.evaluate(BOXES)) == []


def overlapping(boxes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Nodes that lie over each other, in pairs."""
    return [
        (a["name"], b["name"])
        for a, b in combinations(boxes, 2)
        if _share(a, b, "left", "width") > SLACK and _share(a, b, "top", "height") > SLACK
    ]


def _share(a: dict[str, Any], b: dict[str, Any], start: str, length: str) -> float:
    ends = [each[start] + each[length] for each in (a, b)]
    return float(min(ends) - max(a[start], b[start]))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_it_runs(path: Path, editor: Any) -> None:
    """With a miniature in the place of files that nobody has here. The faces send the same graph:
    one of them is enough.
    """
    if str(editor.face) != "own-classic":
        pytest.skip("the graph that is sent is the same in every editor")
    editor.load(json.loads(path.read_text(encoding="utf-8")))
    prompt = playable(editor.page.evaluate(PROMPT))
    ours = [number for number, node in prompt.items() if _is_ours(node)]
    assert ours
    entry = editor.server.wait_for(editor.server.queue(prompt), seconds=600)
    assert entry["status"]["status_str"] == "success", entry["status"]
    shown = [number for number in ours if number in entry["outputs"]]
    assert shown, "nothing of ours was shown"


def _is_ours(node: dict[str, Any]) -> bool:
    return str(node["class_type"]).startswith("EncoderScope_")


def playable(prompt: dict[str, Any]) -> dict[str, Any]:
    """The graph with a miniature for files of an artist."""
    return {
        number: STAND_IN if node["class_type"] == OWN_FILES else node
        for number, node in prompt.items()
        if node["class_type"] != LOOKS_AT_A_FILE
    }


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_a_blueprint_is_offered_and_opens(path: Path, editor: Any) -> None:
    offered = editor.server.get_json("/global_subgraphs")
    [entry] = [each for each in offered.values() if each["name"] == path.stem]
    assert entry["info"]["node_pack"] == "custom_nodes.encoderscope"
    editor.load(json.loads(path.read_text(encoding="utf-8")))
    inside = editor.page.evaluate(
        """() => app.graph.nodes.flatMap((node) => node.subgraph?.nodes ?? [])
          .map((node) => [node.type, node.type in LiteGraph.registered_node_types])"""
    )
    assert len(inside) == 2 and all(known for _, known in inside), inside
