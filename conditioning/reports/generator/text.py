"""The Ignored Words report as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..shares import part_text, parts_text, range_text, share_text
from ..wording import plural, visible
from .display import guidance_text

Report = Mapping[str, Any]
_BAR = 24


def plain(report: Report) -> str:
    """The report in lines of text."""
    lines = [str(report["sentence"]), "", how(report), ""]
    ordered = sorted(report["phrases"], key=lambda phrase: phrase["rank"])
    width = max((len(phrase["text"]) for phrase in ordered), default=0)
    floor = report["floor"]["interval"][1]
    lines += [bar_line(phrase, min(width, 32), floor) for phrase in ordered]
    lines += [
        f"{'words without meaning':{min(width, 32)}}  up to {part_text(floor)}",
        "",
        *(str(phrase["sentence"]) for phrase in ordered),
    ]
    if report["binding"]:
        lines += ["", *_binding_lines(report)]
    notes = [*report["generator"]["notes"], *report["skipped"], *report["notes"]]
    lines += [f"- {note}" for note in notes]
    return "\n".join(visible(line) for line in lines)


def how(report: Report) -> str:
    """On which model, at which moment, with which guidance, in how many calls."""
    budget = report["budget"]
    return (
        f"{report['generator']['title']} ({report['generator']['prediction']}), "
        f"{report['moment']}, {guidance_text(report)}; "
        f"{plural(budget['calls'], 'call')} of the model at "
        f"{plural(len(budget['levels']), 'noise level')} with "
        f"{plural(len(budget['seeds']), 'seed')}."
    )


def bar_line(phrase: Report, width: int, floor: float) -> str:
    """One phrase with a bar of its share; | stands where words without meaning end."""
    length = min(_BAR, round(phrase["share"] * _BAR))
    bar = list("#" * length + "." * (_BAR - length))
    bar[min(_BAR - 1, int(floor * _BAR))] = "|"
    name = phrase["text"][:width]
    return (
        f"{name:{width}}  {''.join(bar)} {part_text(phrase['share']):>7} "
        f"[{parts_text(phrase['interval'])}]  {phrase['verdict']}"
    )


def _binding_lines(report: Report) -> Iterator[str]:
    for entry in report["binding"]:
        encoder = ""
        if entry["encoder"] is not None:
            share = share_text(entry["encoder"]["share"])
            encoder = f"encoder {share} ({entry['encoder']['verdict']}), "
        generator = entry["generator"]
        yield (
            f"{entry['label']}: binding {encoder}image model {share_text(generator['share'])} "
            f"[{range_text(generator['interval'])}], without binding at "
            f"most {share_text(generator['null'][1])}"
        )
        yield f"  {entry['sentence']}"
