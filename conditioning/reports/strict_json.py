"""Reports as JSON that every reader takes: the one place that makes it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def to_json(report: Mapping[str, Any], *, ascii_only: bool = False) -> str:
    """A report as one line of JSON. NaN and infinity, which JSON does not have, become null: what
    they mean is said in the report's words.
    """
    try:
        return json.dumps(report, ensure_ascii=ascii_only, allow_nan=False)
    except ValueError:
        return json.dumps(strict(report), ensure_ascii=ascii_only, allow_nan=False)


def strict(value: Any) -> Any:
    """Plain data with None for every number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [strict(item) for item in value]
    return value
