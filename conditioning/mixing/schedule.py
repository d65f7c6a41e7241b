"""Cuts the schedule where a part of the mix begins or ends."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from ..errors import EncoderScopeError


@dataclass(frozen=True)
class MixPart:
    """How strong a part is, and over which share of the schedule (0: first step, 1: last). Outside
    of it the part is at its baseline.
    """

    strength: float = 1.0
    start: float = 0.0
    end: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.strength):
            raise EncoderScopeError(
                "A part should have the strength {strength}.",
                "A finite number was expected.",
                "1 takes the part as it is, 0 its baseline.",
                strength=self.strength,
            )
        if not 0 <= self.start <= self.end <= 1:
            raise EncoderScopeError(
                "A part should run from {start:g} to {end:g} of the schedule.",
                "A start before the end, both between 0 and 1, were expected.",
                "0 is the first step, 1 the last.",
                start=self.start,
                end=self.end,
            )

    def at(self, start: float, end: float) -> float:
        """The strength in a segment that no border of this part cuts."""
        if self.start <= start and end <= self.end:
            return self.strength
        return 0.0


class ScheduleSegment(NamedTuple):
    """A stretch of the schedule with constant strengths."""

    strengths: Mapping[str, float]
    percents: tuple[float, float] | None
    """Start and end for the host's dictionary; None: leave what is there."""


def segments(parts: Mapping[str, MixPart], keys: Mapping[str, Any]) -> list[ScheduleSegment]:
    """One segment for each stretch of constant strengths within the entry's own start and end
    percent, in order, without gaps. What lies before the first step or behind the last one is none.
    """
    first = max(0.0, keys.get("start_percent", 0.0))
    last = min(1.0, keys.get("end_percent", 1.0))
    borders = {
        edge for part in parts.values() for edge in (part.start, part.end) if first < edge < last
    }
    edges = [first, *sorted(borders), last]
    stretches: list[tuple[dict[str, float], float, float]] = []
    for start, end in pairwise(edges):
        strengths = {name: part.at(start, end) for name, part in parts.items()}
        if stretches and stretches[-1][0] == strengths:
            start = stretches.pop()[1]
        stretches.append((strengths, start, end))
    if len(stretches) == 1:
        return [ScheduleSegment(stretches[0][0], None)]
    return [ScheduleSegment(strengths, (start, end)) for strengths, start, end in stretches]
