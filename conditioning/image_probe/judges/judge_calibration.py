"""How clear an answer must be before this judge may be believed: measured on drawn scenes whose
truth is known (``docs/decisions/0014-judges.md``).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ...binding.nulls import saved as shipped_files
from ...progress import Announced, Progress, no_progress
from ...storage import try_to_read_json, try_to_write_json
from ..calibration import measuring
from ..claim_limits import LEVEL, RIGHT, SILENT, ClaimCase, ClaimLimit, claim_limit
from .drawn_cases import KINDS, SIDE, DrawnCase, drawn_cases
from .evidence import Evidence, evidence_of
from .protocol import Judge

FORMAT = "encoderscope.judge_calibration"
VERSION = 1
COVERAGES = (1.0, 0.8)
"""Parts of the cases of one side that a threshold may let speak, tried in this order; the level is
shared among them.
"""
SHIPPED = Path(__file__).resolve().parents[3] / "assets" / "nulls" / "judges.json"
"""Calibrations that come with the pack: key -> what a saved file holds, and by what answers it is
found.
"""
_FOUND_BY = ("what", "rules", "answers")
SAME = 2e-3
"""Log-odds nearer than this are the same: so much another machine's rounding changes at most."""
_LEAST = 1e-9


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
    """When it may claim that a picture is as the prompt has it."""
    fails: ClaimLimit
    """When it may claim that it is not."""

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
    judge: Judge, kind: str, cache: Path | None = None, progress: Progress = no_progress
) -> JudgeCalibration:
    """Of a kind of :data:`drawn_cases.KINDS`: what comes with the pack, else what is saved in the
    folder ``cache`` under what the judge answers, else measured.
    """
    if kind not in KINDS:
        return NOT_DRAWN
    shipped = _shipped(judge, kind)
    if shipped is not None:
        return shipped
    if cache is None:
        return _calibrate(judge, kind, progress)
    file = cache / f"judge-{_fingerprint(judge, kind)}.json"
    saved = _from_json(try_to_read_json(file))
    if saved is None:
        saved = _calibrate(judge, kind, Announced(progress, measuring(judge.title, kind)))
        try_to_write_json(file, {"format": FORMAT, "version": VERSION, **asdict(saved)})
    return saved


def _calibrate(judge: Judge, kind: str, progress: Progress) -> JudgeCalibration:
    cases = drawn_cases(kind)
    measured: list[MeasuredCase] = []
    for scene, evidences in _answered(judge, cases):
        for case, evidence in zip(scene, evidences, strict=True):
            if evidence is None:
                return JudgeCalibration(kind, 0, 0, SILENT, SILENT)
            measured.append(MeasuredCase(evidence, case.holds))
        progress(len(measured), len(cases))
    return calibration(kind, measured)


def _answered(
    judge: Judge, cases: Sequence[DrawnCase]
) -> Iterator[tuple[list[DrawnCase], list[Evidence | None]]]:
    """The cases of one scene, which is drawn once, and what is answered to them."""
    for _, group in groupby(cases, key=lambda case: case.scene):
        scene = list(group)
        questions = [case.question for case in scene]
        yield scene, evidence_of(judge, scene[0].picture(), questions)


def calibration(kind: str, measured: Sequence[MeasuredCase]) -> JudgeCalibration:
    """The thresholds from which on each of the two claims is surely right often enough."""
    right = sum(
        (each.evidence.holds if each.holds else each.evidence.fails) > 0.5 for each in measured
    )
    holds = [ClaimCase(each.evidence.holds, each.holds) for each in measured]
    fails = [ClaimCase(each.evidence.fails, not each.holds) for each in measured]
    return JudgeCalibration(kind, len(measured), right, _limit(holds), _limit(fails))


def _limit(cases: Sequence[ClaimCase]) -> ClaimLimit:
    return claim_limit(cases, [case.clear for case in cases if case.right], COVERAGES)


# --- saved on disk
# --------------------------------------------------------------------------------------------------


def _fingerprint(judge: Judge, kind: str) -> str:
    """Of its answers to a few cases, and of everything that it is asked."""
    # this torch, whose kernels may differ from another one's
    digest = hashlib.sha256(f"{_rules(kind, torch.__version__)} {judge.title}".encode())
    for evidence in _first_evidence(judge, kind):
        rounded = None
        if evidence is not None:
            rounded = [round(evidence.prompt, 4), evidence.swap and round(evidence.swap, 4)]
        digest.update(repr(rounded).encode())
    return digest.hexdigest()[:24]


def _first_evidence(judge: Judge, kind: str) -> list[Evidence | None]:
    """Of a few cases, which stand for the judge's weights and precision."""
    answered = _answered(judge, drawn_cases(kind)[:4])
    return [evidence for _, evidences in answered for evidence in evidences]


@cache
def _rules(kind: str, *further: str) -> str:
    """A hash of all scenes and sentences, and of what else a calibration depends on. The
    representations of :class:`Scene` and :class:`AskedQuestion` are part of it: whoever renames a
    field of them makes what is shipped anew.
    """
    cases = [(case.scene, case.question.asked(), case.holds) for case in drawn_cases(kind)]
    rules = (VERSION, kind, SIDE, RIGHT, LEVEL, COVERAGES, cases, *further)
    levels = drawn_cases(kind)[0].picture().mul(255).round().byte()
    digest = hashlib.sha256(repr(rules).encode())
    digest.update(levels.numpy().tobytes())
    return digest.hexdigest()


def _from_json(value: Any) -> JudgeCalibration | None:
    """The calibration that was saved; None for anything else."""
    try:
        saved = dict(value)
        if (saved.pop("format"), saved.pop("version")) != (FORMAT, VERSION):
            return None
        holds, fails = (_claim_limit(saved.pop(side)) for side in ("holds", "fails"))
        result = JudgeCalibration(**saved, holds=holds, fails=fails)
        valid = isinstance(result.total, int) and isinstance(result.right, int)
        return result if valid else None
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _claim_limit(saved: dict[str, Any]) -> ClaimLimit:
    """Raises ValueError where it is none."""
    limit = ClaimLimit(**saved)
    if not all(isinstance(count, int) for count in (limit.claimed, limit.claimed_right)):
        raise ValueError
    if limit.threshold is not None and not 0 <= limit.threshold <= 1:
        raise ValueError
    return limit


# --- what comes with the pack
# --------------------------------------------------------------------------------------------------


class JudgeCalibrationToShip:
    """The calibration of one judge, for the file of those that come with the pack."""

    def __init__(self, judge: Judge, kind: str) -> None:
        self._judge, self._kind = judge, kind
        self._answers = _rounded_answers(judge, kind)
        found_by = (judge.title, _rules(kind), self._answers)
        self.key = hashlib.sha256(repr(found_by).encode()).hexdigest()[:24]

    def measure(self) -> dict[str, Any]:
        """Measured, with the answers that it is found by."""
        measured = asdict(_calibrate(self._judge, self._kind, no_progress))
        rules = _rules(self._kind)
        saved = {"format": FORMAT, "version": VERSION, **measured}
        return {**saved, "rules": rules, "answers": self._answers}


def _shipped(judge: Judge, kind: str) -> JudgeCalibration | None:
    """The calibration that comes with the pack for a judge of this title that answers the same."""
    entries = [
        entry
        for entry in shipped_files.read_shipped(SHIPPED).values()
        if (entry.get("what"), entry.get("kind")) == (judge.title, kind)
        and entry.get("rules") == _rules(kind)
    ]
    if not entries:
        return None
    answers = _rounded_answers(judge, kind)
    for entry in entries:
        if _same(entry.get("answers"), answers):
            return _from_json({name: entry[name] for name in entry if name not in _FOUND_BY})
    return None


def _rounded_answers(judge: Judge, kind: str) -> list[float]:
    """Log-odds of the first cases, which tell judges apart that are all nearly sure; 0 where there
    is no answer.
    """
    values: list[float | None] = []
    for evidence in _first_evidence(judge, kind):
        values += [None] if evidence is None else [evidence.prompt, evidence.swap]
    return [0.0 if value is None else round(_log_odds(value), 5) for value in values]


def _log_odds(share: float) -> float:
    return math.log((share + _LEAST) / (1 - share + _LEAST))


def _same(shipped: Any, answers: Sequence[float]) -> bool:
    """Within what another machine's rounding changes."""
    if not isinstance(shipped, list) or len(shipped) != len(answers):
        return False
    return all(abs(own - other) < SAME for own, other in zip(answers, shipped, strict=True))
