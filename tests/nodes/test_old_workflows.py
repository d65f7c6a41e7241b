"""Workflows of the first release open and run unchanged: its nodes, inputs and outputs are still
there (tests/samples/release-0.1).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.host
RELEASE = Path(__file__).resolve().parents[1] / "samples" / "release-0.1"
NODES = json.loads((RELEASE / "object_info.json").read_text(encoding="utf-8"))
GRAPHS = sorted((RELEASE / "workflows").glob("*.api.json"))
WORKFLOWS = sorted(set((RELEASE / "workflows").glob("*.json")) - set(GRAPHS))
WITHOUT_MODEL_FILES = {"is_it_the_encoder", "prompt_order_120_tokens", "token_map"}
RENAMED = {"verdict": "report"}
"""Outputs that artists see under another name now; their ids and places stay, by which links go."""
PATIENCE = 600
"""Seconds: the null distribution of an encoder is drawn once, on a busy machine in minutes."""
WIDGETS = {"STRING", "COMBO", "INT", "FLOAT", "BOOLEAN"}


@pytest.fixture(scope="module")
def today(host_folder: Path) -> dict[str, Any]:
    """Node id -> what the host tells the browser of it."""
    from encoderscope.nodes import extension

    infos = [cls.GET_NODE_INFO_V1() for cls in extension.NODES]
    return {info["name"]: info for info in infos}


def inputs(info: dict[str, Any], *kinds: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Name -> type and options, in the order of the widgets."""
    every = [item for kind in kinds for item in info["input"].get(kind, {}).items()]
    return {name: (spec[0], spec[1] if len(spec) > 1 else {}) for name, spec in every}


def test_the_snapshot_is_whole() -> None:
    assert len(NODES) == 20 and len(WORKFLOWS) == 8 and len(GRAPHS) == 2


@pytest.mark.parametrize("node_id", NODES)
def test_a_node_takes_what_it_took(today: dict[str, Any], node_id: str) -> None:
    before = NODES[node_id]["inputs"]
    required = [entry["name"] for entry in before if entry["required"]]
    optional = [entry["name"] for entry in before if not entry["required"]]
    assert list(inputs(today[node_id], "required")) == required
    assert list(inputs(today[node_id], "optional"))[: len(optional)] == optional
    now = inputs(today[node_id], "required", "optional")
    for entry in before:
        kind, options = now[entry["name"]]
        assert kind == entry["type"], entry["name"]
        assert options.get("default") == entry.get("default"), entry["name"]
        assert set(entry.get("options", ())) <= set(options.get("options", ())), entry["name"]
        assert options.get("min", 0) <= entry.get("min", 0), entry["name"]
        assert options.get("max", 0) >= entry.get("max", 0), entry["name"]
        assert options.get("forceInput") == entry.get("forceInput"), entry["name"]


@pytest.mark.parametrize("node_id", NODES)
def test_a_node_gives_what_it_gave(today: dict[str, Any], node_id: str) -> None:
    info, before = today[node_id], NODES[node_id]["outputs"]
    now = zip(info["output_name"], info["output"], strict=True)
    expected = [(RENAMED.get(entry["name"], entry["name"]), entry["type"]) for entry in before]
    assert list(now)[: len(before)] == expected
    assert info["output_node"] == NODES[node_id]["output_node"]


def widgets(info: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Name -> options of the inputs that are shown as widgets."""
    return {
        name: options
        for name, (kind, options) in inputs(info, "required", "optional").items()
        if kind in WIDGETS and not options.get("forceInput")
    }


def load(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def own_nodes(workflow: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {node["id"]: node for node in workflow["nodes"] if node["type"] in NODES}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_the_widgets_of_a_workflow_fit(today: dict[str, Any], path: Path) -> None:
    nodes = own_nodes(load(path))
    assert nodes
    for node in nodes.values():
        fields = widgets(today[node["type"]])
        count = len(node["widgets_values"])
        added = list(fields)[count:]
        assert count <= len(fields)
        optional = today[node["type"]]["input"].get("optional", {})
        assert all(name in optional and "default" in fields[name] for name in added), (
            "new widgets come last, and the node works without them"
        )
        for (name, options), value in zip(fields.items(), node["widgets_values"], strict=False):
            if options.get("options") and not name.startswith("file"):
                assert value in options["options"], name
            elif "default" in options:
                assert type(value) is type(options["default"]) or {type(value)} <= {int, float}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_the_links_of_a_workflow_fit(today: dict[str, Any], path: Path) -> None:
    workflow = load(path)
    nodes = own_nodes(workflow)
    for _, source, output, target, slot, kind in workflow["links"]:
        if source in nodes:
            assert today[nodes[source]["type"]]["output"][output] == kind
        if target in nodes:
            name = nodes[target]["inputs"][slot]["name"]
            info = today[nodes[target]["type"]]
            assert inputs(info, "required", "optional")[name][0] == kind


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.stem)
def test_a_graph_runs(host_server: Any, path: Path) -> None:
    graph = load(path)
    shown = host_server.run(graph, seconds=PATIENCE)
    assert {key for key, node in graph.items() if is_output_node(node)} <= set(shown)


def is_output_node(node: dict[str, Any]) -> bool:
    return bool(NODES.get(node["class_type"], {"output_node": True})["output_node"])


@pytest.mark.parametrize("name", sorted(WITHOUT_MODEL_FILES))
def test_a_workflow_runs(host_server: Any, today: dict[str, Any], name: str) -> None:
    workflow = load(RELEASE / "workflows" / f"{name}.json")
    links = {link[0]: [str(link[1]), link[2]] for link in workflow["links"]}
    graph = {}
    for node in workflow["nodes"]:
        if node["type"] == "MarkdownNote":
            continue
        connected = {
            entry["name"]: links[entry["link"]] for entry in node["inputs"] if entry.get("link")
        }
        values: dict[str, Any] = {}
        if node["type"] in NODES:
            names = widgets(today[node["type"]])
            assert len(names) >= len(node["widgets_values"]), node["type"]
            # widgets that came at the end since then are optional, and so are not sent
            values = dict(zip(names, node["widgets_values"], strict=False))
        graph[str(node["id"])] = {"class_type": node["type"], "inputs": {**values, **connected}}
    shown = host_server.run(graph, seconds=PATIENCE)
    assert {key for key, node in graph.items() if is_output_node(node)} <= set(shown)
