"""Which families a CONDITIONING can be of, by the widths of its sequence and of its pooled
vector.
"""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from .family import Family, StreamRule
from .table import FAMILIES

_KINDS = {"clip": "CLIP", "t5": "T5", "t5gemma": "T5", "bert": "CLIP"}


def widths_of_family(name: str) -> tuple[int, int | None]:
    """The widths of the sequence and of the pooled vector that the host makes for a family.

    A CLIP alone hands over its pooled vector even where the generator takes none (SD 1.x and 2.x).
    Raises KeyError for a family without text encoders.
    """
    family = FAMILIES[name]
    width = {stream.name: stream.role.width for stream in family.streams if stream.role}
    if not width:
        raise KeyError(name)
    beside = sum(width[stream] for stream in family.side_by_side)
    own = [width[s.name] for s in family.streams if s.sequence and s.role]
    sequence = family.conditioning_width or max(beside, *own, 0)
    pooled = sum(width[stream.name] for stream in family.streams if stream.pooled)
    if not pooled and list(width) in (["l"], ["h"]):
        return sequence, sequence
    return sequence, pooled or None


class FittingFamilies(NamedTuple):
    """Families whose sequences have the width of one at hand."""

    exact: tuple[Family, ...]
    """Those that go with its pooled vector, or with its lack of one."""
    pooled_missing: tuple[Family, ...]
    """Those that want a pooled vector, where there is none."""
    pooled_foreign: tuple[Family, ...]
    """Those that want a pooled vector of another width."""

    @property
    def named(self) -> tuple[Family, ...]:
        """All that the conditioning can be of."""
        return self.exact + self.pooled_missing + self.pooled_foreign

    @property
    def kinds(self) -> tuple[str, ...]:
        """Who may have written the rows: CLIP, T5, language-model."""
        kinds = {
            _KINDS.get(stream.role.architecture, "language-model")
            for family in self.named
            for stream in family.streams
            if stream.sequence and stream.role
            if not _is_widened(family, stream) and not _is_beside(family, stream)
        }
        return tuple(sorted(kinds))


def fitting_families(
    sequence: int, pooled: int | None, keys: Container[str] = ()
) -> FittingFamilies:
    """The families that a CONDITIONING can be of. ``keys``: those of its dictionary, some of which
    only one family has.
    """
    exact, missing, foreign = [], [], []
    for family in _of_width(sequence, keys):
        pooled_width = widths_of_family(family.name)[1]
        has_pooled = any(stream.pooled for stream in family.streams)
        if pooled == pooled_width or not (pooled or has_pooled):
            exact.append(family)
        elif pooled is None:
            missing.append(family)
        elif has_pooled:
            foreign.append(family)
    if foreign and pooled and exact:
        foreign = []
    if pooled and not exact and not foreign:
        exact = list(_of_width(sequence, keys))  # they take none, and leave this one aside
    return FittingFamilies(tuple(exact), tuple(missing), tuple(foreign))


def families_without_pooled(sequence: int) -> tuple[Family, ...]:
    """The families of this width that take no pooled vector."""
    return tuple(
        family
        for family in _of_width(sequence, ())
        if not any(stream.pooled for stream in family.streams)
    )


def _is_widened(family: Family, stream: StreamRule) -> bool:
    """Whether zeros fill up its rows, as those of SD3's CLIPs: they show whose they are."""
    return stream.name in family.side_by_side and len(family.streams) > len(family.side_by_side)


def _is_beside(family: Family, stream: StreamRule) -> bool:
    """Whether its sequence stands in a key of its own, as that of Hunyuan-DiT's mT5 and of
    HiDream's Llama.
    """
    return family.conditioning_key.startswith(f"conditioning_{stream.name}")


def _of_width(sequence: int, keys: Container[str]) -> tuple[Family, ...]:
    families = [family for family in FAMILIES.values() if not family.stands_for]
    own = [each for each in families if each.conditioning_key in keys and each.conditioning_key]
    if not own:
        own = [family for family in families if not family.conditioning_key]
    return tuple(family for family in own if _has_width(family, sequence))


def _has_width(family: Family, sequence: int) -> bool:
    if not any(stream.role for stream in family.streams):
        return False
    return family.width_in_file or widths_of_family(family.name)[0] == sequence
