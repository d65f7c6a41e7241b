"""What the Prompt Doctor says in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...doctor.diagnosis import (
    ACTION,
    ATTRIBUTE,
    CONSTRUCT,
    COUNT,
    ENCODER,
    GENERATOR,
    HEALTHY,
    LOST,
    PICTURE,
    RELATION,
    THING,
    TOKENIZER,
    UNSURE,
)
from ...doctor.generator_check import RAISE_GUIDANCE
from ...tokens.lint.finding import CONSTRUCTS
from ...tokens.lint.mend import Mending
from ..wording import joined, short

Report = Mapping[str, Any]
AT = {
    TOKENIZER: "at the tokenizer",
    ENCODER: "in the text encoder",
    GENERATOR: "in the image model",
    PICTURE: "in the picture",
}
_PLAIN = {
    TOKENIZER: "tokenizer",
    ENCODER: "text encoder",
    GENERATOR: "image model",
    PICTURE: "picture",
}
_STATED = (ATTRIBUTE, COUNT, RELATION, ACTION)
"""Kinds that are named by their statement, in which the thing is named, too."""
_MOST = 4
"""So many phrases are named in one sentence."""


def verdict(
    phrases: Sequence[Report], stations: Sequence[Report], unguided: float | None = None
) -> str:
    """The report's first sentences: what was lost where, what is not known, what is well.
    ``unguided``: the sampler's scale, where guidance is off.
    """
    if not phrases:
        return "There is nothing to look at: the prompt has no phrase."
    parts = [*_losses(phrases), *_constructs(phrases), *_open(phrases)]
    if not parts and unguided is None:
        return _clean_bill(phrases, stations)
    ill = {label(phrase).lower() for phrase in phrases if phrase["outcome"] != HEALTHY}
    well = [
        phrase
        for phrase in phrases
        if phrase["outcome"] == HEALTHY
        and label(phrase).lower() not in ill
        and not _holds_construct(phrase, phrases)
    ]
    if well:
        parts.append(_passed(_named(_without_implied(well)), stations))
    if unguided is not None and GENERATOR not in {phrase["station"] for phrase in phrases}:
        off = f"But guidance is off (cfg {unguided:g}), without which things are drawn poorly."
        parts += [off, RAISE_GUIDANCE]
    return " ".join(parts)


def _passed(names: str, stations: Sequence[Report]) -> str:
    """What is well, and no more than was looked at."""
    looked = [f"the {_PLAIN[each['name']]}" for each in stations if each["looked_at"]]
    if len(looked) == len(stations):
        return f"Nothing is wrong with {names}."
    return f"Nothing is wrong with {names} as far as {joined(looked)} can show."


def _without_implied(well: Sequence[Report]) -> list[Report]:
    """Without the things whose statement is there, too: where a red car is well, so is the car."""
    stated = " / ".join(short(label(each), 40) for each in well if each["kind"] in _STATED)
    return [each for each in well if each["kind"] != THING or not _names(stated, label(each))]


def _names(text: str, thing: str) -> bool:
    """Whether the thing is in the text, in whole words."""
    words = rf"(?<!\w){re.escape(thing)}(?!\w)"
    return re.search(words, text, re.IGNORECASE) is not None


def _clean_bill(phrases: Sequence[Report], stations: Sequence[Report]) -> str:
    examined = [_PLAIN[each["name"]] for each in stations if each["looked_at"]]
    unseen = [_PLAIN[each["name"]] for each in stations if not each["looked_at"]]
    count = {1: "the phrase", 2: "both phrases"}.get(len(phrases), f"all {len(phrases)} phrases")
    text = f"A clean bill: {joined(examined)} passed {count}."
    if unseen:
        verb = "was" if len(unseen) == 1 else "were"
        text = f"{text} {_capital(joined(unseen))} {verb} not looked at."
    return text


def _losses(phrases: Sequence[Report]) -> Iterator[str]:
    """One sentence for each station and certainty."""
    for station, where in AT.items():
        for certainty, lead in (("certain", ""), ("likely", "likely ")):
            lost = [
                phrase
                for phrase in phrases
                if (phrase["station"], phrase["certainty"]) == (station, certainty)
                and phrase["kind"] != CONSTRUCT
            ]
            if lost:
                verb = "was" if len(lost) == 1 else "were"
                yield f"{_named(lost)} {verb} {lead}lost {where}."


def _constructs(phrases: Sequence[Report]) -> Iterator[str]:
    constructs = [phrase for phrase in phrases if phrase["kind"] == CONSTRUCT]
    if constructs:
        verb, pronoun = ("is", "it seems") if len(constructs) == 1 else ("are", "they seem")
        yield f"{_named(constructs)} {verb} not what {pronoun}."


def _holds_construct(phrase: Report, phrases: Sequence[Report]) -> bool:
    """Whether some of its words are not what they seem, and named for that already."""
    start, end = phrase["span"]
    constructs = (each["span"] for each in phrases if each["kind"] == CONSTRUCT)
    return any(a < end and start < b for a, b in constructs)


def _open(phrases: Sequence[Report]) -> Iterator[str]:
    unsure = [
        phrase
        for phrase in phrases
        if phrase["outcome"] == UNSURE
        and not _holds_construct(phrase, phrases)
        and not _is_about_a_loss(phrase, phrases)
    ]
    if not unsure:
        return
    lacking = [phrase for phrase in unsure if phrase["checks"][-1]["state"] == LOST]
    others = [phrase for phrase in unsure if phrase["checks"][-1]["state"] != LOST]
    ignored = [phrase for phrase in others if phrase["checks"][2]["state"] == LOST]
    divided = [phrase for phrase in others if _is_divided(phrase["checks"][-1])]
    others = [phrase for phrase in others if phrase not in [*ignored, *divided]]
    if lacking:
        yield f"The picture lacks {_named(lacking)}; where that was lost cannot be told."
    if ignored:
        yield f"The image model ignores {_named(ignored)}, which may come of what was lost before."
    if divided:
        yield f"Half of the pictures show {_named(divided)}, and half do not."
    if others:
        yield f"About {_named(others)} nothing can be told."


def _is_about_a_loss(phrase: Report, phrases: Sequence[Report]) -> bool:
    """Whether a thing of its statement is lost and named: no more is known of a red car then."""
    lost = (each for each in phrases if each["outcome"] == LOST and each["kind"] == THING)
    in_picture = phrase["checks"][-1]["state"] != LOST
    return in_picture and any(_names(label(phrase), label(each)) for each in lost)


def _is_divided(check: Report) -> bool:
    return check["measure"] is not None and check["measure"] == check["floor"]


def _named(phrases: Sequence[Report]) -> str:
    names = [f"“{short(label(phrase), 40)}”" for phrase in phrases]
    names = list(dict.fromkeys(names))
    rest = len(names) - _MOST
    return joined([*names[:_MOST], *([f"{rest} more"] if rest > 0 else [])])


def label(phrase: Report) -> str:
    """A phrase as it is named: red (of red car), golden hour."""
    text, about = str(phrase["text"]), str(phrase["about"])
    if phrase["kind"] in _STATED and text.lower() != about.lower():
        return about
    return text


def elsewhere(phrases: Sequence[Report]) -> list[str]:
    """What to change, one sentence for each remedy, with the phrases that it is for."""
    by_remedy: dict[str, list[Report]] = {}
    for phrase in phrases:
        if phrase["remedy"] and phrase["outcome"] != HEALTHY:
            by_remedy.setdefault(str(phrase["remedy"]), []).append(phrase)
    return [f"{_named(each)}: {remedy}" for remedy, each in by_remedy.items()]


def mending_sentences(text: str, suggested: str, mendings: Sequence[Mending]) -> list[str]:
    """What the suggested prompt changes. ``text``: the prompt as typed."""
    lines = [_mending(each) for each in mendings]
    if (not mendings and suggested != text) or _is_reordered(text, suggested):
        lines.append(
            "The suggested prompt says things first and the look last, and ends windows at commas "
            "(as Compare Prompt Orders does)."
        )
    return lines


def _mending(mending: Mending) -> str:
    title = CONSTRUCTS[mending.kind].title
    before = short(" ".join(mending.before.split()), 40)
    if not mending.after.strip(" ,"):
        return f"The suggested prompt leaves out “{before}” ({title})."
    return f"The suggested prompt says “{short(mending.after, 40)}” for “{before}” ({title})."


def _is_reordered(text: str, suggested: str) -> bool:
    """Whether words that both hold stand in another order."""
    words = [re.findall(r"[^\W\d_]+", each.lower()) for each in (text, suggested)]
    common = set(words[0]) & set(words[1])
    first, second = ([word for word in each if word in common] for each in words)
    return first[: len(second)] != second and sorted(first) == sorted(second)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
