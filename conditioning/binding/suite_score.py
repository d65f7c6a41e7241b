"""An encoder scored on the whole built-in suite: what it binds, by phenomenon, beside what blind
encoders score.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..encoding.text_encoder import TextEncoder, encode
from ..progress import Progress, no_progress, stage
from . import suite
from .design_answers import measure_designs
from .measures import Measure, interval
from .null_distribution import is_level, nulls
from .verdicts import BOUND, COLLAPSED, ORDER_ONLY, UNDECIDED, decide, judge

FRAMES = 6
"""Of each contrast; fewer than six could never be consistent enough to count as bound."""
_PRINTED = ("a red car next to a blue house", "two dogs", "a lamp to the left of a door", "")


@dataclass(frozen=True)
class Score:
    """One phenomenon in one readout of one stream."""

    stream: str
    readout: str
    phenomenon: str
    share: float
    """Mean over the suite's contrasts."""
    interval: tuple[float, float]
    """Bootstrap over contrasts."""
    kappa: float
    null: tuple[float, float]
    verdicts: Mapping[str, int]
    """How many contrasts got which verdict."""


def score(
    encoders: Sequence[TextEncoder], cache: Path | None = None, progress: Progress = no_progress
) -> list[Score]:
    """A few minutes for CLIP-L on a processor; the nulls are saved in ``cache``."""
    tasks = [(encoder, phenomenon) for encoder in encoders for phenomenon in suite.PHENOMENA]
    scores: list[Score] = []
    for number, (encoder, phenomenon) in enumerate(tasks):
        scores += _scores(encoder, phenomenon, cache, stage(progress, number, len(tasks)))
    return scores


def _scores(
    encoder: TextEncoder, phenomenon: str, cache: Path | None, progress: Progress
) -> Iterator[Score]:
    """One phenomenon in every readout of one encoder."""
    designs = suite.designs(phenomenon, FRAMES)
    null = nulls(encoder, designs[0].kind, cache, stage(progress, 0, 2))
    levels = [is_level(encoder, design) for design in designs]
    measured = measure_designs(encoder, designs, stage(progress, 1, 2))
    for readout in measured[0]:
        low = null.level[readout]
        high = max(low, null.uneven[readout])
        bands = [(low, low if level else high) for level in levels]
        measures = [by_readout[readout] for by_readout in measured]
        shares = [measure.share for measure in measures]
        yield Score(
            stream=encoder.name,
            readout=readout,
            phenomenon=phenomenon,
            share=sum(shares) / len(shares),
            interval=interval(torch.tensor(shares, dtype=torch.float64)),
            kappa=sum(measure.kappa for measure in measures) / len(measures),
            null=(low, max(band[1] for band in bands)),
            verdicts=_counted(measures, bands, encoder.name, readout),
        )


def _counted(
    measures: Sequence[Measure], bands: Sequence[tuple[float, float]], stream: str, readout: str
) -> dict[str, int]:
    """Each contrast judged alone: a suite is many questions, not one that is asked many times."""
    verdicts = [
        decide([judge(measure, band, (k, stream, readout))])[0].verdict
        for k, (measure, band) in enumerate(zip(measures, bands, strict=True))
    ]
    return {
        verdict: verdicts.count(verdict) for verdict in (BOUND, ORDER_ONLY, COLLAPSED, UNDECIDED)
    }


def fingerprint(encoders: Sequence[TextEncoder]) -> str:
    """Names encoders by their answers to a few sentences: weights, LoRA, layer choice, precision
    and padding all count.
    """
    digest = hashlib.sha256(repr((suite.VERSION, FRAMES)).encode())
    for encoder in encoders:
        answers: Any = encode(encoder, _PRINTED)
        digest.update(repr((encoder.name, encoder.architecture)).encode())
        for text in _PRINTED:
            sequence = answers[text].states.sequence.double()
            size = float(sequence.abs().max()) or 1.0
            digest.update(
                (sequence / size * 1000).round().to(torch.int32).contiguous().numpy().tobytes()
            )
    return digest.hexdigest()[:24]
