"""The null bands of a prompt's contrasts: from the built-in suite, and from what the prompt's own
words leak.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..encoding.text_encoder import TextEncoder, encode
from ..progress import Progress, no_progress, stage
from .blind_encoders import Bag, TaggedBag
from .cells import Design
from .contrasts import Plan
from .measures import interval
from .null_distribution import SEEDS, Nulls, four, is_level, measures_of, nulls


class Thresholds:
    """Nulls of all kinds in a prompt, and what the prompt's own words leak by their lengths."""

    def __init__(
        self,
        encoders: Sequence[TextEncoder],
        plans: Plan,
        cache: Path | None = None,
        progress: Progress = no_progress,
    ) -> None:
        kinds = list(dict.fromkeys(one.kind for one in plans.designs))
        self.plans = plans
        self.nulls: dict[tuple[str, str], Nulls] = {}
        self.leaks: dict[tuple[int, str, str], float] = {}
        self.level: dict[tuple[int, str], bool] = {}
        steps = len(encoders) * len(kinds)
        for place, encoder in enumerate(encoders):
            for number, kind in enumerate(kinds, place * len(kinds)):
                self.nulls[encoder.name, kind] = nulls(
                    encoder, kind, cache, stage(progress, number, steps)
                )
            for k, design in enumerate(plans.designs):
                self.level[k, encoder.name] = is_level(encoder, design)
                if not self.level[k, encoder.name]:
                    self._leak(encoder, k, design)

    def _leak(self, encoder: TextEncoder, k: int, design: Design) -> None:
        """The most that any of the bags shows: the plain one hears a plural that goes with its
        number, the tagged ones what moves.
        """
        for control in (Bag(encoder), *(TaggedBag(encoder, seed) for seed in SEEDS)):
            for readout, one in measures_of(
                design, encode(control, [cell.text for cell in four(design)])
            ).items():
                at = (k, encoder.name, readout)
                self.leaks[at] = max(self.leaks.get(at, 0.0), interval(one.shares)[1])

    def of(self, k: int, stream: str, readout: str) -> tuple[float, float]:
        """The null band of one contrast in one readout, as in :class:`Verdict`."""
        null = self.nulls[stream, self.plans.designs[k].kind]
        low = null.level[readout]
        if self.level[k, stream]:
            return low, low
        return low, max(low, null.uneven[readout], self.leaks[k, stream, readout])
