"""What judges said, as fields of the image report: questions, judges, and their answers about each
picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ...image_probe.claim_limits import ClaimLimit
from ...image_probe.judges import judge_verdicts
from ...image_probe.judges.ask_judges import JudgedPicture, Judgement
from ...image_probe.judges.judge_calibration import JudgeCalibration
from ...image_probe.judges.judge_verdicts import QuestionVerdict
from ...image_probe.judges.questions.lines import to_lines
from ...image_probe.judges.questions.question import PromptQuestion
from ...translation import localized, translatable, translate, translate_count
from ..shares import rounded, rounded_or_none
from ..wording import clauses, joined, listed
from .verdict_counts import counted

Report = dict[str, Any]
REASONS = {
    "": "",
    judge_verdicts.NO_ANSWER: translatable("this judge does not answer it for this picture"),
    judge_verdicts.KIND: translatable("no drawn scene shows this kind"),
    judge_verdicts.JUDGE: translatable("this judge is not right often enough on drawn scenes"),
    judge_verdicts.CLOSE: translatable("too close to call"),
    judge_verdicts.BOTH: translatable("its answers contradict each other"),
    judge_verdicts.PARENT: translatable("what it is about is not there"),
}
NOTE = translatable(
    "A judge that may speak is wrong in fewer than 1 of 20 such claims about drawn scenes (exact "
    "binomial test at 5 %). That holds for each claim: of many some may be wrong."
)
NOTHING_SAID = translatable("That says nothing against the picture.")
_PARTS = {
    judge_verdicts.HOLDS: translatable("as in the prompt: {labels}"),
    judge_verdicts.FAILS: translatable("not as in the prompt: {labels}"),
    judge_verdicts.DISAGREE: translatable("the judges disagree on: {labels}"),
    judge_verdicts.UNKNOWN: translatable("cannot be told: {labels}"),
    judge_verdicts.NOT_ASKED: translatable("not asked: {labels}"),
}


def judgement_fields(judgement: Judgement | None) -> Report:
    """``questions``, ``question_lines`` and ``judges`` of the report; empty without a judge."""
    if judgement is None:
        return {"questions": [], "question_lines": "", "judges": []}
    return {
        "questions": [_question(question) for question in judgement.questions],
        "question_lines": to_lines(judgement.questions),
        "judges": [
            _judge(localized(judge.title), judge.notes, calibrations, judgement.questions)
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
        "spans": [list(span) for span in question.spans],
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
        "notes": list(map(localized, notes)),
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
    undrawn = dict.fromkeys(translate(each.kind) for each in questions if not each.drawn)
    parts = []
    if speaking:
        parts.append(translate("Reliable on drawn scenes: {kinds}.", kinds=joined(speaking)))
    if silent:
        parts.append(
            translate("Not reliable, so it claims nothing: {kinds}.", kinds=joined(silent))
        )
    if undrawn:
        parts.append(
            translate(
                "No drawn scene shows this, so it claims nothing: {kinds}.",
                kinds=joined([*undrawn]),
            )
        )
    return " ".join(parts)


def _scenes(kind: Report) -> str:
    name = translate(kind["kind"])
    if not kind["total"]:
        return translate("{kind} (it cannot take the questions)", kind=name)
    return translate(
        "{kind} (right on {right:,} of {total:,})",
        kind=name,
        right=kind["right"],
        total=kind["total"],
    )


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
    fields: Report = {"id": answer.id, "says": answer.verdict, "why": REASONS[answer.reason]}
    if evidence is None:
        return {**fields, "prompt": None, "swap": None, "mass": None}
    return {
        **fields,
        "prompt": rounded(evidence.prompt),
        "swap": rounded_or_none(evidence.swap),
        "mass": rounded_or_none(evidence.mass),
    }


def _picture_sentence(questions: Sequence[PromptQuestion], picture: JudgedPicture) -> str:
    text = _verdicts(questions, picture)
    if not text:
        return translate("Nothing was asked.")
    return translate("{clauses}.", clauses=f"{text[0].upper()}{text[1:]}")


def _verdicts(questions: Sequence[PromptQuestion], picture: JudgedPicture) -> str:
    """'as in the prompt: car; not as in the prompt: red car'."""
    parts = []
    for sentence, words in _PARTS.items():
        labels = [
            question.label
            for question, agreed in zip(questions, picture.agreed, strict=True)
            if agreed == sentence
        ]
        if labels:
            parts.append(translate(words, labels=listed(labels)))
    return clauses(parts)


def judged_sentence(judgement: Judgement) -> str:
    """What the judges say of all pictures, in a sentence."""
    count = len(judgement.judges)
    names = joined([localized(judge.title) for judge in judgement.judges])
    if not judgement.questions:
        return translate_count(
            "{names} had nothing to answer.", "{names} had nothing to answer.", count, names=names
        )
    if not any(
        calibration.speaks for own in judgement.calibrations for calibration in own.values()
    ):
        blind = translate_count(
            "{names} cannot judge this prompt: nothing that it asks for is answered reliably on "
            "drawn scenes.",
            "{names} cannot judge this prompt: nothing that it asks for is answered reliably on "
            "drawn scenes.",
            count,
            names=names,
        )
        return f"{blind} {translate(NOTHING_SAID)}"
    return translate_count(
        "{names} says: {verdicts}.",
        "{names} say: {verdicts}.",
        count,
        names=names,
        verdicts=_all_verdicts(judgement),
    )


def _all_verdicts(judgement: Judgement) -> str:
    """Of the only picture to each question, of several how many."""
    pictures = judgement.pictures
    if len(pictures) == 1:
        return _verdicts(judgement.questions, pictures[0])
    return translate_count(
        "of {count:,} picture, {verdicts}",
        "of {count:,} pictures, {verdicts}",
        len(pictures),
        verdicts=joined(counted(Counter(picture.shows for picture in pictures))),
    )
