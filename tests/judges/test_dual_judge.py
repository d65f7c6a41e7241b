"""Dual encoders as judges: they compare the sentences of a question, and cannot answer others."""

from __future__ import annotations

import pytest
import torch
from encoderscope.conditioning.english.reading import read
from encoderscope.conditioning.image_probe.judges.dual_judge import DualEncoderJudge
from encoderscope.conditioning.image_probe.judges.evidence import evidence_of
from encoderscope.conditioning.image_probe.judges.protocol import AskedQuestion
from encoderscope.conditioning.image_probe.judges.questions.question_graph import question_graph
from encoderscope.tests.binding import image_toy

RED = AskedQuestion("Is the car red?", statements=("a red car", "a blue car"))


def picture(*pairs: str) -> torch.Tensor:
    return image_toy.paint([image_toy.scene(*pairs)])[0]


@pytest.mark.parametrize("objective", ["softmax", "sigmoid"])
def test_the_share_is_the_softmax_of_the_encoder_s_logits(objective: str) -> None:
    encoder = image_toy.scorer(objective=objective)
    image = picture("red car", "blue house")
    [answer] = DualEncoderJudge(encoder).answer(image, [RED])
    assert answer is not None
    logits = encoder.logits(image[None], list(RED.statements))[0].double()
    assert answer.probabilities == pytest.approx(tuple(logits.softmax(0).tolist()), rel=1e-5)
    assert answer.probabilities[0] > 0.5
    assert answer.mass is None


def test_questions_of_a_prompt() -> None:
    judge = DualEncoderJudge(image_toy.scorer())
    questions = question_graph(read("a red car next to a blue house")).questions
    of_prompt = evidence_of(judge, picture("red car", "blue house"), questions)
    of_swap = evidence_of(judge, picture("blue car", "red house"), questions)
    colours = [number for number, each in enumerate(questions) if each.kind == "colour"]
    for number in colours:
        assert of_prompt[number].prompt > 0.5 > of_swap[number].prompt
        assert of_prompt[number].swap == pytest.approx(1 - of_prompt[number].prompt)


def test_what_it_cannot_be_asked() -> None:
    judge = DualEncoderJudge(image_toy.scorer(limit=8))
    long = AskedQuestion("Is it?", statements=("a red car and a blue house and a tree", "a car"))
    answers = judge.answer(picture("red car", "blue house"), [AskedQuestion("Is it?"), long, RED])
    assert [answer is None for answer in answers] == [True, True, False]


def test_each_picture_and_each_sentence_is_read_once() -> None:
    encoder = image_toy.scorer()
    judge = DualEncoderJudge(encoder)
    image = picture("red car", "blue house")
    first = judge.answer(image, [RED])
    assert judge.answer(image.clone(), [RED, RED]) == [*first, *first]
    assert encoder.towers.pictures == [1]
    judge.answer(picture("blue car", "red house"), [RED])
    assert encoder.towers.pictures == [1, 1]
