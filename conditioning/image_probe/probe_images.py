"""The image probe: does a picture show what the prompt asks, or the same words bound the other way
round, and can this scorer tell?

    result = probe_images(images, "a red car next to a blue house", encoder)
    result.pictures[0].shows             SHOWN, SWAPPED or UNKNOWN

A picture is scored with the four cells of every contrast (``cells.py``) in several sentence frames.
What the prompt's cells score above the rival's is the *margin*; what sentences of the same meaning
differ in is the *noise*. Nothing is claimed unless the scorer's own text side tells the two
meanings apart, and the margin is as clear as this scorer needs it on drawn scenes whose truth is
known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ..binding.cosine_rule import UNRELATED
from ..binding.design_answers import RepeatedAnswers
from ..binding.designs import ProbePlan, plan
from ..binding.readouts import POOLED
from ..binding.thresholds import Thresholds
from ..binding.verdicts import BOUND, Verdict, decide, judge
from ..english.reading import plain, read
from ..english.statements import Reading
from ..errors import EncoderScopeError
from ..image_text.dual_encoder import DualEncoder, Images
from ..progress import Progress, no_progress, stage
from ..translation import translatable
from .calibration import Calibration, calibrated
from .margins import Margin, margin_of, scored_texts
from .text_side import DualText

SHOWN = translatable("shows the prompt")
SWAPPED = translatable("shows the swap")
UNKNOWN = translatable("cannot tell")
TEXT_SIDE = "text side"
KIND = "kind"
SCORER = "scorer"
CLOSE = "close"
ABSENT = "absent"
"""Why nothing is claimed: the scorer's text side does not hold it; no drawn scene shows this kind
of contrast, so nothing can be promised; it cannot tell on drawn scenes; the margin is not clear
enough; or one of the words may not be in the picture at all.
"""
PROMPT = translatable("prompt")
PLAIN = translatable("prompt in plain words")
SWAP = translatable("swap")
REWORDED = translatable("prompt reworded")
SWAP_REWORDED = translatable("swap reworded")
UNSAID = translatable("unrelated")
"""Roles of captions."""
LIMIT = 3
"""Contrasts of one prompt: each costs 32 texts."""


@dataclass(frozen=True)
class ImageProbeOptions:
    """What an image probe can be given beside pictures, prompt and encoder."""

    cache: Path | None = None
    limit: int = LIMIT
    progress: Progress = no_progress


@dataclass(frozen=True)
class ScorerReliability:
    """How well the scorer can tell one contrast before it sees the picture."""

    text: Verdict
    calibration: Calibration


@dataclass(frozen=True)
class PictureVerdict:
    """One contrast in one picture."""

    shows: str
    reason: str
    """Why nothing is claimed; empty where something is."""
    margin: Margin


@dataclass(frozen=True)
class PictureResult:
    """One picture, with a verdict for every contrast."""

    shows: str
    verdicts: tuple[PictureVerdict, ...]
    logits: torch.Tensor
    """(caption,): with all captions of :attr:`ImageProbeResult.captions`."""


@dataclass(frozen=True)
class ImageProbeResult:
    """All that the image probe measured."""

    reading: Reading
    plan: ProbePlan
    captions: tuple[tuple[str, str], ...]
    """(role, text): the prompt, its swaps, both in other words, and an unrelated one."""
    reliability: tuple[ScorerReliability, ...]
    """One for each contrast."""
    pictures: tuple[PictureResult, ...]


def probe_images(
    images: Images, text: str, encoder: DualEncoder, options: ImageProbeOptions | None = None
) -> ImageProbeResult:
    """``images``: one or many, of any sizes. Raises :class:`EncoderScopeError` for marks that do
    not fit, a prompt that is too long, or no picture.
    """
    options = options or ImageProbeOptions()
    reading = read(text)
    probe_plan = plan(reading, options.limit)
    captions = _captions(text, probe_plan)
    texts = [caption for _, caption in captions]
    for design in probe_plan.designs:
        texts += scored_texts(design)
    texts = list(dict.fromkeys(texts))
    text_features = encoder.text_features(texts).double()
    image_features = encoder.image_features(images).double()
    if not len(image_features):
        raise EncoderScopeError(
            "No picture was given.", "At least one was expected.", "Connect an IMAGE."
        )
    # Last, since it takes longest: nobody waits for it to learn that the prompt is too long.
    reliability = _reliability(encoder, probe_plan, options)
    cosines = image_features @ text_features.T
    columns = [texts.index(caption) for _, caption in captions]
    logits = cosines[:, columns] * encoder.scale + encoder.bias
    pictures = [
        _picture(dict(zip(texts, row, strict=True)), picture_logits, probe_plan, reliability)
        for row, picture_logits in zip(cosines.tolist(), logits, strict=True)
    ]
    options.progress(1, 1)
    return ImageProbeResult(reading, probe_plan, captions, reliability, tuple(pictures))


def _captions(text: str, plan: ProbePlan) -> tuple[tuple[str, str], ...]:
    roles = {_without_syntax(text): PROMPT}
    cell_roles = [PLAIN, SWAP]
    if len(plan.designs) == 1 and not plan.skipped:
        # Of several contrasts, what rewords one would change what another says.
        cell_roles += [REWORDED, SWAP_REWORDED]
    for design in plan.designs:
        frame = design.in_prompt or design.frames[0]
        for role, cell in zip(cell_roles, frame.four, strict=False):
            roles.setdefault(_without_syntax(cell.text), role)
    roles.setdefault(UNRELATED, UNSAID)
    return tuple((role, caption) for caption, role in roles.items())


def _without_syntax(text: str) -> str:
    """Without weights and marks: the scorer would read them as signs."""
    words = re.sub(r"[\[\]]", "", plain(text)).replace("|", " and ")
    return re.sub(r"\s+([,.;])", r"\1", " ".join(words.split()))


# --- what the scorer can tell
# --------------------------------------------------------------------------------------------------


def _reliability(
    encoder: DualEncoder, plan: ProbePlan, options: ImageProbeOptions
) -> tuple[ScorerReliability, ...]:
    """Of its text side and on drawn scenes, for every contrast."""
    if not plan.designs:
        return ()
    progress = stage(options.progress, 0, 2)
    verdicts = _text_verdicts(encoder, plan, options.cache, progress)
    kinds = [design.contrast.scene_kind() for design in plan.designs]
    calibrations: dict[str, Calibration] = {}
    different = list(dict.fromkeys(kinds))
    for number, kind in enumerate(different):
        part = stage(stage(progress, 2, 3), number, len(different))
        calibrations[kind] = calibrated(encoder, kind, options.cache, part)
    return tuple(
        ScorerReliability(verdict, calibrations[kinds[verdict.contrast]]) for verdict in verdicts
    )


def _text_verdicts(
    encoder: DualEncoder, plan: ProbePlan, cache: Path | None, progress: Progress
) -> list[Verdict]:
    """What the pooled vector of the scorer's text side binds. Two of three stages."""
    text_side = DualText(encoder)
    answers = RepeatedAnswers(text_side, plan.designs, plan.texts(), stage(progress, 0, 3))
    thresholds = Thresholds([text_side], plan, cache, stage(progress, 1, 3))
    verdicts = []
    for k, design in enumerate(plan.designs):
        key = (k, text_side.name, POOLED)
        verdicts.append(judge(answers.measure(design, POOLED), thresholds.of(*key), key))
    return decide(verdicts)


# --- what a picture shows
# --------------------------------------------------------------------------------------------------


def _picture(
    cosines: Mapping[str, float],
    logits: torch.Tensor,
    plan: ProbePlan,
    reliability: Sequence[ScorerReliability],
) -> PictureResult:
    verdicts = [
        _verdict(margin_of(design, cosines), scorer)
        for design, scorer in zip(plan.designs, reliability, strict=True)
    ]
    shows = overall([verdict.shows for verdict in verdicts])
    return PictureResult(shows, tuple(verdicts), logits)


def _verdict(margin: Margin, scorer: ScorerReliability) -> PictureVerdict:
    reason = TEXT_SIDE
    if scorer.text.verdict == BOUND:
        reason = _why_unknown(margin, scorer.calibration)
    if reason:
        return PictureVerdict(UNKNOWN, reason, margin)
    return PictureVerdict(SHOWN if margin.clear > 0 else SWAPPED, reason, margin)


def _why_unknown(margin: Margin, calibration: Calibration) -> str:
    """Why a margin is no claim; empty where it is one."""
    if not calibration.kind:
        return KIND
    if calibration.threshold is None:
        return SCORER
    if margin.clear == 0 or abs(margin.clear) < calibration.threshold:
        return CLOSE
    if margin.present < calibration.present:
        return ABSENT
    return ""


def overall(shows: Sequence[str]) -> str:
    """One swapped contrast spoils a picture; one that cannot be told leaves it open."""
    if SWAPPED in shows:
        return SWAPPED
    if UNKNOWN in shows or not shows:
        return UNKNOWN
    return SHOWN
