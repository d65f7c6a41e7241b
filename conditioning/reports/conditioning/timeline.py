"""When each part of a scheduled CONDITIONING holds: one track for every part and every content it
has, over the sampling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from ...mixing.text_states import Conditioning
from ...translation import translate
from .tensor_words import length, rows_of_owner

Report = Mapping[str, Any]


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
        for name, title, content, text, empty in _contents(entry, report):
            track = next((each for each in tracks if each.holds(name, text, content)), None)
            if track is None:
                tracks.append(track := _Track(name, title, content, text, empty))
            track.spans.append({**report["schedule"], "entry": k})
    order = list(dict.fromkeys(["pooled", *(track.name for track in tracks)]))
    return [each.report() for each in sorted(tracks, key=lambda each: order.index(each.name))]


class _Track:
    """One content of one part, with the spans in which it holds."""

    def __init__(
        self, name: str, title: str, content: torch.Tensor | None, text: str, empty: bool
    ) -> None:
        self.name, self.title, self.content, self.text = name, title, content, text
        self.empty = empty
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
        return {
            "part": self.name,
            "title": self.title,
            "text": self.text,
            "empty": self.empty,
            "spans": self.spans,
        }


def _contents(
    entry: Any, report: Report
) -> Iterator[tuple[str, str, torch.Tensor | None, str, bool]]:
    """(part, title, its numbers, their length in words, whether it is nothing or zeros) of one
    entry.
    """
    sequence, pooled = entry[0], report["pooled"]
    title = translate("pooled vector")
    if pooled:
        text = length(pooled["zero"], pooled["norm"])
        yield "pooled", title, entry[1]["pooled_output"], text, pooled["zero"]
    else:
        yield "pooled", title, None, translate("none"), True
    for row in report["sequence"]["rows"]:
        part = sequence
        if sequence.dim() == 3:
            part = sequence[:, row["start"] : row["stop"]]
        text = length(row["zero"], row["mean_norm"], mean=True)
        yield row["name"], rows_of_owner(row["title"]), part, text, row["zero"]
