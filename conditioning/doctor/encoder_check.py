"""Station 2 of a phrase: does the encoding change with it, and does it hold what it says?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..binding.advice import order_only_remedy
from ..binding.verdicts import STRENGTH, UNDECIDED
from ..reports.shares import verdict_name
from ..reports.wording import clauses, in_quotes, joined, short
from ..translation import translatable, translate, translate_count
from . import floors
from .diagnosis import (
    ENCODER,
    LOST,
    NO_CONTRAST,
    PASSED,
    RIVAL_UNREAD,
    UNSEEN,
    UNSURE,
    DoctorPhrase,
    Span,
    StationCheck,
)
from .placed_report import PlacedReport

Contrast = Mapping[str, Any]
NOTHING_TO_TEST = {
    NO_CONTRAST: translatable(
        "nothing in the prompt can be confused with it, so there was nothing to test"
    ),
    RIVAL_UNREAD: translatable(
        "what it could be confused with was lost by the tokenizer: nothing was left to test"
    ),
}
_SENTENCES = {
    "BOUND": translatable("the encoder holds it ({verdict})"),
    "UNDECIDED": translatable("the encoder gives no clear answer ({verdict})"),
    "ORDER ONLY": translatable(
        "the encoder holds the words and their order, but not {subject} ({verdict})"
    ),
    "COLLAPSED": translatable(
        "the encoding is the same for the prompt and for its rival ({verdict})"
    ),
}

_SUBJECTS = {
    "count": translatable("which number belongs to which thing"),
    "number": translatable("the number"),
    "negation": translatable("what is negated"),
    "relation": translatable("which thing stands where"),
    "role": translatable("who does it to whom"),
}
"""Kind of a contrast -> what it tests."""
_BELONGING = translatable("what belongs to what")
"""The same of any other kind."""
_REMEDIES = {
    "negation": translatable("Name it in the negative prompt instead."),
    **dict.fromkeys(
        ("count", "number", "relation", "role"),
        translatable("Use regional prompts, or a model with an encoder that binds."),
    ),
}
"""The same -> what to do where ORDER ONLY is a loss; else the probe's remedy."""


def check(
    phrase: DoctorPhrase,
    probe: PlacedReport | None,
    unchanged: bool,
    generator: str | None = None,
    unread: Sequence[Span] = (),
) -> StationCheck:
    """What the probe report says of a phrase. ``unchanged``: the tokens of the phrase arrive and
    the encoding does not change with them. ``generator``: the kind of image model, where the probe
    does not know it. ``unread``: words that the tokenizer lost; an encoder cannot be blamed for a
    contrast with one of them.
    """
    if unchanged:
        return StationCheck(
            ENCODER,
            LOST,
            translate("its tokens arrive, but the encoding is the same without it"),
            translate("change of the encoding"),
            0.0,
            0.0,
            certain=True,
            remedy=translate("Say it in another word: this encoder knows none for it."),
        )
    if probe is None:
        return StationCheck(ENCODER, UNSEEN, "")
    contrasts = [each for each in probe.report["contrasts"] if _is_about(each, phrase, probe)]
    if not contrasts:
        return _untested(NO_CONTRAST)
    contrasts = [each for each in contrasts if not _touches(each, probe, unread)]
    if not contrasts:
        return _untested(RIVAL_UNREAD)
    worst = max(contrasts, key=_weakness)
    return _judged(worst, probe, probe.report.get("generator") or generator)


def _untested(reason: str) -> StationCheck:
    sentence = translate(NOTHING_TO_TEST[reason])
    return StationCheck(ENCODER, UNSEEN, sentence, untested=reason)


def without_an_encoder(
    check: StationCheck, probe: PlacedReport | None, absent: Sequence[str]
) -> StationCheck:
    """The check, under suspicion where an encoder of the model is not loaded and the others do not
    hold what the prompt says. ``absent``: titles.
    """
    if probe is None or not absent or check.state == LOST:
        return check
    weak = [each for each in probe.report["contrasts"] if each["verdict"] in floors.WEAK]
    if not weak:
        return check
    names = joined(list(absent))
    sentence = translate_count(
        "{names} is not loaded, and what is loaded does not surely hold {labels}",
        "{names} are not loaded, and what is loaded does not surely hold {labels}",
        len(absent),
        names=names,
        labels=joined([in_quotes(short(str(each["label"]))) for each in weak[:2]]),
    )
    if check.sentence and not check.untested:
        sentence = clauses((check.sentence, sentence))
    remedy = translate("Load {names}, too.", names=names)
    return replace(check, sentence=sentence, suspect=True, remedy=remedy, untested="")


def _weakness(contrast: Contrast) -> int:
    """How little a contrast is held; a verdict of a newer report counts as not known."""
    verdict = contrast["verdict"]
    return STRENGTH.index(verdict if verdict in STRENGTH else UNDECIDED)


def _is_about(contrast: Contrast, phrase: DoctorPhrase, probe: PlacedReport) -> bool:
    arcs = [(probe.span(arc["from"]), probe.span(arc["to"])) for arc in contrast["arcs"]]
    return any(_same_arc(own, arc) for own in phrase.arcs for arc in arcs)


def _touches(contrast: Contrast, probe: PlacedReport, words: Sequence[Span]) -> bool:
    ends = [probe.span(arc[end]) for arc in contrast["arcs"] for end in ("from", "to")]
    return any(a < end and start < b for a, b in ends for start, end in words)


def _same_arc(first: tuple[Span, Span], second: tuple[Span, Span]) -> bool:
    return first == second or first == (second[1], second[0])


def _judged(contrast: Contrast, probe: PlacedReport, generator: str | None) -> StationCheck:
    verdict = str(contrast["verdict"])
    share, floor = _measured(contrast, probe)
    order_is_a_loss = generator in floors.ORDER_IS_A_LOSS
    state = UNSURE
    if verdict in floors.ENCODED:
        state = PASSED
    elif verdict in floors.NOT_ENCODED or (verdict in floors.SUSPECT and order_is_a_loss):
        state = LOST
    kind, remedy = str(contrast.get("kind", "")), str(contrast["remedy"])
    if state == LOST and verdict in floors.SUSPECT:
        remedy = translate(_REMEDIES[kind]) if kind in _REMEDIES else remedy
    elif verdict in floors.SUSPECT and not probe.report.get("generator"):
        remedy = order_only_remedy(generator) or remedy
    return StationCheck(
        ENCODER,
        state,
        translate(
            _SENTENCES.get(verdict, _SENTENCES[UNDECIDED]),
            verdict=verdict_name(verdict),
            subject=translate(_SUBJECTS.get(kind, _BELONGING)),
        ),
        translate("share of the binding"),
        share,
        floor,
        certain=verdict in floors.NOT_ENCODED,
        suspect=verdict in floors.SUSPECT,
        remedy=remedy,
    )


def _measured(contrast: Contrast, probe: PlacedReport) -> tuple[float | None, float | None]:
    """Share and floor of the readout that decided."""
    contrasts: Sequence[Contrast] = probe.report["contrasts"]
    number = next(k for k, each in enumerate(contrasts) if each is contrast)
    deciding = [
        verdict
        for verdict in probe.report["verdicts"]
        if verdict["pair"] == number
        and verdict["counts"]
        and verdict["verdict"] == contrast["verdict"]
    ]
    if not deciding:
        return None, None
    best = max(deciding, key=lambda verdict: verdict["share"])
    return float(best["share"]), float(best["null"][0])
