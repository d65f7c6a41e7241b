"""Station 4 of a phrase: do the pictures show it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..image_probe.judges.judge_verdicts import DISAGREE, FAILS, HOLDS, NOT_ASKED
from ..image_probe.judges.questions.grammar import thing_key
from ..image_probe.probe_images import SHOWN, SWAPPED
from ..translation import translatable, translate, translate_count
from . import remedies
from .diagnosis import (
    ACTION,
    ATTRIBUTE,
    COUNT,
    LOST,
    NEGATION,
    NOT_ASKED_ABOUT,
    PASSED,
    PICTURE,
    RELATION,
    THING,
    UNSEEN,
    UNSURE,
    DoctorPhrase,
    Span,
    StationCheck,
)
from .floors import SHOWN as LEAST_SHOWN
from .placed_report import PlacedReport

Report = Mapping[str, Any]
_PRESENCE, _WHOLE = "presence", "whole picture"
_STATEMENTS = (COUNT, NEGATION, RELATION, ACTION)
"""Kinds of phrases that questions call the same; all others are attributes."""
_NEGATORS = ("no", "not", "without", "never")
SWAP = "the swap"
_ANOTHER_JUDGE = translatable(
    "Let another judge look (Load Judge lists them; in the terminal: --judge). mini-VQA, which "
    "comes with EncoderScope, knows drawn scenes only."
)


def check(
    phrase: DoctorPhrase, image: PlacedReport | None, family: remedies.FamilyFacts
) -> StationCheck:
    """What the image report says of a phrase."""
    if image is None:
        return StationCheck(PICTURE, UNSEEN, "")
    verdicts = [list(_verdicts(phrase, image, picture)) for picture in image.report["images"]]
    if not any(verdicts):
        sentence = translate("nobody can be asked about it")
        return StationCheck(PICTURE, UNSEEN, sentence, untested=NOT_ASKED_ABOUT)
    title = translate("pictures that show it")
    shows = sum(HOLDS in answers and not _denied(answers) for answers in verdicts)
    denied = sum(_denied(answers) and HOLDS not in answers for answers in verdicts)
    if not shows + denied:
        reason, remedy = _why_open(verdicts)
        return StationCheck(
            PICTURE, UNSURE, translate(reason), title, remedy=remedy and translate(remedy)
        )
    share = shows / (shows + denied)
    state = PASSED if share > LEAST_SHOWN else LOST
    if share == LEAST_SHOWN:
        state = UNSURE
    swapped = any(SWAP in answers for answers in verdicts)
    sentence = _sentence_on_pictures(shows, denied, len(verdicts), swapped)
    remedy = family.redraw() if state == LOST else ""
    return StationCheck(
        PICTURE, state, sentence, title, round(share, 4), LEAST_SHOWN, remedy=remedy
    )


def _denied(answers: list[str]) -> bool:
    return FAILS in answers or SWAP in answers


def _verdicts(phrase: DoctorPhrase, image: PlacedReport, picture: Report) -> Iterator[str]:
    """What judges and scorer say of the phrase in one picture."""
    report, judged = image.report, picture.get("judged")
    if judged is not None:
        for question, sentence in zip(report["questions"], judged["agreed"], strict=False):
            about = [image.span(span) for span in question.get("spans", ())]
            if _asks_for(question, about, phrase) or (
                sentence == HOLDS and _shows(question, about, phrase)
            ):
                yield str(sentence)
    for contrast, margin in zip(report["contrasts"], picture["contrasts"], strict=False):
        sentence = {SHOWN: HOLDS, SWAPPED: SWAP}.get(str(margin["shows"]), "")
        labels = str(contrast["label"]).lower().split(" / ")
        if _labels(phrase) & set(labels):
            yield sentence
        elif sentence and any(_needs(label, phrase) for label in labels):
            yield HOLDS  # the swap, too, has all its things


def _needs(label: Any, phrase: DoctorPhrase) -> bool:
    """Whether a statement can hold only where this thing is."""
    words = f" {str(label).lower()} "
    negated = any(f" {word} " in words for word in _NEGATORS)
    return phrase.kind == THING and not negated and f" {phrase.text.lower()} " in words


def _shows(question: Report, about: Sequence[Span], phrase: DoctorPhrase) -> bool:
    """Whether what is asked can hold only where this thing is."""
    if not about:
        return _needs(question["label"], phrase)
    is_there = phrase.kind == THING and question["kind"] != NEGATION
    return is_there and any(map(phrase.overlaps, about))


def _asks_for(question: Report, about: Sequence[Span], phrase: DoctorPhrase) -> bool:
    """``about``: what the question is about in the prompt; empty in older reports, and where an
    artist typed it: then its label says it.
    """
    kind = str(question["kind"])
    if not about:
        return _label_asks_for(kind, str(question["label"]), phrase)
    if kind in (_PRESENCE, _WHOLE):
        is_its_kind = (phrase.kind == THING) == (kind == _PRESENCE)
        return is_its_kind and any(map(phrase.overlaps, about))
    is_its_kind = phrase.kind == (kind if kind in _STATEMENTS else ATTRIBUTE)
    return is_its_kind and any(set(arc) <= set(about) for arc in phrase.arcs)


def _label_asks_for(kind: str, label: str, phrase: DoctorPhrase) -> bool:
    if kind == _PRESENCE:
        return phrase.kind == THING and thing_key(label) == thing_key(phrase.text)
    if phrase.kind == THING:
        return False
    if kind == _WHOLE:
        return label.lower() in (phrase.text.lower(), phrase.about.lower())
    return bool(_labels(phrase) & _label_and_ends(label.lower()))


def _label_and_ends(label: str) -> set[str]:
    """A label may name the thing before it, too: car not red."""
    words = label.split(" ")
    return {" ".join(words[start:]) for start in range(len(words))}


def _labels(phrase: DoctorPhrase) -> set[str]:
    if not phrase.arcs:
        return set()
    return {label.strip().lower() for label in phrase.about.split(", ")}


def _why_open(verdicts: list[list[str]]) -> tuple[str, str]:
    """Why nothing can be told, and what to do; in English."""
    every = {each for answers in verdicts for each in answers}
    if DISAGREE in every:
        return translatable("the judges disagree"), ""
    if every == {NOT_ASKED}:
        return translatable("what it is about is not in the picture"), ""
    if any(HOLDS in answers and _denied(answers) for answers in verdicts):
        return translatable("judge and scorer disagree"), ""
    return translatable("who looked at the picture cannot tell"), _ANOTHER_JUDGE


def _sentence_on_pictures(shown: int, denied: int, pictures: int, swapped: bool) -> str:
    if pictures == 1:
        if shown:
            return translate("the picture shows it")
        if swapped:
            return translate("the picture shows it the other way round")
        return translate("the picture lacks it")
    text = translate_count(
        "{count:,} of {pictures} pictures shows it",
        "{count:,} of {pictures} pictures show it",
        shown,
        pictures=f"{pictures:,}",
    )
    if open_pictures := pictures - shown - denied:
        return translate("{says}, {count} cannot be told", says=text, count=f"{open_pictures:,}")
    return text
