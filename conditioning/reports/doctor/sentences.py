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
from ...doctor.remedies import RAISE_GUIDANCE
from ...tokens.lint import OF_CHARACTERS
from ...tokens.lint.finding import CONSTRUCTS
from ...tokens.lint.mend import Mending
from ...translation import first_of, translatable, translate, translate_count
from ..wording import in_quotes, joined, short

Report = Mapping[str, Any]
AT = {
    TOKENIZER: translatable("at the tokenizer"),
    ENCODER: translatable("in the text encoder"),
    GENERATOR: translatable("in the image model"),
    PICTURE: translatable("in the picture"),
}
_THE = {
    TOKENIZER: translatable("the tokenizer"),
    ENCODER: translatable("the text encoder"),
    GENERATOR: translatable("the image model"),
    PICTURE: translatable("the picture"),
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
        return translate("There is nothing to look at: the prompt has no phrase.")
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
        off = translate(
            "But guidance is off (cfg {guidance}), without which things are drawn poorly.",
            guidance=f"{unguided:g}",
        )
        parts += [off, translate(RAISE_GUIDANCE)]
    return " ".join(parts)


def _passed(names: str, stations: Sequence[Report]) -> str:
    """What is well, and no more than was looked at."""
    looked = [translate(_THE[each["name"]]) for each in stations if each["looked_at"]]
    if len(looked) == len(stations):
        return translate("Nothing is wrong with {phrases}.", phrases=names)
    return translate(
        "Nothing is wrong with {phrases} as far as {stations} can show.",
        phrases=names,
        stations=joined(looked),
    )


def _without_implied(well: Sequence[Report]) -> list[Report]:
    """Without the things whose statement is there, too: where a red car is well, so is the car."""
    stated = " / ".join(short(label(each), 40) for each in well if each["kind"] in _STATED)
    return [each for each in well if each["kind"] != THING or not _names(stated, label(each))]


def _names(text: str, thing: str) -> bool:
    """Whether the thing is in the text, in whole words."""
    words = rf"(?<!\w){re.escape(thing)}(?!\w)"
    return re.search(words, text, re.IGNORECASE) is not None


def _clean_bill(phrases: Sequence[Report], stations: Sequence[Report]) -> str:
    examined = [translate(_THE[each["name"]]) for each in stations if each["looked_at"]]
    unseen = [translate(_THE[each["name"]]) for each in stations if not each["looked_at"]]
    if not unseen:
        return _passed_by(joined(examined), len(phrases))
    text = _capital(_passed_so_far(joined(examined), len(phrases)))
    left_out = translate_count(
        "{stations} was not looked at.",
        "{stations} were not looked at.",
        len(unseen),
        stations=joined(unseen),
    )
    return f"{text} {_capital(left_out)}"


def _passed_by(stations: str, count: int) -> str:
    if count == 2:
        return translate("A clean bill: {stations} passed both phrases.", stations=stations)
    return translate_count(
        "A clean bill: {stations} passed the phrase.",
        "A clean bill: {stations} passed all {count} phrases.",
        count,
        stations=stations,
    )


def _passed_so_far(stations: str, count: int) -> str:
    """Of some of the stations: no clean bill yet."""
    if count == 2:
        return translate("{stations} passed both phrases.", stations=stations)
    return translate_count(
        "{stations} passed the phrase.",
        "{stations} passed all {count} phrases.",
        count,
        stations=stations,
    )


def _losses(phrases: Sequence[Report]) -> Iterator[str]:
    """One sentence for each station and certainty; what goes on in part comes last."""
    named = [
        phrase
        for phrase in phrases
        if phrase["kind"] != CONSTRUCT and not _is_construct(phrase, phrases)
    ]
    partial = [phrase for phrase in named if is_partial(phrase)]
    for station, where in AT.items():
        for certainty in ("certain", "likely"):
            lost = [
                phrase
                for phrase in named
                if (phrase["station"], phrase["certainty"]) == (station, certainty)
                and not is_partial(phrase)
            ]
            if lost:
                yield _lost(lost, translate(where), certainty == "certain")
    if partial:
        yield _in_part(partial)


def _lost(phrases: Sequence[Report], where: str, certain: bool) -> str:
    values, count = {"phrases": _named(phrases), "where": where}, len(_names_of(phrases))
    if certain:
        return translate_count(
            "{phrases} was lost {where}.", "{phrases} were lost {where}.", count, **values
        )
    return translate_count(
        "{phrases} was likely lost {where}.", "{phrases} were likely lost {where}.", count, **values
    )


def is_partial(phrase: Report) -> bool:
    """Whether a part of what the image model takes lacks it, and no later station misses it."""
    if (phrase["station"], phrase["certainty"]) != (TOKENIZER, "likely"):
        return False
    tokenizer, *later = phrase["checks"]
    return tokenizer["state"] == LOST and all(check["state"] != LOST for check in later)


def _in_part(phrases: Sequence[Report]) -> str:
    return translate_count(
        "{phrases} reaches the image model only in part.",
        "{phrases} reach the image model only in part.",
        len(_names_of(phrases)),
        phrases=_named(phrases),
    )


def _is_construct(phrase: Report, phrases: Sequence[Report]) -> bool:
    """Whether a construct of the same words is named."""
    constructs = (each for each in phrases if each["kind"] == CONSTRUCT)
    return any(label(each) == label(phrase) for each in constructs)


def _constructs(phrases: Sequence[Report]) -> Iterator[str]:
    constructs = [phrase for phrase in phrases if phrase["kind"] == CONSTRUCT]
    unread = [phrase for phrase in constructs if phrase["about"] in OF_CHARACTERS]
    seeming = [phrase for phrase in constructs if phrase["about"] not in OF_CHARACTERS]
    if unread:
        yield translate_count(
            "{phrases} is not read as a word.",
            "{phrases} are not read as words.",
            len(_names_of(unread)),
            phrases=_named(unread),
        )
    if seeming:
        yield translate_count(
            "{phrases} is not what it seems.",
            "{phrases} are not what they seem.",
            len(_names_of(seeming)),
            phrases=_named(seeming),
        )


def _holds_construct(phrase: Report, phrases: Sequence[Report]) -> bool:
    """Whether some of its words are not what they seem, and named for that already."""
    start, end = phrase["span"]
    constructs = (each["span"] for each in phrases if each["kind"] == CONSTRUCT)
    return any(a < end and start < b for a, b in constructs)


_UNSURE = {
    "lacking": translatable("The picture lacks {phrases}; where that was lost cannot be told."),
    "ignored": translatable(
        "The image model ignores {phrases}, which may come of what was lost before."
    ),
    "divided": translatable("Half of the pictures show {phrases}, and half do not."),
    "unknown": translatable("Nothing can be told about {phrases}."),
}
"""What is known of a phrase whose station cannot be told -> its sentence, in this order."""


def _open(phrases: Sequence[Report]) -> Iterator[str]:
    unsure = [phrase for phrase in phrases if _is_open(phrase, phrases)]
    for known, sentence in _UNSURE.items():
        alike = [phrase for phrase in unsure if _known(phrase) == known]
        if alike:
            yield translate(sentence, phrases=_named(alike))


def _is_open(phrase: Report, phrases: Sequence[Report]) -> bool:
    """Whether its station cannot be told, and no other sentence names it."""
    if phrase["outcome"] != UNSURE or _holds_construct(phrase, phrases):
        return False
    return not _is_about_a_loss(phrase, phrases)


def _known(phrase: Report) -> str:
    picture, generator = phrase["checks"][-1], phrase["checks"][2]
    if picture["state"] == LOST:
        return "lacking"
    if generator["state"] == LOST:
        return "ignored"
    return "divided" if _is_divided(picture) else "unknown"


def _is_about_a_loss(phrase: Report, phrases: Sequence[Report]) -> bool:
    """Whether a thing of its statement is lost and named: no more is known of a red car then."""
    lost = (each for each in phrases if each["outcome"] == LOST and each["kind"] == THING)
    in_picture = phrase["checks"][-1]["state"] != LOST
    return in_picture and any(_names(label(phrase), label(each)) for each in lost)


def _is_divided(check: Report) -> bool:
    return check["measure"] is not None and check["measure"] == check["floor"]


def _named(phrases: Sequence[Report]) -> str:
    return first_of(_names_of(phrases), _MOST)


def _names_of(phrases: Sequence[Report]) -> list[str]:
    """Each name once."""
    names = (in_quotes(short(label(phrase), 40)) for phrase in phrases)
    return list(dict.fromkeys(names))


def alike(phrases: Sequence[Report]) -> list[list[Report]]:
    """Phrases of which the same is said, together, in the order of their firsts."""
    groups: dict[Any, list[Report]] = {}
    for phrase in phrases:
        groups.setdefault(fate(phrase), []).append(phrase)
    return list(groups.values())


def fate(phrase: Report) -> tuple[Any, ...]:
    """What is said of a phrase, and where."""
    return phrase["station"], phrase["certainty"], phrase["overruled"], phrase["says"]


def labels(phrases: Sequence[Report]) -> str:
    """The names of phrases of which the same is said."""
    names = _named(phrases)
    return names if len(_names_of(phrases)) == 1 else translate("{names}, each", names=names)


def label(phrase: Report) -> str:
    """A phrase as it is named: red (of red car), golden hour."""
    text, about = str(phrase["text"]).strip(), str(phrase["about"])
    if phrase["kind"] in _STATED and text.lower() != about.lower():
        return about
    return text


def elsewhere(phrases: Sequence[Report]) -> list[str]:
    """What to change, one sentence for each remedy, with the phrases that it is for."""
    by_remedy: dict[str, list[Report]] = {}
    for phrase in phrases:
        if phrase["remedy"] and phrase["outcome"] != HEALTHY:
            by_remedy.setdefault(str(phrase["remedy"]), []).append(phrase)
    return [
        translate("{phrases}: {remedy}", phrases=labels(each), remedy=remedy)
        for remedy, each in by_remedy.items()
    ]


def mending_sentences(text: str, suggested: str, mendings: Sequence[Mending]) -> list[str]:
    """What the suggested prompt changes. ``text``: the prompt as typed."""
    lines = [_mending(each) for each in mendings]
    if (not mendings and suggested != text) or _is_reordered(text, suggested):
        lines.append(
            translate(
                "The suggested prompt says things first and the look last, and ends windows at "
                "commas (as Compare Prompt Orders does)."
            )
        )
    return lines


def _mending(mending: Mending) -> str:
    title = translate(CONSTRUCTS[mending.kind].title)
    before = in_quotes(short(" ".join(mending.before.split()), 40))
    if not mending.after.strip(" ,"):
        return translate(
            "The suggested prompt leaves out {before} ({title}).", before=before, title=title
        )
    return translate(
        "The suggested prompt says {after} for {before} ({title}).",
        after=in_quotes(short(mending.after, 40)),
        before=before,
        title=title,
    )


def _is_reordered(text: str, suggested: str) -> bool:
    """Whether words that both hold stand in another order."""
    words = [re.findall(r"[^\W\d_]+", each.lower()) for each in (text, suggested)]
    common = set(words[0]) & set(words[1])
    first, second = ([word for word in each if word in common] for each in words)
    return first[: len(second)] != second and sorted(first) == sorted(second)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
