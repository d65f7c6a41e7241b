"""The Token Map and the graph around it: loaders upstream, subgraphs, saved workflows."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")


def question(editor: Any, action: Callable[[], Any]) -> dict[str, Any]:
    """The next live question that the page asks."""
    with editor.page.expect_request("**/encoderscope/tokens") as caught:
        action()
    return dict(caught.value.post_data_json)


def test_a_reloaded_workflow_lives_and_keeps_its_size(editor: Any) -> None:
    editor.add(text="a red fox", family="flux")
    editor.add("CLIPTextEncode", at=(700, 40))
    saved = editor.save()
    for node in saved["nodes"]:
        node["size"] = [613, 702]
    assert saved["nodes"][0]["widgets_values"] == ["a red fox", "flux"], (
        "the widget must not add a value of its own"
    )
    editor.open()
    report = editor.live_report(lambda: editor.load(saved))
    editor.wait_drawn(report)
    assert report["text"] == "a red fox"
    editor.page.wait_for_timeout(300)
    ours, stock = editor.page.evaluate(
        "() => app.graph.nodes.map((node) => [...node.size].map(Math.round))"
    )
    assert (
        ours == stock and ours[0] == 613
    )  # 1.32.9 itself takes 30 pixels off the height of every node in Nodes 2.0
    again = editor.live_report(
        lambda: editor.put(editor.save()["nodes"][0]["id"], text="a red fox and a dog")
    )
    editor.wait_drawn(again)


@pytest.mark.parametrize(
    ("loader", "widgets", "expected"),
    [
        ("CLIPLoader", {"type": "wan"}, {"type": "wan", "files": 1}),
        ("DualCLIPLoader", {"type": "flux"}, {"type": "flux", "files": 2}),
        ("TripleCLIPLoader", {}, {"type": "sd3", "files": 3}),
    ],
)
def test_the_family_is_read_off_the_loader(
    editor: Any, loader: str, widgets: dict[str, str], expected: dict[str, Any]
) -> None:
    source = editor.add(loader, at=(-500, 40), **widgets)
    node = editor.add(text="a red fox")
    asked = question(editor, lambda: editor.link(source, "CLIP", node, "clip"))
    assert asked == {"text": "a red fox", "family": None, "loader": expected, "live": None}


def test_the_loader_is_found_through_nodes_that_pass_a_clip_on(editor: Any) -> None:
    loader = editor.add("DualCLIPLoader", at=(-1100, 40), type="flux")
    lora, skip = (
        editor.add("LoraLoader", at=(-800, 40)),
        editor.add("CLIPSetLastLayer", at=(-450, 40)),
    )
    node = editor.add(text="a red fox")
    editor.link(loader, "CLIP", lora, "clip")
    editor.link(lora, "CLIP", skip, "clip")
    asked = question(editor, lambda: editor.link(skip, "CLIP", node, "clip"))
    assert asked["loader"] == {"type": "flux", "files": 2}
    changed = question(editor, lambda: editor.put(loader, type="sdxl"))
    assert changed["loader"] == {"type": "sdxl", "files": 2}
    editor.page.evaluate(
        (
            "([a, b]) => { app.graph.getNodeById(a).mode = 4; "
            "app.graph.getNodeById(b).widgets[0].value = -3 }"
        ),
        [lora, skip],
    )
    report = editor.live_report(lambda: editor.put(node, text="a red dog"))
    assert report["family"] == "sdxl"
    editor.page.evaluate("([id]) => { app.graph.getNodeById(id).mode = 2 }", [loader])
    editor.widget().locator(".es-line", has_text="muted").wait_for(state="visible")


def test_a_loader_that_does_not_tell_waits_and_a_run_teaches(editor: Any) -> None:
    """A checkpoint's family is known after a Run only, and only for as long as the same checkpoint
    is loaded.
    """
    loader = editor.add("CheckpointLoaderSimple", at=(-500, 40))
    node = editor.add(text="a red fox")
    asked = question(editor, lambda: editor.link(loader, "CLIP", node, "clip"))
    assert asked == {"text": "a red fox", "family": None, "loader": None, "live": None}
    editor.widget().locator(".es-line", has_text="Run").wait_for(state="visible")
    report = editor.server.post_json(
        "/encoderscope/tokens",
        {"text": "a red fox", "family": "sdxl", "loader": None, "live": None},
    )["report"]
    teach = (
        "([id, report]) => app.graph.getNodeById(id).onExecuted({ encoderscope_tokens: "
        "[report], encoderscope_live: ['token'] })"
    )
    editor.page.evaluate(teach, [node, report])
    editor.wait_drawn(report)
    assert question(editor, lambda: editor.put(node, text="a dog")) == {
        "text": "a dog",
        "family": "sdxl",
        "loader": None,
        "live": "token",
    }
    saved = editor.save()
    after = question(editor, lambda: (editor.clear(), editor.load(saved)))
    assert after == {"text": "a dog", "family": "sdxl", "loader": None, "live": None}
    other = question(editor, lambda: editor.put(loader, ckpt_name="another.safetensors"))
    assert other == {"text": "a dog", "family": None, "loader": None, "live": None}


TO_SUBGRAPH = """([ids]) => { const { node } = app.graph.convertToSubgraph(new Set(ids.map((id) => app.graph.getNodeById(id)))); return node.id }"""
OPEN = """([id]) => { const node = app.graph.getNodeById(id); app.canvas.openSubgraph ? app.canvas.openSubgraph(node.subgraph, node) : app.canvas.setGraph(node.subgraph) }"""


def test_it_lives_inside_a_subgraph_and_sees_the_loader_outside(editor: Any) -> None:
    loader = editor.add("DualCLIPLoader", at=(-500, 40), type="flux")
    node = editor.add(text="a red fox")
    editor.link(loader, "CLIP", node, "clip")
    outer = editor.page.evaluate(TO_SUBGRAPH, [[node]])
    report = editor.live_report(lambda: editor.page.evaluate(OPEN, [outer]))
    assert (report["family"], report["text"]) == ("flux", "a red fox")
    editor.page.evaluate(
        "() => { const n = app.canvas.graph.nodes[0]; app.canvas.ds.scale = 1; "
        "app.canvas.ds.offset = [100 - n.pos[0], 120 - n.pos[1]]; "
        "app.canvas.setDirty(true, true) }"
    )
    editor.page.wait_for_timeout(1000)
    word = editor.widget().locator("[data-word='1']")
    word.wait_for(state="visible")
    assert word.locator(".es-text").text_content() == "red"
    editor.picture("subgraph")


def test_a_loader_inside_a_subgraph_is_found(editor: Any) -> None:
    loader = editor.add("DualCLIPLoader", at=(-500, 40), type="flux")
    lora = editor.add("LoraLoader", at=(-200, 400))
    node = editor.add(text="a red fox")
    editor.link(loader, "CLIP", lora, "clip")
    editor.link(lora, "CLIP", node, "clip")
    editor.page.evaluate(TO_SUBGRAPH, [[loader, lora]])
    asked = question(editor, lambda: editor.put(node, text="a red fox in the snow"))
    assert asked["loader"] == {"type": "flux", "files": 2}
