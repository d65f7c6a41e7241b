"""A judge that errs on no scene drawn by code: the exact reader, asked in words. With it what the
Prompt Doctor gets wrong is the Doctor's own, for the truth of the cases is the reader's, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from encoderscope.conditioning.image_probe.judges.protocol import YES, AskedQuestion, JudgeAnswer
from encoderscope.conditioning.miniature_generator import SIDE
from encoderscope.conditioning.scenes.read_scene import ReadThing, SceneReading, read
from encoderscope.conditioning.scenes.scene import COLOURS, SHAPES, SIZES, relation
from torch.nn.functional import interpolate

_PLACES = {
    "left of": "to the left of",
    "right of": "to the right of",
    "above": "above",
    "below": "below",
}
_ABSENCE = re.compile(r"\b(?:without|free of|missing)\b")


class SeeingJudge:
    """Answers questions on presence, colours, sizes and places of drawn things."""

    title = "exact reader"
    notes = ("It reads colours and shapes from the pixels of drawn scenes; no model.",)
    _image: torch.Tensor | None = None
    _reading = SceneReading((), 0.0)

    def answer(
        self, image: torch.Tensor, questions: Sequence[AskedQuestion]
    ) -> list[JudgeAnswer | None]:
        """``image``: (height, width, 3), 0 to 1; read at the miniatures' own size, and once for all
        questions that follow each other.
        """
        if self._image is None or not torch.equal(image, self._image):
            small = interpolate(image.movedim(-1, 0)[None], (SIDE, SIDE), mode="area")
            self._image, [self._reading] = image, read(small.movedim(1, -1))
        reading = self._reading
        return [_answer(reading, question) for question in questions]


def _answer(reading: SceneReading, question: AskedQuestion) -> JudgeAnswer | None:
    truth = holds(reading, question.text)
    if truth is None or set(question.answers) != {"yes", "no"}:
        return None
    right = [(answer == YES) == truth for answer in question.answers]
    return JudgeAnswer(tuple(map(float, right)))


def holds(reading: SceneReading, text: str) -> bool | None:
    """Whether *yes* is right; None for what it cannot be asked."""
    words = [word.removesuffix("s") for word in re.findall(r"\w+", text.lower())]
    shapes = [word for word in words if word in SHAPES]
    traits = [word for word in words if word in (*COLOURS, *SIZES)]
    place = next((name for wording, name in _PLACES.items() if wording in text.lower()), None)
    if len(shapes) == 2 and place:
        return _stand(reading.things, shapes, place)
    if len(shapes) != 1 or place or "other" in words or "exactly" in words:
        return None
    there = any(_is(thing, shapes[0], traits) for thing in reading.things)
    return there != bool(_ABSENCE.search(text.lower()))


def _is(thing: ReadThing, shape: str, traits: Sequence[str]) -> bool:
    return thing.shape == shape and all(trait in (thing.colour, thing.size) for trait in traits)


def _stand(things: Sequence[ReadThing], shapes: Sequence[str], place: str) -> bool:
    first, second = ([thing for thing in things if thing.shape == shape] for shape in shapes)
    return any(relation(a, b) == place for a in first for b in second)
