"""Nulls in files: those that come with the pack, and those that were measured here.

The pack's (``assets/nulls/``) are written by ``python dev.py ship-nulls``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ...storage import try_to_read_json, try_to_write_json
from ..readouts import CROSS, MEAN, POOLED, SEQUENCE

_ASSETS = Path(__file__).resolve().parents[3] / "assets" / "nulls"
MINIATURES = _ASSETS / "miniatures.json"
"""Of all controls of a miniature: key -> what a saved file holds."""
UNTRAINED = _ASSETS / "untrained.json"
"""The same of untrained encoders, which are the same for all weights."""
FORMAT = "encoderscope.nulls"
VERSION = 2
_READOUTS: tuple[set[str], ...] = ({POOLED, SEQUENCE, CROSS}, {MEAN, SEQUENCE, CROSS})


@dataclass(frozen=True)
class Nulls:
    """Thresholds for designs of one kind."""

    kind: str
    level: dict[str, float]
    """Readout -> the share that 99 of 100 blind contrasts stay below, where the exchanged words
    have equally many tokens.
    """
    uneven: dict[str, float]
    """The same where they have not, so that what stands behind them moves."""
    samples: tuple[int, int]
    """Contrasts of the suite of either sort."""


def shipped(path: Path, key: str, kind: str) -> Nulls | None:
    """Nulls that came with the pack; None where there are none under this key."""
    return from_json(read_shipped(path).get(key), kind)


@cache
def read_shipped(path: Path) -> Mapping[str, Any]:
    """Key -> what a file of ``assets/nulls`` holds under it, read once; nothing where the file is
    missing or broken.
    """
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def read(file: Path, kind: str) -> Nulls | None:
    """What the file holds; None where it is missing or not what was written."""
    return from_json(try_to_read_json(file), kind)


def write(file: Path, measured: Nulls) -> None:
    """Saves nulls, and does nothing where the folder cannot be written."""
    try_to_write_json(file, to_json(measured))


def to_json(measured: Nulls) -> dict[str, Any]:
    """What a saved file holds."""
    return {"format": FORMAT, "version": VERSION, **vars(measured)}


def from_json(value: Any, kind: str) -> Nulls | None:
    """The nulls of this kind that were saved; None for anything else."""
    try:
        if (value["format"], value["version"], value["kind"]) != (FORMAT, VERSION, kind):
            return None
        level = _read_shares(value["level"])
        uneven = _read_shares(value["uneven"])
        if level is None or uneven is None:
            return None
        return Nulls(kind, level, uneven, (int(value["samples"][0]), int(value["samples"][1])))
    except (ValueError, LookupError, ArithmeticError, TypeError, AttributeError):
        return None


def _read_shares(value: Mapping[str, float]) -> dict[str, float] | None:
    """Readout -> share; None unless every readout has a share between 0 and 1."""
    shares = {str(readout): float(share) for readout, share in value.items()}
    if set(shares) not in _READOUTS or not all(0 <= share <= 1 for share in shares.values()):
        return None
    return shares
