"""When the probe may speak: COLLAPSED, ORDER ONLY, BOUND or UNDECIDED, for one contrast in one
readout of one stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .measures import LEVEL, Measure, consistency, holm, interval

COLLAPSED, ORDER_ONLY, BOUND, UNDECIDED = "COLLAPSED", "ORDER ONLY", "BOUND", "UNDECIDED"
STRENGTH = (BOUND, UNDECIDED, ORDER_ONLY, COLLAPSED)
"""From most to least; of several readouts the best one counts."""


@dataclass(frozen=True)
class Verdict:
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
    """In the prompt itself this readout cannot tell the rival from what is asked."""


def judge(measure: Measure, null: tuple[float, float], at: tuple[int, str, str]) -> Verdict:
    """The verdict before correction; ``at`` is contrast, stream and readout. ``null`` as in
    :class:`Verdict`.
    """
    shares = measure.shares
    energies = measure.energies.sum(0)
    total = float(energies.sum())
    parts = (
        tuple((energies / total).tolist())
        if total > 0 and not measure.collapsed
        else (0.0, 0.0, 0.0)
    )
    return Verdict(
        contrast=at[0],
        stream=at[1],
        readout=at[2],
        verdict=COLLAPSED if measure.collapsed else UNDECIDED,
        share=measure.share,
        interval=interval(shares),
        kappa=measure.kappa,
        p=1.0 if measure.collapsed else consistency(measure.agreement),
        null=null,
        parts=(parts[0], parts[1], parts[2]),
    )


def decide(found: Sequence[Verdict]) -> list[Verdict]:
    """All verdicts of a prompt; within each readout its contrasts are corrected for one another."""
    out: dict[int, Verdict] = {}
    for place in dict.fromkeys((one.stream, one.readout) for one in found):
        same = [k for k, one in enumerate(found) if (one.stream, one.readout) == place]
        for k, p in zip(same, holm([found[k].p for k in same]), strict=True):
            out[k] = replace(found[k], p=p, verdict=_verdict(found[k], p))
    return [out[k] for k in range(len(found))]


def _verdict(one: Verdict, p: float) -> str:
    if one.verdict == COLLAPSED or one.lost_in_prompt:
        return COLLAPSED
    low, high = one.interval
    if low > one.null[1] and p <= 1 - LEVEL:
        return BOUND
    return ORDER_ONLY if high <= one.null[0] else UNDECIDED


def best(verdicts: Sequence[str]) -> str:
    """Of several readouts, what the strongest of them says."""
    return min(verdicts, key=STRENGTH.index, default=UNDECIDED)
