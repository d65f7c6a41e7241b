"""Reports as JSON that every reader takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def to_json(report: Mapping[str, Any], *, ascii_only: bool = False) -> str:
    """A report as one line of JSON. Raises ValueError for NaN and infinity, which JSON does not
    have.
    """
    return json.dumps(report, ensure_ascii=ascii_only, allow_nan=False)
