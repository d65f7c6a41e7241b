"""What a file is named by its header, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.encoder_files.description import Description
from encoderscope.conditioning.encoder_files.signatures import describe


def described(path: Path) -> Description:
    return describe(open_checkpoint(path))


def check(description: Description, name: str, facts: dict[str, Any]) -> None:
    assert (description.kind, description.name) == ("encoder", name)
    assert {key: getattr(description, key) for key in facts} == facts
