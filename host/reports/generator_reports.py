"""From a MODEL, a CLIP and a prompt to the Ignored Words report."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import torch
from PIL import Image

from ...conditioning.generator import budget as call_budget
from ...conditioning.generator.energies import PointEnergies
from ...conditioning.generator.influence import prompt_influence
from ...conditioning.generator.levels import reachable
from ...conditioning.generator.measurement import ALONG_A_RUN, FINISHED, Measurement
from ...conditioning.generator.phrases import SPLITS, choose
from ...conditioning.mixing.checks import require_finite
from ...conditioning.mixing.text_states import Conditioning
from ...conditioning.progress import Progress, counted, no_progress, say
from ...conditioning.reports.generator.report import generator_report
from ...conditioning.translation import later, translate_count
from .. import clip as host_clip
from ..generator import encodings, eps_contrasts, guider, image_model, latents, looking, pairing
from ..generator.positive import KeepExtras

Report = dict[str, Any]
BUDGETS = tuple(call_budget.BUDGETS)
QUICK, DEFAULT_BUDGET, THOROUGH = BUDGETS


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
    binding: bool = False
    where: bool = False
    """A where-map follows: its calls are counted from the start."""

    @property
    def guided(self) -> bool:
        """Classifier-free guidance is on."""
        return self.guidance > 1

    @property
    def with_binding(self) -> bool:
        """Contrasts are asked, too: where that is wished and the budget has room, and in every
        thorough measurement.
        """
        return self.budget == THOROUGH or (self.binding and self.budget != QUICK)


class Look(NamedTuple):
    """What was seen of where the image model looks for each phrase."""

    where: Report | None
    """The report's field; None where it cannot be heard."""
    picture: Image.Image | None = None
    """What the maps are drawn over."""
    note: str = ""
    """Why nothing was heard."""


class MeasuredPrompt:
    """A prompt with the MODEL and the CLIP that it is measured with. Its encoding and the latent
    are made when they are first asked for, and once; it is measured and looked for once, however
    often its report is written. Raises :class:`EncoderScopeError`.
    """

    def __init__(self, model: Any, clip: Any, text: str, options: Options) -> None:
        self.model = model
        self.clip = clip
        self.options = options
        self.choice = choose(text, options.split, options.most_phrases)
        self.measured: Measurement | None = None
        self.look: Look | None = None

    @cached_property
    def encoder(self) -> encodings.PromptEncoder:
        """The prompt in the CLIP, without marks."""
        return encodings.PromptEncoder(self.clip, self.choice.text)

    @cached_property
    def start(self) -> latents.StartLatent:
        """The latent that is measured on."""
        options = self.options
        return latents.start_latent(self.model, options.latent, options.image, options.vae)

    @cached_property
    def rows_looked_for(self) -> dict[int, list[int]]:
        """Phrase -> its rows of the conditioning, where a where-map can be listened for; none where
        rows are not known, or the latent is no picture.
        """
        if not self.options.where or self.start.samples.dim() != 4:
            return {}
        states, own = self.encoder.states
        rows = {
            number: encodings.rows_of_span(self.encoder, states, own, (phrase.start, phrase.end))
            for number, phrase in enumerate(self.choice.phrases)
        }
        return {number: own_rows for number, own_rows in rows.items() if own_rows}


def report(prompt: MeasuredPrompt, progress: Progress = no_progress) -> Report:
    """The Ignored Words report (``docs/report-generator.md``). Raises :class:`EncoderScopeError`,
    and what the host raises when its stop button is pressed.
    """
    prompt.measured = prompt.measured or measure(prompt, progress)
    return generator_report(prompt.measured, host_clip.version())


def measure(prompt: MeasuredPrompt, progress: Progress = no_progress) -> Measurement:
    """All figures of a prompt."""
    choice, options = prompt.choice, prompt.options
    facts, encoder = image_model.facts_of(prompt.model), prompt.encoder
    encoded = encodings.encode(encoder, choice.phrases)
    asked_contrasts = _contrasts_of(prompt, encoded.conds[call_budget.BASE])
    task = task_of(encoded, asked_contrasts, options, prompt.start)
    plan = call_budget.plan(task, options.budget)
    sigmas, levels, moved = reachable(plan.levels, facts.scale)
    fillers = encodings.other_fillers(encoder, choice.phrases, plan.names)
    variants = {**encoded.conds, **fillers, **asked_contrasts.conds}
    conds, extras_notes = conds_of(encoder, variants, options)
    run = MeasuringRun(prompt.model, conds, plan, facts, prompt.start, options)
    with pairing.refused(facts.family, encoder.family):
        points, calls = run.measured(progress, _calls_to_look(prompt, levels))
    influence = prompt_influence(points, len(choice.phrases), len(asked_contrasts.contrasts))
    contrasts = eps_contrasts.shares(asked_contrasts, influence.binding, prompt.clip, choice.text)
    return Measurement(
        choice=choice,
        negative=options.negative if options.guided else "",
        tokens=encoded.tokens,
        reaches=encoded.reaches,
        generator_title=facts.title,
        family=facts.family.name if facts.family else None,
        prediction=facts.prediction,
        generator_notes=[*facts.notes, *_pairing_notes(facts, encoder)],
        moment=FINISHED if prompt.start.finished else ALONG_A_RUN,
        guidance=options.guidance,
        plan=plan,
        calls=calls,
        levels=levels,
        sigmas=sigmas,
        seeds=run.seeds,
        influence=influence,
        still=encoded.still,
        weighted=encoder.weighted,
        contrasts=contrasts,
        skipped=[*asked_contrasts.skipped, *_binding_left_out(options)],
        notes=[*encoded.notes, *extras_notes, *prompt.start.notes, *_level_notes(moved)],
    )


def _contrasts_of(prompt: MeasuredPrompt, own: Conditioning) -> eps_contrasts.AskedContrasts:
    """The contrasts that are asked, too; none where binding is not measured."""
    if not prompt.options.with_binding:
        return eps_contrasts.AskedContrasts()
    return eps_contrasts.encode(prompt.encoder, own)


def task_of(
    encoded: encodings.PromptEncodings,
    asked_contrasts: eps_contrasts.AskedContrasts,
    options: Options,
    start: latents.StartLatent,
) -> call_budget.Task:
    """What is to be asked, as the plan of calls wants it."""
    return call_budget.Task(
        phrases=len(encoded.reaches),
        silent=frozenset(k for k, reaches in enumerate(encoded.reaches) if not reaches),
        rows=encoded.rows,
        pooled=encoded.pooled,
        contrasts=len(asked_contrasts.contrasts),
        guided=options.guided,
        run=not start.finished,
    )


def conds_of(
    encoder: encodings.PromptEncoder, conds: dict[str, Conditioning], options: Options
) -> tuple[dict[str, Conditioning], list[str]]:
    """All conditionings with what the artist hung on the prompt's, and the negative; and notes."""
    notes: list[str] = []
    if options.positive is not None:
        keep = KeepExtras(options.positive, conds[call_budget.BASE])
        conds = {name: keep.applied(cond) for name, cond in conds.items()}
        notes = keep.notes
    if options.guided:
        conds = {**conds, call_budget.NEGATIVE: encoder.plain(options.negative)}
    for cond in conds.values():  # or else the image model would be blamed
        require_finite(later("the prompt's conditioning"), cond)
    return conds, notes


@dataclass(frozen=True)
class MeasuringRun:
    """One run of the host's guider and sampler through a plan."""

    model: Any
    conds: dict[str, Conditioning]
    plan: call_budget.CallPlan
    facts: image_model.ModelFacts
    start: latents.StartLatent
    options: Options

    @property
    def seeds(self) -> list[int]:
        """The artist's, counted up."""
        return [self.options.seed + k for k in range(self.plan.seeds)]

    def measured(self, progress: Progress, after: int = 0) -> tuple[list[PointEnergies], int]:
        """What was measured at every point, and how many calls of the model that took. ``after``:
        calls that follow; all of them are told before the first.
        """
        say(progress, _calls_text(self.plan.calls + after))
        progress = counted(progress, after=after)
        samples = self.start.samples
        noises = [noise_of(samples, seed) for seed in self.seeds]
        sampler = guider.InfluenceSampler(
            self.plan, self.facts.scale, noises, self.start.finished, progress
        )
        asking = guider.InfluenceGuider(self.model)
        asking.set_all(self._asked(), self.options.guidance)
        logging.info("Ignored Words: %d calls of the image model", self.plan.calls + after)
        progress(0, self.plan.calls)
        points = asking.measured(noises[0], samples, sampler, self.seeds[0])
        return points, sampler.calls

    def _asked(self) -> dict[str, Conditioning]:
        """Only what the plan asks for: the host prepares everything that it is given."""
        names = self.plan.names | {call_budget.BASE, call_budget.NEGATIVE}
        return {name: cond for name, cond in self.conds.items() if name in names}


def _calls_text(count: int) -> str:
    return translate_count(
        "{count:,} call of the image model", "{count:,} calls of the image model", count
    )


def _calls_to_look(prompt: MeasuredPrompt, levels: Sequence[float]) -> int:
    """Calls of the where-map that follows, if one does."""
    options = prompt.options
    if not prompt.rows_looked_for:
        return 0
    plan = looking.looking_plan(
        options.budget, tuple(dict.fromkeys(levels)), options.guided, prompt.start.finished
    )
    return plan.calls


def noise_of(samples: torch.Tensor, seed: int) -> torch.Tensor:
    """The noise that the host's samplers start from with this seed, from a generator of its own."""
    generator = torch.Generator().manual_seed(seed % (1 << 63))
    return torch.randn(samples.size(), dtype=samples.dtype, generator=generator)


def _pairing_notes(facts: image_model.ModelFacts, encoder: encodings.PromptEncoder) -> list[str]:
    note = pairing.mismatch(facts.family, encoder.family)
    return [note] if note else []


def _binding_left_out(options: Options) -> list[str]:
    if options.binding and not options.with_binding:
        return [later("Binding was not measured: it needs more calls than the quick budget has.")]
    return []


def _level_notes(moved: bool) -> list[str]:
    if not moved:
        return []
    return [later("Noise levels outside of the model's own range were moved to its edge.")]
