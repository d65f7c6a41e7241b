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
    *frames.TWO_PHRASES,
    "{A} beside {B}",
    "just {A} and {B}",
    "a picture with {A} and {B}",
    "two things: {A} and {B}",
    "a simple drawing of {A}, {B}",
    "{A} and {B} in front of a plain wall",
)
"""Both orders of {A} and {B} mean the same."""
CONVERSES = {
    "to the left of": "to the right of",
    "to the right of": "to the left of",
    "above": "below",
    "below": "above",
}
"""Each relation of a scene, and what it is the other way round."""
_LEADS = ("a", "a", "the")


@dataclass(frozen=True)
class Caption:
    """A sentence that is true of a scene, one that is false, and a paraphrase."""

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
    first, second = scene.things
    if first.size == second.size:
        return ("colour", "relation")
    return KINDS


def caption(scene: Scene, dice: random.Random, kind: str = "colour") -> Caption:
    """Raises :class:`UnknownName` for a kind that this scene has no rival in."""
    if kind not in kinds(scene):
        raise UnknownName("kind of caption", kind, list(kinds(scene)))
    first, second = scene.things
    if dice.random() >= 0.5:
        first, second = second, first
    if kind == "relation":
        return _relation(scene, first, second, dice)
    wrong = _exchanged(first, second, kind)
    named: tuple[str, ...] = (kind,)
    if kind == "size" and dice.random() < 0.3:
        named = ("size", "colour")
    lead, frame = pick(dice, _LEADS), pick(dice, TOGETHER)
    other = pick(dice, [option for option in TOGETHER if option != frame])
    return Caption(
        _with_phrases(frame, _phrases((first, second), named, lead)),
        _with_phrases(frame, _phrases(wrong, named, lead)),
        _with_phrases(other, _phrases((second, first), named, pick(dice, _LEADS))),
        kind,
    )


def _relation(scene: Scene, first: Thing, second: Thing, dice: random.Random) -> Caption:
    relation = scene.relation
    if first is not scene.things[0]:
        relation = CONVERSES[relation]
    named: tuple[str, ...] = ()
    if dice.random() < 0.7:
        named = ("colour",)
    lead, frame = pick(dice, _LEADS), pick(dice, frames.ONE_PHRASE)
    other = pick(dice, [option for option in frames.ONE_PHRASE if option != frame])

    def sentence(frame: str, things: tuple[Thing, Thing], relation: str, lead: str) -> str:
        a, b = _phrases(things, named, lead)
        return frame.replace("{X}", f"{a} {relation} {b}")

    return Caption(
        sentence(frame, (first, second), relation, lead),
        sentence(frame, (second, first), relation, lead),
        sentence(other, (second, first), CONVERSES[relation], pick(dice, _LEADS)),
        "relation",
    )


def _exchanged(first: Thing, second: Thing, kind: str) -> tuple[Thing, Thing]:
    own, other = ({kind: getattr(thing, kind)} for thing in (first, second))
    return replace(first, **other), replace(second, **own)


def _phrases(things: Sequence[Thing], named: Sequence[str], lead: str) -> list[str]:
    return [
        " ".join([lead, *(getattr(thing, name) for name in named), thing.shape]) for thing in things
    ]


def _with_phrases(frame: str, phrases: Sequence[str]) -> str:
    return frame.replace("{A}", phrases[0]).replace("{B}", phrases[1])


def words() -> list[str]:
    """Everything that a caption can be made of."""
    return [*TOGETHER, *frames.ONE_PHRASE, *CONVERSES, *_LEADS, *COLOURS, *SHAPES, *SIZES]
