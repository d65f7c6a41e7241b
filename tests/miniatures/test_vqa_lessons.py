"""What mini-VQA is taught: scenes that keep the held-out bags out, and answers that are right."""

from __future__ import annotations

import random

import pytest
import torch
from encoderscope.conditioning.image_probe.judges.mini_vqa import sentence_forms
from encoderscope.conditioning.image_probe.judges.mini_vqa.model import GRID
from encoderscope.conditioning.scenes.scene import COLOURS, SHAPES, Scene, Thing, bags
from encoderscope.tests.judges import toy
from encoderscope.tools.mini_vqa import lessons, right_answers, scene_kinds, vqa_training
from encoderscope.tools.mini_vqa.right_answers import Described

RED_CAR = Thing("red", "car", "big", 0.25, 0.5)
BLUE_CAR = Thing("blue", "car", "small", 0.75, 0.5)
TREE = Thing("red", "tree", "small", 0.5, 0.9)
CORNER = Thing("red", "star", "small", 0.27, 0.27)
OPPOSITE = Thing("red", "ball", "small", 0.73, 0.73)
GROUND = (0.5, 0.0, 0.0, 0.0, 0.0)
SCENE = Scene((RED_CAR, BLUE_CAR, TREE), GROUND)


def drawn(count: int) -> list[Scene]:
    dice = random.Random(5)
    return [scene_kinds.training_scene(dice) for _ in range(count)]


def test_no_bag_of_calibration_or_test_is_seen() -> None:
    unseen = {
        (frozenset(bag.colours), frozenset(bag.shapes))
        for part in ("calibration", "test")
        for bag in bags(part)
    }
    for scene in drawn(600):
        for number, first in enumerate(scene.things):
            for second in scene.things[:number]:
                colours = frozenset((first.colour, second.colour))
                shapes = frozenset((first.shape, second.shape))
                assert (colours, shapes) not in unseen


def test_there_are_scenes_of_every_number_of_things() -> None:
    counts = {len(scene.things) for scene in drawn(600)}
    assert counts == {0, 1, 2, 3, 4, 5}


def test_every_lesson_can_be_read_and_answered() -> None:
    dice = random.Random(2)
    answers: list[str] = []
    meanings = set()
    for scene in drawn(300):
        for _ in range(8):
            lesson = lessons.lesson(scene, dice)
            asked = sentence_forms.read(lesson.text)
            assert asked is not None, lesson.text
            assert lesson.answer in sentence_forms.ANSWERS
            meanings.add(asked.meaning)
            answers.append(lesson.answer)
    assert meanings == set(sentence_forms.FORMS)
    assert 0.35 < answers.count("yes") / len(answers) < 0.6
    assert 0.35 < answers.count("no") / len(answers) < 0.6


def test_the_answers_are_those_of_another_reader_of_questions() -> None:
    """Presence, attributes and numbers of things that have one name: as the toy judges know it."""
    dice, compared = random.Random(3), 0
    for scene in drawn(300):
        for _ in range(8):
            text, answer = lessons.lesson(scene, dice)
            asked = sentence_forms.read(text)
            assert asked is not None
            names = [thing.shape for thing in scene.things]
            simple = asked.meaning in ("there", "free", "has") and not (
                asked.meaning == "has" and names.count(asked.thing.shape) > 1
            )
            if simple and not (asked.meaning == "has" and any(asked.thing[1:])):
                assert toy.truth(scene, text) == (answer == "yes"), (scene, text)
                compared += 1
    assert compared > 500


@pytest.mark.parametrize(
    ("first", "place", "second", "right"),
    [
        (RED_CAR, "left", BLUE_CAR, True),
        (BLUE_CAR, "left", RED_CAR, False),
        (RED_CAR, "above", BLUE_CAR, False),
        (TREE, "below", RED_CAR, None),
        (CORNER, "left", OPPOSITE, None),
    ],
)
def test_places(first: Thing, place: str, second: Thing, right: bool | None) -> None:
    assert right_answers.stands(first, place, second) is right


def test_what_some_have_and_others_not_is_not_asked() -> None:
    cars = Described("car").among(SCENE)
    assert right_answers.all_have(cars, "red") is None
    assert right_answers.all_have(Described("car", "red").among(SCENE), "red") is True
    assert right_answers.all_have([], "red") is False and right_answers.none_has([], "red") is False
    assert right_answers.attribute_of(cars, COLOURS) is None
    assert right_answers.attribute_of([], COLOURS) == ""


def test_a_middle_between_cells_is_shared() -> None:
    middles, things = vqa_training.cell_truth([SCENE, Scene((), GROUND)])
    assert middles.shape == (2, GRID**2) and things.shape == (2, GRID**2, 3)
    assert float(middles[0].sum()) == pytest.approx(3, abs=1e-4)
    assert float(middles[1].sum()) == 0
    cell = int(middles[0].argmax())
    assert int(things[0, cell, 0]) in (SHAPES.index("car"), SHAPES.index("tree"))


def test_a_short_training_learns_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        vqa_training.scene_pictures,
        "through_taesd3",
        lambda scenes, dice: torch.rand(len(scenes), 3, 64, 64),
    )
    recipe = vqa_training.VqaTraining(
        steps=12, batch=6, questions=8, through=4, of_them=1, average=0.5, counting_steps=3
    )
    losses: list[float] = []
    vqa_training.train(recipe, lambda line: None, watch=losses.append)
    assert len(losses) == 12 + 3
    assert sum(losses[9:12]) < sum(losses[:3])
