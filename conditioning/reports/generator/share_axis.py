"""The axis of an Ignored Words report, on which all bars of its phrases are drawn: how far it
reaches, its ticks, and where a share stands on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from ...translation import translate
from ..drawing.bars import number
from .inked_prompt import share_of

Report = Mapping[str, Any]
Fields = dict[str, Any]

MOST = 1.0
"""No bar reaches further, unless a share does; what goes beyond is cut."""
FAR = 2.0
"""No bar reaches further than this, whatever the shares; what does is marked."""
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Distances of ticks; at most five to a bar."""


def reach(report: Report) -> float:
    """The share at which all bars of one report end, so that phrases can be compared."""
    measured = [report["floor"], *report["phrases"]]
    values = [number(value) for part in measured for value in (part["share"], part["interval"][1])]
    shares = [share_of(phrase) for phrase in report["phrases"]]
    most = max([STEPS[0], *(value for value in values if value is not None)])
    most = min(max([MOST, *shares]), FAR, most)
    step = tick_step(most)
    return round(step * ceil(most / step - 1e-9), 6)


def tick_step(far: float) -> float:
    """How far apart the ticks of an axis stand that reaches to ``far``."""
    return next((step for step in STEPS if far <= 5 * step + 1e-9), STEPS[-1])


def ticks(far: float) -> list[float]:
    """Shares that are marked on an axis that reaches to ``far``."""
    step = tick_step(far)
    return [round(step * k, 6) for k in range(round(far / step) + 1)]


def axis(far: float) -> Fields:
    """Title, ticks and explanation of the axis of all bars."""
    marks: list[Fields] = [
        {"place": along(share, far), "text": f"{100 * share:g}"} for share in ticks(far)
    ]
    marks[-1]["text"] += " %"
    return {"title": translate("share of the picture"), "ticks": marks, "tip": _tip()}


def _tip() -> list[str]:
    return [
        translate("How much of the picture a phrase decides"),
        translate(
            "The phrase is exchanged for filler words. What the image model then does differently "
            "is set against what it does differently when all phrases are exchanged at once."
        ),
        translate("Phrases share the work: their parts need not add up to 100 %."),
    ]


def along(share: Any, far: float) -> float:
    """Where a share stands on an axis, in percent of its length."""
    return round(100 * min(far, max(0.0, number(share) or 0.0)) / far, 3)


def stretch(interval: Sequence[Any], far: float) -> Fields:
    """Where an interval stands on an axis."""
    left, right = (along(share, far) for share in interval)
    return {"left": left, "width": round(max(0.0, right - left), 3)}
