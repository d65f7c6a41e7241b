"""How many pictures have which verdict, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...image_probe.judges.judge_verdicts import DISAGREE, NOT_SHOWN
from ...image_probe.probe_images import SHOWN, SWAPPED, UNKNOWN
from ...translation import translate_count

_COUNTS: Mapping[str, Callable[[int], str]] = {
    SHOWN: lambda count: translate_count(
        "{count} shows the prompt", "{count} show the prompt", count
    ),
    SWAPPED: lambda count: translate_count(
        "{count} shows the swap", "{count} show the swap", count
    ),
    NOT_SHOWN: lambda count: translate_count(
        "{count} does not show the prompt", "{count} do not show the prompt", count
    ),
    DISAGREE: lambda count: translate_count(
        "{count} is judged differently", "{count} are judged differently", count
    ),
    UNKNOWN: lambda count: translate_count(
        "{count} cannot be told", "{count} cannot be told", count
    ),
}


def counted(shows: Mapping[str, int]) -> list[str]:
    """'2 show the prompt', '1 cannot be told': of verdicts that occur."""
    return [say(shows[verdict]) for verdict, say in _COUNTS.items() if shows.get(verdict)]
