"""Station 3 of a phrase: does the image model use it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..generator.influence import IGNORED, USED
from ..reports.shares import share_text
from ..translation import translate
from . import remedies
from .diagnosis import GENERATOR, LOST, PASSED, UNSEEN, UNSURE, DoctorPhrase, Span, StationCheck
from .floors import MIN_OVERLAP, WITHOUT_GUIDANCE
from .placed_report import PlacedReport

Measured = Mapping[str, Any]


def parts_of(phrase: DoctorPhrase, generator: PlacedReport | None) -> list[Measured]:
    """The measured phrases that speak for this one: they lie in it, or it fills most of them."""
    if generator is None:
        return []
    return [
        measured
        for measured in generator.report["phrases"]
        if _speaks_for(generator.span(measured["span"]), phrase.span)
    ]


def _speaks_for(measured: Span, own: Span) -> bool:
    common = min(measured[1], own[1]) - max(measured[0], own[0])
    return common > MIN_OVERLAP * (measured[1] - measured[0])


def is_unchanged(phrase: DoctorPhrase, generator: PlacedReport | None) -> bool:
    """Nothing that the image model is given changes with the phrase."""
    parts = parts_of(phrase, generator)
    return bool(parts) and not any(part["reaches"] for part in parts)


def check(
    phrase: DoctorPhrase,
    generator: PlacedReport | None,
    family: remedies.FamilyFacts,
    guidance: float | None,
) -> StationCheck:
    """What the Ignored Words report says of a phrase. ``guidance``: the sampler's scale, None: not
    known.
    """
    if generator is None:
        return StationCheck(GENERATOR, UNSEEN, "")
    parts = parts_of(phrase, generator)
    if not parts:
        return StationCheck(GENERATOR, UNSEEN, translate("it was not measured"))
    verdicts = {str(part["verdict"]) for part in parts if part["reaches"]}
    if not verdicts:
        sentence = translate("nothing of it reaches the image model")
        return StationCheck(GENERATOR, UNSEEN, sentence)
    check = _judged(parts, verdicts, generator, family)
    if check.state == LOST or not is_unguided(family, guidance):
        return check
    sentence = translate(
        "{says}, but guidance is off (cfg {guidance})",
        says=check.sentence,
        guidance=f"{guidance:g}",
    )
    return replace(
        check, sentence=sentence, suspect=True, remedy=translate(remedies.RAISE_GUIDANCE)
    )


def _judged(
    parts: Sequence[Measured],
    verdicts: set[str],
    generator: PlacedReport,
    family: remedies.FamilyFacts,
) -> StationCheck:
    """``verdicts``: of those parts that reach the image model."""
    share = max(float(part["share"]) for part in parts)
    floor = float(generator.report["floor"]["interval"][1])
    title, own, filler = translate("share of the picture"), share_text(share), share_text(floor)
    if verdicts == {IGNORED}:
        sentence = translate(
            "the image model ignores it: exchanging it does {share}, filler words up to {floor}",
            share=own,
            floor=filler,
        )
        return StationCheck(
            GENERATOR, LOST, sentence, title, share, floor, remedy=family.louder(parts)
        )
    if USED in verdicts:
        sentence = translate("the image model uses it ({share} of the picture)", share=own)
        return StationCheck(GENERATOR, PASSED, sentence, title, share, floor)
    sentence = translate(
        "whether the image model uses it cannot be told: exchanging it does {share}, filler words "
        "up to {floor}",
        share=own,
        floor=filler,
    )
    remedy = translate("Measure again with a larger budget, or with another seed.")
    return StationCheck(GENERATOR, UNSURE, sentence, title, share, floor, remedy=remedy)


def is_unguided(family: remedies.FamilyFacts, guidance: float | None) -> bool:
    """Drawn without guidance by a model that is trained for it."""
    return guidance is not None and guidance <= WITHOUT_GUIDANCE and family.guided
