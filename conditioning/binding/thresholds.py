"""The null bands of a prompt's contrasts: from the built-in suite, and from what the prompt's own
words leak.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..encoding.text_encoder import TextEncoder, encode
from ..progress import Progress, no_progress, stage
from .blind_encoders import BagEncoder, PlacedBagEncoder
from .design_answers import measures_of
from .designs import Design, ProbePlan
from .measures import interval
from .null_distribution import SEEDS, is_level, nulls
from .nulls.saved import Nulls


class Thresholds:
    """Nulls of all kinds in a prompt, and what the prompt's own words leak by their lengths."""

    def __init__(
        self,
        encoders: Sequence[TextEncoder],
        plan: ProbePlan,
        cache: Path | None = None,
        progress: Progress = no_progress,
    ) -> None:
        kinds = list(dict.fromkeys(design.kind for design in plan.designs))
        self.plan = plan
        self.nulls: dict[tuple[str, str], Nulls] = {}
        self.leaks: dict[tuple[int, str, str], float] = {}
        self.level: dict[tuple[int, str], bool] = {}
        steps = len(encoders) * len(kinds)
        for place, encoder in enumerate(encoders):
            for number, kind in enumerate(kinds, place * len(kinds)):
                self.nulls[encoder.name, kind] = nulls(
                    encoder, kind, cache, stage(progress, number, steps)
                )
            for k, design in enumerate(plan.designs):
                self.level[k, encoder.name] = is_level(encoder, design)
                if not self.level[k, encoder.name]:
                    self._measure_leak(encoder, k, design)

    def _measure_leak(self, encoder: TextEncoder, k: int, design: Design) -> None:
        """The most that any of the bags shows: the plain one shows a plural that goes with its
        number, those with places show what moves.
        """
        bags = (BagEncoder(encoder), *(PlacedBagEncoder(encoder, seed) for seed in SEEDS))
        for bag in bags:
            for readout, measure in measures_of(design, encode(bag, design.texts())).items():
                key = (k, encoder.name, readout)
                self.leaks[key] = max(self.leaks.get(key, 0.0), interval(measure.shares)[1])

    def of(self, k: int, stream: str, readout: str) -> tuple[float, float]:
        """The null band of one contrast in one readout, as in :class:`Verdict`."""
        null = self.nulls[stream, self.plan.designs[k].kind]
        low = null.level[readout]
        if self.level[k, stream]:
            return low, low
        return low, max(low, null.uneven[readout], self.leaks[k, stream, readout])
