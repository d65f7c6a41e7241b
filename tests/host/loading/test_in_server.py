"""The loading nodes in the real server: a file of random weights through Load Text Encoders into
stock nodes and our own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.tests import hostkit
from encoderscope.tests.host.loading import making

pytestmark = pytest.mark.host

NAME = "some_clip.safetensors"


@pytest.fixture(scope="module")
def server(host_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    base = tmp_path_factory.mktemp("models")
    (base / "text_encoders").mkdir()
    making.write(base / "text_encoders" / NAME, making.state(making.clip(768, 12)), torch.float16)
    config = base / "paths.yaml"
    config.write_text(
        json.dumps({"test": {"base_path": str(base), "text_encoders": "text_encoders"}}),
        encoding="utf-8",
    )
    with hostkit.serve(
        tmp_path_factory.mktemp("run"), arguments=("--extra-model-paths-config", str(config))
    ) as running:
        yield running
    (base / "text_encoders" / NAME).unlink()


def load(**inputs: str) -> dict[str, Any]:
    none = {f"file_{n}": "none" for n in (2, 3, 4)}
    source = {
        "file_1": NAME,
        **none,
        "family": "auto",
        "precision": "as stored",
        "device": "auto",
        **inputs,
    }
    return {"class_type": "EncoderScope_LoadEncoders", "inputs": source}


def test_inspected_loaded_encoded_and_mapped(server: Any) -> None:
    shown = server.run(
        {
            "1": {
                "class_type": "EncoderScope_InspectEncoder",
                "inputs": {"file": NAME, "hash": True},
            },
            "2": load(),
            "3": {
                "class_type": "EncoderScope_TokenMap",
                "inputs": {"text": "a red fox", "family": "from the CLIP", "clip": ["2", 0]},
            },
            "4": {
                "class_type": "CLIPTextEncode",
                "inputs": {"text": "a red fox", "clip": ["2", 0]},
            },
            "5": {"class_type": "PreviewAny", "inputs": {"source": ["4", 0]}},
        }
    )
    named = shown["1"]["encoderscope_encoder"][0]
    assert named["encoders"][0]["name"] == "clip_l" and len(named["files"][0]["sha256"]) == 64
    assert shown["2"]["encoderscope_loaded"][0]["family"] == "sd1"
    assert shown["3"]["encoderscope_tokens"][0]["family"] == "sd1"
    assert "tensor" in shown["5"]["text"][0]


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ({"file_2": NAME}, "chosen twice"),
        ({"family": "flux"}, "T5"),
        ({"file_1": "../../secret.safetensors"}, "text_encoders"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    server: Any, inputs: dict[str, str], sentence: str
) -> None:
    graph = {"1": load(**inputs), "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 1]}}}
    with pytest.raises(hostkit.HostFailure) as refused:
        server.run(graph)
    assert sentence in str(refused.value) and "shape" not in str(refused.value)


def test_a_shared_workflow_with_a_missing_file_opens_and_says_what_is_missing(server: Any) -> None:
    graph: dict[str, Any] = {
        "1": {
            "class_type": "EncoderScope_InspectEncoder",
            "inputs": {"file": "nobody_has_it.safetensors", "hash": False},
        }
    }
    with pytest.raises(hostkit.HostFailure, match="There is no 'nobody_has_it"):
        server.run(graph)


def test_every_node_has_help(server: Any) -> None:
    mine = [name for name in server.get_json("/object_info") if name.startswith("EncoderScope_")]
    helped = [path.stem for path in (Path(__file__).parents[3] / "web" / "docs").glob("*.md")]
    assert sorted(mine) == sorted(helped) and len(mine) >= 12
    for name in mine:
        assert len(server.get_bytes(f"/extensions/encoderscope/docs/{name}.md")) > 300
