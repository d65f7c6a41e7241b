"""A new node takes the room of its inputs and one line that says the next step; its first report
makes it grow.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")

MAIN = Path(__file__).resolve().parents[2] / "web" / "js" / "main.js"
CARDS = sorted(set(re.findall(r"'(EncoderScope_\w+)', attach", MAIN.read_text(encoding="utf-8"))))
BEYOND_INPUTS = 330
"""Pixels that a new node may take beyond its sockets and widgets at their least."""
FRESH = """(id) => { const node = app.graph.getNodeById(id)
  const panel = node.widgets.find((w) => w.name === 'encoderscope')
  const boxes = node.widgets.filter((w) => w.element && w !== panel)
  return { width: node.size[0], height: node.size[1], least: node.computeSize()[1], boxes: boxes.length,
    panel: panel.element.getBoundingClientRect().height, line: panel.element.querySelector('.es-empty p').textContent,
    sticksOut: panel.element.querySelector('.es-scroll').scrollHeight - panel.element.clientHeight } }"""


@pytest.fixture
def editor(editor: Any) -> Iterator[Any]:
    yield from kit.in_window(editor, 1600, 1300)


def test_there_are_cards() -> None:
    assert len(CARDS) >= 19


def test_a_new_node_is_small_and_says_the_next_step(editor: Any) -> None:
    sizes = {}
    for place, kind in enumerate(CARDS):
        node = editor.add(kind, (20, 40))
        editor.page.wait_for_timeout(250)
        sizes[kind] = editor.page.evaluate(FRESH, node)
        editor.picture(f"fresh-{place:02d}-{kind.removeprefix('EncoderScope_')}")
        editor.page.evaluate(kit.REMOVE_ALL)
    for kind, size in sizes.items():
        assert size["width"] <= 480, kind
        assert size["height"] - size["least"] <= BEYOND_INPUTS, (kind, size)
        assert 40 <= size["panel"] <= 150, (kind, size)
        assert size["sticksOut"] <= 1, (kind, size)
        assert re.fullmatch(r"[A-Z][^\n]{20,95}\.", size["line"]), (kind, size["line"])
        assert "press Run" in size["line"], kind


def test_it_grows_while_the_prompt_is_typed_first(editor: Any) -> None:
    """The Token Map draws without a Run. A node that the artist sized keeps its size."""
    size = "(id) => [...app.graph.getNodeById(id).size]"
    grows, sized = editor.add(at=(20, 40)), editor.add(at=(700, 40))
    editor.page.evaluate(kit.RESIZE, [sized, 430, 330])
    editor.page.wait_for_timeout(300)
    before = editor.page.evaluate(size, sized)
    for node in (grows, sized):
        report = editor.live_report(lambda node=node: editor.put(node, text="a fox", family="sd3"))
        editor.wait_drawn(report)
    editor.page.wait_for_timeout(300)
    editor.picture("grown-and-sized")
    width, height = editor.page.evaluate(size, grows)
    if editor.face.front_end == "own" and editor.face.nodes_2:
        assert height > 500, "it grows by its panel's least height: a script cannot size it later"
    else:
        assert width >= 480 and height >= 700
        assert editor.page.evaluate(size, sized) == before


MIX = "EncoderScope_Mix"
USUAL = [1, 1, 1, "linear", 0, 1, 0, 1, 0, 1]
FOLDS = "(id) => app.graph.getNodeById(id).widgets.filter((w) => w.options?.advanced).length"


def test_what_a_workflow_sets_is_shown(editor: Any) -> None:
    """Nodes 2.0 of newer front ends folds what is advanced; nothing of a saved workflow moves."""
    node = editor.add(MIX)
    assert editor.page.evaluate(FOLDS, node) == 7
    saved = editor.save()
    assert saved["nodes"][0]["widgets_values"] == USUAL
    for values, shown in ((USUAL, False), ([*USUAL[:5], 0.5, *USUAL[6:]], True)):
        saved["nodes"][0]["widgets_values"] = values
        editor.load(saved)
        editor.page.wait_for_timeout(400)
        assert bool(editor.page.evaluate("() => app.graph.nodes[0].showAdvanced")) is shown
        assert editor.save()["nodes"][0]["widgets_values"] == values
        ends = editor.page.get_by_text("pooled_end").locator("visible=true").count()
        if editor.face.nodes_2 and editor.face.front_end != "own":
            assert bool(ends) is shown


FACE_OF = """(id) => { const node = app.graph.getNodeById(id), row = node.widgets.find((w) => w.type === 'button')
  return { seen: node.widgets.filter((w) => node.isWidgetVisible(w) && w.type !== 'button').map((w) => w.name), label: row.label,
    height: node.size[1], row: [node.pos[0] + node.size[0] / 2, node.pos[1] + row.y + 10] } }"""


def test_the_classic_canvas_folds_what_is_rare(editor: Any) -> None:
    """A row that is no input unfolds it; all values are sent either way."""
    if editor.face.nodes_2:
        pytest.skip("Nodes 2.0 has a way of its own")
    node = editor.add(MIX)
    editor.look_at(0, 0)
    editor.page.wait_for_timeout(200)
    before = editor.page.evaluate(FACE_OF, node)
    common = ["pooled", "clip_sequence", "t5_sequence", "encoderscope"]
    assert (before["seen"], before["label"]) == (common, "Show advanced inputs")
    assert before["height"] < 300, "what is folded leaves no gap"
    editor.page.mouse.click(before["row"][0] + 100, before["row"][1] + 120)
    editor.page.wait_for_timeout(200)
    after = editor.page.evaluate(FACE_OF, node)
    assert (len(after["seen"]), after["label"]) == (11, "Hide advanced inputs")
    assert after["height"] > before["height"] + 100
    editor.picture("unfolded")
    sent = editor.page.evaluate("async () => (await app.graphToPrompt()).output")[str(node)]
    assert list(sent["inputs"].values()) == USUAL
    assert editor.save()["nodes"][0]["widgets_values"] == USUAL


def test_one_rare_input_stays_where_it_is(editor: Any) -> None:
    """The row that unfolds it would take its room."""
    node = editor.add("EncoderScope_CachedEncode")
    kinds = editor.page.evaluate(
        "(id) => app.graph.getNodeById(id).widgets.map((w) => w.type)", node
    )
    assert "button" not in kinds
