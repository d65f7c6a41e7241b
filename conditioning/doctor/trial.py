"""Which remedy can be tried at once, and whether it helped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..generator.influence import USED
from ..reports.shares import share_text
from ..reports.wording import clauses, in_quotes, joined, short, translate_name
from ..translation import translatable, translate
from .diagnosis import (
    CONSTRUCT,
    GENERATOR,
    HEALTHY,
    LOST,
    PASSED,
    PICTURE,
    Diagnosis,
    DoctorPhrase,
    PhraseDiagnosis,
)
from .floors import WITHOUT_GUIDANCE
from .remedies import FamilyFacts

Report = Mapping[str, Any]
WEIGHT = "1.3"
USUAL_GUIDANCE = 4.5
"""Tried where guidance is off or not known."""
LOUDER = 1.5
"""Factor of a guidance that is on."""
_MOST = 4
_OUTCOMES = {
    True: translatable("It helped"),
    False: translatable("It did not help"),
    None: translatable("Whether it helped cannot be told"),
}
_TRIAL_SENTENCES = {
    "influence": translatable("Tried {what}, measured in the image model."),
    "picture": translatable("Tried {what}, drawn."),
}


@dataclass(frozen=True)
class Trial:
    """One remedy, tried once."""

    remedy: str
    """In words: the suggested prompt."""
    prompt: str
    guidance: float
    seed: int

    def is_prompt_of(self, text: str) -> bool:
        """Whether the prompt stays, so that only a drawing can tell."""
        return self.prompt == text


@dataclass(frozen=True)
class Change:
    """What one phrase was before, and what it is after."""

    text: str
    before: float | str | None
    after: float | str | None
    better: bool | None
    """None: cannot tell."""

    def sentence(self) -> str:
        """'“castle”: 0.4 % before, 12 % after'."""
        return translate(
            "{phrase}: {before} before, {after} after",
            phrase=in_quotes(short(self.text)),
            before=_words(self.before),
            after=_words(self.after),
        )


def _words(value: float | str | None) -> str:
    if value is None:
        return translate("not known")
    return translate_name(_SEEN, value) if isinstance(value, str) else share_text(value)


_SEEN = {
    "shown": translatable("shown"),
    "lacking": translatable("lacking"),
    "cannot tell": translatable("cannot tell"),
    "not looked at": translatable("not looked at"),
}


def choose_trial(
    diagnosis: Diagnosis, suggested: str, facts: FamilyFacts, guidance: float | None, seed: int
) -> Trial | None:
    """The remedy to try: the suggested prompt, a weight for what the image model ignores, more
    guidance, or another seed; None where nothing was lost.
    """
    text = diagnosis.prompt
    scale = guidance or (USUAL_GUIDANCE if facts.guided else WITHOUT_GUIDANCE)
    if suggested != text:
        return Trial(translate("the suggested prompt"), suggested, scale, seed)
    if diagnosis.unguided is not None:
        remedy = translate("cfg {guidance}", guidance=f"{USUAL_GUIDANCE:g}")
        return Trial(remedy, text, USUAL_GUIDANCE, seed)
    stations = {each.station for each in diagnosis.phrases}
    if GENERATOR in stations and facts.weights:
        return _louder_words(diagnosis, scale, seed)
    if PICTURE in stations:
        return _another_drawing(text, facts, scale, seed)
    return None


def _louder_words(diagnosis: Diagnosis, guidance: float, seed: int) -> Trial:
    """A weight for each phrase that the image model ignores."""
    ignored = [each.phrase for each in diagnosis.phrases if each.station == GENERATOR]
    names = joined([in_quotes(short(phrase.text)) for phrase in ignored[:_MOST]])
    remedy = translate("weight {weight} for {names}", weight=WEIGHT, names=names)
    return Trial(remedy, weighted(diagnosis.prompt, ignored), guidance, seed)


def _another_drawing(text: str, facts: FamilyFacts, guidance: float, seed: int) -> Trial:
    """The same prompt with more guidance, or with another seed where there is none."""
    if facts.guided:
        louder = round(guidance * LOUDER, 1)
        remedy = translate(
            "cfg {louder} instead of {guidance}", louder=f"{louder:g}", guidance=f"{guidance:g}"
        )
        return Trial(remedy, text, louder, seed)
    return Trial(translate("another seed"), text, guidance, seed + 1)


def weighted(text: str, phrases: Sequence[DoctorPhrase]) -> str:
    """The prompt with a weight around each of these phrases."""
    for phrase in sorted(phrases, key=lambda each: each.span, reverse=True):
        start, end = phrase.span
        if not set("()") & set(text[start:end]):
            text = f"{text[:start]}({text[start:end]}:{WEIGHT}){text[end:]}"
    return text


def followed(diagnosis: Diagnosis) -> list[PhraseDiagnosis]:
    """The phrases that the remedy is for; all of them where none was lost."""
    words = [each for each in diagnosis.phrases if each.phrase.kind != CONSTRUCT]
    ill = [each for each in words if each.outcome != HEALTHY]
    return ill or words


def influence_changes(
    phrases: Sequence[PhraseDiagnosis], before: Report, after: Report
) -> list[Change]:
    """How much of the picture each phrase decides, by two Ignored Words reports."""
    changes = []
    for phrase in (each.phrase for each in phrases):
        was, now = (_measured(report, phrase.text) for report in (before, after))
        place = sum(each["span"][0] < phrase.span[0] for each in was)
        pair = (named[place] if place < len(named) else None for named in (was, now))
        changes.append(_influence_change(phrase.text, *pair))
    return changes


def _measured(report: Report, text: str) -> list[Report]:
    """The phrases with these words, in their order."""
    return [each for each in report["phrases"] if str(each["text"]).lower() == text.lower()]


def _influence_change(text: str, before: Report | None, after: Report | None) -> Change:
    share = None if before is None else float(before["share"])
    if after is None:
        return Change(text, share, None, None)
    was_used = before is not None and before["verdict"] == USED
    better: bool | None = after["verdict"] == USED and not was_used
    if not better and after["verdict"] not in (USED, "ignored"):
        better = None
    return Change(text, share, float(after["share"]), better)


def picture_change(text: str, before: str, after: str) -> Change:
    """A phrase in two pictures, by the states of its checks."""
    better: bool | None = None
    if PASSED in (before, after) or LOST in (before, after):
        better = {(LOST, PASSED): True}.get((before, after), False)
        if after not in (PASSED, LOST):
            better = None
    return Change(text, _STATES.get(before, before), _STATES.get(after, after), better)


_STATES = {PASSED: "shown", LOST: "lacking"}


def verification(kind: str, trial: Trial, changes: Sequence[Change]) -> dict[str, Any]:
    """The field of the report (``docs/report-doctor.md``). ``kind``: influence or picture."""
    helped = _helped(changes)
    lines = [change.sentence() for change in changes[:_MOST]]
    outcome = translate(_OUTCOMES[helped])
    if lines:
        outcome = translate("{outcome}: {phrases}", outcome=outcome, phrases=clauses(lines))
    tried = translate(_TRIAL_SENTENCES[kind], what=trial.remedy)
    return {
        "kind": kind,
        "helped": helped,
        "sentence": f"{tried} {translate('{says}.', says=outcome)}",
        "tried": trial.prompt,
        "guidance": trial.guidance,
        "seed": trial.seed,
        "phrases": [
            {"text": each.text, "before": each.before, "after": each.after} for each in changes
        ],
    }


def _helped(changes: Sequence[Change]) -> bool | None:
    """True as soon as one phrase is better; None where nothing can be told of any."""
    outcomes = {change.better for change in changes}
    if True in outcomes:
        return True
    return False if False in outcomes else None
