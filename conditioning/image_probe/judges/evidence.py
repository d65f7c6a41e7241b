"""What one judge answered to all wordings and swaps of one question about one picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

from .protocol import AskedQuestion, Judge, JudgeAnswer
from .questions.question import PromptQuestion

AT_ONCE = 32
"""Questions that a judge gets with one picture."""


@dataclass(frozen=True)
class Evidence:
    """Probabilities between 0 and 1."""

    prompt: float
    """Mean over the wordings of the probability of the expected answer."""
    swap: float | None
    """The same over the swaps, to which a picture of the prompt gives the other answer; None: the
    question has none.
    """
    mass: float | None
    """The least mass of its answers; None: this judge knows no other answers."""

    @property
    def holds(self) -> float:
        """How clearly the picture is as the prompt has it: the swap must be denied, too."""
        if self.swap is None:
            return self.prompt
        return min(self.prompt, 1 - self.swap)

    @property
    def fails(self) -> float:
        """How clearly it is not: it may show the swap, or neither."""
        return 1 - self.prompt


def evidence_of(
    judge: Judge, image: torch.Tensor, questions: Sequence[PromptQuestion]
) -> list[Evidence | None]:
    """Of each question about ``image`` (height, width, 3); None where the judge cannot take a
    wording of it.
    """
    groups = [question.asked() for question in questions]
    every = [each for group in groups for each in group]
    answers: list[JudgeAnswer | None] = []
    for start in range(0, len(every), AT_ONCE):
        answers += judge.answer(image, every[start : start + AT_ONCE])
    results, position = [], 0
    for question, group in zip(questions, groups, strict=True):
        own = answers[position : position + len(group)]
        position += len(group)
        results.append(_evidence(question, group, own))
    return results


def _evidence(
    question: PromptQuestion, group: Sequence[AskedQuestion], answers: Sequence[JudgeAnswer | None]
) -> Evidence | None:
    """``group``: all wordings and swaps of the question."""
    own = [answer for answer in answers if answer is not None]
    if not own or len(own) < len(answers):
        return None
    expected = [answer.of(each, question.expected) for each, answer in zip(group, own, strict=True)]
    count = len(question.wordings)
    masses = [answer.mass for answer in own if answer.mass is not None]
    prompt = sum(expected[:count]) / count
    return Evidence(prompt, _mean(expected[count:]), min(masses, default=None))


def _mean(values: Iterable[float]) -> float | None:
    every = list(values)
    if not every:
        return None
    return sum(every) / len(every)
