"""The audit report (``encoderscope.audit``, docs/audit.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...audit.audit_totals import BIN, AuditTotals
from ...families.table import FAMILIES
from ...tokens.lint.finding import CONSTRUCTS
from ...translation import current_language, translatable, translate, translate_count

FORMAT, VERSION = "encoderscope.audit", 1
NOT_REACHED = translatable("Captions of which lost words do not reach")
WITH_FINDINGS = translatable("Captions with findings")
Report = dict[str, Any]


def audit_report(
    totals: AuditTotals, source: str, family: str | None, host: str | None = None
) -> Report:
    """Sums over all captions of a source. ``family``: None for a tokenizer folder."""
    report = {
        "format": FORMAT,
        "version": VERSION,
        "host": host,
        "source": source,
        "family": family,
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
            {"kind": kind, "captions": count} for kind, count in totals.findings.most_common()
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
    return worded(report)


def worded(report: Mapping[str, Any]) -> Report:
    """The report with its words, which are all that depends on the language of the moment."""
    family = FAMILIES.get(report["family"] or "")
    written = {
        **report,
        "language": current_language(),
        "family_title": family.title if family else translate("this tokenizer"),
        "findings": [{**entry, "title": _title(entry["kind"])} for entry in report["findings"]],
    }
    return {**written, "sentence": _sentence(written)}


def _title(kind: str) -> str:
    construct = CONSTRUCTS.get(kind)
    return translate(construct.title) if construct else kind.replace("_", " ")


def _sentence(report: Report) -> str:
    captions = report["captions"]
    if not captions:
        return translate("There was no caption to read.")
    lost, odd, unread = (report[name] for name in ("with_lost_words", "not_as_it_seems", "unread"))
    losing = translate_count(
        "{share} loses words under {family}",
        "{share} lose words under {family}",
        lost,
        share=_of(lost, captions),
        family=report["family_title"],
    )
    seeming = translate_count(
        "{share} holds something that is certainly not what it seems",
        "{share} hold something that is certainly not what it seems",
        odd,
        share=_of(odd, captions),
    )
    sentence = translate("{losing}; {seeming}.", losing=losing, seeming=seeming)
    if not unread:
        return sentence
    counted = translate_count(
        "{count:,} caption could not be read, and was counted as such.",
        "{count:,} captions could not be read, and were counted as such.",
        unread,
    )
    return f"{sentence} {counted}"


def _of(count: int, captions: int) -> str:
    return translate_count(
        "{part:,} of {count:,} caption ({percent})",
        "{part:,} of {count:,} captions ({percent})",
        captions,
        part=count,
        percent=share(count, captions),
    )


def share(count: int, total: int) -> str:
    """In per cent, such as 3.1 %; a count that is not 0 is never called 0 %."""
    percent = 100 * count / total if total else 0.0
    if 0 < percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.1f} %"
