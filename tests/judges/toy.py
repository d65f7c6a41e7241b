"""Judges whose errors are known by construction: they look up the scene that a picture was drawn
from, and take questions apart word by word.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from encoderscope.conditioning.image_probe.judges.protocol import AskedQuestion, JudgeAnswer
from encoderscope.conditioning.scenes.drawing import draw
from encoderscope.conditioning.scenes.scene import COLOURS, SHAPES, SIZES, Scene

SIDE = 16
NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
PLACES = {
    "left": lambda a, b: a.x < b.x - 0.2,
    "right": lambda a, b: a.x > b.x + 0.2,
    "above": lambda a, b: a.y < b.y - 0.2,
    "below": lambda a, b: a.y > b.y + 0.2,
}


def picture(scene: Scene) -> torch.Tensor:
    return draw([scene], SIDE)[0]


class SceneMemory:
    """Which scene a picture was drawn from."""

    def __init__(self) -> None:
        self.scenes: dict[bytes, Scene] = {}

    def add(self, scene: Scene, image: torch.Tensor) -> None:
        self.scenes[image.numpy().tobytes()] = scene

    def of(self, image: torch.Tensor) -> Scene:
        return self.scenes[image.contiguous().numpy().tobytes()]


def truth(scene: Scene, text: str) -> bool:
    """The right answer to a question about a drawn scene, in any of the wordings of the graph."""
    words = [re.sub("s$", "", word) for word in re.findall(r"[a-z]+", text.lower())]
    denied = "without" in words or "free" in words
    words = [word for word in words if word != "thi"]
    shapes = [word for word in words if word in SHAPES]
    place = next((word for word in words if word in PLACES), None)
    number = next((NUMBERS[word] for word in words if word in NUMBERS), None)
    if number is not None:
        return sum(thing.shape == shapes[0] for thing in scene.things) == number
    if place:
        first, second = ([t for t in scene.things if t.shape == shape] for shape in shapes)
        return bool(first and second) and PLACES[place](first[0], second[0])
    attributes = [word for word in words if word in (*COLOURS, *SIZES)]
    there = any(
        thing.shape == shapes[0] and {thing.colour, thing.size} >= set(attributes)
        for thing in scene.things
    )
    return there != denied


def dice(scene: Scene, text: str) -> int:
    """Chance, the same for all questions about one thing."""
    words = re.findall(r"[a-z]+", text)
    thing = next(shape for word in words for shape in SHAPES if word.startswith(shape[:4]))
    return zlib.crc32(f"{scene} {thing}".encode()) >> 3


@dataclass
class TruthJudge:
    """Knows, and is as sure as ``sure``."""

    memory: SceneMemory
    sure: float = 0.98
    title: str = ""
    notes: tuple[str, ...] = ()
    texts: list[str] = field(default_factory=list)
    """Every question that it got."""

    def __post_init__(self) -> None:
        self.title = self.title or type(self).__name__

    def says(self, scene: Scene, text: str) -> bool:
        return truth(scene, text)

    def answer(
        self, image: torch.Tensor, questions: Sequence[AskedQuestion]
    ) -> list[JudgeAnswer | None]:
        scene = self.memory.of(image)
        self.texts += [each.text for each in questions]
        yes = [self.sure if self.says(scene, each.text) else 1 - self.sure for each in questions]
        return [JudgeAnswer((each, 1 - each), 0.9) for each in yes]


class CoinJudge(TruthJudge):
    """A guess, always the same one."""

    def says(self, scene: Scene, text: str) -> bool:
        return bool(zlib.crc32(f"{scene} {text}".encode()) >> 7 & 1)


class YesJudge(TruthJudge):
    """Says yes to everything."""

    def says(self, scene: Scene, text: str) -> bool:
        return True


class NoJudge(TruthJudge):
    """Says no to everything."""

    def says(self, scene: Scene, text: str) -> bool:
        return False


class ColourBlindJudge(TruthJudge):
    """Sees everything but which thing has which colour."""

    def says(self, scene: Scene, text: str) -> bool:
        if any(colour in text for colour in COLOURS):
            colours = [thing.colour for thing in scene.things]
            return any(colour in text for colour in colours)
        return truth(scene, text)


class SwappedJudge(TruthJudge):
    """Takes each thing for the other one."""

    def says(self, scene: Scene, text: str) -> bool:
        if len(scene.things) != 2:
            return truth(scene, text)
        return truth(scene.swapped(), text)


class MostlyRightJudge(TruthJudge):
    """Wrong about one thing in ``one_in``, however one asks, and as sure then."""

    one_in = 8

    def says(self, scene: Scene, text: str) -> bool:
        return truth(scene, text) != (dice(scene, text) % self.one_in == 0)


class HonestlyUnsureJudge(TruthJudge):
    """Right, but for one thing in six, where it guesses and is unsure, however one asks."""

    def answer(
        self, image: torch.Tensor, questions: Sequence[AskedQuestion]
    ) -> list[JudgeAnswer | None]:
        scene = self.memory.of(image)
        answers: list[JudgeAnswer | None] = []
        for each in questions:
            chance = dice(scene, each.text)
            yes = 0.98 if truth(scene, each.text) else 0.02
            if chance % 6 == 0:
                yes = 0.45 + chance // 6 % 101 / 1000
            answers.append(JudgeAnswer((yes, 1 - yes), 0.9))
        return answers


class MuteJudge(TruthJudge):
    """Cannot take a question."""

    def answer(
        self, image: torch.Tensor, questions: Sequence[AskedQuestion]
    ) -> list[JudgeAnswer | None]:
        return [None for _ in questions]
