"""From which clearness on whoever judges pictures may make a claim: scorers and judges are held to
the same promise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

RIGHT = 0.95
LEVEL = 0.05
"""Claims are to be right so often, and the calibration scenes are to make that sure: an exact
binomial test at this level.
"""


class ClaimCase(NamedTuple):
    """What could be claimed of one drawn scene."""

    clear: float
    """How clearly."""
    right: bool
    """Whether the claim would be right."""


@dataclass(frozen=True)
class ClaimLimit:
    """When a claim may be made."""

    threshold: float | None
    """Least clearness of a claim; None: no threshold makes it right often enough."""
    claimed: int
    """Cases that reach the threshold."""
    claimed_right: int


SILENT = ClaimLimit(None, 0, 0)


def claim_limit(
    cases: Sequence[ClaimCase], clearness: Sequence[float], coverages: Sequence[float]
) -> ClaimLimit:
    """The first threshold from which on claims are surely right often enough. ``clearness``: that
    of the cases of which each of ``coverages`` is a part that a threshold lets speak; the level is
    shared among them.
    """
    ordered = sorted(clearness, reverse=True)
    for coverage in coverages:
        if not ordered:
            break
        threshold = ordered[max(1, round(coverage * len(ordered))) - 1]
        claims = [case.right for case in cases if case.clear >= threshold]
        if tail(claims.count(False), len(claims), 1 - RIGHT) <= LEVEL / len(coverages):
            return ClaimLimit(threshold, len(claims), sum(claims))
    return SILENT


def tail(errors: int, count: int, rate: float) -> float:
    """How likely so few errors are where errors have this rate: small where the rate is surely
    lower.
    """
    return sum(math.comb(count, k) * rate**k * (1 - rate) ** (count - k) for k in range(errors + 1))
