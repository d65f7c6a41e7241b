"""The textbook's view: cosines between whole sentences. Shown beside the verdict, never part of it
(``docs/calibration.md`` says why).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..encoding.text_encoder import Answer
from .cells import Design
from .readouts import Answers, mean

UNRELATED = "a bowl of soup on a kitchen counter"
THRESHOLD = 0.95


@dataclass(frozen=True)
class Cosines:
    """Means over frames, of the pooled vectors (or the token means) of the sentence and another
    one.
    """

    swap: float
    commuted: float
    unrelated: float

    @property
    def margin(self) -> float:
        """How much nearer the same meaning in another order lies than the rival; below 0 for most
        encoders.
        """
        return self.commuted - self.swap


def cosines(design: Design, answers: Answers) -> Cosines:
    far = _vector(answers[UNRELATED])
    told = []
    for frame in design.frames:
        p, s, c = (_vector(answers[cell.text]) for cell in (frame.p, frame.s, frame.c))
        told.append([_cosine(p, s), _cosine(p, c), _cosine(p, far)])
    swap, commuted, unrelated = torch.tensor(told, dtype=torch.float64).mean(0).tolist()
    return Cosines(swap, commuted, unrelated)


def _vector(answer: Answer) -> torch.Tensor:
    return (answer.states.pooled if answer.states.pooled is not None else mean(answer)).double()


def _cosine(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(torch.nn.functional.cosine_similarity(a, b, dim=0, eps=1e-12))
