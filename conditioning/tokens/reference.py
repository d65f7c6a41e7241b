"""What a pipeline that cuts (diffusers, the papers' code) would have dropped, where the host only
opens another window.
"""

from __future__ import annotations

from typing import NamedTuple

from ..families.table import TrainedLength
from .prompt_map import PromptMap


class ReferenceCut(NamedTuple):
    """One stream's cut: words of which some token stands past ``limit``."""

    stream: str
    limit: TrainedLength
    words: list[int]


def reference_cuts(found: PromptMap) -> list[ReferenceCut]:
    """By stream with a known limit that the prompt exceeds."""
    cuts = []
    for p in found.placements:
        rule = found.rule(p.recording.name)
        limit = rule.reference_limit if rule else None
        if limit is not None and p.recording.encoded:
            kept = p.content_before(limit.tokens, limit.with_template)
            dropped = [w for w, last in enumerate(p.last) if last >= kept]
            if dropped:
                cuts.append(ReferenceCut(p.recording.name, limit, dropped))
    return cuts
