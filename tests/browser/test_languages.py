"""The editor in another language shows our nodes in it: titles, inputs, outputs, and
the report of Token Map.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from encoderscope.tools.languages import locale_files

editor_module = importlib.import_module("encoderscope.tests.browser.editor")

pytestmark = pytest.mark.browser
MIX = "EncoderScope_Mix"
LANGUAGES = {"own": "de", "1.58.1": "ru"}
"""Each front end with a language that it can be set to."""
VERDICTS = {
    "de": "Alle 3 Wörter erreichen alles, was SDXL verwendet.",
    "ru": "Все 3 слова доходят до всего, что использует SDXL.",
}
SHOWN = """(id) => { const node = app.graph.getNodeById(id); return {
  display_name: node.title, category: node.constructor.category, widgets: node.widgets.map((w) => w.label),
  sockets: node.inputs.map((i) => i.label ?? i.localized_name), outputs: node.outputs.map((o) => o.label ?? o.localized_name) } }"""


@pytest.fixture
def translated(editor: Any) -> Iterator[tuple[Any, dict[str, str]]]:
    """The editor in another language, and our translations."""
    language = LANGUAGES[editor.face.front_end]
    editor.open(**{"Comfy.Locale": language})
    yield editor, locale_files.read(language)
    editor.open(**{"Comfy.Locale": "en"})


def test_title_inputs_and_outputs_are_translated(translated: Any) -> None:
    editor, texts = translated
    node = editor.add(MIX)
    shown = editor.page.evaluate(SHOWN, node)
    path = f"nodeDefs/{MIX}"
    assert shown["display_name"] == texts[f"{path}/display_name"] != "Mix Pooled + Sequence"
    assert shown["category"] == f"EncoderScope/{texts['nodeCategories/Mix']}"
    assert texts[f"{path}/inputs/clip_sequence/name"] in shown["widgets"]
    assert texts[f"{path}/inputs/pooled_from/name"] in shown["sockets"]
    assert texts[f"{path}/outputs/1/name"] in shown["outputs"]
    if editor.face.nodes_2:
        element = editor.page.locator(f"[data-node-id='{node}']")
        assert texts[f"{path}/inputs/clip_sequence/name"] in element.inner_text()
    report = editor.live_report(
        lambda: editor.add(editor_module.TOKEN_MAP, (640, 40), text="a red fox", family="sdxl")
    )
    assert report["language"] == LANGUAGES[editor.face.front_end]
    assert report["verdict"] == VERDICTS[report["language"]]
    editor.wait_drawn(report)
    editor.picture("languages")
