"""What image models make of a CONDITIONING without a pooled vector.

The host tells a missing ``pooled_output`` from one that is None: a model's ``encode_adm`` may
stop at the first and hand on the second. How the running host's classes read it, the host's side
finds out; what the networks make of None stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...families.conditioning_widths import fitting_families
from ...families.family import Family
from ...mixing.text_states import Entry
from ..wording import joined


class PooledReading(NamedTuple):
    """Whether a model's class goes on without a pooled vector; None: not known."""

    absent: bool | None
    """The dictionary has no such key."""
    none: bool | None
    """The key is there and holds None."""


Readings = Mapping[str, PooledReading]
"""By the family's name."""
NOTHING_KNOWN: Readings = {}

_NOT_KNOWN = PooledReading(None, None)
_READS_NONE = {
    "flux": "reads zeros in its place",  # comfy/ldm/flux/model.py
    "sd3": "does without what it adds to every block",  # diffusionmodules/mmdit.py
}
_STOPS_AT_NONE = ("sdxl", "sdxl_refiner", "hunyuan_video", "hidream")
_STOPS = "stops with an error"
_EITHER = "reads zeros or stops with an error, by ComfyUI's version"


def without_pooled(entry: Entry, readings: Readings) -> str:
    """What the families that an entry without a pooled vector can be of make of that."""
    sequence, keys = entry
    absent = "pooled_output" not in keys
    families = fitting_families(int(sequence.shape[-1]), None, keys)
    why = "pooled_output is None"
    if absent:
        why = "the key pooled_output is missing"
    outcomes: dict[str, list[str]] = {}
    for family in families.pooled_missing:
        outcomes.setdefault(_outcome(family, absent, readings), []).append(family.title)
    clauses = [
        f"{joined(titles)} {_agreeing(outcome, len(titles))}"
        for outcome, titles in outcomes.items()
    ]
    if families.exact:
        clauses.append("models that take none lack nothing")
    if not families.named:
        clauses = [f"a generator that wants one {_EITHER}"]
    text = "; ".join(clauses)
    return f"No pooled vector ({why}): {text}."


def _outcome(family: Family, absent: bool, readings: Readings) -> str:
    reading = readings.get(family.name, _NOT_KNOWN)
    goes_on = reading.none
    if absent:
        goes_on = reading.absent
    if family.name in _STOPS_AT_NONE or goes_on is False:
        return _STOPS
    if goes_on is None and absent:
        return _EITHER
    return _READS_NONE.get(family.name, _EITHER)


def _agreeing(outcome: str, count: int) -> str:
    """The outcome for one family, or for several."""
    if count == 1:
        return outcome
    verbs = {"reads": "read", "stops": "stop", "does": "do"}
    return " ".join(verbs.get(word, word) for word in outcome.split(" "))
