"""The probe report as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...translation import in_its_language, translate
from ..shares import VERDICT_SIGNS, verdict_name

Report = Mapping[str, Any]
_BAR = 24


@in_its_language
def plain(report: Report) -> str:
    """The report in lines of text."""
    lines = [str(report["sentence"])]
    for index, contrast in enumerate(report["contrasts"]):
        lines += ["", *_contrast_lines(report, index, contrast)]
    if report["lint"]:
        lines += ["", *(f"! {lint['text']} {lint['remedy']}" for lint in report["lint"])]
    lines += [f"- {note}" for key in ("skipped", "unread", "notes") for note in report[key]]
    if report["compare"]:
        lines += ["", translate("Compared with:"), plain(report["compare"])]
    return "\n".join(lines)


def _contrast_lines(report: Report, index: int, contrast: Report) -> Iterator[str]:
    yield f"{verdict_name(contrast['verdict'])}: {contrast['label']}"
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
    interval = translate("{low} to {high}", low=low, high=high)
    blind = translate("blind {share:.1f} %", share=100 * verdict["null"][1])
    readout = f"{verdict['title']}: {verdict['readout_title']}"
    if not verdict["taken"]:
        readout = translate("{readout} (not used by this model)", readout=readout)
    name = verdict_name(verdict["verdict"]).ljust(_name_width())
    share = f"{100 * verdict['share']:5.1f} %"
    return f"  {name} {''.join(bar)} {share} [{interval}], {blind}  {readout}"


def _name_width() -> int:
    return max(10, *(len(verdict_name(verdict)) for verdict in VERDICT_SIGNS))


def _cosine_line(entry: Report, threshold: float) -> str:
    line = translate(
        "cosine rule ({stream}): rival {swap:.3f}, the same in the other order {commuted:.3f}, "
        "unrelated {unrelated:.3f}",
        stream=entry["stream"],
        swap=entry["swap"],
        commuted=entry["commuted"],
        unrelated=entry["unrelated"],
    )
    if entry["flagged"]:
        line = translate("{line}, flagged above {threshold:g}", line=line, threshold=threshold)
    return f"  {line}"
