"""What an Ignored Words report says in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...generator.influence import IGNORED, LEAST, LOUD, SILENCE, UNSURE, USED
from ...generator.measurement import Measurement
from ...translation import translatable, translate, translate_count
from ..shares import part_text, parts_text, share_text
from ..wording import joined, short
from .inked_prompt import NOT_OWN, OTHER_WORDS, POOLED, STILL, way

Report = Mapping[str, Any]
_MOST = 4
"""So many phrases are named in one sentence."""
_REMEDIES = {
    True: translatable("Say it in other words or earlier, give it a weight, and measure again."),
    False: translatable(
        "Say it in other words or earlier, and measure again. A weight does not help: this text "
        "encoder reads it as words."
    ),
}
"""By whether the text encoder applies weights."""
_WAYS = {
    POOLED: translatable("It acts mostly through the pooled vector."),
    OTHER_WORDS: translatable("It acts mostly through other words and padding that have read it."),
    NOT_OWN: translatable(
        "Its own words alone do no more than words without meaning: what it does goes "
        "through other words that have read it, the end token, padding or the pooled vector."
    ),
    STILL: translatable(
        "Its own rows of the conditioning are the same whatever stands there: they were zeroed, "
        "masked or cut off on the way, and it acts through other words only. What Is in This "
        "Conditioning? shows them."
    ),
}


def verdict(phrases: Sequence[Report]) -> str:
    """The report's first sentence: what is ignored, what is not known, and that the rest is
    used.
    """
    lost = [phrase for phrase in phrases if not phrase["reaches"]]
    ignored = _of(phrases, IGNORED)
    unsure = _of(phrases, UNSURE)
    used = _of(phrases, USED)
    indirect = [phrase for phrase in used if way(phrase) == STILL]
    parts = []
    if len(used) == len(phrases) and not indirect:
        return _uses_all(len(phrases))
    if ignored:
        parts.append(translate("The image model ignores {phrases}.", phrases=_named(ignored)))
    if lost:
        parts.append(_never_reaches(lost))
    if unsure:
        parts.append(translate("Whether it uses {phrases} cannot be told.", phrases=_named(unsure)))
    if len(used) > len(indirect):
        direct = [phrase for phrase in used if phrase not in indirect]
        parts.append(translate("It uses {phrases}.", phrases=_named(direct)))
    if indirect:
        parts.append(_acts_through_others(indirect))
    return " ".join(parts)


def _of(phrases: Sequence[Report], verdict_name: str) -> list[Report]:
    return [phrase for phrase in phrases if phrase["verdict"] == verdict_name and phrase["reaches"]]


def _uses_all(count: int) -> str:
    if count == 2:
        return translate("The image model uses both phrases.")
    return translate_count(
        "The image model uses the phrase.", "The image model uses all {count:,} phrases.", count
    )


def _never_reaches(phrases: Sequence[Report]) -> str:
    return translate_count(
        "{phrases} never reaches it.",
        "{phrases} never reach it.",
        len(phrases),
        phrases=_named(phrases),
    )


def _acts_through_others(phrases: Sequence[Report]) -> str:
    return translate_count(
        "{phrases} acts through other words only.",
        "{phrases} act through other words only.",
        len(phrases),
        phrases=_named(phrases),
    )


def _named(phrases: Sequence[Report]) -> str:
    names = [f'"{short(phrase["text"])}"' for phrase in phrases[:_MOST]]
    rest = len(phrases) - _MOST
    if rest > 0:
        names.append(translate("{count} more", count=rest))
    return joined(names)


def silence() -> str:
    """Said first where no exchange changes anything."""
    return translate(
        "Exchanging all phrases changes nothing in what the image model answers: the prompt's "
        "conditioning is not in effect at these noise levels (look at its strength, its mask and "
        "its range of steps), or the model reads no text."
    )


def phrase(entry: Report, weighted: bool = True) -> str:
    """One phrase: what its exchange does, by which way, and what to do. ``weighted``: the text
    encoder applies weights such as (red:1.3).
    """
    name = f'"{short(entry["text"])}"'
    if not any(entry["tokens"].values()):
        return translate(
            "{name} has no token of its own that could be exchanged: the Token Map shows what "
            "became of it.",
            name=name,
        )
    if not entry["reaches"]:
        return translate(
            "{name} never reaches the image model: exchanging it changes nothing that the model "
            "is given. The Token Map shows where it is lost.",
            name=name,
        )
    if entry["verdict"] == UNSURE and entry["influence"] < SILENCE:
        return translate(
            "{name} changes nothing here, and no other phrase does: nothing can be said of it.",
            name=name,
        )
    return " ".join(_sentences(name, entry, weighted))


def _sentences(name: str, entry: Report, weighted: bool) -> Iterator[str]:
    figures = f"{part_text(entry['share'])} ({parts_text(entry['interval'])})"
    if entry["verdict"] == IGNORED and entry["interval"][1] < LEAST:
        yield translate(
            "{name} is ignored: exchanging it does {figures} of what the prompt does, too little "
            "to be seen.",
            name=name,
            figures=figures,
        )
        yield translate(_REMEDIES[weighted])
        return
    if entry["verdict"] == IGNORED:
        yield translate(
            "{name} is ignored: exchanging it does {figures} of what the prompt does, no "
            "more than an exchange of words without meaning.",
            name=name,
            figures=figures,
        )
        yield translate(_REMEDIES[weighted])
        return
    if entry["verdict"] == UNSURE:
        yield translate(
            "{name} does {figures} of what the prompt does; words without meaning may do as much.",
            name=name,
            figures=figures,
        )
        yield from _way(entry)
        yield translate("A larger budget or another seed may tell.")
        return
    yield translate("{name} does {figures} of what the prompt does.", name=name, figures=figures)
    yield from _way(entry)


def _way(entry: Report) -> Iterator[str]:
    """By which way a phrase acts, where that is not by its own rows."""
    sentence = _WAYS.get(way(entry))
    if sentence:
        yield translate(sentence)


def contrast(entry: Report) -> str:
    """One contrast: whether it is shown that the image model binds. Never that it does not: see
    ``docs/decisions/0012-influence.md`` on the null.
    """
    generator = entry["generator"]
    share = share_text(generator["share"])
    blind = share_text(generator["null"][1])
    if generator["interval"][0] > generator["null"][1]:
        return translate(
            "At the image model binding is {share} of what the four sentences differ in, above "
            "what encodings without the contrast give (at most {blind}).",
            share=share,
            blind=blind,
        )
    return translate(
        "At the image model binding is {share} of what the four sentences differ in; encodings "
        "without the contrast may give up to {blind} (an upper bound), so it cannot be told "
        "whether the image model binds.",
        share=share,
        blind=blind,
    )


def notes(measurement: Measurement) -> Iterator[str]:
    """What must be known to read the figures."""
    if len(measurement.plan.points) < 3:
        yield translate_count(
            "Measured at {count} point only: the intervals lean on the spread that was measured on "
            "the project's own small generator.",
            "Measured at {count} points only: the intervals lean on the spread that was measured "
            "on the project's own small generator.",
            len(measurement.plan.points),
        )
    if measurement.influence.silent:
        return
    strongest = measurement.influence.strongest
    if strongest is not None:
        name = short(measurement.choice.phrases[strongest].text)
        yield translate(
            'Exchanging "{name}" alone changes more than exchanging all phrases at once: shares '
            "are parts of that.",
            name=name,
        )
    if measurement.influence.floor.value > LOUD:
        yield translate(
            "An exchange of one word without meaning for another does as much as most of the "
            "prompt: this model does not tell words apart here, so nothing can be said of single "
            "phrases."
        )
