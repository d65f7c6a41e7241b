"""How clear a margin must be before this scorer may be believed: measured on drawn scenes whose
truth is known.

The scenes are of the split's calibration part, which no miniature was trained on and no benchmark
uses.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

import torch

from ..binding.cells import Design, design
from ..binding.null_distribution import four
from ..english.statements import Contrast, Pair, Relation, Word
from ..image_text.dual_encoder import DualEncoder
from ..progress import Progress, no_progress, stage
from ..scenes.drawing import draw
from ..scenes.scene import COLOURS, SHAPES, Scene, pick, scenes
from ..storage import try_to_write_json
from .margins import Margin, measured, texts

FORMAT, VERSION = "encoderscope.image_calibration", 1
SCENES, SIDE, FRAMES, SEED = 160, 224, 8, 0
COLOUR, SIZE, PLACE = "colour", "size", "place"
RIGHT, LEVEL = 0.95, 0.05
"""Claims are to be right so often, and the calibration scenes are to make that sure: an exact
binomial test at this level.
"""
COVERAGES = (1.0, 0.8, 0.6, 0.4)
"""Parts of the calibration scenes that a threshold may let speak, tried in this order; the level is
shared among them.
"""
_BATCH = 16


@dataclass(frozen=True)
class Calibration:
    kind: str
    """colour, size or place: what was drawn; empty where scenes do not show this kind of contrast,
    and nothing can be promised.
    """
    right: int
    """Scenes whose margin has the right sign, however small."""
    total: int
    threshold: float | None
    """Least clearness of a claim; None: no threshold makes this scorer's claims right often enough.
    """
    claimed: int
    claimed_right: int
    present: float
    """Least clearness of every word: below it the picture may not show one of them at all."""

    @property
    def believes(self) -> bool:
        """Whether the scorer may claim anything."""
        return bool(self.kind) and self.threshold is not None


UNKNOWN_KIND = Calibration("", 0, 0, None, 0, 0, 0.0)


def calibrated(
    encoder: DualEncoder, kind: str, cache: Path | None = None, progress: Progress = no_progress
) -> Calibration:
    """For contrasts of ``kind`` (see :func:`drawable`); kept in the folder ``cache`` under what the
    encoder answers.
    """
    if not kind:
        return UNKNOWN_KIND
    file = cache / f"image-{_fingerprint(encoder, kind)}.json" if cache else None
    found = _kept(file) if file else None
    if found is None:
        shown = _shown(kind)
        right = margins(encoder, shown, [truth(one, kind) for one in shown], stage(progress, 0, 2))
        lacking = [truth(one_wrong(one, kind, k), kind) for k, one in enumerate(shown)]
        wrong = margins(encoder, shown, lacking, stage(progress, 1, 2))
        found = calibration(kind, right, wrong)
        if file:
            try_to_write_json(file, {"format": FORMAT, "version": VERSION, **asdict(found)})
    return found


def margins(
    encoder: DualEncoder,
    shown: Sequence[Scene],
    designs: Sequence[Design],
    progress: Progress = no_progress,
) -> list[Margin]:
    """Of every scene with one design."""
    found: list[Margin] = []
    for at in range(0, len(shown), _BATCH):
        batch = designs[at : at + _BATCH]
        asked = list(dict.fromkeys(text for one in batch for text in texts(one)))
        pictures = encoder.image_features(draw(shown[at : at + _BATCH], SIDE)).double()
        rows = (pictures @ encoder.text_features(asked).double().T).tolist()
        found += [
            measured(one, dict(zip(asked, row, strict=True)))
            for row, one in zip(rows, batch, strict=True)
        ]
        progress(at + len(batch), len(shown))
    return found


def truth(one: Scene, kind: str, frames: int = FRAMES) -> Design:
    """What is true of a scene, as the probe puts it to the test."""
    if kind == PLACE:
        a, b = (_word(f"{thing.colour} {thing.shape}") for thing in one.things)
        said = Relation(a, _word(one.relation), b, "spatial", _TURNED[one.relation])
        made = design(Contrast("relation", said), count=frames)
    else:
        pairs = [
            Pair(_word(getattr(thing, kind)), _word(thing.shape), kind) for thing in one.things
        ]
        made = design(Contrast("binding", pairs[0], pairs[1]), count=frames)
    assert made is not None  # all kinds have a rival
    return made


def _shown(kind: str) -> list[Scene]:
    """Scenes in which there is a contrast of this kind."""
    found = scenes(3 * SCENES, "calibration", SEED)
    return [one for one in found if kind != SIZE or one.things[0].size != one.things[1].size][
        :SCENES
    ]


def one_wrong(one: Scene, kind: str, number: int) -> Scene:
    """As it might be asked for wrongly: with one thing that is not there, or one colour."""
    dice, things = random.Random(f"wrong {number}"), list(one.things)
    which, name = number % 2, "colour" if kind == COLOUR and number // 2 % 2 else "shape"
    here = [getattr(thing, name) for thing in things]
    other = pick(
        dice, [word for word in (SHAPES if name == "shape" else COLOURS) if word not in here]
    )
    things[which] = (
        replace(things[which], shape=other)
        if name == "shape"
        else replace(things[which], colour=other)
    )
    return replace(one, things=tuple(things))


def drawable(contrast: Contrast) -> str:
    """The kind of drawn scenes that shows such a contrast; empty where none does."""
    first, second = contrast.first, contrast.second
    if isinstance(first, Relation):
        return PLACE if not _PLACES.isdisjoint(first.relation.text.lower().split()) else ""
    both = isinstance(first, Pair) and isinstance(second, Pair) and first.kind == second.kind
    return first.kind if both and isinstance(first, Pair) and first.kind in (COLOUR, SIZE) else ""


_PLACES = frozenset(("left", "right", "above", "below", "over", "under", "beneath"))
_TURNED = {
    "to the left of": "to the right of",
    "to the right of": "to the left of",
    "above": "below",
    "below": "above",
}


def _word(text: str) -> Word:
    return Word(text, -1, -1)


def calibration(kind: str, found: Sequence[Margin], absent: Sequence[Margin]) -> Calibration:
    """The lowest of a few thresholds from which on claims are surely right, and how clear words
    that are not there can look.

    ``found``: scenes with what is true of them; ``absent``: scenes with designs of which one word
    is not there.
    """
    clear = sorted((one.clear for one in found), key=abs, reverse=True)
    passed = (_passing(clear, coverage) for coverage in COVERAGES if clear)
    threshold, claimed, right = next((one for one in passed if one is not None), (None, 0, 0))
    return Calibration(
        kind, sum(one > 0 for one in clear), len(clear), threshold, claimed, right, _absent(absent)
    )


def _passing(clear: Sequence[float], coverage: float) -> tuple[float, int, int] | None:
    """The threshold that lets this part of the scenes speak, with claims and right ones; None where
    it is not sure.
    """
    threshold = abs(clear[max(1, round(coverage * len(clear))) - 1])
    speaking = [one for one in clear if abs(one) >= threshold]
    right = sum(one > 0 for one in speaking)
    sure = tail(len(speaking) - right, len(speaking), 1 - RIGHT) <= LEVEL / len(COVERAGES)
    return (threshold, len(speaking), right) if sure else None


def _absent(found: Sequence[Margin]) -> float:
    """The lowest presence that keeps surely all but one in twenty of the pictures silent that lack
    a word; infinite with too few.
    """
    values = sorted((one.present for one in found), reverse=True)
    allowed = [
        count for count in range(len(values)) if tail(count, len(values), 1 - RIGHT) <= LEVEL
    ]
    return values[allowed[-1]] + 1e-9 if allowed else math.inf


def tail(errors: int, count: int, rate: float) -> float:
    """How likely so few errors are where errors have this rate: small where the rate is surely
    lower.
    """
    return sum(math.comb(count, k) * rate**k * (1 - rate) ** (count - k) for k in range(errors + 1))


def _fingerprint(encoder: DualEncoder, kind: str) -> str:
    """Of the answers to a few scenes: weights, precision and preprocessing all count; and of all
    sentences and scenes.
    """
    rules, few = _rules(kind, SCENES)
    told = hashlib.sha256(f"{rules} {encoder.scale} {encoder.bias}".encode())
    asked = list(dict.fromkeys(cell.text for cell in four(truth(few[0], kind))))
    cosines = encoder.image_features(draw(few, SIDE)) @ encoder.text_features(asked).T
    told.update((cosines.double() * 1e4).round().to(torch.int32).numpy().tobytes())
    return told.hexdigest()[:24]


@cache
def _rules(kind: str, count: int) -> tuple[str, list[Scene]]:
    """A hash of all that is asked and shown, and the first two of ``count`` scenes."""
    shown = _shown(kind)
    asked = list(dict.fromkeys(text for one in shown for text in texts(truth(one, kind))))
    told = hashlib.sha256(
        repr(
            (VERSION, kind, count, SIDE, RIGHT, LEVEL, COVERAGES, shown, asked, torch.__version__)
        ).encode()
    )
    told.update((draw(shown[: len(SHAPES)], 16) * 255).round().to(torch.uint8).numpy().tobytes())
    return told.hexdigest(), shown[:2]


def _kept(file: Path) -> Calibration | None:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if (told.pop("format"), told.pop("version")) != (FORMAT, VERSION):
            return None
        found = Calibration(**told)
        numbers = (found.right, found.total, found.claimed, found.claimed_right)
        valid = (
            all(isinstance(one, int) for one in numbers)
            and (found.threshold is None or found.threshold >= 0)
            and found.present >= 0
        )
        return found if valid else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
