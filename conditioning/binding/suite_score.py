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
from .measures import Measure, interval
from .null_distribution import is_level, measured, nulls
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
    """A few minutes for CLIP-L on a processor; the nulls are kept in ``cache``."""
    steps = len(encoders) * len(suite.PHENOMENA) * 2
    made: list[Score] = []
    for number, encoder in enumerate(encoders):
        for k, phenomenon in enumerate(suite.PHENOMENA):
            at = 2 * (number * len(suite.PHENOMENA) + k)
            made += _scores(
                encoder,
                phenomenon,
                cache,
                (stage(progress, at, steps), stage(progress, at + 1, steps)),
            )
    return made


def _scores(
    encoder: TextEncoder, phenomenon: str, cache: Path | None, shows: tuple[Progress, Progress]
) -> Iterator[Score]:
    designs = suite.designs(phenomenon, FRAMES)
    null = nulls(encoder, designs[0].kind, cache, shows[0])
    level = [is_level(encoder, one) for one in designs]
    found = measured(encoder, designs, shows[1])
    for readout in found[0]:
        low, high = null.level[readout], max(null.level[readout], null.uneven[readout])
        measures = [one[readout] for one in found]
        bands = [(low, low) if flat else (low, high) for flat in level]
        yield Score(
            stream=encoder.name,
            readout=readout,
            phenomenon=phenomenon,
            share=sum(one.share for one in measures) / len(measures),
            interval=interval(torch.tensor([one.share for one in measures], dtype=torch.float64)),
            kappa=sum(one.kappa for one in measures) / len(measures),
            null=(low, max(band[1] for band in bands)),
            verdicts=_counted(measures, bands, encoder.name, readout),
        )


def _counted(
    measures: Sequence[Measure], bands: Sequence[tuple[float, float]], stream: str, readout: str
) -> dict[str, int]:
    """Each contrast judged alone: a suite is many questions, not one that is asked many times."""
    told = [
        decide([judge(one, band, (k, stream, readout))])[0].verdict
        for k, (one, band) in enumerate(zip(measures, bands, strict=True))
    ]
    return {verdict: told.count(verdict) for verdict in (BOUND, ORDER_ONLY, COLLAPSED, UNDECIDED)}


def fingerprint(encoders: Sequence[TextEncoder]) -> str:
    """Names encoders by their answers to a few sentences: weights, LoRA, layer choice, precision
    and padding all count.
    """
    told = hashlib.sha256(repr((suite.VERSION, FRAMES)).encode())
    for encoder in encoders:
        answers: Any = encode(encoder, _PRINTED)
        told.update(repr((encoder.name, encoder.architecture)).encode())
        for text in _PRINTED:
            sequence = answers[text].states.sequence.double()
            size = float(sequence.abs().max()) or 1.0
            told.update(
                (sequence / size * 1000).round().to(torch.int32).contiguous().numpy().tobytes()
            )
    return told.hexdigest()[:24]
