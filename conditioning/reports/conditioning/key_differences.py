"""Which keys of two entries' dictionaries differ: guidance, areas, masks, schedules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from ...translation import translate_count
from ..wording import listed, translate_name, visible
from .entry_keys import TITLES

_ABSENT = object()


def differing_keys(a: Mapping[Any, Any], b: Mapping[Any, Any]) -> list[str]:
    """Names of the keys that hold other values, or that one of the two lacks; the pooled vector is
    compared apart.
    """
    names = [name for name in {**a, **b} if name != "pooled_output"]
    return [
        visible(str(name))
        for name in names
        if not _alike(a.get(name, _ABSENT), b.get(name, _ABSENT))
    ]


def _alike(a: Any, b: Any) -> bool:
    """Equal values; of objects that cannot be compared the same ones."""
    if a is b:
        return True
    if isinstance(a, torch.Tensor) or isinstance(b, torch.Tensor):
        tensors = isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor)
        return tensors and a.shape == b.shape and _equal(a, b)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_alike(a[name], b[name]) for name in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_alike, a, b))
    plain = (int, float, str)
    return isinstance(a, plain) and isinstance(b, plain) and bool(a == b or (a != a and b != b))


def _equal(a: torch.Tensor, b: torch.Tensor) -> bool:
    return bool(torch.equal(a.detach().to("cpu"), b.detach().to("cpu")))


def keys_clause(names: list[str]) -> str:
    """Such as "2 other settings differ: guidance, start"; "" where none does."""
    if not names:
        return ""
    return translate_count(
        "{count} other setting differs: {names}",
        "{count} other settings differ: {names}",
        len(names),
        names=listed(translate_name(TITLES, name) for name in names),
    )
