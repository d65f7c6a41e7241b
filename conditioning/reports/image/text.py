"""The image report as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Report = Mapping[str, Any]
_BAR = 20


def plain(report: Report) -> str:
    """The report in lines of text."""
    lines = [str(report["sentence"]), f"Scorer: {report['scorer']['title']}"]
    for contrast in report["contrasts"]:
        lines += ["", str(contrast["label"]), f"  {contrast['sentence']}"]
    for image in report["images"]:
        lines += ["", *_picture_lines(report, image)]
    for judge in report["judges"]:
        lines += ["", f"Judge: {judge['title']}", f"  {judge['sentence']}"]
    notes = (*report["skipped"], *report["unread"], *report["notes"])
    return "\n".join([*lines, "", *(f"- {note}" for note in notes)])


def _picture_lines(report: Report, image: Report) -> Iterator[str]:
    yield f"Picture {image['index'] + 1}: {image['shows']}"
    for contrast, margin in zip(report["contrasts"], image["contrasts"], strict=True):
        why = f" ({margin['why']})" if margin["why"] else ""
        yield (
            f"  {margin['shows']}{why}: {contrast['label']}: margin {margin['margin']:+.4f}, "
            f"noise {margin['noise']:.4f}, {abs(margin['clear']):.2g} times"
        )
    for caption, share in zip(report["captions"], image["percentages"], strict=True):
        figure = "" if share is None else f"{_bar(share)} {share:5.1f} %  "
        yield f"  {figure}{caption['text']}  ({caption['role']})"
    yield from _judged_lines(report, image)


def _judged_lines(report: Report, image: Report) -> Iterator[str]:
    """One line for each judge's answer to each question."""
    for judge, own in zip(report["judges"], image["judges"], strict=True):
        yield f"  {judge['title']}:"
        for question, answer in zip(report["questions"], own["answers"], strict=True):
            why = f" ({answer['why']})" if answer["why"] else ""
            chance = "      " if answer["prompt"] is None else f"{100 * answer['prompt']:4.0f} %"
            yield f"  {chance}  {answer['says']}{why}: {question['wordings'][0]}"


def _bar(percentage: float) -> str:
    length = round(percentage / 100 * _BAR)
    return "#" * length + "." * (_BAR - length)
