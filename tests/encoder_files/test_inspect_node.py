"""The node on the host's own folders, progress bar and stop button."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.encoder_files import make

pytestmark = pytest.mark.host


@pytest.fixture
def models(host_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two `text_encoders` folders, as hosts with a second disk have them, and a secret
    beside them.
    """
    import folder_paths

    first, second = tmp_path / "one", tmp_path / "two"
    monkeypatch.setitem(
        folder_paths.folder_names_and_paths, "text_encoders", ([str(first), str(second)], set())
    )
    make.sparse(first / "clip_b.safetensors", make.clip_text(512, 12))
    make.sparse(first / "sub" / "clip_l.safetensors", make.clip_text(768, 12))
    make.gguf(
        first / "t5.gguf",
        {"enc.blk.0.attn_norm.weight": ((64,), 0)},
        {"general.architecture": "t5encoder"},
    )
    (first / "old.pt").write_bytes(b"x")
    (first / "notes.txt").write_text("x")
    (first / ".cache").mkdir()
    make.sparse(first / ".cache" / "hidden.safetensors", {"a": (1,)})
    make.sparse(second / "flan" / "model-00001-of-00001.safetensors", make.t5("small"))
    (second / "flan" / "model.safetensors.index.json").write_text(
        json.dumps(
            {"weight_map": dict.fromkeys(make.t5("small"), "model-00001-of-00001.safetensors")}
        )
    )
    (second / "pipe" / "text_encoder").mkdir(parents=True)
    (second / "pipe" / "model_index.json").write_text("{}")
    make.sparse(tmp_path / "secret.safetensors", {"a": (1,)})
    return tmp_path


@pytest.fixture
def node(models: Path) -> Iterator[Any]:
    yield importlib.import_module("encoderscope.nodes.loading.inspect_encoder")


def run(node: Any, file: str, **inputs: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    output = node.InspectEncoder.execute(file=file, **inputs)
    return output.args[0], json.loads(output.args[1]), output.ui


def test_the_list(node: Any) -> None:
    listed = ["clip_b.safetensors", "flan/", "old.pt", "pipe/", "sub/clip_l.safetensors", "t5.gguf"]
    options = next(
        item for item in node.InspectEncoder.define_schema().inputs if item.id == "file"
    ).options
    assert options == listed


def test_it_names_a_file(node: Any) -> None:
    text, report, ui = run(node, "clip_b.safetensors")
    assert report["title"] == "CLIP ViT-B/32 or ViT-B/16" and report["files"][0]["sha256"] is None
    assert ui == {"encoderscope_encoder": [report], "text": (text,)}
    assert run(node, "sub/clip_l.safetensors")[1]["name"] == "sub/clip_l.safetensors"
    assert run(node, "flan/")[1]["encoders"][0]["name"] == "t5_v1_1_small"


@pytest.mark.parametrize(
    "name",
    [
        "../secret.safetensors",
        "sub/../../secret.safetensors",
        "/etc/passwd",
        "nothing.safetensors",
        "",
        "notes.txt",
        ".cache/hidden.safetensors",
    ],
)
def test_nothing_outside_of_the_list_is_opened(name: str, node: Any, models: Path) -> None:
    for asked in (name, str(models / "secret.safetensors")):
        with pytest.raises(EncoderScopeError, match="text_encoders folders"):
            node.InspectEncoder.execute(file=asked)
        with pytest.raises(EncoderScopeError):
            node.InspectEncoder.fingerprint_inputs(file=asked)


def test_hash_shows_progress(node: Any, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import comfy.utils

    seen: list[tuple[int, int]] = []
    # Newer hosts pass on one update in a tenth of a second; here we want to see all of them.
    monkeypatch.setattr(comfy.utils, "PROGRESS_THROTTLE_MIN_INTERVAL", 0, raising=False)
    monkeypatch.setattr(
        comfy.utils,
        "PROGRESS_BAR_HOOK",
        lambda value, total, preview, node_id=None: seen.append((value, total)),
    )
    _, report, _ = run(node, "clip_b.safetensors", hash=True)
    path = models / "one" / "clip_b.safetensors"
    assert report["files"][0]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert len(seen) > 10 and seen[-1][0] == seen[-1][1] == path.stat().st_size >> 20
    seen.clear()
    run(node, "clip_b.safetensors")
    assert seen == []


def test_the_stop_button(node: Any) -> None:
    import comfy.model_management

    comfy.model_management.interrupt_current_processing(True)
    with pytest.raises(comfy.model_management.InterruptProcessingException):
        node.InspectEncoder.execute(file="clip_b.safetensors", hash=True)
    comfy.model_management.interrupt_current_processing(False)


def test_the_fingerprint_follows_the_file(node: Any, models: Path) -> None:
    for name, path in {
        "clip_b.safetensors": "one/clip_b.safetensors",
        "flan/": "two/flan/model-00001-of-00001.safetensors",
    }.items():
        before = node.InspectEncoder.fingerprint_inputs(file=name)
        assert node.InspectEncoder.fingerprint_inputs(file=name) == before
        os.utime(models / path, (1, 1))
        touched = node.InspectEncoder.fingerprint_inputs(file=name)
        with (models / path).open("ab") as file:
            file.write(b"0")
        os.utime(models / path, (1, 1))
        assert len({before, touched, node.InspectEncoder.fingerprint_inputs(file=name)}) == 3


def test_a_pickle_in_the_list_is_refused(node: Any) -> None:
    with pytest.raises(EncoderScopeError, match=r"old\.pt is a pickle"):
        node.InspectEncoder.execute(file="old.pt")
