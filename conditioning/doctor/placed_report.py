"""Reports of the stations, laid over the prompt: their characters may be those of the prompt
without the brackets of marks.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..translation import translatable, translate
from .diagnosis import Span, StationSource

Report = Mapping[str, Any]
FORMATS = {
    "tokenizer": "encoderscope.tokens",
    "encoder": "encoderscope.probe",
    "generator": "encoderscope.generator",
    "picture": "encoderscope.image",
}
"""Station -> the format of its report."""
TITLES = {
    "tokenizer": translatable("Tokenizer"),
    "encoder": translatable("Text encoder"),
    "generator": translatable("Image model"),
    "picture": translatable("Picture"),
}
NOT_GIVEN = {
    "tokenizer": translatable("no token report was given"),
    "encoder": translatable("no probe report was given"),
    "generator": translatable("no report of Ignored Words was given"),
    "picture": translatable("no image report was given"),
}
OPTIONS = {
    "tokenizer": translatable("--family or a token report would show it"),
    "encoder": translatable("--encoder or a probe report would show it"),
    "generator": translatable("--model or a report of Ignored Words would show it"),
    "picture": translatable("--image with --judge, or an image report, would show it"),
}
"""What the terminal says instead."""
_BRACKETS = re.compile(r"[\[\]]")


@dataclass(frozen=True)
class PlacedReport:
    """A report, and where its characters stand in the prompt."""

    report: Report
    place: Callable[[Span], Span]

    def span(self, span: Any) -> Span:
        """A span of the report as one of the prompt."""
        start, end = span
        return self.place((int(start), int(end)))


def readable(prompt: str) -> str:
    """The prompt without square brackets, each replaced by a blank, so that places stay what they
    were: to a host they are text, to a reader marks.
    """
    return _BRACKETS.sub(" ", prompt)


def placed(report: Report, prompt: str) -> PlacedReport | None:
    """The report over the prompt; None where it is about another one."""
    text = str(report.get("text", ""))
    if text in (prompt, readable(prompt)):
        return PlacedReport(report, lambda span: span)
    if text == _BRACKETS.sub("", prompt):
        places = [number for number, sign in enumerate(prompt) if not _BRACKETS.match(sign)]
        return PlacedReport(report, lambda span: _moved(span, places))
    return None


def _moved(span: Span, places: list[int]) -> Span:
    start, end = span
    if not 0 <= start < end <= len(places):
        return (0, 0)
    return places[start], places[end - 1] + 1


def looked_at(
    name: str, report: Report | None, prompt: str
) -> tuple[StationSource, PlacedReport | None]:
    """Where a station's checks come from, and its report; None where it was not looked at.
    ``name``: one of STATIONS.
    """
    if report is None:
        return StationSource(name, False, translate(NOT_GIVEN[name])), None
    if report.get("format") != FORMATS[name]:
        reason = translate(
            "its report is of format {format}, not {expected}",
            format=repr(report.get("format")),
            expected=repr(FORMATS[name]),
        )
        return StationSource(name, False, reason), None
    on_prompt = placed(report, prompt)
    if on_prompt is None:
        return StationSource(name, False, translate("its report is about another prompt")), None
    return _source(name, report), on_prompt


def _source(name: str, report: Report) -> StationSource:
    text = json.dumps(report, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return StationSource(name, True, "", str(report["format"]), int(report["version"]), digest)
