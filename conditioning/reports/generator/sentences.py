"""What an Ignored Words report says in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...generator.influence import IGNORED, LOUD, UNSURE, USED
from ...generator.measurement import Measurement
from ..shares import part_text, parts_text, share_text
from ..wording import joined, plural, short
from .inked_prompt import NOT_OWN, OTHER_WORDS, POOLED, STILL, way

Report = Mapping[str, Any]
_MOST = 4
"""So many phrases are named in one sentence."""
_WAYS = {
    POOLED: "It acts mostly through the pooled vector.",
    OTHER_WORDS: "It acts mostly through other words and padding that have read it.",
    NOT_OWN: "Its own words alone do no more than words without meaning: what it does goes "
    "through other words that have read it, the end token, padding or the pooled vector.",
    STILL: "Its own rows of the conditioning are the same whatever stands there: they were zeroed, "
    "masked or cut off on the way, and it acts through other words only. What Is in This "
    "Conditioning? shows them.",
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
        return f"The image model uses {_all(len(phrases))}."
    if ignored:
        parts.append(f"The image model ignores {_named(ignored)}.")
    if lost:
        parts.append(f"{_named(lost)} never {_verb(lost, 'reaches', 'reach')} it.")
    if unsure:
        parts.append(f"Whether it uses {_named(unsure)} cannot be told.")
    if len(used) > len(indirect):
        direct = [phrase for phrase in used if phrase not in indirect]
        parts.append(f"It uses {_named(direct)}.")
    if indirect:
        verb = _verb(indirect, "acts", "act")
        parts.append(f"{_named(indirect)} {verb} through other words only.")
    return " ".join(parts)


def _of(phrases: Sequence[Report], verdict_name: str) -> list[Report]:
    return [phrase for phrase in phrases if phrase["verdict"] == verdict_name and phrase["reaches"]]


def _all(count: int) -> str:
    return {1: "the phrase", 2: "both phrases"}.get(count, f"all {plural(count, 'phrase')}")


def _named(phrases: Sequence[Report]) -> str:
    names = [f'"{short(phrase["text"])}"' for phrase in phrases[:_MOST]]
    rest = len(phrases) - _MOST
    if rest > 0:
        names.append(f"{rest} more")
    return joined(names)


def _verb(phrases: Sequence[Report], singular: str, several: str) -> str:
    return singular if len(phrases) == 1 else several


def phrase(entry: Report) -> str:
    """One phrase: what its exchange does, by which way, and what to do."""
    name = f'"{short(entry["text"])}"'
    if not any(entry["tokens"].values()):
        return (
            f"{name} has no token of its own that could be exchanged: the Token Map shows what "
            "became of it."
        )
    if not entry["reaches"]:
        return (
            f"{name} never reaches the image model: exchanging it changes nothing that the model "
            "is given. The Token Map shows where it is lost."
        )
    return " ".join(_sentences(name, entry))


def _sentences(name: str, entry: Report) -> Iterator[str]:
    figures = f"{part_text(entry['share'])} ({parts_text(entry['interval'])})"
    if entry["verdict"] == IGNORED:
        yield (
            f"{name} is ignored: exchanging it does {figures} of what the prompt does, no "
            "more than an exchange of words without meaning."
        )
        yield "Say it in other words or earlier, give it a weight, and measure again."
        return
    if entry["verdict"] == UNSURE:
        yield (
            f"{name} does {figures} of what the prompt does; words without meaning may do as much."
        )
        yield from _way(entry)
        yield "A larger budget or another seed may tell."
        return
    yield f"{name} does {figures} of what the prompt does."
    yield from _way(entry)


def _way(entry: Report) -> Iterator[str]:
    """By which way a phrase acts, where that is not by its own rows."""
    sentence = _WAYS.get(way(entry))
    if sentence:
        yield sentence


def contrast(entry: Report) -> str:
    """One contrast: whether it is shown that the image model binds. Never that it does not: see
    ``docs/decisions/0012-influence.md`` on the null.
    """
    generator = entry["generator"]
    share = share_text(generator["share"])
    blind = share_text(generator["null"][1])
    start = f"At the image model binding is {share} of what the four sentences differ in"
    if generator["interval"][0] > generator["null"][1]:
        return f"{start}, above what encodings without the contrast give (at most {blind})."
    return (
        f"{start}; encodings without the contrast may give up to {blind} (an upper bound), so it "
        "cannot be told whether the image model binds."
    )


def notes(measurement: Measurement) -> Iterator[str]:
    """What must be known to read the figures."""
    if len(measurement.plan.points) < 3:
        points = plural(len(measurement.plan.points), "point")
        yield (
            f"Measured at {points} only: the intervals lean on the spread that was measured on the "
            "project's own small generator."
        )
    strongest = measurement.influence.strongest
    if strongest is not None:
        name = short(measurement.choice.phrases[strongest].text)
        yield (
            f'Exchanging "{name}" alone changes more than exchanging all phrases at once: shares '
            "are parts of that."
        )
    if measurement.influence.floor.value > LOUD:
        yield (
            "An exchange of one word without meaning for another does as much as most of the "
            "prompt: this model does not tell words apart here, so nothing can be said of single "
            "phrases."
        )
