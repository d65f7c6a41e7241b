"""Save Report Card in the real host: the card holds the report and the workflow, below the output
folder and nowhere else.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.travelling import report_files
from encoderscope.tests.reports import samples
from PIL import Image

pytestmark = pytest.mark.host
REPORT = samples.flux()


@pytest.fixture
def cards(host_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    import folder_paths
    from encoderscope.host.reports import report_cards

    monkeypatch.setattr(folder_paths, "output_directory", str(tmp_path / "output"))
    return report_cards


def test_a_graph_saves_a_card_that_opens_as_a_workflow(host_server: Any) -> None:
    graph = {
        "1": {
            "class_type": "EncoderScope_TokenMap",
            "inputs": {"text": "a red fox", "family": "sdxl"},
        },
        "2": {
            "class_type": "EncoderScope_SaveReportCard",
            "inputs": {"json": ["1", 1], "filename_prefix": "cards/test"},
        },
    }
    outputs = host_server.run(graph)
    [shown] = outputs["2"]["images"]
    assert shown["subfolder"] == "cards" and shown["type"] == "output"
    data = host_server.image(shown)
    stored = report_files.report_in(io.BytesIO(data))
    assert stored is not None and json.loads(stored)["text"] == "a red fox"
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        assert json.loads(picture.info["prompt"])["2"]["class_type"].endswith("SaveReportCard")


def test_names_count_up_and_nothing_is_written_over(cards: Any) -> None:
    first, second = (cards.save(json.dumps(REPORT), "a/b", None, None) for _ in range(2))
    assert first.path != second.path and first.path.is_file() and second.path.is_file()
    assert first.shown["subfolder"] == "a" and first.picture.size[0] > 400


def test_the_workflow_goes_in_and_cannot_pose_as_the_report(cards: Any) -> None:
    extra = {"workflow": {"nodes": []}, "encoderscope": {"format": "encoderscope.lies"}}
    card = cards.save(json.dumps(REPORT), "card", {"1": {}}, extra)
    with Image.open(card.path) as picture:
        picture.load()
        assert json.loads(picture.info["workflow"]) == {"nodes": []}
    assert report_files.read_report(card.path)["format"] == "encoderscope.tokens"


def test_a_host_that_writes_no_metadata_gets_none(
    cards: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards.args, "disable_metadata", True)
    card = cards.save(json.dumps(REPORT), "card", {"1": {}}, {"workflow": {}})
    with Image.open(card.path) as picture:
        picture.load()
        assert not {"workflow", "prompt"} & picture.info.keys()


@pytest.mark.parametrize("prefix", ["../card", "/tmp/card", "a/../../card", "\0"])
def test_no_prefix_leads_out(cards: Any, prefix: str, tmp_path: Path) -> None:
    with pytest.raises(EncoderScopeError, match="Choose another name"):
        cards.save(json.dumps(REPORT), prefix, None, None)
    assert list(tmp_path.rglob("*.png")) == []


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": "encoderscope.order", "version": 1}'])
def test_what_is_no_drawn_report_is_refused(cards: Any, text: str) -> None:
    with pytest.raises(EncoderScopeError):
        cards.save(text, "card", None, None)
