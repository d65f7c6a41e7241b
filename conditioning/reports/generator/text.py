"""The Ignored Words report as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...translation import in_its_language, translate, translate_count
from ..shares import part_text, parts_text, range_text, share_text, verdict_name
from ..wording import listed, translate_name, visible
from .display import STATES, notes
from .method import MOMENTS, guidance_text, levels_text, seeds_text

Report = Mapping[str, Any]
_BAR = 24


@in_its_language
def plain(report: Report) -> str:
    """The report in lines of text."""
    lines = [str(report["sentence"]), "", method_text(report), ""]
    ordered = sorted(report["phrases"], key=lambda phrase: phrase["rank"])
    width = max((len(phrase["text"]) for phrase in ordered), default=0)
    floor = report["floor"]["interval"][1]
    lines += [bar_line(phrase, min(width, 32), floor) for phrase in ordered]
    lines += [
        _floor_line(floor, min(width, 32)),
        "",
        *(str(phrase["sentence"]) for phrase in ordered),
    ]
    if report["binding"]:
        lines += ["", *_binding_lines(report)]
    lines += [f"- {note}" for note in notes(report)]
    return "\n".join(visible(line) for line in lines)


def method_text(report: Report) -> str:
    """On which model, at which moment, with which guidance, in how many calls."""
    return translate(
        "{title} ({prediction}), {moment}, {guidance}; {calls} at {levels} with {seeds}.",
        title=report["generator"]["title"],
        prediction=report["generator"]["prediction"],
        moment=translate_name(MOMENTS, str(report["moment"])),
        guidance=guidance_text(report),
        calls=translate_count(
            "{count:,} call of the model", "{count:,} calls of the model", report["budget"]["calls"]
        ),
        levels=levels_text(report),
        seeds=seeds_text(report),
    )


def bar_line(phrase: Report, width: int, floor: float) -> str:
    """One phrase with a bar of its share; | stands where words without meaning end."""
    length = min(_BAR, round(phrase["share"] * _BAR))
    bar = list("#" * length + "." * (_BAR - length))
    bar[min(_BAR - 1, int(floor * _BAR))] = "|"
    name = phrase["text"][:width]
    return (
        f"{name:{width}}  {''.join(bar)} {part_text(phrase['share']):>7} "
        f"[{parts_text(phrase['interval'])}]  {translate_name(STATES, str(phrase['verdict']))}"
    )


def _floor_line(floor: float, width: int) -> str:
    limit = translate("up to {share}", share=part_text(floor))
    return f"{translate('words without meaning'):{width}}  {limit}"


def _binding_lines(report: Report) -> Iterator[str]:
    for entry in report["binding"]:
        generator = entry["generator"]
        parts = [translate("image model {share}", share=share_text(generator["share"]))]
        if entry["encoder"] is not None:
            share, verdict = share_text(entry["encoder"]["share"]), str(entry["encoder"]["verdict"])
            encoder = translate(
                "encoder {share} ({verdict})", share=share, verdict=verdict_name(verdict)
            )
            parts.insert(0, encoder)
        yield translate(
            "{label}: binding {parts} [{interval}], without binding at most {limit}",
            label=entry["label"],
            parts=listed(parts),
            interval=range_text(generator["interval"]),
            limit=share_text(generator["null"][1]),
        )
        yield f"  {entry['sentence']}"
