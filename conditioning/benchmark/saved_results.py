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


class PairCosines(NamedTuple):
    """Cosines of one pair."""

    own: float
    """With what is true."""
    rival: float
    """With the swap."""

    @property
    def margin(self) -> float:
        return self.own - self.rival


class SavedResults:
    """The results of one encoder on one dataset. A ``folder`` of None saves nothing."""

    def __init__(self, folder: Path | None, encoder: str, dataset: str) -> None:
        self.file: Path | None = None
        if folder:
            self.file = folder / f"bench-v{VERSION}-{encoder}-{dataset}.jsonl"

    def read(self) -> dict[int, PairCosines]:
        """Returns the cosines by the pairs' numbers."""
        if self.file is None:
            return {}
        try:
            lines = self.file.read_bytes().split(b"\n")
        except OSError:
            return {}
        return dict(entry for entry in map(_entry, lines) if entry is not None)

    def add(self, results: Mapping[int, PairCosines]) -> None:
        """Adds a line for each pair. A folder that cannot be written costs time the next time,
        nothing else.
        """
        if self.file is None or not results:
            return
        lines = [
            json.dumps(
                {"format": FORMAT, "pair": number, "own": cosines.own, "rival": cosines.rival}
            )
            for number, cosines in results.items()
        ]
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("ab+") as file:
                end = file.seek(0, 2)
                if end:
                    file.seek(end - 1)
                if end and file.read(1) != b"\n":  # the last line was torn
                    lines.insert(0, "")
                file.write("".join(f"{line}\n" for line in lines).encode())
        except OSError:
            return


def _entry(line: bytes) -> tuple[int, PairCosines] | None:
    """A pair's number and its cosines; None for a line that is not what was written."""
    try:
        entry: Any = json.loads(line)
        if entry["format"] != FORMAT:
            return None
        number, cosines = entry["pair"], PairCosines(float(entry["own"]), float(entry["rival"]))
    except (ValueError, LookupError, TypeError):
        return None
    finite = all(math.isfinite(value) and abs(value) < 1.01 for value in cosines)
    if not isinstance(number, int) or not finite:
        return None
    return number, cosines
