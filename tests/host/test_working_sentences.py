"""What nodes that take a while say meanwhile, to the browser that asked."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.host


class Browser:
    """Takes the place of the host's server."""

    client_id, last_node_id = "browser", "7"

    def __init__(self) -> None:
        self.heard: list[str] = []

    def send_sync(self, event: str, message: dict[str, Any], client: str) -> None:
        assert (event, message["node"], client) == ("encoderscope_working", "7", "browser")
        self.heard.append(message["text"])


@pytest.fixture
def heard(host_folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    from encoderscope.host import progress_bar

    browser = Browser()
    monkeypatch.setattr(progress_bar, "_server", lambda: browser)
    return browser.heard


def test_encoding_says_why_the_first_time_takes_longer(heard: list[str]) -> None:
    from encoderscope.host import miniatures
    from encoderscope.nodes.mixing.encode_states import EncodeStates

    clip, *_ = miniatures.loaded("mini-CLIP", "sd1")
    EncodeStates.execute(clip, "a red circle")
    [sentence] = heard
    assert "the first time, the text encoder has to be loaded" in sentence


def test_loading_names_the_files(heard: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from encoderscope.host.loading import loader

    monkeypatch.setattr(loader.picker, "choose", lambda *_: ("flux", {}))
    monkeypatch.setattr(loader.build, "load", lambda *_: "a CLIP")
    names = ["clip_l.safetensors", "t5xxl.gguf"]
    files = [SimpleNamespace(name=name, description=None) for name in names]
    assert loader.load_described(files, "auto", None, "as stored", "auto") == "a CLIP"
    [sentence] = heard
    assert sentence.startswith("Reading clip_l.safetensors and t5xxl.gguf.")
