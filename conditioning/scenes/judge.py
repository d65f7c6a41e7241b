"""What of a prompt a drawn picture shows, judged on the picture's reading: presence, colour, size
and place.

    ask = asked(scene, "colour")
    judge(reading, ask).outcomes["colour"]        right, swapped, other, missing or unread
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import UnknownName
from .read_scene import ReadThing, SceneReading
from .scene import Scene, relation

COLOUR, SIZE, RELATION = ATTRIBUTES = ("colour", "size", "relation")
RIGHT, SWAPPED, OTHER, MISSING, UNREAD = "right", "swapped", "other", "missing", "unread"
"""As asked; the two things exchanged; neither; a thing is not there; there, but not to be read."""


@dataclass(frozen=True)
class AskedScene:
    """What a prompt says of two things of different shapes."""

    shapes: tuple[str, str]
    pairs: Mapping[str, tuple[str, str]]
    """Attribute -> what the first and the second have. Of *relation*: how the first stands to the
    second, and the other way round.
    """


@dataclass(frozen=True)
class SceneJudgement:
    """What one picture shows of a prompt."""

    present: tuple[bool, bool]
    """Whether each thing is there, whatever its colour."""
    colours_present: bool
    """Whether both colours are there, whatever has them; True where no colour was asked for."""
    outcomes: Mapping[str, str]
    """Attribute that was asked for -> outcome."""

    @property
    def complete(self) -> bool:
        """Both things and both colours are there: only who has which is open."""
        return all(self.present) and self.colours_present


def asked(scene: Scene, *attributes: str) -> AskedScene:
    """What a prompt with these attributes says of a scene. Raises :class:`UnknownName`."""
    first, second = scene.things
    pairs: dict[str, tuple[str, str]] = {}
    for attribute in attributes:
        if attribute not in ATTRIBUTES:
            raise UnknownName("attribute of a drawn scene", attribute, list(ATTRIBUTES))
        if attribute == RELATION:
            pairs[attribute] = (relation(first, second), relation(second, first))
        else:
            pairs[attribute] = (getattr(first, attribute), getattr(second, attribute))
    return AskedScene((first.shape, second.shape), pairs)


def judge(reading: SceneReading, ask: AskedScene) -> SceneJudgement:
    """Compare what was read with what was asked for."""
    things = [_of_shape(reading.things, shape) for shape in ask.shapes]
    colours = {thing.colour for thing in reading.things}
    return SceneJudgement(
        (bool(things[0]), bool(things[1])),
        colours >= set(ask.pairs.get(COLOUR, ())),
        {name: _outcome(name, things, pair) for name, pair in ask.pairs.items()},
    )


def _of_shape(things: Sequence[ReadThing], shape: str) -> list[ReadThing]:
    return [thing for thing in things if thing.shape == shape]


def _outcome(name: str, things: Sequence[Sequence[ReadThing]], pair: tuple[str, str]) -> str:
    if not all(things):
        return MISSING
    values = _relations(things) if name == RELATION else _values(name, things)
    if values == pair:
        return RIGHT
    if values == pair[::-1]:
        return SWAPPED
    return UNREAD if None in values else OTHER


def _values(name: str, things: Sequence[Sequence[ReadThing]]) -> tuple[str | None, ...]:
    """Of each shape; None where it cannot be read, *several* where two things of the shape
    differ.
    """
    values = [{getattr(thing, name) for thing in of_shape} for of_shape in things]
    return tuple(options.pop() if len(options) == 1 else "several" for options in values)


def _relations(things: Sequence[Sequence[ReadThing]]) -> tuple[str | None, ...]:
    """Between the best read thing of each shape."""
    first, second = (max(of_shape, key=lambda thing: thing.match) for of_shape in things)
    return relation(first, second), relation(second, first)
