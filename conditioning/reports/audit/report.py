"""The audit report (``encoderscope.audit``, docs/audit.md)."""

from __future__ import annotations

from typing import Any

from ...audit.audit_totals import BIN, AuditTotals
from ...families.table import FAMILIES
from ...tokens.lint.finding import CONSTRUCTS
from ..wording import plural

FORMAT, VERSION = "encoderscope.audit", 1
Report = dict[str, Any]


def audit_report(
    totals: AuditTotals, source: str, family: str | None, host: str | None = None
) -> Report:
    """Sums over all captions of a source. ``family``: None for a tokenizer folder."""
    entry = FAMILIES.get(family or "")
    title = entry.title if entry else "this tokenizer"
    report = {
        "format": FORMAT,
        "version": VERSION,
        "host": host,
        "source": source,
        "family": family,
        "family_title": title,
        "captions": totals.captions,
        "with_lost_words": totals.lost,
        "not_as_it_seems": totals.certain,
        "unread": totals.errors,
        "words": totals.words["words"],
        "lost_words": totals.words["lost"],
        "missed_by": [
            {"readout": name, "captions": count} for name, count in totals.missed_by.most_common()
        ],
        "findings": [
            {"kind": kind, "title": _title(kind), "captions": count}
            for kind, count in totals.findings.most_common()
        ],
        "tokens": [
            {
                "stream": stream,
                "bin": BIN,
                "captions": totals.histogram(stream),
                "longest": totals.longest[stream],
            }
            for stream in totals.tokens
        ],
    }
    return {**report, "sentence": _sentence(report)}


def _title(kind: str) -> str:
    construct = CONSTRUCTS.get(kind)
    return construct.title if construct else kind.replace("_", " ")


def _sentence(report: Report) -> str:
    captions = report["captions"]
    if not captions:
        return "There was no caption to read."
    lost, odd, unread = (report[name] for name in ("with_lost_words", "not_as_it_seems", "unread"))
    sentence = (
        f"{_of(lost, captions)} {_verb(lost, 'loses', 'lose')} words under "
        f"{report['family_title']}; {_of(odd, captions)} {_verb(odd, 'holds', 'hold')} something "
        "that is certainly not what it seems."
    )
    if unread:
        were = _verb(unread, "was", "were")
        sentence += f" {plural(unread, 'caption')} could not be read, and {were} counted as such."
    return sentence


def _of(count: int, captions: int) -> str:
    return f"{count:,} of {captions:,} captions ({share(count, captions)})"


def share(count: int, total: int) -> str:
    """In per cent, such as 3.1 %; a count that is not 0 is never called 0 %."""
    percent = 100 * count / total if total else 0.0
    if 0 < percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.1f} %"


def _verb(count: int, singular: str, several: str) -> str:
    return singular if count == 1 else several
