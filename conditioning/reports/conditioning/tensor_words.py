"""What reports say of tensors and of rows of a sequence: sizes, norms, zeros, whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...translation import translatable, translate
from ..wording import is_single, rows_text

WORDS = {
    "all_zero": translatable("all zero"),
    "norm": translatable("norm {norm}"),
    "mean_norm": translatable("mean norm {norm}"),
    "no_number": translatable("not a number"),
    "more": translatable("… and {count} more tokens, see the JSON"),
    "pooled": translatable("Pooled vector"),
    "numbers": translatable("{count} numbers"),
}
"""What cards say of tensors themselves, by the names that the scripts know."""


def size(tensor: Mapping[str, Any]) -> str:
    """'1 × 77 × 768, float32', and what is not finite in it."""
    text = f"{' × '.join(map(str, tensor['shape']))}, {tensor['dtype']}"
    if tensor["bad"]:
        return f"{text} ({tensor['bad']})"
    return text


def length(zero: bool, norm: float | None, mean: bool = False) -> str:
    """A norm in words; ``mean``: that of several rows."""
    if zero:
        return translate("all zero")
    if norm is None:
        return translate("mean norm not a number") if mean else translate("norm not a number")
    if mean:
        return translate("mean norm {norm:.4g}", norm=norm)
    return translate("norm {norm:.4g}", norm=norm)


def zeros_text(part: Mapping[str, Any]) -> str:
    """Such as "rows 78 to 154 are zeros", of a part that is not all zero; "" where none is."""
    runs = part["zero_rows"]
    if part["zero"] or not runs:
        return ""
    if is_single(runs):
        return translate("{row} is zeros", row=rows_text(runs))
    return translate("{rows} are zeros", rows=rows_text(runs))


def rows_of_owner(owner: str) -> str:
    """Such as "CLIP rows"."""
    return translate("{owner} rows", owner=owner)
