"""Ratios, scores and times in round brackets, whose last number the host takes for a weight."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...translation import translatable
from .finding import Finding, finding
from .prompt_reading import PromptReading
from .weight_groups import STRONGEST, WeightGroup

NUMBERS = re.compile(r"\d+(?:\s*:\s*\d+)*")
_LAST_NUMBER = re.compile(r"(?:.*\s)\d+", re.DOTALL)
_OUT_OF_RANGE = translatable(
    "ComfyUI reads “:{weight}” as a weight of “{words}”: the number vanishes, and no model was "
    "trained on such a weight."
)


def is_ratio(group: WeightGroup) -> bool:
    """Whole numbers alone, such as (1:2); behind words, as in (John 3:16), only where the last one
    is too large for a weight: (Final Fantasy 7:1) may be meant as one.
    """
    words = group.words.strip()
    if not group.number.isdigit():
        return False
    is_too_large = group.weight > STRONGEST
    return bool(NUMBERS.fullmatch(words) or (is_too_large and _LAST_NUMBER.fullmatch(words)))


def ratios(reading: PromptReading) -> Iterator[Finding]:
    """Findings about ratios in brackets, where an encoder applies weights."""
    for group in reading.weight_groups if reading.weighting else ():
        if not is_ratio(group):
            continue
        facts: dict[str, object] = {"does": _OUT_OF_RANGE} if group.weight > STRONGEST else {}
        yield finding(
            "ratio",
            reading.text,
            group.span,
            certain=True,
            words=group.words.strip(),
            weight=group.number,
            escaped=f"\\{reading.text[group.start : group.end - 1]}\\)",
            **facts,
        )
