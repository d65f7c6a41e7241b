"""The object that a configuration or an index of shards holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...bounded_reading import read_json
from ...errors import EncoderScopeError
from .impostors import DamagedFile


def read_object(path: Path) -> dict[str, Any]:
    """An empty one for any other value. Raises :class:`EncoderScopeError` for what is no JSON."""
    try:
        value = read_json(path)
    except EncoderScopeError:
        raise
    except ValueError as error:
        raise DamagedFile(
            path, "{file} is not JSON ({why}).", "A readable file was expected.", why=error.args[0]
        ) from error
    return value if isinstance(value, dict) else {}
