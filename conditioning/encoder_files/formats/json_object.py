"""The object that a configuration or an index of shards holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...bounded_reading import read_json
from ...errors import EncoderScopeError
from .safetensors_header import AGAIN, BrokenFile


def read_object(path: Path) -> dict[str, Any]:
    """An empty one for any other value. Raises :class:`EncoderScopeError` for what is no JSON."""
    try:
        value = read_json(path)
    except EncoderScopeError:
        raise
    except ValueError as error:
        raise BrokenFile(
            f"{path.name} is not JSON ({error}).", "A readable file was expected.", AGAIN
        ) from error
    return value if isinstance(value, dict) else {}
