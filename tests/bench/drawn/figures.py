"""How the benches of drawn pictures print their figures and promises."""

from __future__ import annotations

from collections.abc import Mapping

from encoderscope.conditioning.benchmark.statistics import wilson


def percent(count: int, of: int, digits: int = 1) -> str:
    """A share with Wilson's interval."""
    if not of:
        return "none"
    share, low, high = (f"{100 * each:.{digits}f}" for each in (count / of, *wilson(count, of)))
    return f"{share} % [{low}, {high}]"


def print_promises(promises: Mapping[str, bool]) -> int:
    """A line for each; 1 where any is broken."""
    for promise, holds in promises.items():
        print(f"{'kept  ' if holds else 'BROKEN'}  {promise}")
    return int(not all(promises.values()))
