"""What judges say about pictures: the graph is followed, and disagreement is shown."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from encoderscope.conditioning.english.reading import read
from encoderscope.conditioning.image_probe.judges.ask_judges import (
    Judgement,
    JudgeOptions,
    ask_judges,
)
from encoderscope.conditioning.image_probe.judges.judge_verdicts import (
    DISAGREE,
    FAILS,
    HOLDS,
    NOT_ASKED,
    NOT_SHOWN,
    SHOWN,
    UNKNOWN,
    agreed,
    not_asked,
    picture_verdict,
)
from encoderscope.conditioning.image_probe.judges.protocol import AskedQuestion, shared
from encoderscope.conditioning.image_probe.judges.questions.question_graph import question_graph
from encoderscope.conditioning.scenes.scene import Scene, Thing, staged
from encoderscope.tests.judges import toy

PROMPT = "a red car to the left of a blue house"
SAVED = Path(tempfile.mkdtemp())
"""Calibrations of the made-up judges, measured once."""
TRUE = Scene(
    (Thing("red", "car", "big", 0.25, 0.5), Thing("blue", "house", "big", 0.75, 0.5)),
    (0.5, 0, 0, 0, 0),
)


def judge(scene: Scene, *judges: toy.TruthJudge, text: str = PROMPT) -> Judgement:
    image = toy.picture(scene)
    for each in judges:
        each.memory.add(scene, image)
    questions = question_graph(read(text)).questions
    return ask_judges([image], questions, judges, JudgeOptions(cache=SAVED))


def says(judgement: Judgement) -> list[str]:
    return list(judgement.pictures[0].agreed)


def test_a_picture_of_the_prompt(memory: toy.SceneMemory) -> None:
    judgement = judge(TRUE, toy.TruthJudge(memory))
    assert says(judgement) == [HOLDS] * 5
    assert judgement.pictures[0].shows == SHOWN


def test_its_swap(memory: toy.SceneMemory) -> None:
    judgement = judge(TRUE.swapped(), toy.TruthJudge(memory))
    assert says(judgement) == [HOLDS, HOLDS, FAILS, FAILS, HOLDS]
    assert judgement.pictures[0].shows == NOT_SHOWN


def test_nothing_is_asked_about_what_is_not_there(memory: toy.SceneMemory) -> None:
    witness = toy.TruthJudge(memory)
    scene = staged(random.Random(3), ("green", "tree"), ("blue", "house"))
    judgement = judge(scene, witness)
    labels = [question.label for question in judgement.questions]
    assert labels == ["car", "house", "red car", "blue house", "car to the left of house"]
    assert says(judgement) == [FAILS, HOLDS, NOT_ASKED, HOLDS, NOT_ASKED]
    last = witness.texts[-20:]
    assert "Is the house blue?" in last
    assert "Is the car red?" not in last


def test_who_cannot_tell_says_so(memory: toy.SceneMemory) -> None:
    judgement = judge(TRUE, toy.CoinJudge(memory))
    assert says(judgement) == [UNKNOWN] * 5
    assert {each.reason for each in judgement.pictures[0].judges[0]} == {"judge"}
    assert all(each.evidence is not None for each in judgement.pictures[0].judges[0])
    mute = judge(TRUE, toy.MuteJudge(memory))
    assert {each.reason for each in mute.pictures[0].judges[0]} == {"no answer"}
    blind = judge(TRUE, toy.ColourBlindJudge(memory))
    assert says(blind) == [HOLDS, HOLDS, UNKNOWN, UNKNOWN, HOLDS]
    assert blind.pictures[0].shows == UNKNOWN


def test_kinds_that_cannot_be_drawn_are_asked_and_never_claimed(memory: toy.SceneMemory) -> None:
    text = "a wooden car"
    judgement = judge(TRUE, toy.TruthJudge(memory), text=text)
    assert says(judgement) == [HOLDS, UNKNOWN]
    last = judgement.pictures[0].judges[0][1]
    assert last.reason == "kind"
    assert last.evidence is not None


class LateLiar(toy.TruthJudge):
    """Right about drawn scenes of the calibration; about all others it sees the swap."""

    def says(self, scene: Scene, text: str) -> bool:
        return toy.truth(scene.swapped() if scene == TRUE else scene, text)


def test_disagreement_is_shown_and_not_averaged(memory: toy.SceneMemory) -> None:
    judgement = judge(TRUE, toy.TruthJudge(memory), LateLiar(memory))
    assert says(judgement) == [HOLDS, HOLDS, DISAGREE, DISAGREE, HOLDS]
    assert judgement.pictures[0].shows == DISAGREE
    silent = judge(TRUE, toy.TruthJudge(memory), toy.CoinJudge(memory))
    assert says(silent) == [HOLDS] * 5, "who may not speak disagrees with nobody"


def test_no_questions_and_no_judges(memory: toy.SceneMemory) -> None:
    nothing = judge(TRUE, toy.TruthJudge(memory), text="masterpiece")
    assert nothing.pictures[0].shows == UNKNOWN
    assert judge(TRUE).pictures[0].shows == UNKNOWN


def test_together() -> None:
    assert agreed([not_asked("q1")]) == NOT_ASKED
    assert agreed([]) == UNKNOWN
    assert picture_verdict([HOLDS, NOT_ASKED]) == UNKNOWN
    assert picture_verdict([HOLDS, DISAGREE, FAILS]) == NOT_SHOWN
    assert picture_verdict([]) == UNKNOWN


def test_answers_add_up_to_one() -> None:
    question = AskedQuestion("What colour is the car?", ("red", "blue", "green"))
    answer = shared([0.1, 0.3, 0.0])
    assert answer.probabilities == pytest.approx((0.25, 0.75, 0.0))
    assert answer.mass == pytest.approx(0.4)
    assert answer.of(question, "blue") == pytest.approx(0.75)
    assert shared([0.0, 0.0]).probabilities == (0.5, 0.5)


class Stopped(Exception):
    """The stop button."""


def test_pictures_have_progress_and_can_be_stopped(memory: toy.SceneMemory) -> None:
    """The calibrations are done at a half; from there on every picture and judge is a step."""
    images = [toy.picture(scene) for scene in (TRUE, TRUE.swapped(), TRUE)]
    for scene in (TRUE, TRUE.swapped()):
        memory.add(scene, toy.picture(scene))
    questions = question_graph(read(PROMPT)).questions
    judges = [toy.TruthJudge(memory), toy.CoinJudge(memory)]
    shares: list[float] = []

    def progress(done: int, total: int) -> None:
        shares.append(done / total)

    ask_judges(images, questions, judges, JudgeOptions(SAVED, progress))
    assert shares == sorted(shares) and shares[-1] == 1
    while_asked = {round(share, 3) for share in shares if share > 0.5}
    assert {round(0.5 + step / 12, 3) for step in range(1, 7)} <= while_asked

    def stop_at_pictures(done: int, total: int) -> None:
        if done > 0.7 * total:
            raise Stopped

    asked = len(judges[0].texts)
    with pytest.raises(Stopped):
        ask_judges(images, questions, judges, JudgeOptions(SAVED, stop_at_pictures))
    assert len(judges[0].texts) < 2 * asked


def test_pictures_that_nobody_counted_do_not_break_the_bar(memory: toy.SceneMemory) -> None:
    image = toy.picture(TRUE)
    memory.add(TRUE, image)
    shares: list[float] = []
    ask_judges(
        (image for _ in range(3)),
        question_graph(read("a car")).questions,
        [toy.TruthJudge(memory)],
        JudgeOptions(SAVED, lambda done, total: shares.append(done / total)),
    )
    assert max(shares) == 1
