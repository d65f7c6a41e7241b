"""Station 1 of a phrase: does all of it reach what the family takes, and is it what it seems?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..reports.wording import in_quotes, joined, short
from ..translation import translatable, translate, translate_count
from .diagnosis import (
    CONSTRUCT,
    LOST,
    PASSED,
    TOKENIZER,
    UNSEEN,
    UNSURE,
    DoctorPhrase,
    Span,
    StationCheck,
)
from .floors import ARRIVES
from .placed_report import PlacedReport

Report = Mapping[str, Any]
Word = Mapping[str, Any]
_COUNTED = ("word", "embedding")
_FORWARD = translatable("Move it forward.")
_FIRST_WINDOW = translatable("Move it forward, if it should shape the picture as a whole.")
_SHORTEN = translatable("Shorten the prompt, or move it forward.")
_VOCABULARY = translatable("Write it in words that the vocabulary has.")
_REASONS = {
    "missing_embedding": (
        translatable("there is no textual inversion of this name, so nothing is read"),
        translatable("Put its file into models/embeddings, or correct its name."),
    ),
    "embedding_mismatch": (
        translatable("this textual inversion was made for another encoder, so it is left out"),
        translatable("Use one that was made for this model."),
    ),
    "masked": (
        translatable("it stands behind an end token that was typed, and is masked away"),
        translatable("Delete the typed end token."),
    ),
    "unknown": (translatable("the tokenizer has no piece for it"), _VOCABULARY),
    "no_token": (translatable("the tokenizer removes it"), _VOCABULARY),
    "cut": (translatable("it stands behind the last token that is read, and is cut off"), _SHORTEN),
    "not_encoded": (
        translatable("the encoder that would read it is not loaded"),
        translatable("Load this model's other text encoders, too."),
    ),
    "not_given": (
        translatable("no encoder that counts is given it"),
        translatable("Write it as the model wants it: quoted, where it is text to be drawn."),
    ),
    "past_trained_length": (
        translatable("it stands behind all that the model saw in training"),
        _SHORTEN,
    ),
}
"""Fate -> why it is lost, and what to do; the first that a word has counts."""


def check(
    phrase: DoctorPhrase, tokens: PlacedReport | None, probe: PlacedReport | None
) -> StationCheck:
    """What the token report says of a phrase, and the probe's remarks on windows."""
    if tokens is None:
        return StationCheck(TOKENIZER, UNSEEN, "")
    if phrase.kind == CONSTRUCT:
        return _construct(phrase, tokens)
    words = [
        word
        for word in tokens.report["words"]
        if word["kind"] in _COUNTED and phrase.overlaps(tokens.span(word["span"]))
    ]
    if not words:
        return StationCheck(
            TOKENIZER, UNSURE, translate("none of its words could be read"), _title()
        )
    return _words(phrase, words, tokens, probe)


def _title() -> str:
    return translate("words that reach the model")


def unread_spans(tokens: PlacedReport | None) -> list[Span]:
    """Words of which nothing reaches what the model takes."""
    if tokens is None:
        return []
    return [
        tokens.span(word["span"])
        for word in tokens.report["words"]
        if word["lost"] and not _partly_there(word)
    ]


def _construct(phrase: DoctorPhrase, tokens: PlacedReport) -> StationCheck:
    finding = next(
        each
        for each in tokens.report["findings"]
        if each["kind"] == phrase.about and tuple(each["span"]) == phrase.span
    )
    sentence, remedy = str(finding["does"]), str(finding["instead"])
    return StationCheck(TOKENIZER, LOST, sentence, certain=True, remedy=remedy)


def _words(
    phrase: DoctorPhrase, words: Sequence[Word], tokens: PlacedReport, probe: PlacedReport | None
) -> StationCheck:
    lost = [word for word in words if word["lost"]]
    arriving = 1 - len(lost) / len(words)
    if arriving < ARRIVES:
        return _lost(lost, arriving, tokens.report)
    if all("unaligned" in fates for word in words for fates in word["fates"].values()):
        return StationCheck(
            TOKENIZER,
            UNSURE,
            translate("its tokens cannot be told apart from its neighbours'"),
            _title(),
        )
    suspicion = next(_suspicions(phrase, words, tokens, probe), None)
    sentence = suspicion or _read_by(tokens.report)
    return StationCheck(
        TOKENIZER,
        PASSED,
        sentence,
        _title(),
        arriving,
        ARRIVES,
        suspect=suspicion is not None,
        remedy=translate(_FORWARD) if suspicion else "",
    )


def _read_by(report: Report) -> str:
    titles = [
        stream["title"]
        for stream in report["streams"]
        if stream["status"] == "encoded" and not _thrown_away(report, stream["name"])
    ]
    if not titles:
        return translate("it is read")
    names = joined(titles)
    return translate_count("{names} reads it", "{names} read it", len(titles), names=names)


def _thrown_away(report: Report, name: str) -> bool:
    """Whether no readout takes the stream."""
    readouts = report["readouts"]
    return bool(readouts) and not any(name in readout["streams"] for readout in readouts)


def _lost(lost: Sequence[Word], arriving: float, report: Report) -> StationCheck:
    reason, remedy = _reason(lost[0], report)
    if arriving > 0:  # the phrase is named already where all of it is lost
        names = joined([in_quotes(short(str(each["text"]))) for each in lost[:3]])
        reason = translate("{names}: {reason}", names=names, reason=reason)
    return StationCheck(
        TOKENIZER,
        LOST,
        reason,
        _title(),
        round(arriving, 4),
        ARRIVES,
        certain=all(not _partly_there(each) for each in lost),
        remedy=remedy,
    )


def _partly_there(word: Word) -> bool:
    """Some of what the model takes holds the word."""
    return bool(word["pooled"]) or bool(word["sequence"])


def _reason(word: Word, report: Report) -> tuple[str, str]:
    if word["sequence"] and word["pooled"] is False:
        past = translate(
            "the pooled vector, which reads the first window only, lacks it; it arrives in the "
            "sequence of {encoders}",
            encoders=joined(_sequences(report)),
        )
        return past, translate(_FIRST_WINDOW)
    fates = {fate for stream in word["fates"].values() for fate in stream}
    for fate, (reason, remedy) in _REASONS.items():
        if fate in fates:
            return translate(reason), translate(remedy)
    return translate("it does not reach what the model takes"), translate(_FORWARD)


def _sequences(report: Report) -> list[str]:
    """Titles of the encoders whose sequence is taken."""
    taken = {
        name
        for readout in report["readouts"]
        if readout["kind"] == "sequence"
        for name in readout["streams"]
    }
    return [stream["title"] for stream in report["streams"] if stream["name"] in taken]


def _suspicions(
    phrase: DoctorPhrase, words: Sequence[Word], tokens: PlacedReport, probe: PlacedReport | None
) -> Iterator[str]:
    """What alone is no loss."""
    if any(_late(word, tokens.report) for word in words):
        yield translate(
            "it stands in a later window, which is encoded without the words of the others"
        )
    if probe is None:
        return
    for lint in probe.report["lint"]:
        around = probe.span(lint["span"])
        if lint["kind"] == "apart" and phrase.arcs and phrase.overlaps(around):
            yield str(lint["text"]).rstrip(".。")


def _late(word: Word, report: Report) -> bool:
    """Every sequence that is taken has it in a later window."""
    lanes = [
        lane
        for lane, readout in zip(word["lanes"], report["readouts"], strict=False)
        if readout["kind"] == "sequence"
    ]
    return bool(lanes) and all(lane in ("later", "none") for lane in lanes)
