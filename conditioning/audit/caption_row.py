"""What is kept of one caption: a row of the table of findings (docs/audit.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..tokens.lint import Finding
from ..tokens.prompt_map import PromptMap

MISSED = ("none", "past", "unknown")
"""States of a lane in which a word did not get through."""
MOST = 50
"""Lost words and findings that are listed of one caption; all are counted."""
_ORDINARY = frozenset(("seen", "syntax", "later"))


class CaptionRow(NamedTuple):
    """One caption. Lists hold at most :data:`MOST` entries."""

    row: int
    """Its number in the source, from 0."""
    lost: int
    """Words that do not reach all that the image model takes."""
    words: int
    tokens: dict[str, int]
    """Stream -> its tokens."""
    lost_words: list[dict[str, Any]]
    """word, start, missed_by (readouts), fates."""
    findings: list[dict[str, Any]]
    """kind, certain, text."""
    error: str = ""
    """Why it could not be read; empty where it was."""


def caption_row(row: int, prompt: PromptMap, findings: Sequence[Finding]) -> CaptionRow:
    """The row of a caption that was mapped and looked over."""
    lost = [w for w, is_lost in enumerate(prompt.lost) if is_lost]
    return CaptionRow(
        row,
        len(lost),
        sum(word.kind in ("word", "embedding") for word in prompt.words),
        {p.recording.name: p.content for p in prompt.placements if p.recording.encoded},
        [_lost_word(prompt, w) for w in lost[:MOST]],
        [
            {
                "kind": finding.kind,
                "certain": finding.certain,
                "text": prompt.text[finding.start : finding.end][:200],
            }
            for finding in findings[:MOST]
        ],
    )


def unread_row(row: int, error: str) -> CaptionRow:
    """The row of a caption that could not be read."""
    return CaptionRow(row, 0, 0, {}, [], [], error)


def _lost_word(prompt: PromptMap, w: int) -> dict[str, Any]:
    word = prompt.words[w]
    fates = {fate for stream in prompt.fates.values() for fate in stream[w]}
    return {
        "word": prompt.text[word.start : word.end][:200],
        "start": word.start,
        "missed_by": [
            readout.name
            for readout, lane in zip(prompt.readouts, prompt.lanes, strict=True)
            if lane[w] in MISSED
        ],
        "fates": sorted(fates - _ORDINARY),
    }
