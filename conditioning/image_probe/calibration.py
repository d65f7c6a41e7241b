"""How clear a margin must be before this scorer may be believed: measured on drawn scenes whose
truth is known.

The scenes are of the split's calibration part, which no miniature was trained on and no benchmark
uses.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ..binding.designs import Design, design
from ..binding.nulls import saved as shipped_files
from ..english.contrasts import AttributeContrast, Contrast, RelationContrast
from ..english.statements import Attribute, Phrase, Relation
from ..image_text.dual_encoder import DualEncoder
from ..progress import Announced, Progress, no_progress, stage
from ..scenes.captions import CONVERSES
from ..scenes.drawing import draw
from ..scenes.scene import COLOURS, SHAPES, Scene, Thing, pick, scenes
from ..storage import try_to_read_json, try_to_write_json
from .claim_limits import LEVEL, RIGHT, ClaimCase, claim_limit, tail
from .margins import Margin, margin_of, scored_texts

FORMAT = "encoderscope.image_calibration"
VERSION = 1
SCENES = 160
SIDE = 224
FRAMES = 8
SEED = 0
COLOUR = "colour"
SIZE = "size"
PLACE = "place"
COVERAGES = (1.0, 0.8, 0.6, 0.4)
"""Parts of the calibration scenes that a threshold may let speak, tried in this order; the level is
shared among them.
"""
_BATCH = 16
SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "nulls" / "scenes.json"
"""Calibrations that come with the pack: key -> what a saved file holds, and by what answers it is
found.
"""
FOUND_BY = ("what", "rules", "cosines")
"""Fields of those that are no part of a calibration."""
SAME = 1e-5
"""Cosines nearer than this are the same: so much another machine's rounding changes at most."""


@dataclass(frozen=True)
class Calibration:
    """How often one scorer is right on drawn scenes, and what it takes to believe it."""

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
    """For contrasts of ``kind`` (:meth:`Contrast.scene_kind`): what comes with the pack, else what
    is saved in the folder ``cache`` under what the encoder answers, else measured.
    """
    if not kind:
        return UNKNOWN_KIND
    answer = _Answer.of(encoder, kind)
    shipped = answer.shipped()
    if shipped is not None:
        return shipped
    if cache is None:
        return _calibrate(encoder, kind, progress)
    file = cache / f"image-{answer.fingerprint}.json"
    saved = _from_json(try_to_read_json(file))
    if saved is None:
        saved = _calibrate(encoder, kind, Announced(progress, measuring(encoder.title, kind)))
        try_to_write_json(file, _to_json(saved))
    return saved


def measuring(title: str, kind: str) -> str:
    """What is done while whoever has this title is calibrated."""
    return (
        f"Measuring how often {title} is right on drawn scenes whose truth is known: {kind}. This "
        "is done once, and kept."
    )


class CalibrationToShip:
    """The calibration of one encoder, for the file of those that come with the pack."""

    def __init__(self, encoder: DualEncoder, kind: str) -> None:
        self._encoder, self._kind = encoder, kind
        self._answer = _Answer.of(encoder, kind)
        self.key = self._answer.fingerprint_anywhere

    def measure(self) -> dict[str, Any]:
        """Measured, with the answers that it is found by."""
        measured = _to_json(_calibrate(self._encoder, self._kind, no_progress))
        cosines = [round(each, 6) for each in self._answer.cosines.flatten().tolist()]
        return {**measured, "rules": self._answer.rules, "cosines": cosines}


def _calibrate(encoder: DualEncoder, kind: str, progress: Progress) -> Calibration:
    drawn = _scenes_with(kind)
    true = [true_design(scene, kind) for scene in drawn]
    absent = [
        true_design(with_one_error(scene, kind, number), kind) for number, scene in enumerate(drawn)
    ]
    return calibration(
        kind,
        scene_margins(encoder, drawn, true, stage(progress, 0, 2)),
        scene_margins(encoder, drawn, absent, stage(progress, 1, 2)),
    )


def scene_margins(
    encoder: DualEncoder,
    drawn: Sequence[Scene],
    designs: Sequence[Design],
    progress: Progress = no_progress,
) -> list[Margin]:
    """Of every scene with one design."""
    margins: list[Margin] = []
    for start in range(0, len(drawn), _BATCH):
        batch = designs[start : start + _BATCH]
        texts = list(dict.fromkeys(text for design in batch for text in scored_texts(design)))
        pictures = encoder.image_features(draw(drawn[start : start + _BATCH], SIDE)).double()
        cosines = pictures @ encoder.text_features(texts).double().T
        margins += [
            margin_of(design, dict(zip(texts, row, strict=True)))
            for row, design in zip(cosines.tolist(), batch, strict=True)
        ]
        progress(start + len(batch), len(drawn))
    return margins


# --- scenes
# --------------------------------------------------------------------------------------------------


def true_design(scene: Scene, kind: str, frames: int = FRAMES) -> Design:
    """What is true of a scene, as the probe puts it to the test."""
    planned = design(_true_contrast(scene, kind), count=frames)
    assert planned is not None  # all kinds have a rival
    return planned


def _true_contrast(scene: Scene, kind: str) -> Contrast:
    first, second = scene.things
    if kind == PLACE:
        left, right = (Phrase.outside(f"{each.colour} {each.shape}") for each in (first, second))
        word, converse = scene.relation, CONVERSES[scene.relation]
        return RelationContrast(Relation(left, Phrase.outside(word), right, "spatial", converse))
    return AttributeContrast(_attribute(first, kind), _attribute(second, kind))


def _attribute(thing: Thing, kind: str) -> Attribute:
    return Attribute(Phrase.outside(getattr(thing, kind)), Phrase.outside(thing.shape), kind)


def _scenes_with(kind: str) -> list[Scene]:
    """Scenes in which there is a contrast of this kind."""
    every = scenes(3 * SCENES, "calibration", SEED)
    if kind == SIZE:
        every = [scene for scene in every if scene.things[0].size != scene.things[1].size]
    return every[:SCENES]


def with_one_error(scene: Scene, kind: str, number: int) -> Scene:
    """The scene that a wrong prompt would describe: one thing that is not there, or one colour."""
    dice = random.Random(f"wrong {number}")
    things = list(scene.things)
    which = number % 2
    if kind == COLOUR and number // 2 % 2:
        colour = other_word(dice, COLOURS, [thing.colour for thing in things])
        things[which] = replace(things[which], colour=colour)
    else:
        shape = other_word(dice, SHAPES, [thing.shape for thing in things])
        things[which] = replace(things[which], shape=shape)
    return replace(scene, things=tuple(things))


def other_word(dice: random.Random, words: Sequence[str], but: Sequence[str]) -> str:
    """One of ``words`` that is none of ``but``."""
    return pick(dice, [word for word in words if word not in but])


# --- thresholds
# --------------------------------------------------------------------------------------------------


def calibration(kind: str, true: Sequence[Margin], absent: Sequence[Margin]) -> Calibration:
    """The lowest of a few thresholds from which on claims are surely right, and how clear words
    that are not there can look.

    ``true``: scenes with what is true of them; ``absent``: scenes with designs of which one word
    is not there.
    """
    cases = [ClaimCase(abs(margin.clear), margin.clear > 0) for margin in true]
    limit = claim_limit(cases, [case.clear for case in cases], COVERAGES)
    return Calibration(
        kind,
        right=sum(case.right for case in cases),
        total=len(cases),
        threshold=limit.threshold,
        claimed=limit.claimed,
        claimed_right=limit.claimed_right,
        present=_least_presence(absent),
    )


def _least_presence(absent: Sequence[Margin]) -> float:
    """The lowest presence that keeps surely all but one in twenty of the pictures silent that lack
    a word; infinite with too few.
    """
    values = sorted((margin.present for margin in absent), reverse=True)
    allowed = [
        count for count in range(len(values)) if tail(count, len(values), 1 - RIGHT) <= LEVEL
    ]
    if not allowed:
        return math.inf
    return values[allowed[-1]] + 1e-9


# --- saved on disk
# --------------------------------------------------------------------------------------------------


class _Answer(NamedTuple):
    """An encoder's answer to a few scenes, which stands for its weights, precision and
    preprocessing.
    """

    rules: str
    """A hash of all sentences and scenes, and of what else a calibration depends on."""
    cosines: torch.Tensor
    """(scene, text), float64."""
    scale: str

    @classmethod
    def of(cls, encoder: DualEncoder, kind: str) -> _Answer:
        """The answers to the first scenes of a kind."""
        rules, few = _rules(kind, SCENES)
        texts = list(dict.fromkeys(true_design(few[0], kind).texts()))
        cosines = encoder.image_features(draw(few, SIDE)) @ encoder.text_features(texts).T
        return cls(rules, cosines.double(), f"{encoder.scale} {encoder.bias}")

    @property
    def fingerprint(self) -> str:
        """With this torch, whose kernels may differ from another one's."""
        return self._digest(f"{self.rules} {torch.__version__} {self.scale}")

    @property
    def fingerprint_anywhere(self) -> str:
        """The same for every torch, but where rounding decides."""
        return self._digest(f"{self.rules} {self.scale}")

    def _digest(self, text: str) -> str:
        digest = hashlib.sha256(text.encode())
        digest.update((self.cosines * 1e4).round().to(torch.int32).numpy().tobytes())
        return digest.hexdigest()[:24]

    def shipped(self) -> Calibration | None:
        """The calibration that comes with the pack for an encoder that answers the same."""
        for each in read_shipped().values():
            if each.get("rules") == self.rules and self._equals(each.get("cosines")):
                return _from_json({name: each[name] for name in each if name not in FOUND_BY})
        return None

    def _equals(self, cosines: Any) -> bool:
        """Within what another machine's rounding changes."""
        own = self.cosines.flatten()
        try:
            other = torch.tensor(cosines, dtype=torch.float64)
        except (TypeError, ValueError):
            return False
        return own.shape == other.shape and bool(((own - other).abs() < SAME).all())


@cache
def read_shipped() -> Mapping[str, Any]:
    """The calibrations that come with the pack; nothing where the file is missing or broken."""
    shipped = shipped_files.read_shipped(SHIPPED)
    return {key: each for key, each in shipped.items() if isinstance(each, dict)}


@cache
def _rules(kind: str, count: int) -> tuple[str, list[Scene]]:
    """A hash of all sentences and scenes, and the first two of ``count`` scenes. The representation
    of :class:`Scene` is part of it: whoever renames a field of it makes every saved file anew.
    """
    drawn = _scenes_with(kind)
    designs = [true_design(scene, kind) for scene in drawn]
    texts = list(dict.fromkeys(text for each in designs for text in scored_texts(each)))
    rules = (VERSION, kind, count, SIDE, RIGHT, LEVEL, COVERAGES, drawn, texts)
    digest = hashlib.sha256(repr(rules).encode())
    digest.update((draw(drawn[: len(SHAPES)], 16) * 255).round().to(torch.uint8).numpy().tobytes())
    return digest.hexdigest(), drawn[:2]


def _to_json(measured: Calibration) -> dict[str, Any]:
    return {"format": FORMAT, "version": VERSION, **asdict(measured)}


def _from_json(value: Any) -> Calibration | None:
    """The calibration that was saved; None for anything else."""
    try:
        if (value["format"], value["version"]) != (FORMAT, VERSION):
            return None
        values = {name: value[name] for name in value if name not in ("format", "version")}
        result = Calibration(**values)
        counts = (result.right, result.total, result.claimed, result.claimed_right)
        threshold = 0.0 if result.threshold is None else result.threshold
        valid = all(isinstance(count, int) for count in counts)
        return result if valid and threshold >= 0 and result.present >= 0 else None
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
