"""Questions about a scene with the right answer, in all forms that mini-VQA is taught."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...conditioning.english.frames import numbered
from ...conditioning.image_probe.judges.mini_vqa import sentence_forms
from ...conditioning.image_probe.judges.protocol import NO, YES
from ...conditioning.scenes.scene import COLOURS, SHAPES, SIZES, Scene, Thing, pick, shuffled
from . import right_answers
from .right_answers import Described

TRIES = 8
"""Draws of a question until one has the wanted answer."""


_CONVERSE = {"left": "right", "right": "left", "above": "below", "below": "above"}


class Lesson(NamedTuple):
    """A question and what is right."""

    text: str
    answer: str


def lesson(scene: Scene, dice: random.Random, counting: float = 0.0) -> Lesson:
    """One question of any kind; yes and no come about equally often. ``counting``: how much more
    often than others one for a number.
    """
    make = pick(dice, _KINDS)
    if dice.random() < counting:
        make = _count
    answer = pick(dice, (YES, NO))
    drawn = make(scene, dice)
    for _ in range(TRIES):
        if drawn is not None and (drawn.answer == answer or drawn.answer not in (YES, NO)):
            return drawn
        drawn = make(scene, dice) or drawn
    return drawn or _presence(scene, dice)


# --- what is asked about
# --------------------------------------------------------------------------------------------------


def _described(scene: Scene, dice: random.Random, most: int = 2) -> Described:
    """A thing of the scene, or nearly: with another's shape, colour or size, or a new one.
    ``most``: how many attributes it is named with.
    """
    thing = Thing(pick(dice, COLOURS), pick(dice, SHAPES), pick(dice, SIZES), 0, 0)
    if scene.things and dice.random() < 0.85:
        thing = pick(dice, scene.things)
    count = min(most, pick(dice, (0, 0, 0, 1, 1, 2)))
    named = shuffled(dice, ("colour", "size"))[:count]
    shape, colour, size = thing.shape, "", ""
    if "colour" in named:
        colour = _value(scene, dice, thing, "colour")
    if "size" in named:
        size = _value(scene, dice, thing, "size")
    if dice.random() < 0.25:
        shape = _other(scene, dice, "shape")
    return Described(shape, colour, size)


def _value(scene: Scene, dice: random.Random, thing: Thing, name: str) -> str:
    if dice.random() < 0.6:
        return str(getattr(thing, name))
    return _other(scene, dice, name)


def _other(scene: Scene, dice: random.Random, name: str) -> str:
    """What another thing has, or anything."""
    if scene.things and dice.random() < 0.6:
        return str(getattr(pick(dice, scene.things), name))
    return pick(dice, {"colour": COLOURS, "shape": SHAPES, "size": SIZES}[name])


def _spoken(thing: Described, dice: random.Random, many: bool = False) -> str:
    attributes = [word for word in (thing.size, thing.colour) if word]
    if dice.random() < 0.25:
        attributes.reverse()
    shape = numbered(thing.shape, 2) if many else thing.shape
    return " ".join([*attributes, shape])


def _answer(value: bool | None) -> str | None:
    if value is None:
        return None
    return YES if value else NO


def _lesson(text: str, value: bool | None) -> Lesson | None:
    answer = _answer(value)
    return None if answer is None else Lesson(f"{text}?", answer)


# --- the kinds
# --------------------------------------------------------------------------------------------------


def _presence(scene: Scene, dice: random.Random) -> Lesson:
    thing = _described(scene, dice)
    there = bool(thing.among(scene))
    text, denied = pick(
        dice,
        (
            ("is there a {one} in the picture", False),
            ("does the picture show a {one}", False),
            ("are there {many} in the picture", False),
            ("does the picture show {many}", False),
            ("is the picture free of {many}", True),
            ("is the picture without any {many}", True),
            ("a {one}", False),
        ),
    )
    return Lesson(_filled(text, thing, dice) + "?", YES if there != denied else NO)


def _filled(text: str, thing: Described, dice: random.Random) -> str:
    return text.format(one=_spoken(thing, dice), many=_spoken(thing, dice, many=True))


def _attribute(scene: Scene, dice: random.Random) -> Lesson | None:
    thing = _described(scene, dice, most=1)
    options = _options(thing, dice)
    which = _which(scene, thing, options, dice)
    many = dice.random() < 0.2
    be = "are" if many else "is"
    return _lesson(
        f"{be} the {_spoken(thing, dice, many)} {which}",
        right_answers.all_have(thing.among(scene), which),
    )


def _lacking(scene: Scene, dice: random.Random) -> Lesson | None:
    thing = _described(scene, dice, most=1)
    options = _options(thing, dice)
    which = _which(scene, thing, options, dice)
    many = dice.random() < 0.2
    be, middle = "are" if many else "is", "anything but"
    if options == COLOURS and dice.random() < 0.7:
        middle = "a colour other than"
    return _lesson(
        f"{be} the {_spoken(thing, dice, many)} {middle} {which}",
        right_answers.none_has(thing.among(scene), which),
    )


def _options(thing: Described, dice: random.Random) -> tuple[str, ...]:
    if thing.colour:
        return SIZES
    if thing.size:
        return COLOURS
    return pick(dice, (COLOURS, SIZES))


def _which(scene: Scene, thing: Described, options: tuple[str, ...], dice: random.Random) -> str:
    name = "colour" if options == COLOURS else "size"
    of_it = thing.among(scene)
    if of_it and dice.random() < 0.6:
        return str(getattr(pick(dice, of_it), name))
    return _other(scene, dice, name)


def _count(scene: Scene, dice: random.Random) -> Lesson:
    thing = _described(scene, dice, most=1 + (dice.random() < 0.3))
    number = len(thing.among(scene))
    value = number + pick(dice, (-1, 0, 0, 1))
    if not 1 <= value <= len(sentence_forms.COUNTS):
        value = 1 + int(dice.random() * len(sentence_forms.COUNTS))
    phrase = f"{sentence_forms.COUNTS[value - 1]} {_spoken(thing, dice, many=value > 1)}"
    be = "is" if value == 1 else "are"
    text = pick(
        dice,
        (f"{be} there exactly {phrase} in the picture", f"does the picture show exactly {phrase}"),
    )
    return Lesson(f"{text}?", YES if number == value else NO)


def _relation(scene: Scene, dice: random.Random) -> Lesson | None:
    first, second, place = _ends(scene, dice)
    spelt = pick(dice, [how for how, which in sentence_forms.PLACES.items() if which == place])
    things, others = first.among(scene), second.among(scene)
    if dice.random() < 0.12:
        return _alike(scene, dice, first, spelt)
    if first == second:
        return None
    plural = [dice.random() < 0.15 for _ in range(2)]
    ends = [_spoken(each, dice, many) for each, many in zip((first, second), plural, strict=True)]
    value = right_answers.all_stand(things, place, others)
    if dice.random() < 0.5:
        be = "are" if plural[0] else "is"
        return _lesson(f"{be} the {ends[0]} {spelt} the {ends[1]}", value)
    ends = [end if many else f"a {end}" for end, many in zip(ends, plural, strict=True)]
    if value is None and right_answers.some_stand(things, place, others):
        value = True
    return _lesson(f"does the picture show {ends[0]} {spelt} {ends[1]}", value)


def _ends(scene: Scene, dice: random.Random) -> tuple[Described, Described, str]:
    """Two things and a place: as often as not two of the scene, as they stand or the other way
    round.
    """
    places = tuple(_CONVERSE)
    if len(scene.things) < 2 or dice.random() < 0.4:
        return _described(scene, dice), _described(scene, dice), pick(dice, places)
    first, second = shuffled(dice, scene.things)[:2]
    place = next((each for each in places if right_answers.stands(first, each, second)), "left")
    if dice.random() < 0.35:
        place = _CONVERSE[place]
    return _truly(first, dice), _truly(second, dice), place


def _truly(thing: Thing, dice: random.Random) -> Described:
    names = shuffled(dice, ("colour", "size"))[: pick(dice, (0, 0, 0, 1, 1, 2))]
    return Described(thing.shape, **{name: getattr(thing, name) for name in names})


def _alike(scene: Scene, dice: random.Random, thing: Described, spelt: str) -> Lesson | None:
    things = thing.among(scene)
    value = right_answers.some_stand(things, sentence_forms.PLACES[spelt], things)
    name, names = _spoken(thing, dice), _spoken(thing, dice, many=True)
    text = pick(
        dice,
        (
            f"is there a {name} {spelt} another {name} in the picture",
            f"does the picture show a {name} {spelt} another {name}",
            f"are there {names} {spelt} other {names} in the picture",
            f"does the picture show {names} {spelt} other {names}",
        ),
    )
    return _lesson(text, value)


def _open(scene: Scene, dice: random.Random) -> Lesson | None:
    thing = _described(scene, dice, most=1)
    things = thing.among(scene)
    kind = int(dice.random() * 4)
    if kind == 0 and not thing.colour:
        return _named(f"what colour is the {_spoken(thing, dice)}", things, COLOURS)
    if kind == 1 and not thing.size:
        return _named(f"what size is the {_spoken(thing, dice)}", things, SIZES)
    if kind == 2:
        return _what(scene, dice, thing, things)
    text = pick(
        dice,
        (
            "how many {many} are there in the picture",
            "how many {many} are in the picture",
            "how many {many} are there",
        ),
    )
    number = ("nothing", *sentence_forms.COUNTS)[len(things)]
    return Lesson(_filled(text, thing, dice) + "?", number)


def _named(text: str, things: Sequence[Thing], options: tuple[str, ...]) -> Lesson | None:
    value = right_answers.attribute_of(things, options)
    return None if value is None else Lesson(f"{text}?", value or "nothing")


def _what(
    scene: Scene, dice: random.Random, thing: Described, things: Sequence[Thing]
) -> Lesson | None:
    if len(things) > 1:
        return None
    spelt = pick(dice, tuple(sentence_forms.PLACES))
    place = sentence_forms.PLACES[spelt]
    stands = [
        (right_answers.stands(other, place, things[0]), other.shape)
        for other in scene.things
        if things and other is not things[0]
    ]
    shapes = {shape for value, shape in stands if value}
    if len(shapes) > 1 or any(value is None for value, _ in stands):
        return None
    text = f"what is {spelt} the {_spoken(thing, dice)}?"
    return Lesson(text, next(iter(shapes), "nothing"))


_KINDS: tuple[Callable[[Scene, random.Random], Lesson | None], ...] = (
    *[_presence] * 4,
    *[_attribute] * 4,
    _lacking,
    *[_count] * 4,
    *[_relation] * 7,
    *[_open] * 2,
)
