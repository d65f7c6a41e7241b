"""From a CLIP and a prompt, with whatever else is connected, to the doctor's report: runs the
stations of which no report was given, the cheap ones first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import torch

from ...conditioning.doctor.diagnose import diagnose
from ...conditioning.doctor.diagnosis import ENCODER, GENERATOR, PICTURE, STATIONS, TOKENIZER
from ...conditioning.doctor.given_reports import read_reports
from ...conditioning.doctor.placed_report import readable
from ...conditioning.errors import EncoderScopeError
from ...conditioning.image_text.dual_encoder import DualEncoder
from ...conditioning.progress import Announced, Progress, no_progress, stage
from ...conditioning.reports.doctor.report import Treatment, doctor_report
from ...conditioning.reports.doctor.sentences import mending_sentences
from .. import clip as host_clip
from .. import progress_bar
from . import doctor_trial, generator_reports, image_reports, probe_reports, token_reports

Report = dict[str, Any]
MOST_PHRASES = 16
"""Phrases whose influence is measured; the price grows with them."""
NO_JUDGE = "nobody who could look at the picture was connected (judge or image-text encoder)"
_SAYS = {
    TOKENIZER: "Reading the prompt.",
    ENCODER: "Testing the text encoder.",
    GENERATOR: "Measuring what the image model uses.",
    PICTURE: "Looking at the picture.",
}


@dataclass(frozen=True)
class DoctorInputs:
    """All that may be connected."""

    clip: Any
    text: str
    model: Any = None
    negative: str = ""
    images: torch.Tensor | None = None
    """(picture, height, width, channels), 0 to 1."""
    judge: Any = None
    encoder: DualEncoder | None = None
    latent: Any = None
    """Sets the size that the image model is asked at."""
    reports: str = ""
    """Finished reports as JSON; their stations are not run."""
    seed: int = 0
    budget: str = generator_reports.QUICK
    guidance: float = 0.0
    """The sampler's scale; 0: not known."""
    vae: Any = None
    """With it a remedy that is tried is drawn."""
    verify: bool = False
    """Try a remedy."""

    @property
    def known_guidance(self) -> float | None:
        """The scale that the picture was drawn with."""
        return self.guidance or None

    def empty_latent(self) -> Any:
        """A latent of the artist's size without a picture: the image model is measured along a run,
        since what a picture lacks has little influence on it.
        """
        if self.latent is None:
            return None
        return {**self.latent, "samples": torch.zeros_like(self.latent["samples"])}

    def generator_options(self) -> generator_reports.Options:
        """How the image model is measured."""
        return generator_reports.Options(
            seed=self.seed,
            guidance=max(1.0, self.guidance),
            budget=self.budget,
            most_phrases=MOST_PHRASES,
            negative=self.negative,
            latent=self.empty_latent(),
        )


class Examined(NamedTuple):
    """A doctor's report, and the pictures before and after its remedy was tried."""

    report: Report
    pictures: tuple[torch.Tensor, ...] = ()


@dataclass
class StationReports:
    """The report of each station, and why others have none."""

    by_station: dict[str, Report] = field(default_factory=dict)
    whys: dict[str, str] = field(default_factory=dict)


def report(inputs: DoctorInputs, progress: Progress | None = None) -> Report:
    """The doctor's report alone, see :func:`examined`."""
    return examined(inputs, progress).report


def examined(inputs: DoctorInputs, progress: Progress | None = None) -> Examined:
    """The doctor's report (``docs/report-doctor.md``). Raises :class:`EncoderScopeError` for a
    prompt that cannot be read and for reports that are none, and what the host raises when its stop
    button is pressed.
    """
    work = progress or progress_bar.progress()
    stations = station_reports(inputs, stage(work, 0, 1 + inputs.verify))
    diagnosis = _diagnosis(inputs, stations)
    suggested, mendings = token_reports.mended_prompt(
        inputs.clip, inputs.text, stop=progress_bar.stop_if_asked
    )
    trial = doctor_trial.Tried()
    if inputs.verify:
        part = Announced(stage(work, 1, 2), "Trying the remedy.")
        trial = doctor_trial.tried(inputs, stations, diagnosis, suggested, part)
    work(1, 1)
    changes = mending_sentences(inputs.text, suggested, mendings)
    treatment = Treatment(suggested, changes, trial.verification)
    host = host_clip.version()
    return Examined(
        doctor_report(diagnosis, treatment, host=host, notes=trial.notes), trial.pictures
    )


def station_reports(inputs: DoctorInputs, progress: Progress = no_progress) -> StationReports:
    """Runs what is missing. A station that refuses is not looked at, and the refusal says why."""
    finished = read_reports(inputs.reports)
    stations = StationReports(dict(finished))
    for number, name in enumerate(STATIONS):
        progress_bar.stop_if_asked()
        if name not in finished:
            part = Announced(stage(progress, number, len(STATIONS)), _SAYS[name])
            _run(name, inputs, stations, part)
    progress(1, 1)
    return stations


def _run(name: str, inputs: DoctorInputs, stations: StationReports, progress: Progress) -> None:
    try:
        result = _RUNNERS[name](inputs, progress)
    except EncoderScopeError as error:
        if name == TOKENIZER:
            raise
        stations.whys[name] = str(error)
        return
    if isinstance(result, str):
        stations.whys[name] = result
    elif result is not None:
        stations.by_station[name] = result


def _tokens(inputs: DoctorInputs, progress: Progress) -> Report:
    return token_reports.report(inputs.clip, inputs.text, None)


def _probe(inputs: DoctorInputs, progress: Progress) -> Report:
    cache = progress_bar.cache_folder()
    return probe_reports.report(inputs.clip, readable(inputs.text), cache=cache, progress=progress)


def _generator(inputs: DoctorInputs, progress: Progress) -> Report | None:
    if inputs.model is None:
        return None
    options = inputs.generator_options()
    text = readable(inputs.text)
    prompt = generator_reports.MeasuredPrompt(inputs.model, inputs.clip, text, options)
    return generator_reports.report(prompt, progress)


def image_report(inputs: DoctorInputs, progress: Progress) -> Report | str | None:
    """The image report of the pictures; else why there is none, or None without a picture."""
    if inputs.images is None:
        return None
    if inputs.judge is None and inputs.encoder is None:
        return NO_JUDGE
    scorer = image_reports.scorer(inputs.encoder, None, None, inputs.judge)
    return image_reports.report(
        inputs.images, readable(inputs.text), scorer, inputs.judge or (), progress=progress
    )


_RUNNERS: dict[str, Callable[[DoctorInputs, Progress], Report | str | None]] = {
    TOKENIZER: _tokens,
    ENCODER: _probe,
    GENERATOR: _generator,
    PICTURE: image_report,
}


def _diagnosis(inputs: DoctorInputs, stations: StationReports) -> Any:
    """The diagnosis, with the reasons of stations that refused."""
    tokens, probe, generator, image = (stations.by_station.get(name) for name in STATIONS)
    try:
        diagnosis = diagnose(inputs.text, tokens, probe, generator, image, inputs.known_guidance)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise EncoderScopeError(
            f"A report that was given is damaged ({type(error).__name__}: {str(error)[:80]}).",
            "Reports as the nodes of this pack make them were expected.",
            "Make the report again, or leave it out.",
        ) from error
    sources = [
        replace(source, why=stations.whys.get(source.name, source.why))
        for source in diagnosis.stations
    ]
    return replace(diagnosis, stations=tuple(sources))
