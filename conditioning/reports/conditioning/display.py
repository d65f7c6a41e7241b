"""What the card of a conditioning report draws: ``display`` of the report, of its entries and of
its tracks, computed here once. The strips need none: their ``levels`` stand in the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Report = Mapping[str, Any]
Fields = dict[str, Any]


def with_display(report: Report) -> Fields:
    """The report with ``display`` in it, in its entries and in its tracks."""
    scheduled = bool(report["timeline"])
    return {
        **report,
        "entries": [
            {**entry, "display": {"title": _entry_title(entry, number, scheduled)}}
            for number, entry in enumerate(report["entries"], 1)
        ],
        "timeline": [{**track, "display": _track(track)} for track in report["timeline"]],
        "display": {"tone": tone(report)},
    }


def tone(report: Report) -> str:
    """lost: it would spoil every picture; kept: all its entries are of a known layout; else
    open.
    """
    if not report["usable"]:
        return "lost"
    if all(entry["layout"]["name"] for entry in report["entries"]):
        return "kept"
    return "open"


def span_text(span: Report) -> str:
    """'0 % to 25 %', of a schedule."""
    return f"{100 * span['start']:.4g} % to {100 * span['end']:.4g} %"


def _entry_title(entry: Report, number: int, scheduled: bool) -> str:
    if not scheduled:
        return f"Entry {number}"
    return f"Entry {number}: {span_text(entry['schedule'])}"


def _track(track: Report) -> Fields:
    """Where its bars lie, in percent of the sampling, and the same in words."""
    spans = ", ".join(map(span_text, track["spans"]))
    return {
        "spans": [
            {
                "left": round(100 * span["start"], 3),
                "width": round(100 * max(0.0, span["end"] - span["start"]), 3),
            }
            for span in track["spans"]
        ],
        "title": f"{track['title']}, {track['text']}: {spans}",
    }
