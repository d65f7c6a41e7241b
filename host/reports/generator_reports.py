"""From a MODEL, a CLIP and a prompt to the Ignored Words report."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ...conditioning.generator import budget as call_budget
from ...conditioning.generator.energies import PointEnergies
from ...conditioning.generator.influence import prompt_influence
from ...conditioning.generator.levels import reachable
from ...conditioning.generator.measurement import ALONG_A_RUN, FINISHED, Measurement
from ...conditioning.generator.phrases import SPLITS, choose
from ...conditioning.mixing.text_states import Conditioning
from ...conditioning.progress import Progress, no_progress
from ...conditioning.reports.generator.report import generator_report
from .. import clip as host_clip
from ..generator import encodings, guider, image_model, latents

Report = dict[str, Any]
BUDGETS = tuple(call_budget.BUDGETS)
DEFAULT_BUDGET = "default"


@dataclass(frozen=True)
class Options:
    """How a prompt is measured."""

    seed: int = 0
    guidance: float = 1.0
    budget: str = DEFAULT_BUDGET
    split: str = SPLITS[0]
    most_phrases: int = call_budget.MOST_PHRASES
    negative: str = ""
    positive: Conditioning | None = None
    latent: Any = None
    image: Any = None
    vae: Any = None


def report(
    model: Any, clip: Any, text: str, options: Options, progress: Progress = no_progress
) -> Report:
    """The Ignored Words report (``docs/report-generator.md``). Raises :class:`EncoderScopeError`,
    and what the host raises when its stop button is pressed.
    """
    measurement = measure(model, clip, text, options, progress)
    return generator_report(measurement, host_clip.version())


def measure(
    model: Any, clip: Any, text: str, options: Options, progress: Progress = no_progress
) -> Measurement:
    """All figures of a prompt."""
    choice = choose(text, options.split, options.most_phrases)
    facts = image_model.facts_of(model)
    guided = options.guidance > 1
    encoded = encodings.encode(
        clip, choice.text, choice.phrases, options.negative if guided else None, options.positive
    )
    start = latents.start_latent(model, options.latent, options.image, options.vae)
    task = call_budget.Task(
        len(choice.phrases),
        frozenset(k for k, reaches in enumerate(encoded.reaches) if not reaches),
        encoded.rows,
        encoded.pooled,
        guided=guided,
        run=not start.finished,
    )
    plan = call_budget.plan(task, options.budget)
    sigmas, levels, moved = reachable(plan.levels, facts.scale)
    logging.info("Ignored Words: %d calls of the image model", plan.calls)
    seeds = [options.seed + k for k in range(plan.seeds)]
    points, calls = _asked(model, encoded, plan, facts, start, seeds, options.guidance, progress)
    return Measurement(
        choice=choice,
        negative=options.negative if guided else "",
        tokens=encoded.tokens,
        reaches=encoded.reaches,
        generator_title=facts.title,
        family=facts.family.name if facts.family else None,
        prediction=facts.prediction,
        generator_notes=facts.notes,
        moment=FINISHED if start.finished else ALONG_A_RUN,
        guidance=options.guidance,
        plan=plan,
        calls=calls,
        levels=levels,
        sigmas=sigmas,
        seeds=seeds,
        influence=prompt_influence(points, task.phrases),
        notes=[*encoded.notes, *start.notes, *_level_notes(moved)],
    )


def _asked(
    model: Any,
    encoded: encodings.PromptEncodings,
    plan: call_budget.CallPlan,
    facts: image_model.ModelFacts,
    start: latents.StartLatent,
    seeds: Sequence[int],
    guidance: float,
    progress: Progress,
) -> tuple[list[PointEnergies], int]:
    """Everything that is asked of the model, and how many calls that took."""
    noises = [noise_of(start.samples, seed) for seed in seeds]
    sampler = guider.InfluenceSampler(plan, facts.scale, noises, start.finished, progress)
    asking = guider.InfluenceGuider(model)
    names = {name for point in plan.points for name in point.names} | {call_budget.NEGATIVE}
    conds = {name: cond for name, cond in encoded.conds.items() if name in names}
    asking.set_all(conds, guidance)
    progress(0, plan.calls)
    points = asking.measured(noises[0], start.samples, sampler, seeds[0])
    return points, sampler.calls


def noise_of(samples: torch.Tensor, seed: int) -> torch.Tensor:
    """The noise that the host's samplers start from with this seed, from a generator of its own."""
    generator = torch.Generator().manual_seed(seed % (1 << 63))
    return torch.randn(samples.size(), dtype=samples.dtype, generator=generator)


def _level_notes(moved: bool) -> list[str]:
    if not moved:
        return []
    return ["Noise levels outside of the model's own range were moved to its edge."]
