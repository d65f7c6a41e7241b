"""What is true of a scene: the right answer to every question that mini-VQA is taught."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...conditioning.scenes.scene import COLOURS, SIZES, Scene, Thing

CLEAR = 0.22
"""How far apart two middles must be along an axis for the one to be left of, or above, the other,
in parts of the picture's side.
"""
_ALIKE = 0.1
"""How far apart they may be for neither to be."""


@dataclass(frozen=True)
class Described:
    """A thing as a question names it."""

    shape: str
    colour: str = ""
    size: str = ""

    def fits(self, thing: Thing) -> bool:
        """Whether a thing is one of these."""
        return (
            thing.shape == self.shape
            and self.colour in ("", thing.colour)
            and self.size in ("", thing.size)
        )

    def among(self, scene: Scene) -> list[Thing]:
        """All of a scene that are."""
        return [thing for thing in scene.things if self.fits(thing)]


def has(thing: Thing, which: str) -> bool:
    """Whether a colour or size is the thing's."""
    return which in (thing.colour, thing.size)


def all_have(things: Sequence[Thing], which: str) -> bool | None:
    """Nothing has it where nothing is there; None where some have it and some have not."""
    every = {has(thing, which) for thing in things}
    if len(every) == 2:
        return None
    return True in every


def none_has(things: Sequence[Thing], which: str) -> bool | None:
    """Whether the things are there and are all something else; None where some are."""
    every = {has(thing, which) for thing in things}
    if len(every) == 2:
        return None
    return False in every


def all_stand(first: Sequence[Thing], place: str, second: Sequence[Thing]) -> bool | None:
    """Whether all of the first stand so to all of the second; None where some do, or where it is
    not clear.
    """
    every = {
        stands(thing, place, other) for thing in first for other in second if thing is not other
    }
    if len(every) > 1 or None in every:
        return None
    return True in every


def some_stand(things: Sequence[Thing], place: str, others: Sequence[Thing]) -> bool | None:
    """Whether any of the things stands so to another one; None where it is not clear."""
    every = [
        stands(thing, place, other) for thing in things for other in others if thing is not other
    ]
    if True in every:
        return True
    return None if None in every else False


def stands(first: Thing, place: str, second: Thing) -> bool | None:
    """Whether the first stands so to the second; None where one could say so or not: in a corner
    across, or hardly.
    """
    across, down = second.x - first.x, second.y - first.y
    along, aside = (across, down) if place in ("left", "right") else (down, across)
    if place in ("right", "below"):
        along = -along
    if abs(along) < _ALIKE or (along <= -CLEAR):
        return False
    if abs(along) < abs(aside):  # two beside each other are above each other by a little
        return False if abs(along) < CLEAR else None
    if along >= CLEAR and abs(aside) < CLEAR:
        return True
    return None


def attribute_of(things: Iterable[Thing], options: Sequence[str]) -> str | None:
    """The colour or size that they share (``options``: which is asked for); None where they differ;
    empty where there are none.
    """
    name = "colour" if options == COLOURS else "size"
    values = {str(getattr(thing, name)) for thing in things}
    if len(values) > 1:
        return None
    return next(iter(values), "")


assert set(COLOURS).isdisjoint(SIZES)
