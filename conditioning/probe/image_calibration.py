"""How clear a margin must be before this scorer may be believed: measured on drawn scenes whose truth is known.

The scenes are of the split's calibration part, which no miniature was trained on and no benchmark uses.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path

import torch

from ..encoders.dual import DualEncoder
from ..scenes.drawing import draw
from ..scenes.scene import Scene, scenes
from .cells import CELLS, Design, design
from .encoder import Progress, quiet
from .image_margins import Margin, margin
from .nulls import four, keep
from .statements import Contrast, Pair, Relation, Word

FORMAT, VERSION = "encoderscope.image_calibration", 1
SCENES, SIDE, FRAMES, SEED = 160, 224, 8, 0
RIGHT = 0.95
"""Claims are to be right so often, and the calibration scenes are to make that sure (one-sided, 95 %): 52 claims without an error do."""
_BATCH = 16
_Z = 1.6449
"""One-sided 95 % of the normal distribution."""


@dataclass(frozen=True)
class Calibration:
    kind: str
    """binding (colours) or relation: what was drawn."""
    drawn: bool
    """False: contrasts of this kind cannot be drawn, and those of colours (of places for a relation) stand in for them."""
    right: int
    """Scenes whose margin has the right sign, however small."""
    total: int
    threshold: float | None
    """Least clearness of a claim; None: no threshold makes this scorer's claims right often enough."""
    claimed: int
    claimed_right: int


def calibrated(encoder: DualEncoder, kind: str, cache: Path | None = None, progress: Progress = quiet) -> Calibration:
    """For contrasts of ``kind``; kept in the folder ``cache`` under what the encoder answers."""
    drawn = kind if kind == "relation" else "binding"
    file = cache / f"image-{_fingerprint(encoder, drawn)}.json" if cache else None
    found = _kept(file) if file else None
    if found is None:
        found = calibration(drawn, margins(encoder, drawn, scenes(SCENES, "calibration", SEED), progress))
        if file:
            keep(file, {"format": FORMAT, "version": VERSION, **asdict(found)})
    return Calibration(**{**asdict(found), "kind": kind, "drawn": kind == drawn})


def margins(encoder: DualEncoder, kind: str, shown: Sequence[Scene], progress: Progress = quiet) -> list[Margin]:
    """Of every scene with what is true of it: a scorer that is right has positive ones."""
    found: list[Margin] = []
    for at in range(0, len(shown), _BATCH):
        batch = shown[at : at + _BATCH]
        designs = [truth(one, kind) for one in batch]
        texts = list(dict.fromkeys(cell.text for one in designs for cell in four(one)))
        column = {text: k for k, text in enumerate(texts)}
        cosines = encoder.image_features(draw(batch, SIDE)).double() @ encoder.text_features(texts).double().T
        for row, one in zip(cosines, designs, strict=True):
            found.append(margin(row[[column[cell.text] for cell in four(one)]].reshape(len(one.frames), len(CELLS))))
        progress(at + len(batch), len(shown))
    return found


def truth(one: Scene, kind: str, frames: int = FRAMES) -> Design:
    """What is true of a scene, as the probe puts it to the test."""
    if kind == "relation":
        a, b = (_word(f"{thing.colour} {thing.shape}") for thing in one.things)
        said = Relation(a, _word(one.relation), b, "spatial", _TURNED[one.relation])
        made = design(Contrast("relation", said), count=frames)
    else:
        pairs = [Pair(_word(thing.colour), _word(thing.shape), "colour") for thing in one.things]
        made = design(Contrast("binding", pairs[0], pairs[1]), count=frames)
    assert made is not None  # both kinds have a rival
    return made


def drawable(contrast: Contrast) -> bool:
    """Whether scenes show this very kind of contrast. Sizes and materials have the colours' threshold, all other places that of these."""
    first = contrast.first
    if isinstance(first, Relation):
        return not _PLACES.isdisjoint(first.relation.text.lower().split())
    return isinstance(first, Pair) and first.kind == "colour"


_PLACES = frozenset(("left", "right", "above", "below", "over", "under", "beneath"))
_TURNED = {"to the left of": "to the right of", "to the right of": "to the left of", "above": "below", "below": "above"}


def _word(text: str) -> Word:
    return Word(text, -1, -1)


def calibration(kind: str, found: Sequence[Margin]) -> Calibration:
    """The lowest threshold from which on claims are surely right in :data:`RIGHT` of all cases."""
    clear = sorted((one.clear for one in found), key=abs, reverse=True)
    best: tuple[float, int, int] | None = None
    right = 0
    for count, one in enumerate(clear, 1):
        right += one > 0
        if clear[count : count + 1] and abs(clear[count]) == abs(one):
            continue  # the same threshold lets the next one speak, too
        if lower(right, count) >= RIGHT:
            best = abs(one), count, right
    threshold, claimed, claimed_right = best or (None, 0, 0)
    return Calibration(kind, True, sum(one > 0 for one in clear), len(clear), threshold, claimed, claimed_right)


def lower(right: int, count: int) -> float:
    """Wilson's lower bound of a share (one-sided, 95 %)."""
    share, z = right / count, _Z**2 / count
    return (share + z / 2 - sqrt(z * share * (1 - share) + z * z / 4)) / (1 + z)


def _fingerprint(encoder: DualEncoder, kind: str) -> str:
    """Of the answers to a few scenes: weights, precision and preprocessing all count."""
    shown = scenes(2, "calibration", SEED)
    texts = [cell.text for one in shown for cell in four(truth(one, kind, 1))]
    told = hashlib.sha256(repr((VERSION, kind, SCENES, SIDE, FRAMES, SEED, RIGHT, encoder.scale, encoder.bias)).encode())
    cosines = encoder.image_features(draw(shown, SIDE)) @ encoder.text_features(texts).T
    told.update((cosines.double() * 1e4).round().to(torch.int32).numpy().tobytes())
    return told.hexdigest()[:24]


def _kept(file: Path) -> Calibration | None:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if (told.pop("format"), told.pop("version")) != (FORMAT, VERSION):
            return None
        found = Calibration(**told)
        numbers = (found.right, found.total, found.claimed, found.claimed_right)
        valid = all(isinstance(one, int) for one in numbers) and (found.threshold is None or found.threshold >= 0)
        return found if valid else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
