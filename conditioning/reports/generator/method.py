"""How an Ignored Words report was measured, in words: on which model, at which moment, with which
guidance and budget.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...generator.measurement import ALONG_A_RUN, FINISHED
from ...translation import translatable, translate, translate_count
from ..drawing.bars import number
from ..wording import translate_name

Report = Mapping[str, Any]
MOMENTS = {
    ALONG_A_RUN: translatable("along a run"),
    FINISHED: translatable("on the finished picture"),
}
_MEASURED = {
    ALONG_A_RUN: translatable("Measured along a short run of the sampler"),
    FINISHED: translatable("Measured on the finished picture, noised again"),
}
_QUESTIONS = {
    ALONG_A_RUN: translatable("It answers why a phrase was ignored."),
    FINISHED: translatable("It answers whether a phrase is in this picture."),
}


def how_measured(report: Report) -> str:
    """One line: at which moment, with which guidance, in how many calls of the image model."""
    moment = str(report["moment"])
    measured = translate(_MEASURED.get(moment, translatable("Measured {moment}")), moment=moment)
    guidance = translate("without guidance")
    if report["guidance"]["on"]:
        scale = number(report["guidance"]["scale"]) or 0
        guidance = translate("with guidance {scale}", scale=f"{scale:g}")
    line = translate(
        "{measured}, {guidance}, at {levels} with {seeds}, {calls}.",
        measured=measured,
        guidance=guidance,
        levels=levels_text(report),
        seeds=seeds_text(report),
        calls=_calls_text(report),
    )
    if moment not in _QUESTIONS:
        return line
    return f"{line} {translate(_QUESTIONS[moment])}"


def levels_text(report: Report) -> str:
    """'4 noise levels'."""
    count = len(report["budget"]["levels"])
    return translate_count("{count} noise level", "{count} noise levels", count)


def seeds_text(report: Report) -> str:
    """'2 seeds'."""
    return translate_count("{count} seed", "{count} seeds", len(report["budget"]["seeds"]))


def _calls_text(report: Report) -> str:
    calls = translate_count(
        "{count:,} call of the image model",
        "{count:,} calls of the image model",
        report["budget"]["calls"],
    )
    if not report.get("where"):
        return calls
    more = f"{report['where']['calls']:,}"
    return translate("{calls} and {more} more for the where-map", calls=calls, more=more)


def guidance_text(report: Report) -> str:
    """'guidance 7.5', 'guidance off'."""
    if not report["guidance"]["on"]:
        return translate("guidance off")
    return translate("guidance {scale}", scale=f"{number(report['guidance']['scale']) or 0:g}")


def facts(report: Report) -> Iterator[tuple[str, str]]:
    """Names and texts of the chips: which model, which moment, which budget."""
    generator = report["generator"]
    yield "generator", str(generator["title"])
    if generator["family"] and str(generator["family"]) not in str(generator["title"]):
        yield "family", str(generator["family"])
    yield "moment", translate_name(MOMENTS, str(report["moment"]))
    yield "guidance", guidance_text(report)
    calls = translate_count("{count:,} call", "{count:,} calls", report["budget"]["calls"])
    yield "budget", translate("{name}: {text}", name=report["budget"]["name"], text=calls)
