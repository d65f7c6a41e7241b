"""Reports as JSON that every reader takes: the one place that makes it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Hashable, Mapping
from typing import Any

from ..visible_text import OBEYED

_OBEYED = re.compile(f"[{OBEYED}]")  # JSON itself escapes those below 32


def to_json(report: Mapping[str, Any], *, ascii_only: bool = False) -> str:
    """A report as one line of JSON, which a terminal prints as it is: what it would obey is written
    as an escape. NaN and infinity, which JSON does not have, become null: what
    they mean is said in the report's words.
    """
    try:
        text = json.dumps(report, ensure_ascii=ascii_only, allow_nan=False)
    except ValueError:
        text = json.dumps(strict(report), ensure_ascii=ascii_only, allow_nan=False)
    return _OBEYED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def strict(value: Any) -> Any:
    """Plain data with None for every number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [strict(item) for item in value]
    return value


def compact(value: Any) -> Any:
    """As :func:`strict`, for data that is kept and never changed: equal parts of it are one object.

    The host keeps what its last 10,000 prompts have shown, and most of a report is said of many
    words in the same way.
    """
    return _shared(strict(value), {})


def _shared(value: Any, known: dict[Hashable, Any]) -> Any:
    if isinstance(value, dict):
        value = {key: _shared(item, known) for key, item in value.items()}
        return known.setdefault((dict, *value, *map(_identity, value.values())), value)
    if isinstance(value, list):
        value = [_shared(item, known) for item in value]
        return known.setdefault((list, *map(_identity, value)), value)
    return known.setdefault(_identity(value), value)


def _identity(value: Any) -> Hashable:
    """What equal parts have in common: parts in it are shared already, so each is one object."""
    if isinstance(value, (dict, list)):
        return id(value)
    sign = isinstance(value, float) and math.copysign(1, value)
    return type(value), value, sign
