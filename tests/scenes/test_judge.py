"""Every outcome of the judge, on scenes whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from encoderscope.conditioning.errors import UnknownName
from encoderscope.conditioning.scenes.drawing import draw
from encoderscope.conditioning.scenes.judge import (
    ATTRIBUTES,
    MISSING,
    OTHER,
    RIGHT,
    SWAPPED,
    UNREAD,
    SceneJudgement,
    asked,
    judge,
)
from encoderscope.conditioning.scenes.read_scene import SceneReading, read
from encoderscope.conditioning.scenes.scene import Scene, Thing

SCENE = Scene(
    (Thing("red", "car", "small", 0.27, 0.5), Thing("blue", "house", "big", 0.73, 0.45)),
    (0.55, 0.0, 0.05, 0.05, 0.01),
)


def judged(scene: Scene, *attributes: str) -> SceneJudgement:
    """A picture of ``scene``, asked for SCENE."""
    return judge(read(draw([scene], 64))[0], asked(SCENE, *(attributes or ATTRIBUTES)))


def with_things(**second: object) -> Scene:
    return replace(SCENE, things=(SCENE.things[0], replace(SCENE.things[1], **second)))


def test_as_asked() -> None:
    judgement = judged(SCENE)
    assert judgement.present == (True, True)
    assert judgement.complete
    assert dict(judgement.outcomes) == dict.fromkeys(ATTRIBUTES, RIGHT)


def test_colours_exchanged() -> None:
    judgement = judged(SCENE.swapped())
    assert judgement.complete
    assert dict(judgement.outcomes) == {"colour": SWAPPED, "size": RIGHT, "relation": RIGHT}


def test_sizes_exchanged() -> None:
    car, house = SCENE.things
    swapped = replace(SCENE, things=(replace(car, size="big"), replace(house, size="small")))
    assert judged(swapped).outcomes["size"] == SWAPPED


def test_places_exchanged_and_others() -> None:
    car, house = SCENE.things
    mirrored = replace(SCENE, things=(replace(car, x=0.73), replace(house, x=0.27)))
    assert judged(mirrored).outcomes["relation"] == SWAPPED
    above = replace(SCENE, things=(replace(car, x=0.5, y=0.27), replace(house, x=0.5, y=0.73)))
    assert judged(above).outcomes["relation"] == OTHER


def test_another_colour_and_both_the_same() -> None:
    green = judged(with_things(colour="green"))
    assert (green.outcomes["colour"], green.complete) == (OTHER, False)
    both = judged(with_things(colour="red"))
    assert (both.outcomes["colour"], both.complete) == (OTHER, False)


def test_a_missing_thing() -> None:
    judgement = judged(with_things(shape="tree"))
    assert judgement.present == (True, False)
    assert set(judgement.outcomes.values()) == {MISSING}


def test_two_cars_of_both_colours_bind_nothing() -> None:
    car, house = SCENE.things
    extra = Thing("blue", "car", "small", 0.3, 0.85)
    three = replace(SCENE, things=(replace(car, y=0.3), extra, house))
    assert judged(three).outcomes["colour"] == OTHER


def test_what_cannot_be_read_is_no_error() -> None:
    reading = read(draw([SCENE], 64))[0]
    pale = replace(reading.things[0], colour=None)
    outcomes = judge(
        SceneReading((pale, *reading.things[1:]), 0.0), asked(SCENE, "colour")
    ).outcomes
    assert outcomes == {"colour": UNREAD}


def test_only_what_was_asked_for() -> None:
    assert set(judged(SCENE, "relation").outcomes) == {"relation"}
    assert judged(with_things(colour="green"), "relation").complete
    with pytest.raises(UnknownName, match="colour"):
        asked(SCENE, "taste")


def test_an_empty_picture_shows_nothing() -> None:
    judgement = judge(read(torch.full((1, 64, 64, 3), 0.5))[0], asked(SCENE, "colour"))
    assert judgement.present == (False, False)
    assert judgement.outcomes == {"colour": MISSING}
