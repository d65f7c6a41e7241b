"""The language of the editor, as the server reads it from the host's settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.host


@pytest.mark.parametrize(
    ("settings", "language"),
    [
        (json.dumps({"Comfy.Locale": "zh-TW"}), "zh-TW"),
        (json.dumps({"Comfy.Locale": "fa"}), "en"),
        (json.dumps({"Comfy.Locale": 1}), "en"),
        (json.dumps([]), "en"),
        ("not JSON", "en"),
        (None, "en"),
    ],
)
def test_the_editors_setting(
    settings: str | None,
    language: str,
    host_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import folder_paths
    from encoderscope.host.language import of_editor

    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path))
    if settings is not None:
        (tmp_path / "default").mkdir()
        (tmp_path / "default" / "comfy.settings.json").write_text(settings, encoding="utf-8")
    assert of_editor() == language
