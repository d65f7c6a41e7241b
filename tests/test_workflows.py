"""The shipped workflows: what the demo queues is what the template shows, and every picture is
there.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
BLUEPRINTS = sorted((ROOT / "subgraphs").glob("*.json"))
WORKFLOWS = sorted((ROOT / "workflows").glob("*.json"))


def test_there_are_workflows() -> None:
    assert {path.stem for path in WORKFLOWS} >= {"token_map", "prompt_order_120_tokens"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_has_a_picture_and_links_that_hold(path: Path) -> None:
    assert path.with_suffix(".jpg").read_bytes().startswith(b"\xff\xd8")
    workflow = json.loads(path.read_text(encoding="utf-8"))
    numbers = {node["id"] for node in workflow["nodes"]}
    assert all(link[1] in numbers and link[3] in numbers for link in workflow["links"])


QUESTIONS = {
    "token_map": "Where did my words go?",
    "prompt_order_120_tokens": "Does the order of a long prompt matter?",
    "is_it_the_encoder": "Is it the encoder?",
    "what_is_wrong_with_my_picture": "What is wrong with my picture?",
    "why_was_it_ignored": "Why was it ignored?",
    "is_it_the_picture": "Is it the picture?",
    "flux_pooled_vs_t5": "Does CLIP-L do anything in FLUX.1?",
    "which_encoder": "Which encoder should I use?",
    "t5xxl_on_8_gb": "T5-XXL on 8 GB",
}
"""Workflow -> the question that its note answers."""
FILES = {
    "SD 1.5": ("v1-5-pruned-emaonly-fp16.safetensors",),
    "SDXL": ("sd_xl_base_1.0.safetensors",),
    "SD 3.5": ("sd3.5_medium.safetensors", "clip_g.safetensors"),
    "FLUX.1": ("flux1-dev.safetensors", "t5xxl_fp16.safetensors", "ae.safetensors"),
    "Qwen-Image": (
        "qwen_image_fp8_e4m3fn.safetensors",
        "qwen_2.5_vl_7b_fp8_scaled.safetensors",
        "qwen_image_vae.safetensors",
    ),
}
OF_FILES = re.compile(
    r"CheckpointLoader|UNETLoader|VAELoader|CLIPLoader|LoadEncoders|InspectEncoder"
)
"""Nodes that need an artist's own files."""
ONE_FAMILY = ("flux_pooled_vs_t5", "sd3_mix", "sdxl_mix", "sd15_clip")
"""Workflows of one image model: their loaders name its files."""


def notes_of(workflow: dict[str, Any]) -> str:
    notes = [node for node in workflow["nodes"] if node["type"] == "MarkdownNote"]
    return "\n".join(node["widgets_values"][0] for node in notes)


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_question_of_an_artist_has_a_workflow(name: str) -> None:
    path = ROOT / "workflows" / f"{name}.json"
    assert QUESTIONS[name] in notes_of(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_has_groups_and_names_an_artists_own_files(path: Path) -> None:
    workflow = json.loads(path.read_text(encoding="utf-8"))
    notes = notes_of(workflow)
    assert workflow["groups"] and all(group["title"] for group in workflow["groups"])
    assert notes
    if path.stem in ONE_FAMILY:
        assert ".safetensors" in path.read_text(encoding="utf-8")
        return
    for family, names in FILES.items():
        assert family in notes and all(name in notes for name in names), family


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_runs_without_a_file_of_the_artist(path: Path) -> None:
    """But for the one about such files: what needs them is bypassed until they are there."""
    nodes = json.loads(path.read_text(encoding="utf-8"))["nodes"]
    needy = {node["type"] for node in nodes if node["mode"] == 0 and OF_FILES.search(node["type"])}
    assert bool(needy) is (path.stem == "load_and_inspect"), needy


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_a_blueprint_is_one_node_that_holds_a_chain(path: Path) -> None:
    blueprint = json.loads(path.read_text(encoding="utf-8"))
    [node] = blueprint["nodes"]
    assert blueprint["groups"] == [], "of another workflow"
    [subgraph] = blueprint["definitions"]["subgraphs"]
    assert node["type"] == subgraph["id"] and subgraph["name"] == path.stem
    assert [each["name"] for each in node["inputs"]][:2] == ["clip", "text"]
    assert node["outputs"] and len(subgraph["nodes"]) == 2
    assert all(each["type"].startswith("EncoderScope_") for each in subgraph["nodes"])
    assert blueprint["extra"]["BlueprintDescription"]


def test_there_are_blueprints() -> None:
    assert len(BLUEPRINTS) == 2


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
