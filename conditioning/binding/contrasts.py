"""From what was read of a prompt to the contrasts that are put to the test, each with a rival: the
prompt's own, or one of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from ..english.frames import MOST
from ..english.statements import Contrast, Count, Negation, Pair, Reading, Relation, Role, Word
from .cells import Design, design

FRAMES = 8
LIMIT = 6
"""Contrasts of one prompt; more are named and left out."""
_RIVALS = {
    "colour": ("brown", "white", "green"),
    "material": ("plastic", "wooden"),
    "size": ("small", "large"),
    "shape": ("round", "square"),
    "age": ("new", "old"),
}
_STOCK_THINGS = ("table", "window", "box")


@dataclass(frozen=True)
class Plan:
    designs: tuple[Design, ...]
    skipped: tuple[str, ...]
    """Sentences on what is not put to the test, and why."""
    text: str = ""
    """The prompt."""


def plan(reading: Reading, limit: int = LIMIT) -> Plan:
    """The designs of a prompt. Several contrasts take more frames, since their p values are
    corrected for each other.
    """
    found = list(
        {label(one): one for one in reversed([*_crossed(reading), *_alone(reading)])}.values()
    )[::-1]
    chosen, rest = found[:limit], found[limit:]
    frames = MOST if len(chosen) > 1 else FRAMES
    made = [(one, design(one, reading.text, frames)) for one in chosen]
    skipped = [
        f"{label(one)}: no rival can be written for it." for one, cells in made if cells is None
    ]
    skipped += [f"{label(one)}: left out, {limit} contrasts are tested at once." for one in rest]
    return Plan(
        tuple(cells for _, cells in made if cells is not None), tuple(skipped), reading.text
    )


def _crossed(reading: Reading) -> Iterator[Contrast]:
    """The prompt's own rivals. Denials get a second thing that is not denied."""
    paired: set[int] = set()
    for one in reading.contrasts:
        if one.kind == "negation" and isinstance(one.first, Negation):
            yield _denial(one, one.first, reading)
            continue
        if isinstance(one.first, Pair) and isinstance(one.second, Pair):
            if one.first.modifier.start in paired and one.second.modifier.start in paired:
                continue  # both have been put to the test against others
            paired |= {one.first.modifier.start, one.second.modifier.start}
        yield one


def _denial(one: Contrast, denied: Negation, reading: Reading) -> Contrast:
    rival = next(iter(_things(reading, denied.object.text)), None)
    thing = rival or Word(_other(denied.object.text), -1, -1)
    return replace(one, second=Pair(Word("", -1, -1), thing, "negation"), stock=rival is None)


def _alone(reading: Reading) -> Iterator[Contrast]:
    """Properties without a rival of their kind: against another property of another thing, or
    against one of ours.
    """
    tested = {
        pair.modifier.start
        for one in reading.contrasts
        for pair in (one.first, one.second)
        if isinstance(pair, Pair)
    }
    for pair in reading.pairs:
        if pair.modifier.start in tested:
            continue
        rival = next((one for one in reading.pairs if _rivals(pair, one)), None)
        if rival is not None:
            tested |= {pair.modifier.start, rival.modifier.start}
            yield Contrast("binding", pair, rival)
        else:
            yield Contrast("binding", pair, _stock(pair, reading), stock=True)


def _rivals(one: Pair, other: Pair) -> bool:
    things = one.object.text.lower() != other.object.text.lower()
    return things and one.modifier.text.lower() != other.modifier.text.lower()


def _stock(pair: Pair, reading: Reading) -> Pair:
    words = _RIVALS.get(pair.kind, _RIVALS["colour"])
    modifier = next((one for one in words if one not in pair.modifier.text.lower()), words[0])
    thing = next(iter(_things(reading, pair.object.text)), None)
    return Pair(
        Word(modifier, -1, -1),
        Word(thing.text if thing else _other(pair.object.text), -1, -1),
        pair.kind,
    )


def _things(reading: Reading, but: str) -> list[Word]:
    denied = {one.object.text.lower() for one in reading.negations} | {but.lower()}
    all_of = [
        *(one.object for one in reading.pairs),
        *(one.object for one in reading.counts),
        *(thing for one in reading.relations for thing in (one.left, one.right)),
        *(thing for one in reading.roles for thing in (one.agent, one.patient)),
    ]
    return [one for one in all_of if one.text.lower() not in denied]


def _other(thing: str) -> str:
    return next((one for one in _STOCK_THINGS if one not in thing.lower()), _STOCK_THINGS[0])


def label(one: Contrast) -> str:
    """The contrast in a few words: red car / blue house."""
    first, second = one.first, one.second
    if isinstance(first, Pair) and isinstance(second, Pair):
        return (
            f"{first.modifier.text} {first.object.text} / {second.modifier.text} "
            f"{second.object.text}"
        )
    if isinstance(first, Count):
        return " / ".join(
            f"{count.number.text} {count.object.text}"
            for count in (first, second)
            if isinstance(count, Count)
        )
    if isinstance(first, Negation):
        return f"{first.negator.text} {first.object.text}"
    if isinstance(first, Relation):
        return f"{first.left.text} {first.relation.text} {first.right.text}"
    return (
        f"{first.agent.text} {first.verb.text} {first.patient.text}"
        if isinstance(first, Role)
        else one.kind
    )


def words_of(one: Contrast) -> list[Word]:
    """Its words in the prompt, without those of a rival of ours."""
    parts = [part for part in (one.first, one.second) if part is not None]
    told = [getattr(part, each.name) for part in parts for each in fields(part)]
    return [word for word in told if isinstance(word, Word) and word.start >= 0]
