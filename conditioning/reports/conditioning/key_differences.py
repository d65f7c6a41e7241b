"""Which keys of two entries' dictionaries differ: guidance, areas, masks, schedules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    compare = next((compare for kind, compare in _COMPARED if _both(kind, a, b)), None)
    return a is b or (compare is not None and bool(compare(a, b)))


def _both(kind: type | tuple[type, ...], a: Any, b: Any) -> bool:
    return isinstance(a, kind) and isinstance(b, kind)


def _same_tensors(a: torch.Tensor, b: torch.Tensor) -> bool:
    if a.shape != b.shape:
        return False
    return bool(torch.equal(a.detach().to("cpu"), b.detach().to("cpu")))


def _same_mappings(a: Mapping[Any, Any], b: Mapping[Any, Any]) -> bool:
    return a.keys() == b.keys() and all(_alike(a[name], b[name]) for name in a)


def _same_lists(a: Sequence[Any], b: Sequence[Any]) -> bool:
    return len(a) == len(b) and all(map(_alike, a, b))


_COMPARED: tuple[tuple[type | tuple[type, ...], Callable[[Any, Any], bool]], ...] = (
    (torch.Tensor, _same_tensors),
    (Mapping, _same_mappings),
    ((list, tuple), _same_lists),
    ((int, float, str), lambda a, b: a == b or (a != a and b != b)),
)


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
