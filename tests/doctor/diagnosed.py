"""Diagnoses of the reports in :mod:`kit`."""

from __future__ import annotations

from encoderscope.conditioning.doctor.diagnose import diagnose
from encoderscope.conditioning.doctor.diagnosis import Diagnosis, PhraseDiagnosis
from encoderscope.tests.doctor import kit


def of(diagnosis: Diagnosis, text: str) -> PhraseDiagnosis:
    """The diagnosis of the phrase with these words."""
    [phrase] = [each for each in diagnosis.phrases if each.phrase.text == text]
    return phrase


def all_stations(**changed: object) -> Diagnosis:
    """Of the kit's reports; ``changed``: others, or None."""
    reports = {
        "tokens": kit.tokens(),
        "probe": kit.probe(),
        "generator": kit.generator(),
        "image": kit.image(),
    }
    return diagnose(kit.TEXT, **(reports | changed))
