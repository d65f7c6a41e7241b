"""The image report as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...translation import in_its_language, translate
from .caption_display import percentage_text
from .judged_display import percent

Report = Mapping[str, Any]
_BAR = 20


@in_its_language
def plain(report: Report) -> str:
    """The report in lines of text."""
    scorer = translate("Scorer: {title}", title=report["scorer"]["title"])
    lines = [str(report["sentence"]), scorer]
    for contrast in report["contrasts"]:
        lines += ["", str(contrast["label"]), f"  {contrast['sentence']}"]
    for image in report["images"]:
        lines += ["", *_picture_lines(report, image)]
    for judge in report["judges"]:
        lines += ["", translate("Judge: {title}", title=judge["title"]), f"  {judge['sentence']}"]
    notes = (*report["skipped"], *report["unread"], *report["notes"])
    return "\n".join([*lines, "", *(f"- {note}" for note in notes)])


def _picture_lines(report: Report, image: Report) -> Iterator[str]:
    yield translate(
        "Picture {number}: {verdict}",
        number=image["index"] + 1,
        verdict=translate(str(image["shows"])),
    )
    for contrast, margin in zip(report["contrasts"], image["contrasts"], strict=True):
        line = translate(
            "{verdict}: {label}: margin {margin:+.4f}, noise {noise:.4f}, {times:.2g} times",
            verdict=_with_reason(str(margin["shows"]), str(margin["why"])),
            label=contrast["label"],
            margin=margin["margin"],
            noise=margin["noise"],
            times=abs(margin["clear"]),
        )
        yield f"  {line}"
    for caption, share in zip(report["captions"], image["percentages"], strict=True):
        figure = "" if share is None else f"{_bar(share)} {percentage_text(share):>8}  "
        yield f"  {figure}{caption['text']}  ({translate(caption['role'])})"
    yield from _judged_lines(report, image)


def _judged_lines(report: Report, image: Report) -> Iterator[str]:
    """One line for each judge's answer to each question."""
    for judge, own in zip(report["judges"], image["judges"], strict=True):
        yield f"  {judge['title']}:"
        for question, answer in zip(report["questions"], own["answers"], strict=True):
            sentence = _with_reason(str(answer["says"]), str(answer["why"]))
            chance = "" if answer["prompt"] is None else percent(answer["prompt"])
            yield f"  {chance:>6}  {sentence}: {question['wordings'][0]}"


def _with_reason(verdict: str, why: str) -> str:
    if not why:
        return translate(verdict)
    return translate("{verdict} ({why})", verdict=translate(verdict), why=translate(why))


def _bar(percentage: float) -> str:
    length = round(percentage / 100 * _BAR)
    return "#" * length + "." * (_BAR - length)
