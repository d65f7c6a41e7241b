"""What a judge is: one picture and questions in, a probability for every possible answer out. No
text is generated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

YES, NO = "yes", "no"
YES_OR_NO = (YES, NO)


@dataclass(frozen=True)
class AskedQuestion:
    """One question as it is put to a judge."""

    text: str
    answers: tuple[str, ...] = YES_OR_NO
    """The possible answers, in small letters."""
    statements: tuple[str, ...] = ()
    """What a picture shows if an answer is right, one for each answer; for judges that compare
    sentences and cannot answer. Empty where there are none.
    """
    exact: bool = False
    """Only this spelling of an answer counts; else capitals and blanks make no difference."""
    instructed: bool = False
    """The text says itself how to answer."""


@dataclass(frozen=True)
class JudgeAnswer:
    """What one judge holds of the possible answers."""

    probabilities: tuple[float, ...]
    """One for each answer; they add up to 1."""
    mass: float | None = None
    """How much of all probability stood on these answers before they were made to add up to 1. A
    judge that would rather say something else has little. None: it knows nothing but these answers.
    """

    def of(self, question: AskedQuestion, answer: str) -> float:
        """The probability of one answer."""
        return self.probabilities[question.answers.index(answer)]


class Judge(Protocol):
    """Whatever can be asked about a picture."""

    @property
    def title(self) -> str:
        """Its name, as artists know it."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on where it came from and what was assumed."""

    def answer(
        self, image: torch.Tensor, questions: Sequence[AskedQuestion]
    ) -> list[JudgeAnswer | None]:
        """``image``: (height, width, 3), 0 to 1. One answer for each question; None where this
        judge cannot take it.
        """


def shared(masses: Sequence[float]) -> JudgeAnswer:
    """An answer from what a model holds of each: made to add up to 1, the mass kept. Equal shares
    where there is no mass at all.
    """
    total = sum(masses)
    if total <= 0:
        return JudgeAnswer((1 / len(masses),) * len(masses), 0.0)
    return JudgeAnswer(tuple(mass / total for mass in masses), total)
