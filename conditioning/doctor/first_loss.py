"""From the checks of a phrase at all stations to its diagnosis: the first station that lost it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..reports.wording import clauses, in_quotes, short
from ..translation import either, translatable, translate
from .diagnosis import (
    CERTAIN,
    CONSTRUCT,
    ENCODER,
    GENERATOR,
    HEALTHY,
    LIKELY,
    LOST,
    PASSED,
    PICTURE,
    TOKENIZER,
    UNSEEN,
    UNSURE,
    DoctorPhrase,
    PhraseDiagnosis,
    StationCheck,
)
from .floors import INSTRUCTIONS, LEANS


def diagnose_phrase(phrase: DoctorPhrase, checks: Sequence[StationCheck]) -> PhraseDiagnosis:
    """``checks``: one for each of STATIONS, in their order."""
    tokenizer, encoder, generator, picture = checks
    overruled = None
    for check in (tokenizer, encoder, generator):
        if check.state == LOST and check.certain:
            return _lost(phrase, checks, check, CERTAIN)
        if check.state == LOST and _withdrawn(check, generator, picture):
            overruled = overruled or check.station
        elif check.state == LOST or (check.suspect and _lost_later(check, generator, picture)):
            return _lost(phrase, checks, check, LIKELY)
    if picture.state == LOST:
        if _leads_to_picture(tokenizer, encoder, generator):
            return _lost(phrase, checks, picture, LIKELY)
        return _open(phrase, checks, _unknown_loss(checks))
    if picture.state != PASSED and UNSURE in {check.state for check in checks}:
        return _open(phrase, checks, "")
    return _healthy(phrase, checks, overruled)


def _lost_later(check: StationCheck, generator: StationCheck, picture: StationCheck) -> bool:
    """What bears a suspicion out: the picture lacks it, or the image model ignores it and the
    picture does not show it.
    """
    if picture.state == LOST:
        return True
    return check is not generator and generator.state == LOST and picture.state != PASSED


def _withdrawn(check: StationCheck, generator: StationCheck, picture: StationCheck) -> bool:
    """A likely loss that a later station contradicts: the picture shows it; or a part of the
    conditioning lacks it, and the image model uses it all the same.
    """
    if picture.state == PASSED:
        return True
    used = check.station == TOKENIZER and generator.state == PASSED
    return used and picture.state != LOST


def _leads_to_picture(
    tokenizer: StationCheck, encoder: StationCheck, generator: StationCheck
) -> bool:
    """All earlier stations are known to have passed it on. Where there was nothing to test in the
    encoder, the image model's use of it answers for it.
    """
    encoded = encoder.state == PASSED or bool(encoder.untested)
    return tokenizer.state == PASSED and encoded and _is_used(generator)


def _is_used(generator: StationCheck) -> bool:
    """Known to be used, or more likely than not: its interval is wide, and its share above what
    filler words do.
    """
    if generator.state == UNSURE and generator.measure is not None:
        return generator.measure >= LEANS * (generator.floor or 0.0)
    return generator.state == PASSED


def without_consequences(phrases: Sequence[PhraseDiagnosis]) -> tuple[PhraseDiagnosis, ...]:
    """Phrases that may have been lost because another one was lost before them are no station's
    fault: whatever an image model is not given, or does not use, changes the rest of the picture,
    too. (On the tuning bags of ``docs/doctor.md`` the other thing was missing in 9 of 40 faulty
    pictures.)
    """
    return tuple(_unless_because_of(_cause(each, phrases), each) for each in phrases)


def _cause(own: PhraseDiagnosis, phrases: Sequence[PhraseDiagnosis]) -> PhraseDiagnosis | None:
    """The first phrase whose loss excuses the station of this one."""
    return next((each for each in phrases if each is not own and _excuses(each, own)), None)


def _excuses(cause: PhraseDiagnosis, own: PhraseDiagnosis) -> bool:
    """The picture is excused by any earlier loss, also by one that was withdrawn: a phrase behind
    the window may be drawn in another's place. The image model is excused by what the encoder
    surely lost, and by instructions that it is given as words; an encoder that is only under
    suspicion by what the tokenizer surely lost.
    """
    if own.outcome != LOST or own.certainty == CERTAIN:
        return False
    if own.station == PICTURE:
        return cause.overruled == TOKENIZER or cause.station not in (None, PICTURE)
    surely = cause.certainty == CERTAIN and cause.outcome == LOST
    if own.station == GENERATOR:
        return surely and (cause.station == ENCODER or (_ignored(own) and _adds_words(cause)))
    suspected = own.station == ENCODER and own.checks[1].state != LOST
    return suspected and surely and cause.station == TOKENIZER


def _ignored(own: PhraseDiagnosis) -> bool:
    return own.checks[2].state == LOST


def _adds_words(cause: PhraseDiagnosis) -> bool:
    return cause.phrase.kind == CONSTRUCT and cause.phrase.about in INSTRUCTIONS


def _unless_because_of(cause: PhraseDiagnosis | None, own: PhraseDiagnosis) -> PhraseDiagnosis:
    if cause is None:
        return own
    lost = translate("the picture lacks it")
    if own.station == GENERATOR and _ignored(own):
        lost = translate("the image model ignores it")
    sentence, remedy = _CONSEQUENCES[_kind_of(cause)]
    quoted = in_quotes(short(cause.phrase.text.strip()))
    sentence = translate(sentence, lost=lost, cause=quoted)
    remedy = translate(remedy, cause=quoted)
    return replace(_open(own.phrase, own.checks, sentence), remedy=remedy)


def _kind_of(cause: PhraseDiagnosis) -> str:
    if cause.overruled == TOKENIZER:
        return "in the way"
    return "words" if _adds_words(cause) else "before"


_CONSEQUENCES = {
    "before": (
        translatable("{lost}, and {cause} was lost before it"),
        translatable(
            "Mend {cause} first, and draw again: what is lost changes the rest of the picture, too."
        ),
    ),
    "words": (
        translatable("{lost}, and {cause} is read as words of the picture"),
        translatable(
            "Mend {cause} first, and draw again: its words may stand in the way of all others."
        ),
    ),
    "in the way": (
        translatable("{lost}, and {cause} may stand in its way"),
        translatable("Shorten the prompt, and draw again."),
    ),
}
"""How a loss excuses a later one -> what is said of the later one, and what to do."""


def _lost(
    phrase: DoctorPhrase, checks: Sequence[StationCheck], at: StationCheck, certainty: str
) -> PhraseDiagnosis:
    before = [check.sentence for check in checks[: _index(checks, at)] if check.state == PASSED]
    behind = []
    if at.suspect and at.station != GENERATOR and checks[2].state == LOST:
        behind.append(checks[2].sentence)
    if checks[-1].state == LOST and at.station != PICTURE:
        behind.append(checks[-1].sentence)
    sentence = clauses([*before, at.sentence, *behind])
    if certainty == CERTAIN and checks[-1].state == PASSED:
        sentence = translate(
            "{says}. The picture shows it all the same: from elsewhere, or by chance", says=sentence
        )
    return PhraseDiagnosis(
        phrase,
        tuple(checks),
        LOST,
        at.station,
        certainty,
        _sentence(sentence),
        at.sentence,
        at.remedy,
    )


def _index(checks: Sequence[StationCheck], at: StationCheck) -> int:
    return next(k for k, check in enumerate(checks) if check.station == at.station)


def _unknown_loss(checks: Sequence[StationCheck]) -> str:
    open_stations = [
        translate(_NAMES[check.station])
        for check in checks[:-1]
        if check.state in (UNSURE, UNSEEN) and not check.untested
    ]
    where = either(open_stations) or translate("another station")
    return translate(
        "the picture lacks it, and where it was lost cannot be told: it may be {where}", where=where
    )


_NAMES = {
    TOKENIZER: translatable("the tokenizer"),
    ENCODER: translatable("the text encoder"),
    GENERATOR: translatable("the image model"),
}


def _open(phrase: DoctorPhrase, checks: Sequence[StationCheck], says: str) -> PhraseDiagnosis:
    unsure = next((check for check in checks if check.state == UNSURE), checks[-1])
    remedy = unsure.remedy
    if not remedy and checks[-1].state == LOST:
        remedy = translate("Let the stations that were left out look, too.")
    return PhraseDiagnosis(
        phrase,
        tuple(checks),
        UNSURE,
        None,
        UNSURE,
        _sentence(says or unsure.sentence),
        unsure.sentence,
        remedy,
    )


def _healthy(
    phrase: DoctorPhrase, checks: Sequence[StationCheck], overruled: str | None
) -> PhraseDiagnosis:
    passed = [check.sentence for check in checks if check.state == PASSED]
    sentence = clauses(passed or _reasons(checks)) or translate("nothing is known of it")
    if overruled:
        first = next(check for check in checks if check.station == overruled)
        sentence = translate("the image model uses it, though {says}", says=first.sentence)
        if checks[-1].state == PASSED:
            sentence = translate("the picture shows it, though {says}", says=first.sentence)
    certainty = LIKELY if passed else UNSURE
    outcome = HEALTHY if passed else UNSURE
    return PhraseDiagnosis(
        phrase,
        tuple(checks),
        outcome,
        None,
        certainty,
        _sentence(sentence),
        sentence,
        "",
        overruled,
    )


def _reasons(checks: Sequence[StationCheck]) -> list[str]:
    """Why stations that were looked at say nothing of it."""
    return [check.sentence for check in checks if check.sentence]


def _sentence(text: str) -> str:
    """With a capital and one full stop."""
    return translate("{says}.", says=f"{text[:1].upper()}{text[1:].rstrip('.。')}")
