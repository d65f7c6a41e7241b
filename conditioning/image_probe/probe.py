"""The image probe: does a picture show what the prompt asks, or the same words bound the other way
round, and can this scorer tell?

    found = look(images, "a red car next to a blue house", encoder)
    found.pictures[0].shows              SHOWN, SWAPPED or UNKNOWN

A picture is scored with the four cells of every contrast (``cells.py``) in several sentence frames.
What the prompt's cells score above the rival's is the *margin*; what sentences of the same meaning
differ in is the *noise*. Nothing is claimed unless the scorer's own text side tells the two
meanings apart, and the margin is as clear as this scorer needs it on drawn scenes whose truth is
known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from ..binding.cells import Cell, Design
from ..binding.contrasts import Plan, plan
from ..binding.cosine_rule import UNRELATED
from ..binding.measures import measure
from ..binding.null_distribution import four
from ..binding.readouts import POOLED, gram
from ..binding.thresholds import Thresholds
from ..binding.verdicts import BOUND, Verdict, decide, judge
from ..encoding.text_encoder import Answer, encode
from ..english.reading import plain, read
from ..english.statements import Reading
from ..errors import EncoderScopeError
from ..image_text.dual_encoder import DualEncoder, Images
from ..progress import Progress, no_progress, stage
from .calibration import Calibration, calibrated, drawable
from .margins import Margin, measured, texts
from .text_side import DualText

SHOWN, SWAPPED, UNKNOWN = "shows the prompt", "shows the swap", "cannot tell"
TEXT_SIDE, KIND, SCORER, CLOSE, ABSENT = "text side", "kind", "scorer", "close", "absent"
"""Why nothing is claimed: the scorer's text side does not hold it; no drawn scene shows this kind
of contrast, so nothing can be promised; it cannot tell on drawn scenes; the margin is not clear
enough; or one of the words may not be in the picture at all.
"""
PROMPT, PLAIN, SWAP = "prompt", "prompt in plain words", "swap"
REWORDED, SWAP_REWORDED = "prompt reworded", "swap reworded"
"""Roles of captions."""
LIMIT = 3
"""Contrasts of one prompt: each costs 32 texts."""


@dataclass(frozen=True)
class Options:
    cache: Path | None = None
    limit: int = LIMIT
    progress: Progress = no_progress


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
    """``images``: one or many, of any sizes. Raises :class:`EncoderScopeError` for marks that do
    not fit, or a prompt that is too long.
    """
    options = options or Options()
    reading = read(text)
    plans = plan(reading, options.limit)
    captions = _captions(text, plans)
    asked = [text for design in plans.designs for text in texts(design)]
    every = list(dict.fromkeys([*(caption for _, caption in captions), *asked]))
    features = encoder.text_features(every)
    shown = encoder.image_features(images)
    if not len(shown):
        raise EncoderScopeError(
            "No picture was given.", "At least one was expected.", "Connect an IMAGE."
        )
    # Last, since it takes longest: nobody waits for it to learn that the prompt is too long.
    steps = 2 if plans.designs else 1
    readers = (
        _readers(encoder, plans, replace(options, progress=stage(options.progress, 0, steps)))
        if plans.designs
        else ()
    )
    cosines = shown.double() @ features.double().T
    rows = [dict(zip(every, row, strict=True)) for row in cosines.tolist()]
    logits = (
        cosines[:, [every.index(caption) for _, caption in captions]] * encoder.scale + encoder.bias
    )
    pictures = [_picture(row, told, plans, readers) for row, told in zip(rows, logits, strict=True)]
    options.progress(1, 1)
    return Looked(reading, plans, captions, readers, tuple(pictures))


def _captions(text: str, plans: Plan) -> tuple[tuple[str, str], ...]:
    found = {_spoken(text): PROMPT}
    # Of several contrasts, what rewords one would change what another says.
    roles = (
        (PLAIN, SWAP, REWORDED, SWAP_REWORDED)
        if len(plans.designs) == 1 and not plans.skipped
        else (PLAIN, SWAP)
    )
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
    answers = encode(told, texts, stage(options.progress, 0, steps))
    again = encode(
        told, list(reversed([cell.text for design in plans.designs for cell in four(design)[:4]]))
    )
    thresholds = Thresholds([told], plans, options.cache, stage(options.progress, 1, steps))
    verdicts = []
    for k, design in enumerate(plans.designs):
        found = measure(gram(POOLED, _twice(design, answers, again)), len(design.frames), 4)
        verdicts.append(judge(found, thresholds.of(k, told.name, POOLED), (k, told.name, POOLED)))
    kinds = list(dict.fromkeys(drawable(design.contrast) for design in plans.designs))
    last = stage(options.progress, 2, steps)
    known = {
        kind: calibrated(encoder, kind, options.cache, stage(last, k, len(kinds)))
        for k, kind in enumerate(kinds)
    }
    return tuple(
        Reader(one, known[drawable(plans.designs[one.contrast].contrast)])
        for one in decide(verdicts)
    )


def _twice(
    design: Design, answers: Mapping[str, Answer], again: Mapping[str, Answer]
) -> list[tuple[Cell, Answer]]:
    cells = four(design)
    return [
        *((one, answers[one.text]) for one in cells),
        *((one, again[one.text]) for one in cells[:4]),
    ]


def _picture(
    cosines: Mapping[str, float], logits: torch.Tensor, plans: Plan, readers: Sequence[Reader]
) -> Picture:
    seen = [
        _seen(measured(design, cosines), reader)
        for design, reader in zip(plans.designs, readers, strict=True)
    ]
    return Picture(overall([one.shows for one in seen]), tuple(seen), logits)


def _seen(found: Margin, reader: Reader) -> Seen:
    known = reader.calibration
    why = _why_silent(found, known) if reader.text.verdict == BOUND else TEXT_SIDE
    return Seen(UNKNOWN if why else SHOWN if found.clear > 0 else SWAPPED, why, found)


def _why_silent(found: Margin, known: Calibration) -> str:
    if not known.kind:
        return KIND
    if known.threshold is None:
        return SCORER
    if found.clear == 0 or abs(found.clear) < known.threshold:
        return CLOSE
    return ABSENT if found.present < known.present else ""


def overall(told: Sequence[str]) -> str:
    """One swapped contrast spoils a picture; one that cannot be told leaves it open."""
    return SWAPPED if SWAPPED in told else UNKNOWN if UNKNOWN in told or not told else SHOWN
