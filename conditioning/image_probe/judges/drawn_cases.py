"""Drawn scenes with a question whose right answer is known, for each kind that can be drawn.

The captions are read and turned into questions by the same code as prompts are, so that a judge is
calibrated on the very wordings that it will be asked.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import torch

from ...english.frames import number_word, numbered
from ...english.reading import read
from ...scenes.captions import CONVERSES
from ...scenes.drawing import draw
from ...scenes.scene import COLOURS, SHAPES, Scene, Thing, pick, scenes, shuffled
from ..calibration import COLOUR, PLACE, SIZE, other_word
from .questions.question import COUNT, PRESENCE, PromptQuestion
from .questions.question_graph import ABSENCE, question_graph

CASES = 160
"""True ones, and as many false ones, of each kind."""
SIDE = 224
PART = "calibration"
SEED = 14
_CORNERS = ((0.27, 0.27), (0.73, 0.27), (0.27, 0.73), (0.73, 0.73))


@dataclass(frozen=True)
class DrawnCase:
    """One scene and one question about it."""

    scene: Scene
    question: PromptQuestion
    holds: bool
    """Whether the scene is as the question's caption has it."""

    def picture(self) -> torch.Tensor:
        """(height, width, 3), 0 to 1."""
        return draw([self.scene], SIDE)[0]


@dataclass(frozen=True)
class _Captions:
    """What is true of a scene and what is not, each with the label of the question that is asked;
    the label is the beginning of what the reading calls it.
    """

    true: tuple[str, str]
    false: tuple[str, str]


@cache
def drawn_cases(kind: str, count: int = CASES, part: str = PART) -> tuple[DrawnCase, ...]:
    """``count`` true cases and as many false ones of a kind of :data:`KINDS`, in turn."""
    cases: list[DrawnCase] = []
    for number, scene in enumerate(_scenes(kind, count, part)):
        captions = _CAPTIONS[kind](scene, number)
        cases.append(DrawnCase(scene, _question(kind, *captions.true), True))
        cases.append(DrawnCase(scene, _question(kind, *captions.false), False))
    return tuple(cases)


def _question(kind: str, caption: str, label: str) -> PromptQuestion:
    """The question of this kind and label that the caption gives."""
    every = question_graph(read(caption)).questions
    return next(each for each in every if each.drawn == kind and each.label == label)


def _scenes(kind: str, count: int, part: str) -> list[Scene]:
    if kind == COUNT:
        return [_counted(random.Random(f"count {part} {k}"), k) for k in range(count)]
    if kind != SIZE:
        return scenes(count, part, SEED)
    every = scenes(12 * count, part, SEED)
    return [each for each in every if {thing.size for thing in each.things} == {"small", "big"}][
        :count
    ]


def _counted(dice: random.Random, number: int) -> Scene:
    """One to four things of one shape, each in a corner."""
    shape = pick(dice, SHAPES)
    places = shuffled(dice, _CORNERS)[: number % 4 + 1]
    things = tuple(
        Thing(pick(dice, COLOURS), shape, "small", x, y, turn=0.2 * dice.random() - 0.1)
        for x, y in places
    )
    return Scene(things, (0.4 + 0.3 * dice.random(), 0.0, 0.0, 0.0, 0.02))


# --- captions
# --------------------------------------------------------------------------------------------------


def _presence(scene: Scene, number: int) -> _Captions:
    own, other = _in_turn(scene, number)
    absent = _absent_shape(scene, number)
    return _Captions(
        (f"a {own.shape} and a {other.shape}", own.shape),
        (f"a {absent} and a {other.shape}", absent),
    )


def _absence(scene: Scene, number: int) -> _Captions:
    own, other = _in_turn(scene, number)
    absent = _absent_shape(scene, number)
    return _Captions(
        (f"a {own.shape} and a {other.shape} without a {absent}", f"without {absent}"),
        (f"a {own.shape} without a {other.shape}", f"without {other.shape}"),
    )


def _colour(scene: Scene, number: int) -> _Captions:
    own, other = _in_turn(scene, number)
    dice = random.Random(f"colour {number}")
    wrong = other_word(dice, COLOURS, [thing.colour for thing in scene.things])
    false = [
        replace(own, colour=other.colour),
        replace(own, colour=wrong),
        replace(own, shape=_absent_shape(scene, number)),
    ][number % 3]
    return _described("colour", own, other, false, number % 3 == 0)


def _size(scene: Scene, number: int) -> _Captions:
    own, other = _in_turn(scene, number)
    absent = replace(own, shape=_absent_shape(scene, number))
    false = [replace(own, size=other.size), absent][number // 2 % 2]
    return _described("size", own, other, false, number // 2 % 2 == 0)


def _described(field: str, own: Thing, other: Thing, false: Thing, exchanged: bool) -> _Captions:
    """Both things with an attribute; in the false caption the first one is another, or the
    attributes are ``exchanged``.
    """
    beside = replace(other, **{field: getattr(own, field)}) if exchanged else other

    def caption(first: Thing, second: Thing) -> tuple[str, str]:
        phrases = [f"{getattr(each, field)} {each.shape}" for each in (first, second)]
        return f"a {phrases[0]} and a {phrases[1]}", phrases[0]

    return _Captions(caption(own, other), caption(false, beside))


def _place(scene: Scene, number: int) -> _Captions:
    first, second = (thing.shape for thing in scene.things)
    word = scene.relation
    absent = _absent_shape(scene, number)
    false = [(second, word, first), (first, CONVERSES[word], second), (absent, word, second)]

    def caption(left: str, word: str, right: str) -> tuple[str, str]:
        return f"a {left} {word} a {right}", f"{left} {word} {right}"

    return _Captions(caption(first, word, second), caption(*false[number % 3]))


def _count(scene: Scene, number: int) -> _Captions:
    value, shape = len(scene.things), scene.things[0].shape
    neighbours = [other for other in (value - 1, value + 1) if 1 <= other <= 4]
    wrong = neighbours[number // 4 % len(neighbours)]

    def caption(value: int) -> tuple[str, str]:
        phrase = f"{number_word(value)} {numbered(shape, value)}"
        return phrase, phrase

    return _Captions(caption(value), caption(wrong))


def _in_turn(scene: Scene, number: int) -> Sequence[Thing]:
    return scene.things if number % 2 else scene.things[::-1]


def _absent_shape(scene: Scene, number: int) -> str:
    dice = random.Random(f"absent {number}")
    return other_word(dice, SHAPES, [thing.shape for thing in scene.things])


_CAPTIONS: dict[str, Callable[[Scene, int], _Captions]] = {
    PRESENCE: _presence,
    ABSENCE: _absence,
    COLOUR: _colour,
    SIZE: _size,
    PLACE: _place,
    COUNT: _count,
}
KINDS = tuple(_CAPTIONS)
"""Kinds of questions that drawn scenes show."""
