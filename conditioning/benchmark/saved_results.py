"""Results of a benchmark as they come, one a line: what was stopped goes on where it was.

Lines are only ever added. A last line that was torn, or anything else that is not what was written,
is passed over and measured again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

FORMAT, VERSION = "encoderscope.bench", 1


class Fit(NamedTuple):
    """Cosines of one pair."""

    own: float
    """With what is true."""
    rival: float
    """With the swap."""

    @property
    def margin(self) -> float:
        return self.own - self.rival


class Kept:
    """The results of one encoder on one dataset. ``folder`` None keeps nothing."""

    def __init__(self, folder: Path | None, encoder: str, dataset: str) -> None:
        self.file = folder / f"bench-v{VERSION}-{encoder}-{dataset}.jsonl" if folder else None

    def read(self) -> dict[int, Fit]:
        """By the pairs' numbers."""
        try:
            lines = self.file.read_bytes().split(b"\n") if self.file else []
        except OSError:
            return {}
        return dict(one for one in map(_entry, lines) if one is not None)

    def add(self, fits: Mapping[int, Fit]) -> None:
        """A folder that cannot be written costs time the next time, nothing else."""
        if self.file is None or not fits:
            return
        lines = [
            json.dumps({"format": FORMAT, "pair": number, "own": fit.own, "rival": fit.rival})
            for number, fit in fits.items()
        ]
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("ab+") as file:
                end = file.seek(0, 2)
                if end:
                    file.seek(end - 1)
                whole = not end or file.read(1) == b"\n"
                file.write(
                    ("" if whole else "\n").encode()
                    + "".join(f"{line}\n" for line in lines).encode()
                )
        except OSError:
            return


def _entry(line: bytes) -> tuple[int, Fit] | None:
    try:
        told: Any = json.loads(line)
        if told["format"] != FORMAT:
            return None
        number, fit = told["pair"], Fit(float(told["own"]), float(told["rival"]))
        sound = isinstance(number, int) and all(
            math.isfinite(value) and abs(value) < 1.01 for value in fit
        )
        return (number, fit) if sound else None
    except (ValueError, LookupError, TypeError):
        return None
