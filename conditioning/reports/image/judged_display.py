"""What the views draw of judges' answers: one row for each question, a bar for each judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...image_probe.judges import judge_verdicts
from ...translation import translatable, translate
from ..shares import percentage_text
from ..wording import clauses

Report = Mapping[str, Any]
Fields = dict[str, Any]
SIGNS = {
    judge_verdicts.HOLDS: "✓",
    judge_verdicts.FAILS: "✗",
    judge_verdicts.UNKNOWN: "?",
    judge_verdicts.NOT_ASKED: "·",
    judge_verdicts.DISAGREE: "≠",
}
TONES = {judge_verdicts.HOLDS: "kept", judge_verdicts.FAILS: "lost"}
"""Else *open*."""
HEADING = translatable("What was asked, and how likely the prompt's answer is")


def judged_title(image: Report) -> str:
    """What stands over the answers about one picture; empty without a judge."""
    if image.get("judged") is None:
        return ""
    return translate(
        "{heading}: {verdict}",
        heading=translate(HEADING),
        verdict=translate(str(image["judged"]["shows"])),
    )


def judged_rows(report: Report, image: Report) -> list[Fields]:
    """One for each question: its words, what all judges say together, and every judge's bar."""
    if image.get("judged") is None:
        return []
    return [_row(report, image, number) for number in range(len(report["questions"]))]


def _row(report: Report, image: Report, number: int) -> Fields:
    question = report["questions"][number]
    agreed = image["judged"]["agreed"][number]
    answers = [judge["answers"][number] for judge in image["judges"]]
    reason = list(dict.fromkeys(answer["why"] for answer in answers if answer["why"]))
    return {
        "label": question["label"],
        "question": question["wordings"][0],
        "sign": SIGNS[agreed],
        "tone": TONES.get(agreed, "open"),
        "text": clauses(map(translate, [agreed, *reason])),
        "bars": [
            _bar(judge, answer) for judge, answer in zip(report["judges"], answers, strict=True)
        ],
        "tip": list(_tip(report, question, answers)),
    }


def _bar(judge: Report, answer: Report) -> Fields:
    return {
        "judge": judge["title"],
        "width": round(100 * (answer["prompt"] or 0.0), 3),
        "text": percent(answer["prompt"]),
        "believed": not answer["why"],
    }


def percent(value: float | None) -> str:
    """'97 %' of a probability; '–' for none."""
    return "–" if value is None else percentage_text(100 * value, 0)


def _tip(report: Report, question: Report, answers: list[Report]) -> Iterator[str]:
    yield translate(
        "{question} Expected: {answer}.",
        question=question["wordings"][0],
        answer=question["expected"],
    )
    if question["swaps"]:
        yield translate("Swap: {question}", question=question["swaps"][0])
    for judge, answer in zip(report["judges"], answers, strict=True):
        sentence = translate(answer["says"])
        yield translate(
            "{answer}. {verdict}.",
            answer=clauses(_answer_clauses(judge, answer)),
            verdict=f"{sentence[0].upper()}{sentence[1:]}",
        )


def _answer_clauses(judge: Report, answer: Report) -> Iterator[str]:
    figures = {"judge": judge["title"], "prompt": percent(answer["prompt"])}
    if answer["swap"] is None:
        yield translate("{judge}: {prompt} for the prompt's answer", **figures)
    else:
        yield translate(
            "{judge}: {prompt} for the prompt's answer, {swap} for the swap's",
            **figures,
            swap=percent(answer["swap"]),
        )
    if answer["mass"] is not None:
        yield translate(
            "{mass} of its probability stood on the answers", mass=percent(answer["mass"])
        )
