"""How clear an answer must be before this judge may be believed: measured on drawn scenes whose
truth is known (``docs/decisions/0014-judges.md``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ...progress import Progress, no_progress
from ...storage import try_to_write_json
from ..calibration import LEVEL, RIGHT, tail
from .drawn_cases import CASES, KINDS, SIDE, DrawnCase, drawn_cases
from .evidence import Evidence, evidence_of
from .protocol import Judge

FORMAT = "encoderscope.judge_calibration"
VERSION = 1
COVERAGES = (1.0, 0.8)
"""Parts of the cases of one side that a threshold may let speak, tried in this order; the level is
shared among them.
"""


@dataclass(frozen=True)
class ClaimLimit:
    """When a judge may make one of its two claims: that a picture is as the prompt has it, or that
    it is not.
    """

    threshold: float | None
    """Least clearness of a claim; None: no threshold makes it right often enough."""
    claimed: int
    """Cases that reach the threshold."""
    claimed_right: int


SILENT = ClaimLimit(None, 0, 0)


@dataclass(frozen=True)
class JudgeCalibration:
    """How well one judge answers questions of one kind about drawn scenes."""

    kind: str
    """Empty: no drawn scene shows this kind, and nothing can be promised."""
    total: int
    """Cases, half of them true; 0: it cannot be asked, or was not."""
    right: int
    """Cases in which the likelier answer to all wordings and swaps is right."""
    holds: ClaimLimit
    fails: ClaimLimit

    @property
    def speaks(self) -> bool:
        """Whether it may claim anything."""
        return self.holds.threshold is not None or self.fails.threshold is not None


NOT_DRAWN = JudgeCalibration("", 0, 0, SILENT, SILENT)


class MeasuredCase(NamedTuple):
    """What a judge answered to a case, and what was right."""

    evidence: Evidence
    holds: bool


def calibrated(
    judge: Judge,
    kind: str,
    cache: Path | None = None,
    progress: Progress = no_progress,
    count: int = CASES,
) -> JudgeCalibration:
    """Of a kind of :data:`drawn_cases.KINDS`; saved in the folder ``cache`` under what the judge
    answers. ``count``: true cases, and as many false ones.
    """
    if kind not in KINDS:
        return NOT_DRAWN
    if cache is None:
        return _calibrate(judge, kind, progress, count)
    file = cache / f"judge-{_fingerprint(judge, kind, count)}.json"
    saved = _read(file)
    if saved is None:
        saved = _calibrate(judge, kind, progress, count)
        try_to_write_json(file, {"format": FORMAT, "version": VERSION, **asdict(saved)})
    return saved


def _calibrate(judge: Judge, kind: str, progress: Progress, count: int) -> JudgeCalibration:
    cases = drawn_cases(kind, count)
    measured: list[MeasuredCase] = []
    for number, case in enumerate(cases):
        evidence = _evidence(judge, case)
        if evidence is None:
            return JudgeCalibration(kind, 0, 0, SILENT, SILENT)
        measured.append(MeasuredCase(evidence, case.holds))
        progress(number + 1, len(cases))
    return calibration(kind, measured)


def _evidence(judge: Judge, case: DrawnCase) -> Evidence | None:
    return evidence_of(judge, case.picture(), [case.question])[0]


def calibration(kind: str, measured: Sequence[MeasuredCase]) -> JudgeCalibration:
    """The thresholds from which on each of the two claims is surely right often enough."""
    right = sum(
        (each.evidence.holds if each.holds else each.evidence.fails) > 0.5 for each in measured
    )
    holds = [(each.evidence.holds, each.holds) for each in measured]
    fails = [(each.evidence.fails, not each.holds) for each in measured]
    return JudgeCalibration(kind, len(measured), right, _limit(holds), _limit(fails))


def _limit(cases: Sequence[tuple[float, bool]]) -> ClaimLimit:
    """``cases``: how clear the claim is, and whether it would be right."""
    rightly = sorted((clear for clear, right in cases if right), reverse=True)
    for coverage in COVERAGES:
        if not rightly:
            break
        threshold = rightly[max(1, round(coverage * len(rightly))) - 1]
        claims = [right for clear, right in cases if clear >= threshold]
        errors = len(claims) - sum(claims)
        if tail(errors, len(claims), 1 - RIGHT) <= LEVEL / len(COVERAGES):
            return ClaimLimit(threshold, len(claims), sum(claims))
    return SILENT


# --- saved on disk
# --------------------------------------------------------------------------------------------------


def _fingerprint(judge: Judge, kind: str, count: int) -> str:
    """Of its answers to a few cases, and of everything that it is asked."""
    digest = hashlib.sha256(f"{_rules(kind, count)} {judge.title}".encode())
    for case in drawn_cases(kind, count)[:4]:
        evidence = _evidence(judge, case)
        rounded = None
        if evidence is not None:
            rounded = [round(evidence.prompt, 4), evidence.swap and round(evidence.swap, 4)]
        digest.update(repr(rounded).encode())
    return digest.hexdigest()[:24]


@cache
def _rules(kind: str, count: int) -> str:
    """A hash of all scenes and sentences."""
    cases = [(case.scene, case.question.asked(), case.holds) for case in drawn_cases(kind, count)]
    rules = (VERSION, kind, SIDE, RIGHT, LEVEL, COVERAGES, cases, torch.__version__)
    digest = hashlib.sha256(repr(rules).encode())
    digest.update(drawn_cases(kind, count)[0].picture().mul(255).round().byte().numpy().tobytes())
    return digest.hexdigest()


def _read(file: Path) -> JudgeCalibration | None:
    """What the file holds; None where it is missing or not what was written."""
    try:
        saved = json.loads(file.read_text(encoding="utf-8"))
        if (saved.pop("format"), saved.pop("version")) != (FORMAT, VERSION):
            return None
        holds, fails = (_claim_limit(saved.pop(side)) for side in ("holds", "fails"))
        result = JudgeCalibration(**saved, holds=holds, fails=fails)
        valid = isinstance(result.total, int) and isinstance(result.right, int)
        return result if valid else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def _claim_limit(saved: dict[str, Any]) -> ClaimLimit:
    """Raises ValueError where it is none."""
    limit = ClaimLimit(**saved)
    if not all(isinstance(count, int) for count in (limit.claimed, limit.claimed_right)):
        raise ValueError
    if limit.threshold is not None and not 0 <= limit.threshold <= 1:
        raise ValueError
    return limit
