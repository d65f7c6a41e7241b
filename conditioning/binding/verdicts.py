"""The verdicts of the probe: COLLAPSED, ORDER ONLY, BOUND or UNDECIDED, for one contrast in one
readout of one stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .measures import LEVEL, Measure, consistency, holm, interval

COLLAPSED = "COLLAPSED"
ORDER_ONLY = "ORDER ONLY"
BOUND = "BOUND"
UNDECIDED = "UNDECIDED"
STRENGTH = (BOUND, UNDECIDED, ORDER_ONLY, COLLAPSED)
"""From most to least; of several readouts the best one counts."""


@dataclass(frozen=True)
class Verdict:
    """What one contrast shows in one readout of one stream."""

    contrast: int
    """Index of the design."""
    stream: str
    readout: str
    verdict: str
    share: float
    interval: tuple[float, float]
    kappa: float
    p: float
    """Of the sign-flip test over frames, corrected by Holm over the contrasts of the prompt."""
    null: tuple[float, float]
    """Blind encoders stay below the first where words keep their places, below the second where
    this contrast moves them.
    """
    parts: tuple[float, float, float]
    """Shares of order of things, order of modifiers and binding in what the cells differ in; they
    add up to 1, or are all 0.
    """
    in_prompt: float | None = None
    """Share in the prompt itself; None where it was not measured."""
    lost_in_prompt: bool = False
    """In the prompt itself this readout cannot tell the rival from the prompt."""


def judge(measure: Measure, null: tuple[float, float], key: tuple[int, str, str]) -> Verdict:
    """The verdict before correction; ``key`` is contrast, stream and readout. ``null`` as in
    :class:`Verdict`.
    """
    contrast, stream, readout = key
    verdict = Verdict(
        contrast=contrast,
        stream=stream,
        readout=readout,
        verdict=UNDECIDED,
        share=measure.share,
        interval=interval(measure.shares),
        kappa=measure.kappa,
        p=1.0,
        null=null,
        parts=(0.0, 0.0, 0.0),
    )
    if measure.collapsed:
        return replace(verdict, verdict=COLLAPSED)
    return replace(verdict, p=consistency(measure.agreement), parts=_parts(measure))


def _parts(measure: Measure) -> tuple[float, float, float]:
    energies = measure.energies.sum(0)
    total = float(energies.sum())
    if total <= 0:
        return 0.0, 0.0, 0.0
    things, modifiers, binding = (energies / total).tolist()
    return things, modifiers, binding


def decide(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """All verdicts of a prompt; within each readout its contrasts are corrected for one another."""
    decided = list(verdicts)
    for key in dict.fromkeys((verdict.stream, verdict.readout) for verdict in verdicts):
        same = [k for k, each in enumerate(verdicts) if (each.stream, each.readout) == key]
        for k, p in zip(same, holm([verdicts[k].p for k in same]), strict=True):
            decided[k] = replace(verdicts[k], p=p, verdict=_decided(verdicts[k], p))
    return decided


def _decided(verdict: Verdict, p: float) -> str:
    """What is claimed with the corrected ``p``."""
    if verdict.verdict == COLLAPSED or verdict.lost_in_prompt:
        return COLLAPSED
    low, high = verdict.interval
    if low > verdict.null[1] and p <= 1 - LEVEL:
        return BOUND
    if high <= verdict.null[0]:
        return ORDER_ONLY
    return UNDECIDED


def best(verdicts: Sequence[str]) -> str:
    """Of several readouts, what the strongest of them shows."""
    return min(verdicts, key=STRENGTH.index, default=UNDECIDED)
