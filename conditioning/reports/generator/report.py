"""The Ignored Words report (``docs/report-generator.md``): how much each phrase of a prompt moves
the image model, as plain data.
"""

from __future__ import annotations

from typing import Any

from ...generator.influence import IGNORED, PhraseInfluence, ShareEstimate
from ...generator.measurement import ContrastShares, Measurement
from ...translation import current_language, localized
from ..shares import certain, rounded
from . import sentences
from .display import with_display
from .text import plain as plain

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.generator", 1


def generator_report(measurement: Measurement, host: str | None = None) -> Report:
    """The whole report, strict JSON."""
    phrases = [_phrase(measurement, number) for number in range(len(measurement.choice.phrases))]
    generator_notes = [localized(note) for note in measurement.generator_notes]
    influence = measurement.influence
    silence = [sentences.silence()] if influence.silent else []
    return with_display(
        {
            "format": FORMAT,
            "version": VERSION,
            "host": host,
            "language": current_language(),
            "text": measurement.choice.text,
            "negative": measurement.negative or None,
            "sentence": " ".join([*generator_notes, *silence, sentences.verdict(phrases)]),
            "generator": {
                "title": measurement.generator_title,
                "family": measurement.family,
                "prediction": measurement.prediction,
                "notes": generator_notes,
            },
            "moment": measurement.moment,
            "guidance": {"scale": rounded(measurement.guidance), "on": measurement.guided},
            "budget": _budget(measurement),
            "whole": {
                "influence": rounded(influence.all_phrases.value),
                "interval": _interval(influence.all_phrases),
            },
            "scale": _scale(measurement),
            "floor": _estimate(influence.floor),
            "phrases": phrases,
            "binding": [_contrast(contrast) for contrast in measurement.contrasts],
            "skipped": [
                localized(each) for each in (*measurement.choice.skipped, *measurement.skipped)
            ],
            "notes": [*sentences.notes(measurement), *map(localized, measurement.notes)],
        }
    )


def ignored(report: Report) -> str:
    """The phrases that the image model ignores or never gets, one a line."""
    lost = (phrase["text"] for phrase in report["phrases"] if phrase["verdict"] == IGNORED)
    return "\n".join(lost)


def _scale(measurement: Measurement) -> Report:
    """What all shares are parts of: the whole prompt, or the phrase that does more alone."""
    strongest = measurement.influence.strongest
    if strongest is None:
        return {"phrase": None, "influence": rounded(measurement.influence.all_phrases.value)}
    influence = measurement.influence.phrases[strongest].influence
    return {"phrase": strongest, "influence": rounded(influence)}


def _budget(measurement: Measurement) -> Report:
    return {
        "name": measurement.plan.budget,
        "calls": measurement.calls,
        "levels": [rounded(level) for level in measurement.levels],
        "sigmas": [rounded(sigma) for sigma in measurement.sigmas],
        "seeds": list(measurement.seeds),
    }


def _phrase(measurement: Measurement, number: int) -> Report:
    phrase = measurement.choice.phrases[number]
    measured = measurement.influence.phrases[number]
    entry = {
        "text": phrase.text,
        "span": [phrase.start, phrase.end],
        "source": phrase.source,
        "tokens": dict(measurement.tokens[number]),
        "influence": rounded(measured.influence),
        **_estimate(measured.share),
        "rank": measured.rank,
        "verdict": measured.verdict,
        "reaches": measurement.reaches[number],
        "own_rows": _own_rows(measured, number not in measurement.still),
        "leak": _leak(measured),
        "pooled": _optional(measured.pooled),
        "levels": [
            {
                "log_snr": rounded(measurement.levels[level.level]),
                "influence": rounded(level.influence),
                "share": certain(level.share),
            }
            for level in measured.levels
        ],
    }
    return {**entry, "sentence": sentences.phrase(entry, measurement.weighted)}


def _own_rows(measured: PhraseInfluence, change: bool) -> Report | None:
    if measured.own_rows is None:
        return None
    verdict = {"verdict": measured.own_verdict, "change": change}
    return {**_estimate(measured.own_rows), **verdict}


def _leak(measured: PhraseInfluence) -> float | None:
    return None if measured.leak is None else certain(measured.leak)


def _estimate(estimate: ShareEstimate) -> Report:
    return {"share": certain(estimate.value), "interval": _interval(estimate)}


def _optional(estimate: ShareEstimate | None) -> Report | None:
    return None if estimate is None else _estimate(estimate)


def _interval(estimate: ShareEstimate) -> list[float]:
    return [certain(estimate.low), certain(estimate.high)]


def _contrast(contrast: ContrastShares) -> Report:
    encoder = None
    if contrast.encoder_share is not None:
        encoder = {"share": certain(contrast.encoder_share), "verdict": contrast.encoder_verdict}
    entry = {
        "label": contrast.label,
        "kind": contrast.kind,
        "encoder": encoder,
        "generator": {
            **_estimate(contrast.generator.share),
            "null": _interval(contrast.generator.blind),
        },
    }
    return {**entry, "sentence": sentences.contrast(entry)}
