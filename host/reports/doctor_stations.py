"""From a CLIP and a prompt, with whatever else is connected, to the reports of the stations: runs
those of which no report was given, the cheap ones first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from ...conditioning.doctor.diagnosis import ENCODER, GENERATOR, PICTURE, STATIONS, TOKENIZER
from ...conditioning.doctor.given_reports import read_reports
from ...conditioning.doctor.placed_report import readable
from ...conditioning.encoding.text_encoder import NoNumbers
from ...conditioning.errors import EncoderScopeError
from ...conditioning.image_text.dual_encoder import DualEncoder
from ...conditioning.progress import Announced, Progress, no_progress, stage
from ...conditioning.translation import later, translatable, translate
from .. import progress_bar
from . import generator_reports, image_reports, probe_reports, token_reports

Report = dict[str, Any]
MOST_PHRASES = 16
"""Phrases whose influence is measured; the price grows with them."""
NO_MODEL = later("no image model was connected")
NO_PICTURE = later("no picture was connected")
NO_JUDGE = later("nobody who could look at the picture was connected (judge or image-text encoder)")
_PROGRESS = {
    TOKENIZER: translatable("Reading the prompt."),
    ENCODER: translatable("Testing the text encoder."),
    GENERATOR: translatable("Measuring what the image model uses."),
    PICTURE: translatable("Looking at the picture."),
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


@dataclass
class StationReports:
    """The report of each station, and why others have none."""

    by_station: dict[str, Report] = field(default_factory=dict)
    whys: dict[str, str] = field(default_factory=dict)


def station_reports(inputs: DoctorInputs, progress: Progress = no_progress) -> StationReports:
    """Runs what is missing. A station that refuses is not looked at, and the refusal says why."""
    finished = read_reports(inputs.reports)
    stations = StationReports(dict(finished))
    for number, name in enumerate(STATIONS):
        progress_bar.stop_if_asked()
        if name not in finished:
            part = Announced(stage(progress, number, len(STATIONS)), translate(_PROGRESS[name]))
            _run(name, inputs, stations, part)
    progress(1, 1)
    return stations


def said_again(inputs: DoctorInputs, stations: StationReports) -> StationReports:
    """The same, in the language of the moment as far as the doctor quotes them: the prompt is read
    and its encoding judged again, nothing is asked of an image model or of a judge.
    """
    finished = read_reports(inputs.reports)
    again = StationReports(dict(stations.by_station), stations.whys)
    for name in (TOKENIZER, ENCODER):
        if name in stations.by_station and name not in finished:
            _run(name, inputs, again, no_progress)
    return again


def _run(name: str, inputs: DoctorInputs, stations: StationReports, progress: Progress) -> None:
    try:
        result = _RUNNERS[name](inputs, progress)
    except EncoderScopeError as error:
        if name == TOKENIZER or isinstance(error, NoNumbers):
            raise
        stations.whys[name] = str(error)
        return
    if isinstance(result, str):
        stations.whys[name] = result
    else:
        stations.by_station[name] = result


def _tokens(inputs: DoctorInputs, progress: Progress) -> Report:
    return token_reports.report(inputs.clip, inputs.text, None)


def _probe(inputs: DoctorInputs, progress: Progress) -> Report:
    cache = progress_bar.cache_folder()
    return probe_reports.report(inputs.clip, readable(inputs.text), cache=cache, progress=progress)


def _generator(inputs: DoctorInputs, progress: Progress) -> Report | str:
    if inputs.model is None:
        return NO_MODEL
    options = inputs.generator_options()
    text = readable(inputs.text)
    prompt = generator_reports.MeasuredPrompt(inputs.model, inputs.clip, text, options)
    return generator_reports.report(prompt, progress)


def image_report(inputs: DoctorInputs, progress: Progress) -> Report | str:
    """The image report of the pictures; else why there is none."""
    if inputs.images is None:
        return NO_PICTURE
    if inputs.judge is None and inputs.encoder is None:
        return NO_JUDGE
    scorer = image_reports.scorer(inputs.encoder, None, None, inputs.judge)
    return image_reports.report(
        inputs.images, readable(inputs.text), scorer, inputs.judge or (), progress=progress
    )


_RUNNERS: dict[str, Callable[[DoctorInputs, Progress], Report | str]] = {
    TOKENIZER: _tokens,
    ENCODER: _probe,
    GENERATOR: _generator,
    PICTURE: image_report,
}
