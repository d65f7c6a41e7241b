"""The image probe: does a picture show what the prompt asks, or the same words bound the other way round, and can this scorer tell?

    found = look(images, "a red car next to a blue house", encoder)
    found.pictures[0].shows              SHOWN, SWAPPED or UNKNOWN

A picture is scored with the four cells of every contrast (``cells.py``) in several sentence frames. What the prompt's cells score above
the rival's is the *margin*; what sentences of the same meaning differ in is the *noise*. Nothing is claimed unless the scorer's own text
side tells the two meanings apart, and the margin is as clear as this scorer needs it on drawn scenes whose truth is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from ..encoders.dual import DualEncoder, Images
from ..errors import EncoderScopeError
from .cells import CELLS, Cell, Design
from .designs import Plan, plan
from .dual_text import DualText
from .encoder import Answer, Progress, encode, part, quiet
from .image_calibration import Calibration, calibrated, drawable
from .image_margins import Margin, margin
from .measures import measure
from .nulls import four
from .reading import plain, read
from .readouts import POOLED, gram
from .statements import Reading
from .textbook import UNRELATED
from .thresholds import Thresholds
from .verdicts import BOUND, Verdict, decide, judge

SHOWN, SWAPPED, UNKNOWN = "shows the prompt", "shows the swap", "cannot tell"
TEXT_SIDE, SCORER, CLOSE = "text side", "scorer", "close"
"""Why nothing is claimed: the scorer's text side does not hold it, it cannot tell on drawn scenes, or the margin is not clear enough."""
PROMPT, PLAIN, SWAP = "prompt", "prompt in plain words", "swap"
REWORDED, SWAP_REWORDED = "prompt reworded", "swap reworded"
"""Roles of captions."""
LIMIT = 3
"""Contrasts of one prompt: each costs 32 texts."""


@dataclass(frozen=True)
class Options:
    cache: Path | None = None
    limit: int = LIMIT
    progress: Progress = quiet


@dataclass(frozen=True)
class Reader:
    """How well the scorer can tell one contrast before it sees the picture."""

    text: Verdict
    calibration: Calibration


@dataclass(frozen=True)
class Seen:
    """One contrast in one picture."""

    shows: str
    why: str
    """Why nothing is claimed; empty where something is."""
    margin: Margin


@dataclass(frozen=True)
class Picture:
    shows: str
    contrasts: tuple[Seen, ...]
    logits: torch.Tensor
    """(caption,): with all captions of :attr:`Looked.captions`."""


@dataclass(frozen=True)
class Looked:
    reading: Reading
    plan: Plan
    captions: tuple[tuple[str, str], ...]
    """(role, text): the prompt, its swaps, both in other words, and an unrelated one."""
    readers: tuple[Reader, ...]
    pictures: tuple[Picture, ...]


def look(images: Images, text: str, encoder: DualEncoder, options: Options | None = None) -> Looked:
    """``images``: one or many, of any sizes. Raises :class:`EncoderScopeError` for marks that do not fit, or a prompt that is too long."""
    options = options or Options()
    reading = read(text)
    plans = plan(reading, options.limit)
    captions = _captions(text, plans)
    cells = [cell.text for design in plans.designs for cell in four(design)]
    texts = list(dict.fromkeys([*(caption for _, caption in captions), *cells]))
    features = encoder.text_features(texts)
    shown = encoder.image_features(images)
    if not len(shown):
        raise EncoderScopeError("No picture was given.", "At least one was expected.", "Connect an IMAGE.")
    # Last, since it takes longest: nobody waits for it to learn that the prompt is too long.
    steps = 2 if plans.designs else 1
    readers = _readers(encoder, plans, replace(options, progress=part(options.progress, 0, steps))) if plans.designs else ()
    cosines = shown.double() @ features.double().T
    column = {one: k for k, one in enumerate(texts)}
    logits = cosines[:, [column[caption] for _, caption in captions]] * encoder.scale + encoder.bias
    pictures = [
        _picture(row, told, plans, readers, column) for row, told in zip(cosines, logits, strict=True)
    ]
    options.progress(1, 1)
    return Looked(reading, plans, captions, readers, tuple(pictures))


def _captions(text: str, plans: Plan) -> tuple[tuple[str, str], ...]:
    found = {_spoken(text): PROMPT}
    # Of several contrasts, what rewords one would change what another says.
    roles = (PLAIN, SWAP, REWORDED, SWAP_REWORDED) if len(plans.designs) == 1 and not plans.skipped else (PLAIN, SWAP)
    for design in plans.designs:
        frame = design.in_prompt or design.frames[0]
        for role, cell in zip(roles, frame[: len(roles)], strict=True):
            assert cell is not None
            found.setdefault(_spoken(cell.text), role)
    found.setdefault(UNRELATED, "unrelated")
    return tuple((role, caption) for caption, role in found.items())


def _spoken(text: str) -> str:
    """Without weights and marks: the scorer would read them as signs."""
    words = re.sub(r"[\[\]]", "", plain(text)).replace("|", " and ")
    return re.sub(r"\s+([,.;])", r"\1", " ".join(words.split()))


def _readers(encoder: DualEncoder, plans: Plan, options: Options) -> tuple[Reader, ...]:
    steps = 3
    told = DualText(encoder)
    texts = [cell.text for design in plans.designs for cell in four(design)]
    answers = encode(told, texts, part(options.progress, 0, steps))
    again = encode(told, list(reversed([cell.text for design in plans.designs for cell in four(design)[:4]])))
    thresholds = Thresholds([told], plans, options.cache, part(options.progress, 1, steps))
    verdicts = []
    for k, design in enumerate(plans.designs):
        found = measure(gram(POOLED, _twice(design, answers, again)), len(design.frames), 4)
        verdicts.append(judge(found, thresholds.of(k, told.name, POOLED), (k, told.name, POOLED)))
    kinds = dict.fromkeys(design.kind for design in plans.designs)
    known = {kind: calibrated(encoder, kind, options.cache, part(options.progress, 2, steps)) for kind in kinds}
    judged = [(one, plans.designs[one.contrast]) for one in decide(verdicts)]
    return tuple(Reader(one, replace(known[made.kind], drawn=drawable(made.contrast))) for one, made in judged)


def _twice(design: Design, answers: Mapping[str, Answer], again: Mapping[str, Answer]) -> list[tuple[Cell, Answer]]:
    cells = four(design)
    return [*((one, answers[one.text]) for one in cells), *((one, again[one.text]) for one in cells[:4])]


def _picture(
    cosines: torch.Tensor, logits: torch.Tensor, plans: Plan, readers: Sequence[Reader], column: Mapping[str, int]
) -> Picture:
    seen = []
    for design, reader in zip(plans.designs, readers, strict=True):
        table = cosines[[column[cell.text] for cell in four(design)]].reshape(len(design.frames), len(CELLS))
        seen.append(_seen(margin(table), reader))
    return Picture(overall([one.shows for one in seen]), tuple(seen), logits)


def _seen(found: Margin, reader: Reader) -> Seen:
    why = TEXT_SIDE if reader.text.verdict != BOUND else SCORER if reader.calibration.threshold is None else ""
    if not why and (found.clear == 0 or abs(found.clear) < (reader.calibration.threshold or 0.0)):
        why = CLOSE
    return Seen(UNKNOWN if why else SHOWN if found.clear > 0 else SWAPPED, why, found)


def overall(told: Sequence[str]) -> str:
    """One swapped contrast spoils a picture; one that cannot be told leaves it open."""
    return SWAPPED if SWAPPED in told else UNKNOWN if UNKNOWN in told or not told else SHOWN
