"""The shipped workflows: what the demo queues is what the template shows, and every picture is
there.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / "workflows").glob("*.json"))


def test_there_are_workflows() -> None:
    assert {path.stem for path in WORKFLOWS} >= {"token_map", "prompt_order_120_tokens"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_has_a_picture_and_links_that_hold(path: Path) -> None:
    assert path.with_suffix(".jpg").read_bytes().startswith(b"\xff\xd8")
    workflow = json.loads(path.read_text(encoding="utf-8"))
    numbers = {node["id"] for node in workflow["nodes"]}
    assert all(link[1] in numbers and link[3] in numbers for link in workflow["links"])


def test_the_demo_queues_the_shipped_workflow() -> None:
    queued = json.loads(
        (ROOT / "tests" / "samples" / "token_map.api.json").read_text(encoding="utf-8")
    )
    shown = json.loads((ROOT / "workflows" / "token_map.json").read_text(encoding="utf-8"))
    inputs = next(
        node["inputs"] for node in queued.values() if node["class_type"] == "EncoderScope_TokenMap"
    )
    values = next(
        node["widgets_values"] for node in shown["nodes"] if node["type"] == "EncoderScope_TokenMap"
    )
    assert [inputs["text"], inputs["family"]] == values[:2]
