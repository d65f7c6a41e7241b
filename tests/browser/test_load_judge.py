"""Load Judge in the real editor: mini-VQA first, a Hugging Face folder in the list, and what is
chosen there judges.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")
hostkit = importlib.import_module("encoderscope.tests.hostkit")
tiny = importlib.import_module("encoderscope.tests.judges.tiny_models")

NODE, PROBE = "EncoderScope_LoadJudge", "EncoderScope_ImageProbe"
MINI_VQA, CONNECTED, FOLDER = (
    "mini-VQA (drawn scenes)",
    "what is connected",
    "text_encoders/tiny-blip",
)
MODEL = """(id) => { const widget = app.graph.getNodeById(id).widgets.find((w) => w.name === 'model')
  return { options: [...widget.options.values], value: widget.value } }"""
SOCKETS = "(id) => app.graph.getNodeById(id).inputs.filter((i) => !i.widget).map((i) => i.name)"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration that names a folder with a tiny untrained BLIP-VQA."""
    base = tmp_path_factory.mktemp("models")
    tiny.save("BlipForQuestionAnswering", base / "text_encoders" / "tiny-blip")
    config = base / "paths.yaml"
    config.write_text(
        json.dumps({"judges": {"base_path": str(base), "text_encoders": "text_encoders"}})
    )
    return config


@pytest.fixture(scope="module", params=(False, True), ids=("classic", "nodes2"))
def editor_of_judges(
    request: pytest.FixtureRequest,
    models: Path,
    tmp_path_factory: pytest.TempPathFactory,
    chromium: Any,
) -> Iterator[Any]:
    arguments = ("--extra-model-paths-config", str(models))
    newest = hostkit.FRONT_ENDS[-1]
    folder = tmp_path_factory.mktemp("judges")
    with hostkit.serve(folder, front_end=newest, arguments=arguments) as server:
        server.require_node(NODE)
        with kit.opened(chromium, server, kit.Face(newest, request.param)) as editor:
            yield editor


@pytest.fixture
def editor(editor_of_judges: Any) -> Iterator[Any]:
    yield from kit.cleared(editor_of_judges)


def loaded(editor: Any, node: int) -> str:
    """What a run says was loaded."""
    shown = editor.add("PreviewAny", (640, 40))
    editor.link(node, "STRING", shown, "source")
    [text] = editor.run(120)[str(shown)]["text"]
    return str(text)


def test_mini_vqa_is_chosen_and_a_folder_is_in_the_list(editor: Any) -> None:
    node = editor.add(NODE)
    assert editor.page.evaluate(MODEL, node) == {
        "options": [MINI_VQA, CONNECTED, FOLDER],
        "value": MINI_VQA,
    }
    assert set(editor.page.evaluate(SOCKETS, node)) == {"clip", "encoder", "beside"}
    if editor.face.nodes_2:
        assert MINI_VQA in editor.page.locator(f"[data-node-id='{node}']").inner_text()
    editor.picture("load-judge")
    assert loaded(editor, node).startswith("mini-VQA\n")


def test_what_is_chosen_is_loaded_and_kept_with_the_workflow(editor: Any) -> None:
    node = editor.add(NODE, model=FOLDER)
    saved = editor.save()
    editor.clear()
    editor.load(saved)
    assert editor.page.evaluate(MODEL, node)["value"] == FOLDER
    assert "tiny-blip" in loaded(editor, node)


def test_it_fits_the_sockets_of_those_that_ask_it(editor: Any) -> None:
    node = editor.add(NODE)
    for kind in (PROBE, "EncoderScope_PromptDoctor"):
        editor.link(node, "judge", editor.add(kind, (640, 40)), "judge")
