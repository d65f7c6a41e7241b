"""The Prompt Doctor: from the finished reports of the stations to a diagnosis of every phrase.
Nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..reports.wording import in_quotes, short
from ..translation import translate, translate_count
from . import encoder_check, generator_check, picture_check, tokenizer_check
from .diagnosis import (
    CONSTRUCT,
    PASSED,
    STATIONS,
    UNSEEN,
    Diagnosis,
    DoctorPhrase,
    PhraseDiagnosis,
    StationCheck,
    StationSource,
)
from .first_loss import diagnose_phrase, without_consequences
from .placed_report import PlacedReport, looked_at
from .prompt_phrases import phrases_of
from .remedies import FamilyFacts

Report = Mapping[str, Any]
MOST_NOTES = 12
"""Findings that may be meant; further ones are counted."""


def diagnose(
    prompt: str,
    tokens: Report | None = None,
    probe: Report | None = None,
    generator: Report | None = None,
    image: Report | None = None,
    guidance: float | None = None,
) -> Diagnosis:
    """Which station lost which phrase of ``prompt``. Each report is the JSON of its station
    (``docs/report-tokens.md``, ``report-probe.md``, ``report-generator.md``, ``report-image.md``);
    None: it was not looked at. ``guidance``: the scale of the sampler that drew the picture; None:
    not known. How: ``docs/decisions/0015-prompt-doctor.md``.
    """
    reports = dict(zip(STATIONS, (tokens, probe, generator, image), strict=True))
    sources: list[StationSource] = []
    by_station: dict[str, PlacedReport | None] = {}
    for name, report in reports.items():
        source, by_station[name] = looked_at(name, report, prompt)
        sources.append(source)
    patient = _Patient(by_station, guidance)
    choice = phrases_of(prompt, by_station[STATIONS[0]])
    return Diagnosis(
        prompt,
        *patient.family_names(),
        tuple(sources),
        without_consequences([patient.diagnosed(phrase) for phrase in choice.phrases]),
        (*patient.notes(), *choice.skipped),
        guidance if generator_check.is_unguided(patient.facts, guidance) else None,
    )


class _Patient:
    """All that is known of one prompt."""

    def __init__(self, placed: Mapping[str, PlacedReport | None], guidance: float | None) -> None:
        self.tokens, self.probe, self.generator, self.image = (placed[name] for name in STATIONS)
        self.guidance = guidance
        bare = [each.report if each else None for each in (self.tokens, self.probe)]
        self.facts = FamilyFacts.of(*bare)

    @property
    def absent(self) -> list[str]:
        """Encoders that the model has and this CLIP has not."""
        if self.tokens is None:
            return []
        streams = self.tokens.report["streams"]
        return [str(stream["title"]) for stream in streams if stream["status"] == "absent"]

    def family_names(self) -> tuple[str | None, str | None]:
        """Name and title of the family."""
        for station in (self.tokens, self.probe):
            if station is not None and station.report.get("family"):
                return str(station.report["family"]), str(station.report["family_title"])
        return None, None

    def diagnosed(self, phrase: DoctorPhrase) -> PhraseDiagnosis:
        """One phrase at all stations."""
        return diagnose_phrase(phrase, list(self._checks(phrase)))

    def _checks(self, phrase: DoctorPhrase) -> Iterator[StationCheck]:
        tokenizer = tokenizer_check.check(phrase, self.tokens, self.probe)
        yield tokenizer
        if phrase.kind == CONSTRUCT:
            yield from (StationCheck(name, UNSEEN, "") for name in STATIONS[1:])
            return
        unchanged = tokenizer.state == PASSED and generator_check.is_unchanged(
            phrase, self.generator
        )
        unread = tokenizer_check.unread_spans(self.tokens)
        encoder = encoder_check.check(phrase, self.probe, unchanged, self.facts.generator, unread)
        yield encoder_check.without_an_encoder(encoder, self.probe, self.absent)
        yield generator_check.check(phrase, self.generator, self.facts, self.guidance)
        yield picture_check.check(phrase, self.image, self.facts)

    def notes(self) -> Iterator[str]:
        """Encoders that are not loaded, and findings that may be meant."""
        if self.tokens is None:
            return
        report = self.tokens.report
        for title in self.absent:
            yield translate("{title} is not loaded: nothing is read by it.", title=title)
        likely = [finding for finding in report.get("findings", ()) if not finding["certain"]]
        for finding in likely[:MOST_NOTES]:
            start, end = finding["span"]
            yield translate(
                "{quote}: {does} {instead}",
                quote=in_quotes(short(str(report["text"][start:end]), 60)),
                does=finding["does"],
                instead=finding["instead"],
            )
        if len(likely) > MOST_NOTES:
            yield translate_count(
                "{count:,} more finding that may be meant: Token Map has it.",
                "{count:,} more findings that may be meant: Token Map has them.",
                len(likely) - MOST_NOTES,
            )
