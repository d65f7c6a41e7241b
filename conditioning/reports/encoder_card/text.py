"""The encoder report as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...binding.readouts import TITLES
from ...translation import in_its_language, translate
from ..wording import translate_name
from .names import phenomenon_title

Report = Mapping[str, Any]


@in_its_language
def plain(report: Report) -> str:
    """The report in lines of text: bound contrasts of all, and the mean share, for every readout of
    every stream.
    """
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield str(report["title"])
    yield str(report["sentence"])
    for stream in report["streams"]:
        scores = [score for score in report["scores"] if score["stream"] == stream["name"]]
        yield from ("", str(stream["title"]))
        for readout in dict.fromkeys(score["readout"] for score in scores):
            yield f"  {translate_name(TITLES, readout)}"
            yield from (_row(score) for score in scores if score["readout"] == readout)
    yield from (f"- {note}" for note in report["notes"])
    for other in report["others"]:
        yield ""
        yield from _lines(other)


def _row(score: Report) -> str:
    low, high = (f"{100 * value:.1f}" for value in score["interval"])
    blind = [f"{100 * value:.1f}" for value in score["null"]]
    figures = translate(
        "{bound:2} of {total:2} bound, share {share:5.1f} % [{interval}], blind {blind} %",
        bound=score["bound"],
        total=score["total"],
        share=100 * score["share"],
        interval=translate("{low} to {high}", low=low, high=high),
        blind=blind[0]
        if len(set(blind)) == 1
        else translate("{low} to {high}", low=blind[0], high=blind[-1]),
    )
    return f"    {phenomenon_title(score['phenomenon']):14} {figures}"
