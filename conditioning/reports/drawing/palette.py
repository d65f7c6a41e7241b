"""The colours and line styles that every picture of a report shares.

The colours derive from the Okabe-Ito palette, lightened for dark backgrounds. No meaning rests on
colour alone: a tone has a sign, a verdict a line of its own, a readout its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

# Surfaces and text. Every text colour has a contrast of at least 4.5 : 1 on CARD.
PAGE, CARD, RAISED, RULE = "#131417", "#1d1f24", "#2b2e36", "#3a3d46"
TEXT, SOFT, DIM = "#eceef2", "#b6bac6", "#8f94a3"
AMBER, GREEN, VERMILION, BLUE = "#f2b134", "#35c79a", "#ff8552", "#6cbcf0"
COLOURS = {
    "amber": AMBER,
    "vermilion": VERMILION,
    "blue": BLUE,
    "rule": RULE,
    "dim": DIM,
    "soft": SOFT,
}
"""By the names that tables of marks and states use."""
# By index of the readout; the fifth starts again.
READOUT_COLOURS = ("#d78bbb", "#56b4e9", "#2fc596", "#f0e442")


@dataclass(frozen=True)
class ToneStyle:
    """How a verdict's box is drawn: its ground, its edge and its sign."""

    box: str
    edge: str
    sign: str


TONES: Mapping[str, ToneStyle] = {
    "lost": ToneStyle("#392d14", AMBER, "!"),
    "kept": ToneStyle("#14322a", GREEN, "✓"),
    # nothing is known to be lost, but this version does not know the layout
    "open": ToneStyle("#23303c", BLUE, "i"),
}


class LineLook(NamedTuple):
    """The line of a verdict: no meaning rests on its colour alone. ``on`` and ``off`` are its
    dashes.
    """

    colour: str
    thick: float
    on: float = 0
    off: float = 0


VERDICT_LOOKS: Mapping[str, LineLook] = {
    "BOUND": LineLook(GREEN, 2.2),
    "UNDECIDED": LineLook(BLUE, 1),
    "ORDER ONLY": LineLook(AMBER, 2, 4.5, 5),
    "COLLAPSED": LineLook(VERMILION, 2.4, 0.2, 4.6),
}


def verdict_look(verdict: str) -> LineLook:
    """A verdict of a newer report is drawn as one that is not known rather than left out."""
    return VERDICT_LOOKS.get(verdict, LineLook(SOFT, 1))


def readout_colour(index: int) -> str:
    """The colour of the readout at this place, from top to bottom."""
    return READOUT_COLOURS[index % len(READOUT_COLOURS)]


def mixed(colour: str, share: float) -> str:
    """The colour mixed with the card: ``share`` of it is left."""
    pairs = zip(_rgb(colour), _rgb(CARD), strict=True)
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[k : k + 2], 16) for k in (1, 3, 5))
