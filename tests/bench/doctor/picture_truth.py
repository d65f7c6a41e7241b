"""Whether a drawn picture lost what its prompt asks for, by the exact reader."""

from __future__ import annotations

from collections.abc import Sequence

from encoderscope.conditioning.scenes.read_scene import ReadThing, SceneReading
from encoderscope.conditioning.scenes.scene import relation
from encoderscope.tests.bench.doctor.ill_prompts import AskedThing, IllPrompt

RIGHT, LOST, UNREAD = "right", "lost", "unread"


def picture_truth(prompt: IllPrompt, reading: SceneReading) -> str:
    """*right*: both things are there in a colour that was asked for, and stand as asked. *unread*:
    something is there that cannot be read, and nothing else speaks against it.
    """
    things = [_of(asked, reading.things) for asked in prompt.asked]
    if all(things):
        if not prompt.relation or _stand(things, prompt.relation):
            return RIGHT
        return LOST
    unknown = any(thing.colour is None or thing.shape is None for thing in reading.things)
    return UNREAD if unknown else LOST


def _of(asked: AskedThing, things: Sequence[ReadThing]) -> list[ReadThing]:
    """Those of this shape, if all of them have a colour that was asked for."""
    same = [thing for thing in things if thing.shape == asked.shape]
    return same if all(thing.colour in asked.colours for thing in same) else []


def _stand(things: Sequence[Sequence[ReadThing]], place: str) -> bool:
    first, second = (max(same, key=lambda thing: thing.match) for same in things)
    return relation(first, second) == place


def shown(prompt: IllPrompt, reading: SceneReading) -> tuple[bool, bool]:
    """Of each thing."""
    first, second = (bool(_of(asked, reading.things)) for asked in prompt.asked)
    return first, second
