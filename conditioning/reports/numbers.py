"""Numbers of tensors as a report gives them: rounded, and never a bare NaN, which strict JSON does
not have.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from ..translation import translate
from .wording import listed

LEVELS = 8
"""Steps of a heat strip; 0 is kept for rows that are all zero."""
# the quantile of a part's norms that has the highest step: one rogue row must not make the others
# pale
_FULL = 0.95


def rounded(value: float) -> float | None:
    """Four significant digits; None for NaN and infinity."""
    return float(f"{value:.4g}") if math.isfinite(value) else None


def rows_of(tensor: torch.Tensor) -> torch.Tensor:
    """The first batch row as (token, dim), fp32 on the processor. A vector (dim) is one row;
    further axes count as tokens.
    """
    first = tensor
    if tensor.dim() > 2:
        first = tensor[:1]
    width = first.shape[-1] if first.dim() else 1
    count = math.prod(first.shape[:-1])
    if first.is_complex():
        first = first.real  # the host casts it so
    return first.detach().to("cpu", torch.float32).reshape(count, width)


def first_row(tensor: torch.Tensor) -> torch.Tensor:
    """The first row of (batch, dim) as (dim), fp32 on the processor."""
    return rows_of(tensor)[0]


def norms_of(rows: torch.Tensor) -> list[float]:
    """Euclidean length of each of the rows (token, dim); summed in double precision, so that large
    rows do not overflow.
    """
    return [float(norm) for norm in torch.linalg.vector_norm(rows, dim=-1, dtype=torch.float64)]


def bad_numbers(tensor: torch.Tensor) -> str:
    """Such as "3 NaN, 1 infinite", counted in all batch rows; empty where every number
    is finite.
    """
    values = tensor.detach().to("cpu", torch.float32)
    if bool(torch.isfinite(values).all()):
        return ""
    parts = []
    if count := int(values.isnan().sum()):
        parts.append(translate("{count:,} NaN", count=count))
    if count := int(values.isinf().sum()):
        parts.append(translate("{count:,} infinite", count=count))
    return listed(parts)


def bad_rows(tensor: torch.Tensor) -> list[list[int]]:
    """Runs (start, stop) of the token rows that hold NaN or infinity in any row of the batch."""
    bad = ~torch.isfinite(tensor.detach().to("cpu", torch.float32)).all(dim=-1)
    if tensor.dim() > 2:
        bad = bad.any(dim=0)
    return runs(bad.flatten().tolist())


def runs(flags: Sequence[bool]) -> list[list[int]]:
    """[start, stop) of every run of True."""
    out: list[list[int]] = []
    for k, flag in enumerate(flags):
        if flag and out and out[-1][1] == k:
            out[-1][1] = k + 1
        elif flag:
            out.append([k, k + 1])
    return out


def levels_of(norms: Sequence[float]) -> list[int | None]:
    """A step from 1 to LEVELS for each norm of one part, 0 for zero, None for what is no number."""
    finite = sorted(norm for norm in norms if math.isfinite(norm) and norm > 0)
    full = 1.0
    if finite:
        full = finite[min(len(finite) - 1, int(_FULL * len(finite)))]
    return [level_of(norm / full) for norm in norms]


def level_of(share: float | None) -> int | None:
    """The step of a share of 1; whatever is not zero has at least the first, whatever is above 1
    the last.
    """
    if share is None or not math.isfinite(share):
        return None
    if share <= 0:
        return 0
    return max(1, min(LEVELS, round(LEVELS * share)))


def tensor_facts(tensor: torch.Tensor) -> dict[str, Any]:
    """Describes a tensor: its shape, its type of number, and what is not finite in it."""
    return {
        "shape": [*tensor.shape],
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "bad": bad_numbers(tensor),
    }


def vector(pooled: torch.Tensor, parts: Mapping[str, tuple[str, int]]) -> dict[str, Any]:
    """A pooled vector (batch, dim). ``parts``: name -> (title, width), side by side from column 0;
    ignored unless they fill it.
    """
    row = first_row(pooled)
    norm = norms_of(row[None])[0]
    sections: list[dict[str, Any]] = []
    if sum(width for _, width in parts.values()) == len(row):
        start = 0
        for name, (title, width) in parts.items():
            sections.append(_section(row, name, title, range(start, start + width)))
            start += width
    return {**tensor_facts(pooled), "norm": rounded(norm), "zero": norm == 0, "parts": sections}


def _section(row: torch.Tensor, name: str, title: str, columns: range) -> dict[str, Any]:
    norm = norms_of(row[None, columns.start : columns.stop])[0]
    return {
        "name": name,
        "title": title,
        "start": columns.start,
        "stop": columns.stop,
        "norm": rounded(norm),
        "zero": norm == 0,
    }


def mean(values: Sequence[float]) -> float | None:
    """The rounded mean; None where there is nothing to average."""
    if not values:
        return None
    return rounded(sum(values) / len(values))
