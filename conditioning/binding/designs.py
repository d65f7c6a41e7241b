"""From what was read of a prompt to the contrasts that are put to the test, each with a rival: the
prompt's own, or a stock one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..english.cells import Cell, Frame
from ..english.contrasts import FRAMES, AttributeContrast, Contrast, NegationContrast
from ..english.frames import MOST
from ..english.statements import Attribute, Phrase, Reading
from ..translation import later, translate

LIMIT = 6
"""Contrasts of one prompt; more are named and left out."""
_STOCK_MODIFIERS = {
    "colour": ("brown", "white", "green"),
    "material": ("plastic", "wooden"),
    "size": ("small", "large"),
    "shape": ("round", "square"),
    "age": ("new", "old"),
}
_STOCK_THINGS = ("table", "window", "box")


@dataclass(frozen=True)
class Design:
    """One contrast of a prompt, ready to be encoded."""

    contrast: Contrast
    frames: tuple[Frame, ...]
    in_prompt: Frame | None = None
    """The prompt itself as the first cell, where its words can be exchanged in place."""

    @property
    def kind(self) -> str:
        """Designs of one kind share their nulls."""
        return self.contrast.kind

    @property
    def note(self) -> str:
        """A sentence for the report; empty where there is nothing to add."""
        if not self.contrast.stock:
            return ""
        return translate("Nothing in the prompt competes with it, so the rival was added.")

    def cells(self) -> list[Cell]:
        """Prompt, rival, prompt reversed, rival reversed, frame by frame."""
        return [cell for frame in self.frames for cell in frame.four]

    def texts(self) -> list[str]:
        """The sentences of :meth:`cells`."""
        return [cell.text for cell in self.cells()]


def design(contrast: Contrast, text: str = "", count: int = FRAMES) -> Design | None:
    """The cells of one contrast in ``count`` frames; ``text`` is the prompt it was read from. None
    where no rival can be written.
    """
    frames = contrast.cells(count)
    if not frames:
        return None
    if not text or contrast.stock:
        return Design(contrast, frames)
    return Design(contrast, frames, contrast.cells_in_prompt(text))


@dataclass(frozen=True)
class ProbePlan:
    """What is put to the test of one prompt."""

    designs: tuple[Design, ...]
    skipped: tuple[str, ...]
    """Sentences on what is not put to the test, and why."""
    text: str = ""
    """The prompt."""

    def texts(self) -> list[str]:
        """The sentences of all four cells of every design."""
        return [text for each in self.designs for text in each.texts()]


def plan(reading: Reading, limit: int = LIMIT) -> ProbePlan:
    """The designs of a prompt. Several contrasts take more frames, since their p values are
    corrected for each other.
    """
    contrasts = _without_repeats([*_with_rivals(reading), *_without_rivals(reading)])
    tested, rest = contrasts[:limit], contrasts[limit:]
    frames = MOST if len(tested) > 1 else FRAMES
    designs: list[Design] = []
    skipped: list[str] = []
    for contrast in tested:
        planned = design(contrast, reading.text, frames)
        if planned is None:
            label = contrast.label()
            skipped.append(later("{label}: no rival can be written for it.", label=label))
        else:
            designs.append(planned)
    skipped += [
        later(
            "{label}: left out, {limit} contrasts are tested at once.",
            label=contrast.label(),
            limit=limit,
        )
        for contrast in rest
    ]
    return ProbePlan(tuple(designs), tuple(skipped), reading.text)


def _without_repeats(contrasts: list[Contrast]) -> list[Contrast]:
    """The first of those with one label, in the order of the last ones."""
    by_label = {contrast.label(): contrast for contrast in reversed(contrasts)}
    return list(by_label.values())[::-1]


def _with_rivals(reading: Reading) -> Iterator[Contrast]:
    """The prompt's own rivals. Negations get a second thing that is not negated."""
    tested: set[int] = set()
    for contrast in reading.contrasts:
        if isinstance(contrast, NegationContrast):
            yield _with_present_thing(contrast, reading)
            continue
        if isinstance(contrast, AttributeContrast):
            places = {contrast.first.modifier.start, contrast.second.modifier.start}
            if places <= tested:
                continue  # both have been put to the test against others
            tested |= places
        yield contrast


def _with_present_thing(contrast: NegationContrast, reading: Reading) -> NegationContrast:
    absent = contrast.negation.object.text
    thing = next(iter(_present_things(reading, absent)), None)
    present = thing or Phrase.outside(_stock_thing(absent))
    return replace(contrast, present=present, stock=thing is None)


def _without_rivals(reading: Reading) -> Iterator[Contrast]:
    """Attributes without a rival of their kind: against another attribute of another thing, or
    against a stock one.
    """
    tested = {
        attribute.modifier.start
        for contrast in reading.contrasts
        for attribute in contrast.statements()
        if isinstance(attribute, Attribute)
    }
    for attribute in reading.attributes:
        if attribute.modifier.start in tested:
            continue
        rival = next((each for each in reading.attributes if _differ(attribute, each)), None)
        if rival is not None:
            tested |= {attribute.modifier.start, rival.modifier.start}
            yield AttributeContrast(attribute, rival)
        else:
            yield AttributeContrast(attribute, _stock_rival(attribute, reading), stock=True)


def _differ(attribute: Attribute, other: Attribute) -> bool:
    """Both the things and the modifiers are different words."""
    return (
        attribute.object.lower != other.object.lower
        and attribute.modifier.lower != other.modifier.lower
    )


def _stock_rival(attribute: Attribute, reading: Reading) -> Attribute:
    words = _STOCK_MODIFIERS.get(attribute.kind, _STOCK_MODIFIERS["colour"])
    modifier = next((word for word in words if word not in attribute.modifier.lower), words[0])
    thing = next(
        (present.text for present in _present_things(reading, attribute.object.text)),
        _stock_thing(attribute.object.text),
    )
    return Attribute(Phrase.outside(modifier), Phrase.outside(thing), attribute.kind)


def _present_things(reading: Reading, but: str) -> list[Phrase]:
    """The things that the prompt wants to be there, without the one called ``but``."""
    excluded = {negation.object.lower for negation in reading.negations} | {but.lower()}
    statements = (*reading.attributes, *reading.counts, *reading.relations, *reading.actions)
    things = (thing for statement in statements for thing in statement.things())
    return [thing for thing in things if thing.lower not in excluded]


def _stock_thing(thing: str) -> str:
    """A thing of ours with another name."""
    others = (stock for stock in _STOCK_THINGS if stock not in thing.lower())
    return next(others, _STOCK_THINGS[0])
