"""The exact reader of drawn scenes as a judge: it looks at pixels alone, and answers the cases that
judges are calibrated on.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from encoderscope.conditioning.image_probe.judges.drawn_cases import KINDS, drawn_cases
from encoderscope.conditioning.image_probe.judges.evidence import evidence_of
from encoderscope.conditioning.image_probe.judges.protocol import AskedQuestion, JudgeAnswer
from encoderscope.conditioning.scenes.drawing import draw
from encoderscope.conditioning.scenes.read_scene import read
from encoderscope.conditioning.scenes.scene import Scene, Thing
from encoderscope.tests.judges import toy


class ReaderJudge:
    """Answers from what was read; a thing that could not be read is not there."""

    title, notes = "exact reader", ()

    def answer(
        self, image: torch.Tensor, questions: Sequence[AskedQuestion]
    ) -> list[JudgeAnswer | None]:
        [reading] = read(image[None])
        things = tuple(
            Thing(each.colour, each.shape, each.size, each.x, each.y)
            for each in reading.things
            if each.colour and each.shape and each.size
        )
        scene = Scene(things, (0.5, 0, 0, 0, 0))
        yes = [float(toy.truth(scene, question.text)) for question in questions]
        return [JudgeAnswer((each, 1 - each)) for each in yes]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"size"}))
def test_the_cases_are_true_of_their_pixels(kind: str) -> None:
    cases = drawn_cases(kind)[:60]
    right = 0
    for case in cases:
        [evidence] = evidence_of(ReaderJudge(), draw([case.scene], 128)[0], [case.question])
        assert evidence is not None
        right += (evidence.prompt > 0.5) == case.holds
    assert right >= len(cases) - 1
