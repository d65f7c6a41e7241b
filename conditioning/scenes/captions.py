"""What can be said of a drawn scene, truly and falsely: a caption, its rival of the same words, and
the same in other words.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..english import frames
from ..errors import UnknownName
from .scene import COLOURS, SHAPES, SIZES, Scene, Thing, pick

KINDS = ("colour", "size", "relation")
TOGETHER = (
    *frames.BINDING,
    "{A} beside {B}",
    "just {A} and {B}",
    "a picture with {A} and {B}",
    "two things: {A} and {B}",
    "a simple drawing of {A}, {B}",
    "{A} and {B} in front of a plain wall",
)
"""Both orders of {A} and {B} mean the same."""
_CONVERSE = {
    "to the left of": "to the right of",
    "to the right of": "to the left of",
    "above": "below",
    "below": "above",
}
_LEADS = ("a", "a", "the")


@dataclass(frozen=True)
class Caption:
    text: str
    rival: str
    """The same words, false of this scene: colours or sizes exchanged, or the relation turned
    round.
    """
    other: str
    """True, in another order and another sentence frame."""
    kind: str
    """colour, size or relation: what the rival has wrong."""


def kinds(scene: Scene) -> Sequence[str]:
    """What this scene has a rival in: things of one size have none in size."""
    one, other = scene.things
    return KINDS if one.size != other.size else ("colour", "relation")


def caption(scene: Scene, dice: random.Random, kind: str = "colour") -> Caption:
    """Raises :class:`UnknownName` for a kind that this scene has no rival in."""
    if kind not in kinds(scene):
        raise UnknownName("kind of caption", kind, list(kinds(scene)))
    first, second = scene.things if dice.random() < 0.5 else scene.things[::-1]
    if kind == "relation":
        return _relation(scene, first, second, dice)
    wrong = _exchanged(first, second, kind)
    named = (
        ("colour",)
        if kind == "colour"
        else ("size", "colour")
        if dice.random() < 0.3
        else ("size",)
    )
    lead, frame = pick(dice, _LEADS), pick(dice, TOGETHER)
    other = pick(dice, [one for one in TOGETHER if one != frame])
    return Caption(
        _filled(frame, _phrases((first, second), named, lead)),
        _filled(frame, _phrases(wrong, named, lead)),
        _filled(other, _phrases((second, first), named, pick(dice, _LEADS))),
        kind,
    )


def _relation(scene: Scene, first: Thing, second: Thing, dice: random.Random) -> Caption:
    told = scene.relation if first is scene.things[0] else _CONVERSE[scene.relation]
    named = ("colour",) if dice.random() < 0.7 else ()
    lead, frame = pick(dice, _LEADS), pick(dice, frames.WHOLE)
    other = pick(dice, [one for one in frames.WHOLE if one != frame])

    def said(frame: str, things: tuple[Thing, Thing], relation: str, lead: str) -> str:
        a, b = _phrases(things, named, lead)
        return frame.replace("{X}", f"{a} {relation} {b}")

    return Caption(
        said(frame, (first, second), told, lead),
        said(frame, (second, first), told, lead),
        said(other, (second, first), _CONVERSE[told], pick(dice, _LEADS)),
        "relation",
    )


def _exchanged(one: Thing, other: Thing, kind: str) -> tuple[Thing, Thing]:
    mine, theirs = ({kind: getattr(thing, kind)} for thing in (one, other))
    return replace(one, **theirs), replace(other, **mine)


def _phrases(things: Sequence[Thing], named: Sequence[str], lead: str) -> list[str]:
    return [
        " ".join([lead, *(getattr(thing, name) for name in named), thing.shape]) for thing in things
    ]


def _filled(frame: str, phrases: Sequence[str]) -> str:
    return frame.replace("{A}", phrases[0]).replace("{B}", phrases[1])


def words() -> list[str]:
    """Everything that a caption can be made of."""
    return [*TOGETHER, *frames.WHOLE, *_CONVERSE, *_LEADS, *COLOURS, *SHAPES, *SIZES]
