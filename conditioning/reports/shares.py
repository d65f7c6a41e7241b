"""Shares of binding in words and on the square-root axis that all their bars are drawn on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, sqrt
from typing import Any

from ..translation import translatable, translate

VERDICT_SIGNS = {"BOUND": "✓", "ORDER ONLY": "⇄", "COLLAPSED": "=", "UNDECIDED": "?"}
"""What stands for a verdict beside its colour."""
_VERDICT_NAMES = {
    "BOUND": translatable("BOUND"),
    "ORDER ONLY": translatable("ORDER ONLY"),
    "COLLAPSED": translatable("COLLAPSED"),
    "UNDECIDED": translatable("UNDECIDED"),
}
_LEAST = 1e-4


def verdict_name(verdict: str) -> str:
    """What people see of a verdict; one of a newer report as it is."""
    return translate(_VERDICT_NAMES[verdict]) if verdict in _VERDICT_NAMES else verdict


def rounded(value: float) -> float:
    """Five significant digits."""
    return float(f"{value:.5g}")


def certain(value: float) -> float:
    """Four significant digits and six decimals: without those that another number of threads or
    another split into batches changes. For what is measured against 1, of which sums in fp32 hold
    some seven decimals.
    """
    return float(f"{round(value, 6):.4g}")


def rounded_or_none(value: float | None) -> float | None:
    """As :func:`rounded`; None for what is not known, and for what is not finite."""
    if value is None or not isfinite(value):
        return None
    return rounded(value)


def place(share: float) -> float:
    """Where a share stands on the square-root axis, in percent of its length."""
    return round(100 * sqrt(min(1.0, max(0.0, share))), 3)


def gauge(measured: Mapping[str, Any]) -> dict[str, Any]:
    """Places a verdict's or a score's ``share``, ``interval`` and ``null`` on the axis, and says
    the share in words.
    """
    low, high = (place(share) for share in measured["interval"])
    return {
        "share": place(measured["share"]),
        "share_text": share_text(measured["share"]),
        "interval": {"left": low, "width": round(high - low, 3)},
        "null": [place(share) for share in measured["null"]],
    }


def share_text(share: float) -> str:
    """'18.6 %'; what is too small to be given in figures is said to be so."""
    if 0 < share < _LEAST:
        return "< 0.01 %"
    if share < 0.01:
        return f"{float(f'{100 * share:.2g}'):g} %"
    return f"{float(f'{100 * share:.3g}'):g} %"


def percentage_text(percentage: float, digits: int) -> str:
    """'42.1 %'; what would be rounded to none or all is said to be less or more. ``digits``: behind
    the point.
    """
    step = 10.0**-digits
    if 0 < percentage < step / 2:
        return f"< {step:.{digits}f} %"
    if 100 - step / 2 <= percentage < 100:
        return f"> {100 - step:.{digits}f} %"
    return f"{percentage:.{digits}f} %"


def part_text(share: Any) -> str:
    """'38 %', a share of what a prompt does: two digits, since its interval is wide, and one below
    a thousandth; what is too small to be given in figures is said to be so.
    """
    if not isinstance(share, (int, float)) or not isfinite(share):
        return translate("no number")
    percentage = 100 * max(0.0, share)
    if 0 < percentage < 100 * _LEAST:
        return "< 0.01 %"
    if percentage >= 10:
        return f"{percentage:.0f} %"
    digits = 1 + (percentage >= 0.1)
    return f"{float(f'{percentage:.{digits}g}'):g} %"


def parts_text(interval: Sequence[Any]) -> str:
    """'31 to 45 %', the interval of such a share."""
    low, high = interval
    return translate("{low} to {high}", low=part_text(low).removesuffix(" %"), high=part_text(high))


def range_text(interval: Sequence[float]) -> str:
    """'12.5 to 25.1 %'."""
    low, high = interval
    first = share_text(low).removesuffix(" %")
    return translate("{low} to {high}", low=first, high=share_text(high))


def blind_text(null: Sequence[float]) -> str:
    """Says what blind encoders score, those that bind nothing: ``null`` of a verdict."""
    level, moved = null
    if level == moved:
        return translate("Encoders that bind nothing stay below {level}", level=share_text(level))
    return translate(
        "Encoders that bind nothing stay below {level}, or below {moved} where words of unequal "
        "length move the others",
        level=share_text(level),
        moved=share_text(moved),
    )
