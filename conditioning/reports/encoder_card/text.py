"""The encoder report as plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...binding.readouts import TITLES

Report = Mapping[str, Any]


def plain(report: Report) -> str:
    """The report in lines of text: bound contrasts of all, and the mean share, for every readout of
    every stream.
    """
    lines = [f"{report['title']}", report["sentence"]]
    for stream in report["streams"]:
        scores = [score for score in report["scores"] if score["stream"] == stream["name"]]
        lines += ["", stream["title"]]
        for readout in dict.fromkeys(score["readout"] for score in scores):
            lines.append(f"  {TITLES.get(readout, readout)}")
            lines += [_row(score) for score in scores if score["readout"] == readout]
    lines += [f"- {note}" for note in report["notes"]]
    for other in report["others"]:
        lines += ["", plain(other)]
    return "\n".join(lines)


def _row(score: Report) -> str:
    low, high = (f"{100 * value:.1f}" for value in score["interval"])
    blind = " to ".join(dict.fromkeys(f"{100 * value:.1f}" for value in score["null"]))
    return (
        f"    {score['phenomenon']:14} {score['bound']:2} of {score['total']:2} bound, share "
        f"{100 * score['share']:5.1f} % [{low} to {high}], blind {blind} %"
    )
