"""The doctor's report of a prompt: the stations' reports, the diagnosis, the suggested prompt, and
what came of trying it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import torch

from ...conditioning.doctor.diagnose import diagnose
from ...conditioning.doctor.diagnosis import STATIONS, Diagnosis
from ...conditioning.errors import EncoderScopeError
from ...conditioning.progress import Announced, Progress, stage
from ...conditioning.reports.doctor.report import Treatment, doctor_report
from ...conditioning.reports.doctor.sentences import mending_sentences
from ...conditioning.tokens.lint.mend import Mending
from ...conditioning.translation import localized, translate
from .. import clip as host_clip
from .. import progress_bar
from . import doctor_trial, token_reports
from .doctor_stations import DoctorInputs, StationReports, said_again, station_reports

Report = dict[str, Any]


class Examined(NamedTuple):
    """A doctor's report, and the pictures before and after its remedy was tried."""

    report: Report
    pictures: tuple[torch.Tensor, ...]
    again: Callable[[], Report]
    """Writes the report anew, in the language of the moment."""


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
        part = Announced(stage(work, 1, 2), translate("Trying the remedy."))
        trial = doctor_trial.tried(inputs, stations, diagnosis, suggested, part)
    work(1, 1)
    written = partial(_written, inputs, suggested=suggested, mendings=mendings, trial=trial)
    return Examined(
        written(stations), trial.pictures, lambda: written(said_again(inputs, stations))
    )


def _written(
    inputs: DoctorInputs,
    stations: StationReports,
    *,
    suggested: str,
    mendings: Sequence[Mending],
    trial: doctor_trial.Tried,
) -> Report:
    """The report in the language of the moment."""
    diagnosis = _diagnosis(inputs, stations)
    came_of_it = doctor_trial.verification(inputs, stations, diagnosis, suggested, trial)
    changes = mending_sentences(inputs.text, suggested, mendings)
    return doctor_report(
        diagnosis,
        Treatment(suggested, changes, came_of_it),
        host=host_clip.version(),
        notes=[localized(note) for note in trial.notes],
    )


def _diagnosis(inputs: DoctorInputs, stations: StationReports) -> Diagnosis:
    """The diagnosis, with the reasons of stations that refused."""
    tokens, probe, generator, image = (stations.by_station.get(name) for name in STATIONS)
    try:
        diagnosis = diagnose(inputs.text, tokens, probe, generator, image, inputs.known_guidance)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise EncoderScopeError(
            "A report that was given is damaged ({kind}: {why}).",
            "Reports as the nodes of this pack make them were expected.",
            "Make the report again, or leave it out.",
            kind=type(error).__name__,
            why=str(error)[:80],
        ) from error
    sources = [
        replace(source, reason=localized(stations.whys.get(source.name, source.reason)))
        for source in diagnosis.stations
    ]
    return replace(diagnosis, stations=tuple(sources))
