"""Prompts of drawn scenes, each with one fault of ten or with none, and what their pictures must
show.

Every prompt names two things, a colour and a shape each, and nothing that cannot be drawn. Its
*twin* is the same without the fault. Bags of the calibration part are for tuning, those of the test
part for the figures.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from encoderscope.conditioning.doctor.diagnosis import ENCODER, GENERATOR, PICTURE, TOKENIZER
from encoderscope.conditioning.scenes.scene import COLOURS, SHAPES, Scene, Thing, pick, scenes
from encoderscope.tools.generator.variant_encoders import BAG, CLIP, CLIP_HARD, CLIP_T5

HEALTHY = "no fault"
CUT, LATE = "cut off", "second window"
GRAMMAR, EMBEDDING = "foreign grammar", "missing embedding"
SILENT, UNBOUND, NO_T5 = "zeroed rows", "bag in its place", "T5 dropped"
UNGUIDED, UNREAD = "guidance 1", "unread word"
SWAPPED = "colours swapped"
STATION = {
    CUT: TOKENIZER,
    LATE: TOKENIZER,
    GRAMMAR: TOKENIZER,
    EMBEDDING: TOKENIZER,
    SILENT: ENCODER,
    UNBOUND: ENCODER,
    NO_T5: ENCODER,
    UNGUIDED: GENERATOR,
    UNREAD: GENERATOR,
    SWAPPED: PICTURE,
}
"""Fault -> the station at which it is put."""
VARIANTS = {
    HEALTHY: (CLIP_HARD, CLIP, CLIP_T5),
    CUT: (CLIP_HARD,),
    LATE: (CLIP_HARD,),
    GRAMMAR: (CLIP_HARD,),
    EMBEDDING: (CLIP_HARD, CLIP),
    SILENT: (CLIP_HARD, CLIP),
    UNBOUND: (BAG,),
    NO_T5: (CLIP_T5,),
    UNGUIDED: (CLIP_HARD, CLIP),
    UNREAD: (CLIP_HARD, CLIP),
    SWAPPED: (CLIP_HARD, CLIP, CLIP_T5),
}
"""Fault -> generators, and with each its own encoder."""
PARTS = {"tuning": "calibration", "test": "test"}
FRAMES = ("{A} and {B}", "{A}, {B}", "just {A} and {B}", "there is {A} and {B}")
PADDING = " and the of a the of" * 12
"""More tokens than a window has room for, and no word that names anything."""
WINDOW = 77


class AskedThing(NamedTuple):
    """What the picture must show: a shape in one of these colours."""

    shape: str
    colours: tuple[str, ...]


class IllPrompt(NamedTuple):
    """A prompt with its fault."""

    fault: str
    variant: str
    number: int
    """Of its scene: with the fault's name, what it is drawn from."""
    text: str
    twin: str
    """The same without the fault, where the fault is in the text; else the text."""
    asked: tuple[AskedThing, AskedThing]
    relation: str = ""
    """How the first thing stands to the second, where the prompt says so."""
    at_fault: tuple[str, ...] = ()
    """Words or constructs that the fault is put at; empty: the whole prompt."""

    @property
    def key(self) -> str:
        return f"{self.fault} {self.number}"


def ill_prompts(fault: str, part: str, count: int, seed: int) -> Iterator[IllPrompt]:
    """Candidates of ``count`` scenes, in turn of clip-hard, clip and clip-t5. A scene has one
    prompt, whatever its faults. ``part``: tuning or test.
    """
    for number, scene in enumerate(scenes(count, PARTS[part], seed)):
        variant = VARIANTS[HEALTHY][number % 3]
        if fault == UNBOUND:
            variant = BAG
        if variant in VARIANTS[fault]:
            yield _ill_prompt(fault, variant, number, scene, f"{part} {seed} {number}")


def _ill_prompt(fault: str, variant: str, number: int, scene: Scene, dealt: str) -> IllPrompt:
    dice = random.Random(dealt)
    asked = tuple(AskedThing(thing.shape, (thing.colour,)) for thing in scene.things)
    by_place = fault == NO_T5 or (variant == CLIP_T5 and number % 2 == 0)
    relation = ""
    if by_place:
        relation = scene.relation
    text = _plain(scene, dice, relation)
    prompt = IllPrompt(fault, variant, number, text, text, (asked[0], asked[1]), relation)
    return _IN_THE_TEXT.get(fault, _as_it_is)(prompt, scene, dice)


def _plain(scene: Scene, dice: random.Random, relation: str) -> str:
    first, second = (_named(thing) for thing in scene.things)
    if relation:
        return f"{first} {relation} {second}"
    return pick(dice, FRAMES).replace("{A}", first).replace("{B}", second)


def _named(thing: Thing) -> str:
    return f"a {thing.colour} {thing.shape}"


def _as_it_is(prompt: IllPrompt, scene: Scene, dice: random.Random) -> IllPrompt:
    """The fault is not in the text."""
    second = scene.things[1]
    if prompt.fault == SILENT:
        return prompt._replace(at_fault=(second.colour, second.shape))
    if prompt.fault == UNREAD:
        thing = pick(dice, scene.things)
        return prompt._replace(at_fault=(pick(dice, (thing.colour, thing.shape)),))
    return prompt


def _behind_the_window(prompt: IllPrompt, scene: Scene, dice: random.Random) -> IllPrompt:
    """The second thing stands behind the first window; in the twin it is moved forward."""
    first, second = (_named(thing) for thing in scene.things)
    words = (scene.things[1].colour, scene.things[1].shape)
    return prompt._replace(
        text=f"{first}{PADDING} {second}", twin=f"{first} and {second}{PADDING}", at_fault=words
    )


def _without_embedding(prompt: IllPrompt, scene: Scene, dice: random.Random) -> IllPrompt:
    """The colour of one thing stands in a textual inversion that is not there. An embedding that
    holds the colour's own vector is the colour's word to the encoder: the twin has the word.
    """
    thing = pick(dice, scene.things)
    name = f"embedding:tint_{prompt.number}"
    text = prompt.text.replace(_named(thing), f"a {name} {thing.shape}")
    return prompt._replace(text=text, at_fault=(name,))


class _Grammar(NamedTuple):
    """Foreign grammar around or in a prompt."""

    ill: str
    construct: str
    free: bool = False
    """Either of two colours will do."""


def _grammars(first: Thing, colour: str, other: str) -> tuple[_Grammar, ...]:
    """``colour``, ``other``: a colour and a thing that the prompt does not have. In each ``ill`` is
    {A}, or holds {A}, {B}, the two things as phrases.
    """
    edit, choice = f"[{colour}:{first.colour}:0.3]", f"[{first.colour}|{colour}]"
    wild, tag = f"{{{first.colour}|{colour}}}", f"<lora:{colour} {other}:0.8>"
    return (
        _Grammar(f"a {choice} {first.shape} and {{B}}", choice, free=True),
        _Grammar(f"{{A}} and {{B}} {tag}", tag),
        _Grammar("{A} BREAK {B}", "BREAK"),
        _Grammar(f"a {edit} {first.shape} and {{B}}", edit),
        _Grammar(f"a {wild} {first.shape} and {{B}}", wild, free=True),
        _Grammar(f"{tag} {{A}} and {{B}}", tag),
        _Grammar(f"{{A}} and {{B}} --no {colour} {other}", f"--no {colour} {other}"),
        _Grammar(f"a __colour__ {first.shape} and {{B}}", "__colour__", free=True),
    )


def _foreign(prompt: IllPrompt, scene: Scene, dice: random.Random) -> IllPrompt:
    """In turn: alternation, a tag, BREAK, prompt editing, a choice, a flag, a wildcard."""
    first, second = scene.things
    colour = pick(dice, [name for name in COLOURS if name not in (first.colour, second.colour)])
    other = pick(dice, [name for name in SHAPES if name not in (first.shape, second.shape)])
    grammars = _grammars(first, colour, other)
    grammar = grammars[prompt.number // 3 % len(grammars)]
    asked = prompt.asked
    if grammar.free:
        allowed = COLOURS if "__" in grammar.ill else (first.colour, colour)
        asked = (AskedThing(first.shape, allowed), asked[1])
    text = grammar.ill.replace("{A}", _named(first)).replace("{B}", _named(second))
    twin = f"{_named(first)} and {_named(second)}"
    return prompt._replace(text=text, twin=twin, asked=asked, at_fault=(grammar.construct,))


_IN_THE_TEXT: dict[str, Callable[[IllPrompt, Scene, random.Random], IllPrompt]] = {
    CUT: _behind_the_window,
    LATE: _behind_the_window,
    GRAMMAR: _foreign,
    EMBEDDING: _without_embedding,
}
