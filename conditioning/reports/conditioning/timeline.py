"""When each part of a scheduled CONDITIONING holds: one track for every part and every content it
has, over the sampling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from ...mixing.text_states import Conditioning

Report = Mapping[str, Any]
_ZERO = "all zero"


def timeline(conditioning: Conditioning, entries: Sequence[Report]) -> list[dict[str, Any]]:
    """Tracks in the order pooled, CLIP rows, T5 rows; empty where every entry holds from start to
    end.

    Entries with the same tensor content share a track: a part that Mix holds throughout is one bar,
    whatever the other parts do.
    """
    if all((entry["schedule"]["start"], entry["schedule"]["end"]) == (0, 1) for entry in entries):
        return []
    tracks: list[_Track] = []
    for k, (entry, report) in enumerate(zip(conditioning, entries, strict=True)):
        for name, title, content, text in _contents(entry, report):
            track = next((each for each in tracks if each.holds(name, text, content)), None)
            if track is None:
                tracks.append(track := _Track(name, title, content, text))
            track.spans.append({**report["schedule"], "entry": k})
    order = list(dict.fromkeys(["pooled", *(track.name for track in tracks)]))
    return [each.report() for each in sorted(tracks, key=lambda each: order.index(each.name))]


class _Track:
    """One content of one part, with the spans in which it holds."""

    def __init__(self, name: str, title: str, content: torch.Tensor | None, text: str) -> None:
        self.name, self.title, self.content, self.text = name, title, content, text
        self.spans: list[dict[str, Any]] = []

    def holds(self, name: str, text: str, content: torch.Tensor | None) -> bool:
        """The words are compared first: they hold the norm, so the numbers themselves are rarely
        looked at in vain.
        """
        if (name, text) != (self.name, self.text):
            return False
        if content is None or self.content is None:
            return content is self.content
        return content is self.content or (
            content.device == self.content.device and torch.equal(content, self.content)
        )

    def report(self) -> dict[str, Any]:
        empty = self.content is None or self.text.endswith(_ZERO)
        return {
            "part": self.name,
            "title": self.title,
            "text": self.text,
            "empty": empty,
            "spans": self.spans,
        }


def _contents(entry: Any, report: Report) -> list[tuple[str, str, torch.Tensor | None, str]]:
    """(part, title, its numbers, their length in words) of one entry."""
    sequence = entry[0]
    out: list[tuple[str, str, torch.Tensor | None, str]] = [
        ("pooled", "pooled vector", None, "none")
    ]
    if report["pooled"]:
        text = _text(report["pooled"], "norm")
        out = [("pooled", "pooled vector", entry[1]["pooled_output"], text)]
    for row in report["sequence"]["rows"]:
        part = sequence
        if sequence.dim() == 3:
            part = sequence[:, row["start"] : row["stop"]]
        out.append((row["name"], f"{row['title']} rows", part, _text(row, "mean_norm")))
    return out


def _text(of: Report, key: str) -> str:
    if of["zero"]:
        return _ZERO
    name = key.replace("_", " ")
    if of[key] is None:
        return f"{name} not a number"
    return f"{name} {of[key]:.4g}"
