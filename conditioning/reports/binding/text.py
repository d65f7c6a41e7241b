"""The probe report as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Report = Mapping[str, Any]
_BAR = 24


def plain(report: Report) -> str:
    """The report in lines of text."""
    lines = [str(report["sentence"])]
    for index, contrast in enumerate(report["contrasts"]):
        lines += ["", *_contrast_lines(report, index, contrast)]
    if report["lint"]:
        lines += ["", *(f"! {lint['text']} {lint['remedy']}" for lint in report["lint"])]
    lines += [f"- {note}" for key in ("skipped", "unread", "notes") for note in report[key]]
    if report["compare"]:
        lines += ["", "Compared with:", plain(report["compare"])]
    return "\n".join(lines)


def _contrast_lines(report: Report, index: int, contrast: Report) -> Iterator[str]:
    yield f"{contrast['verdict']}: {contrast['label']}"
    yield f"  {contrast['sentence']}"
    yield f"  {contrast['remedy']}"
    if contrast["note"]:
        yield f"  {contrast['note']}"
    for verdict in report["verdicts"]:
        if verdict["pair"] == index:
            yield _bar_line(verdict)
    for entry in contrast["selectivity"]:
        yield f"  {selectivity_text(report, entry)}"
    for entry in contrast["textbook"]:
        yield _cosine_line(entry, report["threshold"])


def selectivity_text(report: Report, entry: Report) -> str:
    """What moves a word's vector, with the stream's name where there are several."""
    if len(report["streams"]) == 1:
        return str(entry["sentence"])
    titles = {stream["name"]: f"{stream['title']}: " for stream in report["streams"]}
    return titles.get(entry["stream"], "") + str(entry["sentence"])


def _bar_line(verdict: Report) -> str:
    length = min(_BAR, round(verdict["share"] * _BAR))
    bar = list("#" * length + "." * (_BAR - length))
    bar[min(_BAR - 1, round(verdict["null"][1] * _BAR))] = "|"
    low, high = (f"{100 * value:.1f}" for value in verdict["interval"])
    unused = "" if verdict["taken"] else " (not used by this model)"
    return (
        f"  {verdict['verdict']:10} {''.join(bar)} {100 * verdict['share']:5.1f} % "
        f"[{low} to {high}], blind {100 * verdict['null'][1]:.1f} %  "
        f"{verdict['title']}: {verdict['readout_title']}{unused}"
    )


def _cosine_line(entry: Report, threshold: float) -> str:
    flag = f", flagged above {threshold:g}" if entry["flagged"] else ""
    return (
        f"  cosine rule ({entry['stream']}): rival {entry['swap']:.3f}, the same in the other "
        f"order {entry['commuted']:.3f}, unrelated {entry['unrelated']:.3f}{flag}"
    )
