"""Tries the doctor's remedy once, with the same seed: drawn where there is a VAE, else measured in
the image model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch

from ...conditioning.doctor import picture_check, trial
from ...conditioning.doctor.diagnosis import (
    GENERATOR,
    NOT_ASKED_ABOUT,
    TOKENIZER,
    Diagnosis,
    PhraseDiagnosis,
)
from ...conditioning.doctor.placed_report import PlacedReport, readable
from ...conditioning.doctor.remedies import FamilyFacts
from ...conditioning.progress import Progress, stage
from ...conditioning.translation import later
from ..generator import draw, latents
from . import generator_reports
from .doctor_stations import DoctorInputs, StationReports, image_report

Report = dict[str, Any]


class Tried(NamedTuple):
    """What came of a remedy, and the pictures before and after, (1, height, width, 3) each."""

    kind: str = ""
    """influence or picture; empty: nothing was tried."""
    changes: Sequence[trial.Change] = ()
    pictures: tuple[torch.Tensor, ...] = ()
    notes: tuple[str, ...] = ()
    """Why nothing was tried."""


def tried(
    inputs: DoctorInputs,
    stations: StationReports,
    diagnosis: Diagnosis,
    suggested: str,
    progress: Progress,
) -> Tried:
    """One remedy, tried once; else why none was."""
    if inputs.model is None:
        return _untried(later("No remedy was tried: that needs a model."))
    choice = _choice(inputs, stations, diagnosis, suggested)
    if choice is None:
        return _untried(later("No remedy was tried: none was needed, or none can be tried here."))
    phrases = trial.followed(diagnosis)
    if inputs.vae is not None:
        return _drawn(inputs, choice, phrases, _facts(stations), progress)
    if choice.is_prompt_of(inputs.text):
        return _untried(
            later(
                "Not tried: {what}. Whether that helps shows in a picture: connect a VAE.",
                what=choice.remedy,
            )
        )
    return _measured(inputs, stations, choice, phrases, progress)


def verification(
    inputs: DoctorInputs,
    stations: StationReports,
    diagnosis: Diagnosis,
    suggested: str,
    result: Tried,
) -> Report | None:
    """What came of a remedy, for the report; None where none was tried."""
    choice = _choice(inputs, stations, diagnosis, suggested)
    if choice is None or not result.kind:
        return None
    return trial.verification(result.kind, choice, result.changes)


def _choice(
    inputs: DoctorInputs, stations: StationReports, diagnosis: Diagnosis, suggested: str
) -> trial.Trial | None:
    guidance, seed = inputs.known_guidance, inputs.seed
    return trial.choose_trial(diagnosis, suggested, _facts(stations), guidance, seed)


def _facts(stations: StationReports) -> FamilyFacts:
    return FamilyFacts.of(stations.by_station.get(TOKENIZER), None)


def _untried(why: str) -> Tried:
    return Tried(notes=(why,))


def _measured(
    inputs: DoctorInputs,
    stations: StationReports,
    choice: trial.Trial,
    phrases: Sequence[PhraseDiagnosis],
    progress: Progress,
) -> Tried:
    before = stations.by_station.get(GENERATOR)
    if before is None:
        return _untried(later("No remedy was tried: the image model was not looked at."))
    options = inputs.generator_options()
    prompt = generator_reports.MeasuredPrompt(
        inputs.model, inputs.clip, readable(choice.prompt), options
    )
    after = generator_reports.report(prompt, progress)
    changes = trial.influence_changes(phrases, before, after)
    return Tried("influence", changes)


def _drawn(
    inputs: DoctorInputs,
    choice: trial.Trial,
    phrases: Sequence[PhraseDiagnosis],
    facts: FamilyFacts,
    progress: Progress,
) -> Tried:
    """Both pictures by the same sampler and, if the remedy is none, the same seed."""
    samples = latents.start_latent(inputs.model, inputs.empty_latent()).samples
    scale = inputs.known_guidance or choice.guidance
    own = draw.Drawing(inputs.model, inputs.vae, samples, inputs.seed, scale)
    remedied = replace_drawing(own, choice)
    negative = _encoded(inputs, inputs.negative)
    pictures = tuple(
        draw.draw(drawing, _encoded(inputs, text), negative, stage(progress, number, 4))
        for number, (drawing, text) in enumerate(((own, inputs.text), (remedied, choice.prompt)))
    )
    both = replace(inputs, images=torch.cat(pictures))  # one report: its judge is tested once
    report = image_report(both, stage(progress, 1, 2))
    changes = _picture_changes(phrases, report, facts) if isinstance(report, dict) else []
    return Tried("picture", changes, pictures)


def replace_drawing(drawing: draw.Drawing, choice: trial.Trial) -> draw.Drawing:
    """The drawing with a trial's guidance and seed."""
    return drawing._replace(guidance=choice.guidance, seed=choice.seed)


def _encoded(inputs: DoctorInputs, text: str) -> Any:
    return inputs.clip.encode_from_tokens_scheduled(inputs.clip.tokenize(text))


def _picture_changes(
    phrases: Sequence[PhraseDiagnosis], report: Report, facts: FamilyFacts
) -> list[trial.Change]:
    """``report``: of two pictures, before and after."""
    placed = [
        PlacedReport({**report, "images": [picture]}, lambda span: span)
        for picture in report["images"]
    ]
    changes = []
    for each in phrases:
        before, after = (picture_check.check(each.phrase, item, facts) for item in placed)
        if before.untested != NOT_ASKED_ABOUT:
            changes.append(trial.picture_change(each.phrase.text, before.state, after.state))
    return changes
