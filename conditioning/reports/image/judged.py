"""What judges said, as fields of the image report: questions, judges, and their answers about each
picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...image_probe.claim_limits import ClaimLimit
from ...image_probe.judges import judge_verdicts
from ...image_probe.judges.ask_judges import JudgedPicture, Judgement
from ...image_probe.judges.judge_calibration import JudgeCalibration
from ...image_probe.judges.judge_verdicts import QuestionVerdict
from ...image_probe.judges.questions.lines import to_lines
from ...image_probe.judges.questions.question import PromptQuestion
from ..shares import rounded, rounded_or_none
from ..wording import joined, plural

Report = dict[str, Any]
WHY = {
    "": "",
    judge_verdicts.NO_ANSWER: "this judge cannot take the question",
    judge_verdicts.KIND: "no drawn scene shows this kind",
    judge_verdicts.JUDGE: "this judge is not right often enough on drawn scenes",
    judge_verdicts.CLOSE: "too close to call",
    judge_verdicts.BOTH: "its answers contradict each other",
    judge_verdicts.PARENT: "what it is about is not there",
}
NOTE = (
    "A judge that may speak is wrong in fewer than 1 of 20 such claims about drawn scenes (exact "
    "binomial test at 5 %). That holds for each claim: of many some may be wrong."
)
NOTHING_SAID = "That says nothing against the picture."
_PARTS = (
    (judge_verdicts.HOLDS, "as in the prompt"),
    (judge_verdicts.FAILS, "not as in the prompt"),
    (judge_verdicts.DISAGREE, "the judges disagree on"),
    (judge_verdicts.UNKNOWN, "cannot be told"),
    (judge_verdicts.NOT_ASKED, "not asked"),
)
_PICTURES = {
    judge_verdicts.SHOWN: ("shows the prompt", "show the prompt"),
    judge_verdicts.NOT_SHOWN: ("does not show the prompt", "do not show the prompt"),
    judge_verdicts.DISAGREE: ("is judged differently", "are judged differently"),
    judge_verdicts.UNKNOWN: ("cannot be told", "cannot be told"),
}
"""Of one picture, of several."""


def judgement_fields(judgement: Judgement | None) -> Report:
    """``questions``, ``question_lines`` and ``judges`` of the report; empty without a judge."""
    if judgement is None:
        return {"questions": [], "question_lines": "", "judges": []}
    return {
        "questions": [_question(question) for question in judgement.questions],
        "question_lines": to_lines(judgement.questions),
        "judges": [
            _judge(judge.title, judge.notes, calibrations, judgement.questions)
            for judge, calibrations in zip(judgement.judges, judgement.calibrations, strict=True)
        ],
    }


def _question(question: PromptQuestion) -> Report:
    return {
        "id": question.id,
        "kind": question.kind,
        "label": question.label,
        "wordings": [wording.text for wording in question.wordings],
        "swaps": [wording.text for wording in question.swaps],
        "expected": question.expected,
        "requires": list(question.requires),
        "drawn": question.drawn,
    }


def _judge(
    title: str,
    notes: Sequence[str],
    calibrations: Mapping[str, JudgeCalibration],
    questions: Sequence[PromptQuestion],
) -> Report:
    kinds = [_calibration(calibration) for calibration in calibrations.values()]
    return {
        "title": title,
        "notes": list(notes),
        "kinds": kinds,
        "sentence": _reliability(kinds, questions),
    }


def _calibration(calibration: JudgeCalibration) -> Report:
    return {
        "kind": calibration.kind,
        "speaks": calibration.speaks,
        "right": calibration.right,
        "total": calibration.total,
        "holds": _limit(calibration.holds),
        "fails": _limit(calibration.fails),
    }


def _limit(limit: ClaimLimit) -> Report:
    return {
        "threshold": rounded_or_none(limit.threshold),
        "claimed": limit.claimed,
        "claimed_right": limit.claimed_right,
    }


def _reliability(kinds: Sequence[Report], questions: Sequence[PromptQuestion]) -> str:
    """Of what this judge may speak, and of what not, with the reason."""
    speaking = [_scenes(kind) for kind in kinds if kind["speaks"]]
    silent = [_scenes(kind) for kind in kinds if not kind["speaks"]]
    undrawn = list(dict.fromkeys(each.kind for each in questions if not each.drawn))
    parts = []
    if speaking:
        parts.append(f"Reliable on drawn scenes: {joined(speaking)}.")
    if silent:
        parts.append(f"Not reliable, so it claims nothing: {joined(silent)}.")
    if undrawn:
        parts.append(f"No drawn scene shows this, so it claims nothing: {joined(undrawn)}.")
    return " ".join(parts)


def _scenes(kind: Report) -> str:
    if not kind["total"]:
        return f"{kind['kind']} (it cannot take the questions)"
    return f"{kind['kind']} (right on {kind['right']:,} of {kind['total']:,})"


# --- pictures
# --------------------------------------------------------------------------------------------------


def picture_fields(judgement: Judgement | None, number: int) -> Report:
    """``judged`` and ``judges`` of one picture; null and empty without a judge."""
    if judgement is None:
        return {"judged": None, "judges": []}
    picture = judgement.pictures[number]
    return {
        "judged": {
            "shows": picture.shows,
            "agreed": list(picture.agreed),
            "sentence": _picture_sentence(judgement.questions, picture),
        },
        "judges": [{"answers": [_answer(answer) for answer in own]} for own in picture.judges],
    }


def _answer(answer: QuestionVerdict) -> Report:
    evidence = answer.evidence
    fields: Report = {"id": answer.id, "says": answer.says, "why": WHY[answer.why]}
    if evidence is None:
        return {**fields, "prompt": None, "swap": None, "mass": None}
    return {
        **fields,
        "prompt": rounded(evidence.prompt),
        "swap": rounded_or_none(evidence.swap),
        "mass": rounded_or_none(evidence.mass),
    }


def _picture_sentence(questions: Sequence[PromptQuestion], picture: JudgedPicture) -> str:
    parts = []
    for says, words in _PARTS:
        labels = [
            question.label
            for question, agreed in zip(questions, picture.agreed, strict=True)
            if agreed == says
        ]
        if labels:
            parts.append(f"{words}: {', '.join(labels)}")
    if not parts:
        return "Nothing was asked."
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def judged_sentence(judgement: Judgement) -> str:
    """What the judges say of all pictures, in a sentence."""
    names = joined([judge.title for judge in judgement.judges])
    says = "says" if len(judgement.judges) == 1 else "say"
    if not judgement.questions:
        return f"{names} had nothing to answer."
    if not any(
        calibration.speaks for own in judgement.calibrations for calibration in own.values()
    ):
        return (
            f"{names} cannot judge this prompt: nothing that it asks for is answered reliably on "
            f"drawn scenes. {NOTHING_SAID}"
        )
    if len(judgement.pictures) == 1:
        sentence = _picture_sentence(judgement.questions, judgement.pictures[0])
        return f"{names} {says}: {sentence[0].lower()}{sentence[1:]}"
    return f"{names} {says}: {_counts([picture.shows for picture in judgement.pictures])}."


def _counts(shows: Sequence[str]) -> str:
    counts = {verdict: shows.count(verdict) for verdict in _PICTURES}
    parts = [
        f"{count} {_PICTURES[verdict][count > 1]}" for verdict, count in counts.items() if count
    ]
    return f"of {plural(len(shows), 'picture')}, {joined(parts)}"
