"""Many prompts: how often which station lost which kind of phrase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .diagnosis import HEALTHY, KINDS, STATIONS, UNSURE

Report = Mapping[str, Any]
COLUMNS = (*STATIONS, UNSURE, HEALTHY)
"""Where a phrase can end."""


def counts(reports: Iterable[Report]) -> Counter[tuple[str, str]]:
    """(kind, station or outcome) -> phrases."""
    return Counter(
        (str(phrase["kind"]), str(phrase["station"] or phrase["outcome"]))
        for report in reports
        for phrase in report["phrases"]
    )


def table(counted: Counter[tuple[str, str]]) -> Iterator[str]:
    """Lines of text: a row for each kind that occurs, a column for each station and outcome."""
    wide = max(map(len, (*KINDS, "all")))
    yield f"{'':{wide}}  {'  '.join(f'{name:>11}' for name in COLUMNS)}"
    rows = [kind for kind in KINDS if any(counted[kind, name] for name in COLUMNS)]
    for kind in rows:
        cells = (f"{counted[kind, name]:>11,}" for name in COLUMNS)
        yield f"{kind:{wide}}  {'  '.join(cells)}"
    totals = (sum(counted[kind, name] for kind in rows) for name in COLUMNS)
    yield f"{'all':{wide}}  {'  '.join(f'{total:>11,}' for total in totals)}"
