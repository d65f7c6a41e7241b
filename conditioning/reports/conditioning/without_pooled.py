"""What image models make of a CONDITIONING without a pooled vector.

The host tells a missing ``pooled_output`` from one that is None: a model's ``encode_adm`` may
stop at the first and hand on the second. How the running host's classes read it, the host's side
finds out; what the networks make of None stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ...families.conditioning_widths import fitting_families
from ...families.family import Family
from ...mixing.text_states import Entry
from ...translation import translate, translate_count
from ..wording import clauses, joined


class PooledReading(NamedTuple):
    """Whether a model's class goes on without a pooled vector; None: not known."""

    absent: bool | None
    """The dictionary has no such key."""
    none: bool | None
    """The key is there and holds None."""


Readings = Mapping[str, PooledReading]
"""By the family's name."""
NOTHING_KNOWN: Readings = {}

Outcome = Callable[[str, int], str]
"""Says what families of these names, and so many, make of it."""
_NOT_KNOWN = PooledReading(None, None)
_STOPS_AT_NONE = ("sdxl", "sdxl_refiner", "hunyuan_video", "hidream")


def without_pooled(entry: Entry, readings: Readings) -> str:
    """What the families that an entry without a pooled vector can be of make of that."""
    sequence, keys = entry
    absent = "pooled_output" not in keys
    families = fitting_families(int(sequence.shape[-1]), None, keys)
    outcomes: dict[Outcome, list[str]] = {}
    for family in families.pooled_missing:
        outcomes.setdefault(_outcome(family, absent, readings), []).append(family.title)
    parts = [outcome(joined(titles), len(titles)) for outcome, titles in outcomes.items()]
    if families.exact:
        parts.append(translate("models that take none lack nothing"))
    if not families.named:
        parts = [
            translate(
                "a generator that wants one reads zeros or stops with an error, depending on "
                "ComfyUI's version"
            )
        ]
    if absent:
        return translate(
            "No pooled vector (the key pooled_output is missing): {clauses}.",
            clauses=clauses(parts),
        )
    return translate("No pooled vector (pooled_output is None): {clauses}.", clauses=clauses(parts))


def _outcome(family: Family, absent: bool, readings: Readings) -> Outcome:
    reading = readings.get(family.name, _NOT_KNOWN)
    goes_on = reading.none
    if absent:
        goes_on = reading.absent
    if family.name in _STOPS_AT_NONE or goes_on is False:
        return _stops
    if goes_on is None and absent:
        return _reads_zeros_or_stops
    return _READS_NONE.get(family.name, _reads_zeros_or_stops)


def _stops(families: str, count: int) -> str:
    return translate_count(
        "{families} stops with an error", "{families} stop with an error", count, families=families
    )


def _reads_zeros(families: str, count: int) -> str:
    return translate_count(
        "{families} reads zeros in its place",
        "{families} read zeros in its place",
        count,
        families=families,
    )


def _does_without(families: str, count: int) -> str:
    return translate_count(
        "{families} does without what it adds to every block",
        "{families} do without what it adds to every block",
        count,
        families=families,
    )


def _reads_zeros_or_stops(families: str, count: int) -> str:
    return translate_count(
        "{families} reads zeros or stops with an error, depending on ComfyUI's version",
        "{families} read zeros or stop with an error, depending on ComfyUI's version",
        count,
        families=families,
    )


_READS_NONE: dict[str, Outcome] = {
    "flux": _reads_zeros,  # comfy/ldm/flux/model.py
    "sd3": _does_without,  # diffusionmodules/mmdit.py
}
"""What the networks that go on make of None."""
