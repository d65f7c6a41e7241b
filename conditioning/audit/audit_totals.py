"""Sums over many captions: constant memory, and the same whether rows come in one piece or in
parts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

BIN = 25
"""Tokens of one bar of the histogram: a third of CLIP's window."""


class AuditTotals:
    """Counts captions; add rows as dictionaries, as they stand in the table."""

    def __init__(self) -> None:
        self.captions = self.lost = self.certain = self.errors = 0
        self.missed_by: Counter[str] = Counter()
        """Readout -> captions of which a word does not reach it, among the words that count as
        lost.
        """
        self.findings: Counter[str] = Counter()
        """Kind -> captions that have one."""
        self.words: Counter[str] = Counter()
        """Of captions: how many words, how many lost."""
        self.tokens: dict[str, Counter[int]] = defaultdict(Counter)
        """Stream -> number of the bar -> captions."""
        self.longest: dict[str, int] = {}

    def add(self, row: Mapping[str, Any]) -> None:
        """Count one caption."""
        self.captions += 1
        if row["error"]:
            self.errors += 1
            return
        self.lost += bool(row["lost"])
        self.certain += any(finding["certain"] for finding in row["findings"])
        self.words.update({"words": row["words"], "lost": row["lost"]})
        self.missed_by.update({name for word in row["lost_words"] for name in word["missed_by"]})
        self.findings.update({finding["kind"] for finding in row["findings"]})
        for entry in row["tokens"]:
            stream, count = entry["stream"], entry["tokens"]
            self.tokens[stream][count // BIN] += 1
            self.longest[stream] = max(count, self.longest.get(stream, 0))

    def histogram(self, stream: str) -> list[int]:
        """Captions by tokens of a stream, :data:`BIN` a bar; the last bar is the longest's."""
        counts = self.tokens[stream]
        return [counts[number] for number in range(max(counts, default=-1) + 1)]
