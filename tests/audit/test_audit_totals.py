"""Sums over captions, the report of them, and its picture."""

from __future__ import annotations

from typing import Any

import pytest
from encoderscope.conditioning.audit.audit_totals import BIN, AuditTotals
from encoderscope.conditioning.reports.audit import picture
from encoderscope.conditioning.reports.audit.report import audit_report, share
from encoderscope.conditioning.reports.travelling import known_formats


def row(lost: int = 0, tokens: int = 5, error: str = "", *findings: dict[str, Any]) -> Any:
    words = [{"word": "x", "start": 0, "missed_by": ["pooled"], "fates": ["cut"]}] * lost
    return {
        "row": 0, "lost": lost, "words": 10, "tokens": [{"stream": "l", "tokens": tokens}],
        "lost_words": words, "findings": list(findings), "error": error,
    }  # fmt: skip


def finding(kind: str, certain: bool) -> dict[str, Any]:
    return {"kind": kind, "certain": certain, "text": "x"}


def totals_of(*rows: Any) -> AuditTotals:
    totals = AuditTotals()
    for each in rows:
        totals.add(each)
    return totals


def test_captions_are_counted_and_not_words_or_findings() -> None:
    totals = totals_of(
        row(3),
        row(0, 5, "", finding("break", True), finding("break", True)),
        row(1, 5, "", finding("repeated", False)),
        row(0, 5, "too long"),
    )
    assert (totals.captions, totals.lost, totals.certain, totals.errors) == (4, 2, 1, 1)
    assert totals.missed_by == {"pooled": 2}
    assert totals.findings == {"break": 1, "repeated": 1}
    assert totals.words == {"words": 30, "lost": 4}


def test_a_caption_stands_in_the_bar_of_its_tokens() -> None:
    totals = totals_of(row(tokens=0), row(tokens=BIN - 1), row(tokens=BIN), row(tokens=3 * BIN))
    assert totals.histogram("l") == [2, 1, 0, 1]
    assert totals.longest == {"l": 3 * BIN}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "no caption"),
        ([row(1)], "1 of 1 caption (100.0 %) loses words under SDXL"),
        ([row(1), row(1), row()], "2 of 3 captions (66.7 %) lose words"),
        ([row(), row(0, 5, "bad")], "1 caption could not be read, and was"),
        ([row(0, 5, "bad")] * 2, "2 captions could not be read, and were"),
    ],
)
def test_the_sentence(rows: list[Any], words: str) -> None:
    report = audit_report(totals_of(*rows), "a.jsonl", "sdxl")
    assert words in report["sentence"]
    assert report["sentence"] in known_formats.plain(report)
    assert picture.render(report).width > 400


def test_a_long_histogram_is_drawn_whole() -> None:
    rows = [row(tokens=number * BIN) for number in range(200)]
    report = audit_report(totals_of(*rows), "a.jsonl", None)
    assert len(report["tokens"][0]["captions"]) == 200
    assert picture.render(report).height > 400


def test_a_share_that_is_not_nothing_is_not_called_so() -> None:
    assert share(0, 10) == "0.0 %" and share(1, 100_000) == "< 0.1 %" and share(1, 0) == "0.0 %"
