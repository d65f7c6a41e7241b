"""The Prompt Doctor's report (``docs/report-doctor.md``) as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...doctor.diagnosis import Diagnosis, PhraseDiagnosis, StationCheck, StationSource
from ...doctor.placed_report import TITLES
from ...translation import current_language, translate
from ..shares import rounded_or_none
from . import sentences
from .display import with_display

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.doctor", 1


@dataclass(frozen=True)
class Treatment:
    """What to do about a diagnosis, and what came of it."""

    suggested_prompt: str | None = None
    """None: nobody could make one; the prompt itself: there is nothing to mend in it."""
    changes: Sequence[str] = ()
    """Sentences on what the suggested prompt changes."""
    verification: Report | None = None
    """What ``docs/report-doctor.md`` calls so; None: it was not tried."""


def doctor_report(
    diagnosis: Diagnosis,
    treatment: Treatment | None = None,
    *,
    host: str | None = None,
    notes: Sequence[str] = (),
) -> Report:
    """The report as strict JSON (``docs/report-doctor.md``)."""
    treatment = treatment or Treatment()
    phrases = [_phrase(each) for each in diagnosis.phrases]
    stations = [_station(source) for source in diagnosis.stations]
    return with_display(
        {
            "format": FORMAT,
            "version": VERSION,
            "host": host,
            "language": current_language(),
            "text": diagnosis.prompt,
            "family": diagnosis.family,
            "family_title": diagnosis.family_title,
            "sentence": sentences.verdict(phrases, stations, diagnosis.unguided),
            "healthy": diagnosis.healthy,
            "stations": stations,
            "phrases": phrases,
            "suggested_prompt": treatment.suggested_prompt,
            "changes": [*treatment.changes, *sentences.elsewhere(phrases)],
            "verification": treatment.verification,
            "notes": [*diagnosis.notes, *notes],
        }
    )


def _station(source: StationSource) -> Report:
    report = None
    if source.format is not None:
        report = {"format": source.format, "version": source.version, "sha256": source.sha256}
    return {
        "name": source.name,
        "title": translate(TITLES[source.name]),
        "looked_at": source.looked_at,
        "why": source.reason,
        "report": report,
    }


def _phrase(diagnosis: PhraseDiagnosis) -> Report:
    phrase = diagnosis.phrase
    return {
        "text": phrase.text,
        "about": phrase.about,
        "span": list(phrase.span),
        "kind": phrase.kind,
        "outcome": diagnosis.outcome,
        "station": diagnosis.station,
        "certainty": diagnosis.certainty,
        "overruled": diagnosis.overruled,
        "says": diagnosis.sentence,
        "evidence": diagnosis.evidence,
        "remedy": diagnosis.remedy,
        "checks": [_check(check) for check in diagnosis.checks],
    }


def _check(check: StationCheck) -> Report:
    return {
        "station": check.station,
        "state": check.state,
        "title": check.title,
        "measure": rounded_or_none(check.measure),
        "floor": rounded_or_none(check.floor),
        "says": check.sentence,
    }
