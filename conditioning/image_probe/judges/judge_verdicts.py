"""What judges say about a picture: each for itself, and all together. Disagreement is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...translation import translatable
from .evidence import Evidence
from .judge_calibration import JudgeCalibration

HOLDS = translatable("as in the prompt")
FAILS = translatable("not as in the prompt")
UNKNOWN = translatable("cannot tell")
NOT_ASKED = translatable("not asked")
DISAGREE = translatable("judges disagree")
"""What a question can come to."""
SHOWN = translatable("shows the prompt")
NOT_SHOWN = translatable("does not show the prompt")
"""What a picture can come to, beside UNKNOWN and DISAGREE."""
NO_ANSWER = "no answer"
KIND = "kind"
JUDGE = "judge"
CLOSE = "close"
BOTH = "both"
PARENT = "parent"
"""Why nothing is claimed: the judge cannot take the question; no drawn scene shows its kind; it is
not right often enough on drawn scenes; the answer is not clear enough; it would claim both; or
what the question is about is not there, so that it was not asked.
"""


@dataclass(frozen=True)
class QuestionVerdict:
    """One question about one picture, by one judge."""

    id: str
    verdict: str
    reason: str
    """Why nothing is claimed; empty where something is."""
    evidence: Evidence | None


def verdict(
    question: str, evidence: Evidence | None, calibration: JudgeCalibration
) -> QuestionVerdict:
    """What a judge with this calibration may say."""
    reason = _why_silent(evidence, calibration)
    if reason or evidence is None:
        return QuestionVerdict(question, UNKNOWN, reason, evidence)
    holds = reaches(evidence.holds, calibration.holds.threshold)
    fails = reaches(evidence.fails, calibration.fails.threshold)
    if holds and fails:
        return QuestionVerdict(question, UNKNOWN, BOTH, evidence)
    if not (holds or fails):
        return QuestionVerdict(question, UNKNOWN, CLOSE, evidence)
    return QuestionVerdict(question, HOLDS if holds else FAILS, "", evidence)


def _why_silent(evidence: Evidence | None, calibration: JudgeCalibration) -> str:
    if evidence is None:
        return NO_ANSWER
    if not calibration.kind:
        return KIND
    if not calibration.speaks:
        return JUDGE
    return ""


def reaches(clear: float, threshold: float | None) -> bool:
    """Whether a claim is clear enough."""
    return threshold is not None and clear >= threshold


def not_asked(question: str) -> QuestionVerdict:
    """The verdict on a question that was not asked, as what it is about is not there."""
    return QuestionVerdict(question, NOT_ASKED, PARENT, None)


def agreed(verdicts: Sequence[QuestionVerdict]) -> str:
    """What all judges together say to one question."""
    claims = {each.verdict for each in verdicts} & {HOLDS, FAILS}
    if len(claims) == 2:
        return DISAGREE
    if claims:
        return claims.pop()
    if verdicts and all(each.verdict == NOT_ASKED for each in verdicts):
        return NOT_ASKED
    return UNKNOWN


def picture_verdict(says: Sequence[str]) -> str:
    """One question that is not as in the prompt spoils a picture; one that is open leaves it
    open.
    """
    if FAILS in says:
        return NOT_SHOWN
    if DISAGREE in says:
        return DISAGREE
    if says and all(each == HOLDS for each in says):
        return SHOWN
    return UNKNOWN
