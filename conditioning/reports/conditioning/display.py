"""What the card of a conditioning report draws: ``display`` of the report, of its entries and of
its tracks, computed here once. The strips need none: their ``levels`` stand in the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...translation import translatable, translate
from ..wording import listed, template
from .tensor_words import WORDS

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
        "display": {
            "tone": tone(report),
            "words": {name: template(english) for name, english in _WORDS.items()},
        },
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
    return translate(
        "{start:.4g} % to {end:.4g} %", start=100 * span["start"], end=100 * span["end"]
    )


def _entry_title(entry: Report, number: int, scheduled: bool) -> str:
    if not scheduled:
        return translate("Entry {number}", number=number)
    return translate("Entry {number}: {span}", number=number, span=span_text(entry["schedule"]))


def _track(track: Report) -> Fields:
    """Where its bars lie, in percent of the sampling, and the same in words."""
    spans = listed(map(span_text, track["spans"]))
    return {
        "spans": [
            {
                "left": round(100 * span["start"], 3),
                "width": round(100 * max(0.0, span["end"] - span["start"]), 3),
            }
            for span in track["spans"]
        ],
        "title": translate(
            "{label}: {value}", label=listed((track["title"], track["text"])), value=spans
        ),
    }


_WORDS = {
    **WORDS,
    "no_pooled": translatable("none"),
    "rows": translatable("{owner} rows"),
    "row": translatable("{owner} row {number} of {count}"),
    "place": translatable("token {number} of the sequence"),
    "mask_keeps": translatable("mask keeps {kept} of {count} tokens"),
    "details": translatable("Details"),
    "sequence_size": translatable("Sequence: {size}"),
    "first_of_batch": translatable("Sequence: {size}; drawn is the first of the batch"),
    "pooled_size": translatable("Pooled vector: {size}"),
    "mask_size": translatable("Mask: {size}"),
    "holds": translatable("Holds from {start} to {end} of the sampling"),
    "more_entries": translatable("… and {count} more entries, see the JSON"),
    "timeline": translatable("When each part holds"),
    "first_to_last": translatable("first step to last"),
    "more_tracks": translatable("… and {rest} more, see the JSON"),
    "compared": translatable("Compared with the other conditioning"),
    "change_of_rows": translatable("Change of the {owner} rows"),
    "change": translatable("Change of the rows"),
    "identical": translatable("{count} of {total} identical"),
    "owners_row": translatable("{owner} {number} of {count}"),
    "any_row": translatable("Row {number} of {count}"),
    "no_distance": translatable("distance unknown: one of them holds no numbers"),
    "no_cosine": translatable("no cosine: one of them is zero"),
    "cosine": translatable("cosine {cosine}"),
    "unchanged": translatable("identical or zero in both"),
    "changed": translatable("change {change} of the longer one"),
    "pooled_change": translatable("Pooled vector: cosine {cosine} · change {change}"),
}
"""What the card says of single tokens and sizes, for the browser to fill in."""
