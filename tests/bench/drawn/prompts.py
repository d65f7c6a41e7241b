"""Held-out prompts of drawn scenes, and what each names."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from encoderscope.conditioning.scenes.captions import Caption, caption, kinds
from encoderscope.conditioning.scenes.judge import COLOUR, RELATION, SIZE, AskedScene, asked
from encoderscope.conditioning.scenes.scene import Scene, scenes

SEED = 80


class DrawnPrompt(NamedTuple):
    """A prompt, the scene that it is of, and what it asks for."""

    kind: str
    """colour, size or relation: what its rival exchanges."""
    text: str
    rival: str
    """The same words, bound the other way round."""
    scene: Scene
    ask: AskedScene

    @property
    def bag(self) -> tuple[str, ...]:
        """Its two colours and two shapes, without which has which."""
        things = self.scene.things
        return (*sorted(each.colour for each in things), *sorted(each.shape for each in things))


def prompts(kind: str, count: int) -> list[DrawnPrompt]:
    """``count`` of test bags, in which no bag comes twice before all have come once."""
    return [prompt for prompt, _ in zip(_endless(kind), range(count), strict=False)]


def _endless(kind: str) -> Iterator[DrawnPrompt]:
    dice = random.Random(f"{kind} {SEED}")
    for scene in scenes(5000, "test", SEED):
        if kind in kinds(scene):
            worded = caption(scene, dice, kind)
            yield DrawnPrompt(
                kind, worded.text, worded.rival, scene, asked(scene, *_named(worded, scene))
            )


def _named(worded: Caption, scene: Scene) -> list[str]:
    """The attributes that its sentence names."""
    words = worded.text.replace(",", " ").split()
    names = [COLOUR] if scene.things[0].colour in words else []
    return names + [name for name in (SIZE, RELATION) if name == worded.kind]
