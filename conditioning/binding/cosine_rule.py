"""The cosine rule: cosines between whole sentences, as textbooks compare them. Shown beside the
verdict, never part of it (``docs/calibration.md`` says why).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..encoding.text_encoder import Answer
from .designs import Design
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
    """Of the prompt's meaning with its rival, with itself in the other order, and with an unrelated
    sentence.
    """
    unrelated = _vector(answers[UNRELATED])
    by_frame = []
    for frame in design.frames:
        prompt, rival, commuted = (_vector(answers[cell.text]) for cell in frame.four[:3])
        others = (rival, commuted, unrelated)
        by_frame.append([_cosine(prompt, other) for other in others])
    return Cosines(*torch.tensor(by_frame, dtype=torch.float64).mean(0).tolist())


def _vector(answer: Answer) -> torch.Tensor:
    if answer.states.pooled is None:
        return mean(answer).double()
    return answer.states.pooled.double()


def _cosine(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(torch.nn.functional.cosine_similarity(a, b, dim=0, eps=1e-12))
