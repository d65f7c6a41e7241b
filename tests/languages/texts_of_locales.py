"""Every text of a language, for the tables of rules that texts are held to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

LOCALES = Path(__file__).resolve().parents[2] / "locales"


def texts_of(language: str) -> Iterator[str]:
    """Of its reports, plural forms, nodes, menu and setting."""
    for path in sorted((LOCALES / language).rglob("*.json")):
        yield from _leaves(json.loads(path.read_text(encoding="utf-8")))


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
