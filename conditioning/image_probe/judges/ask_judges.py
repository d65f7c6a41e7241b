"""Asks judges about pictures.

result = ask_judges(images, question_graph(read(text)).questions, [judge])
result.pictures[0].shows
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import length_hint
from pathlib import Path

import torch

from ...progress import Progress, no_progress, stage
from .evidence import evidence_of
from .judge_calibration import NOT_DRAWN, JudgeCalibration, calibrated
from .judge_verdicts import (
    FAILS,
    NOT_ASKED,
    QuestionVerdict,
    agreed,
    not_asked,
    picture_verdict,
    verdict,
)
from .protocol import Judge
from .questions.question import PromptQuestion


@dataclass(frozen=True)
class JudgeOptions:
    """What asking can be given beside pictures, questions and judges."""

    cache: Path | None = None
    """Folder of saved calibrations."""
    progress: Progress = no_progress


@dataclass(frozen=True)
class JudgedPicture:
    """One picture and what every judge said."""

    shows: str
    agreed: tuple[str, ...]
    """What all judges say together, one for each question."""
    judges: tuple[tuple[QuestionVerdict, ...], ...]
    """For each judge one verdict for each question."""


@dataclass(frozen=True)
class Judgement:
    """All that judges said about pictures."""

    questions: tuple[PromptQuestion, ...]
    judges: tuple[Judge, ...]
    calibrations: tuple[Mapping[str, JudgeCalibration], ...]
    """For each judge: kind of drawn scenes -> calibration."""
    pictures: tuple[JudgedPicture, ...]


def ask_judges(
    images: Iterable[torch.Tensor],
    questions: Sequence[PromptQuestion],
    judges: Sequence[Judge],
    options: JudgeOptions | None = None,
) -> Judgement:
    """``images``: each (height, width, 3), 0 to 1. Half of the progress is for the calibrations,
    half for the pictures.
    """
    options = options or JudgeOptions()
    kinds = list(dict.fromkeys(question.drawn for question in questions if question.drawn))
    first_half, second_half = (stage(options.progress, half, 2) for half in range(2))
    calibrations = []
    for number, judge in enumerate(judges):
        progress = stage(first_half, number, len(judges))
        calibrations.append(_calibrations(judge, kinds, options, progress))
    first_half(1, 1)
    pictures = []
    count = max(1, length_hint(images))
    for number, image in enumerate(images):
        verdicts = []
        for place, (judge, of_judge) in enumerate(zip(judges, calibrations, strict=True)):
            asking = number * len(judges) + place, count * len(judges)
            progress = stage(second_half, *_at_most(*asking))
            verdicts.append(_ask(judge, image, questions, of_judge, progress))
        pictures.append(_judged(verdicts))
    options.progress(1, 1)
    return Judgement(tuple(questions), tuple(judges), tuple(calibrations), tuple(pictures))


def _at_most(number: int, count: int) -> tuple[int, int]:
    """A stage, and how many there are: never behind the last one, however many pictures came."""
    return min(number, count - 1), count


def _calibrations(
    judge: Judge, kinds: Sequence[str], options: JudgeOptions, progress: Progress
) -> dict[str, JudgeCalibration]:
    return {
        kind: calibrated(judge, kind, options.cache, stage(progress, number, len(kinds)))
        for number, kind in enumerate(kinds)
    }


def _ask(
    judge: Judge,
    image: torch.Tensor,
    questions: Sequence[PromptQuestion],
    calibrations: Mapping[str, JudgeCalibration],
    progress: Progress,
) -> tuple[QuestionVerdict, ...]:
    """Level by level of the graph: what an earlier answer ruled out is not asked."""
    verdicts: dict[str, QuestionVerdict] = {}
    while len(verdicts) < len(questions):
        ready = [
            question
            for question in questions
            if question.id not in verdicts and verdicts.keys() >= set(question.requires)
        ]
        ruled_out = [each for each in ready if _is_ruled_out(each, verdicts)]
        verdicts.update({each.id: not_asked(each.id) for each in ruled_out})
        open_questions = [each for each in ready if each.id not in verdicts]
        evidences = evidence_of(judge, image, open_questions)
        for question, evidence in zip(open_questions, evidences, strict=True):
            calibration = calibrations.get(question.drawn, NOT_DRAWN)
            verdicts[question.id] = verdict(question.id, evidence, calibration)
        progress(len(verdicts), len(questions))
    return tuple(verdicts[question.id] for question in questions)


def _is_ruled_out(question: PromptQuestion, verdicts: Mapping[str, QuestionVerdict]) -> bool:
    return any(verdicts[each].verdict in (FAILS, NOT_ASKED) for each in question.requires)


def _judged(verdicts: Sequence[tuple[QuestionVerdict, ...]]) -> JudgedPicture:
    together = tuple(agreed(each) for each in zip(*verdicts, strict=True))
    return JudgedPicture(picture_verdict(together), together, tuple(verdicts))
