"""The doctor's report as plain text and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...doctor.diagnosis import HEALTHY
from ..wording import short, visible
from .display import SIGNS, WORDS, lamps, legend, suggests
from .sentences import label

Report = Mapping[str, Any]
_WIDEST = 32
_COLUMNS = ("tok", "enc", "gen", "pic")


def plain(report: Report) -> str:
    """The report in lines of text: the sentence, a row of lamps for each phrase, what to do."""
    lines = [str(report["sentence"]), "", *_table(report), "", *_stations(report)]
    lines += _section("", [_phrase_line(phrase) for phrase in _ill(report)])
    lines += _section("What to do", [f"-> {change}" for change in report["changes"]])
    if suggests(report):
        lines += _section("Suggested prompt", [str(report["suggested_prompt"])])
    if report["verification"]:
        lines += _section("Trial", [str(report["verification"]["sentence"])])
    lines += _section("", [f"- {note}" for note in report["notes"]])
    return "\n".join(visible(line) for line in lines)


def _section(title: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    return ["", *([f"{title}:"] if title else []), *lines]


def _table(report: Report) -> Iterator[str]:
    phrases = report["phrases"]
    if not phrases:
        return
    names = [short(str(phrase["text"]), _WIDEST) for phrase in phrases]
    wide = max(map(len, names))
    yield f"{'':{wide}}  {'  '.join(_COLUMNS)}"
    for name, phrase in zip(names, phrases, strict=True):
        signs = "  ".join(f" {SIGNS[lamp]} " for lamp in lamps(phrase))
        yield f"{name:{wide}}  {signs}"
    marks = (f"{SIGNS[name]} {WORDS[name]}" for name, _ in legend(phrases))
    yield f"({'; '.join(marks)})"


def _stations(report: Report) -> Iterator[str]:
    for station in report["stations"]:
        if not station["looked_at"]:
            yield f"{station['title']}: not looked at ({station['why']})."


def _ill(report: Report) -> list[Report]:
    return [phrase for phrase in report["phrases"] if phrase["outcome"] != HEALTHY]


def _phrase_line(phrase: Report) -> str:
    sure = ""
    if phrase["station"]:
        sure = f" ({phrase['station']}, {phrase['certainty']})"
    return f"“{label(phrase)}”{sure}: {phrase['says']}"


def markdown(report: Report) -> str:
    """The report as Markdown, for a forum or a bug report."""
    lines = [f"**{_escaped(report['sentence'])}**", ""]
    lines.append("| phrase | tokenizer | encoder | image model | picture | |")
    lines.append("|---|:-:|:-:|:-:|:-:|---|")
    for phrase in report["phrases"]:
        signs = " | ".join(SIGNS[lamp] for lamp in lamps(phrase))
        lines.append(f"| {_escaped(phrase['text'])} | {signs} | {_escaped(phrase['says'])} |")
    marks = (f"{SIGNS[name]} {WORDS[name]}" for name, _ in legend(report["phrases"]))
    lines += ["", "; ".join(marks), "", *(f"- {_escaped(each)}" for each in report["changes"])]
    if suggests(report):
        lines += ["", "Suggested prompt:", "", f"    {_one_line(report['suggested_prompt'])}"]
    return "\n".join(lines)


def _one_line(text: Any) -> str:
    return " ".join(str(text).split())


def _escaped(text: Any) -> str:
    """A cell of a table: bars would end it, and angle brackets would be markup."""
    line = _one_line(text)
    for sign in ("\\", "|", "*", "_", "`", "<", "[", "]", "#"):
        line = line.replace(sign, f"\\{sign}")
    return visible(line)
