"""What can become of a word: the one table of fates, marks and lane states.

Everything that says or draws a fate reads it here: the token report and its hover texts, the
terminal, the picture, and the style sheet of the browser, whose classes are named after the marks
and states (a test compares them). ``docs/report-tokens.md`` explains the names to readers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

Decoration = Literal[
    "plain", "wave", "thin wave", "strike", "dotted strike", "dotted", "arrow", "box", "double"
]
Pattern = Literal["solid", "hatch", "dots", "crosses", "dashed", "question", "blank"]
Colour = Literal["amber", "vermilion", "blue", "rule", "dim", "soft"]


class Mark(NamedTuple):
    """How a word is marked.

    ``title``: its words in the legend. ``decoration``: what is drawn at the word, in ``colour``.
    ``sign``: the character that stands for it on a terminal. ``rank``: where two marks meet, the
    lower one comes first. ``recolours``: the word's own text takes the colour, too.
    """

    title: str
    decoration: Decoration
    colour: Colour
    sign: str
    rank: int
    recolours: bool = False


class Fate(NamedTuple):
    """What became of a word in one stream.

    ``short``: for a list of fates. ``reason``: for the hover text, which says the slot already;
    ``{tokens}`` and ``{source}`` stand for the stream's trained length. ``remedy``: what to do.
    """

    name: str
    short: str
    reason: str = ""
    remedy: str = ""
    mark: Mark | None = None


class LaneState(NamedTuple):
    """What a readout gets of a word. ``colour``: None for the readout's own; ``title``: its words
    in the legend, empty where it is not explained.
    """

    title: str
    pattern: Pattern
    char: str
    colour: Colour | None = None


_EDGE_REMEDY = "Shorten the text before it, so that the window ends at a comma."

_FATES = (
    Fate("seen", "seen"),
    Fate("later_window", "in window 2 or later"),
    Fate(
        "not_in_pooled",
        "not in the pooled vector",
        "not in the pooled vector, which is taken from window 1",
    ),
    Fate(
        "discarded",
        "its sequence is thrown away by this family",
        "this family throws the stream's sequence away",
    ),
    Fate("cut", "cut off by ComfyUI", "cut off by ComfyUI"),
    Fate(
        "split",
        "split at a window's edge",
        "split at the window's edge",
        _EDGE_REMEDY,
        Mark("split at a window's edge", "wave", "amber", "~", 4),
    ),
    Fate(
        "phrase_split",
        "at a window's edge inside a phrase",
        "the window ends inside its phrase",
        _EDGE_REMEDY,
        Mark("a window ends inside this phrase", "thin wave", "amber", "-", 5),
    ),
    Fate(
        "moved",
        "moved whole to the next window",
        "its weighted segment did not fit and moved whole into this window",
        mark=Mark("moved whole to the next window", "arrow", "blue", ">", 6),
    ),
    Fate(
        "literal_weight",
        "weight read as text",
        "this stream reads weights as text",
        mark=Mark("weight read as text", "box", "rule", "=", 7),
    ),
    Fate("syntax", "syntax", "weight syntax, not sent"),
    Fate("embedding", "embedding"),
    Fate(
        "missing_embedding",
        "embedding not found, dropped by ComfyUI",
        "embedding not found, dropped by ComfyUI",
        mark=Mark("embedding not found", "strike", "vermilion", "#", 1, recolours=True),
    ),
    Fate(
        "embedding_mismatch",
        "embedding of another width, ignored by ComfyUI",
        "embedding of another width, ignored by ComfyUI",
    ),
    Fate(
        "unknown",
        "no piece in the vocabulary: read as <unk>",
        "the vocabulary has no piece for it: <unk>",
        "Write it in words that this vocabulary has.",
        Mark("no piece in the vocabulary", "dotted", "vermilion", "u", 2),
    ),
    Fate(
        "partly_unknown",
        "a part of it has no piece in the vocabulary",
        "a part of it has no piece in the vocabulary: <unk> there",
    ),
    Fate(
        "no_token",
        "removed by the tokenizer",
        "removed by the tokenizer's normalisation",
        mark=Mark("removed by the tokenizer", "dotted strike", "dim", "0", 3, recolours=True),
    ),
    Fate(
        "past_trained_length",
        "past the trained length",
        "past the trained length of {tokens} ({source})",
        "Shorten the prompt, or say it earlier.",
    ),
    Fate(
        "masked",
        "masked away behind a typed end token",
        "after an end token typed in the prompt: masked away",
    ),
    Fate("not_encoded", "this CLIP holds no such encoder", "this CLIP holds no such encoder"),
    Fate("not_given", "this stream is not given the word", "this stream is not given this word"),
    Fate("unaligned", "not known", "its tokens could not be told apart: nothing is claimed"),
)
FATES: Mapping[str, Fate] = {fate.name: fate for fate in _FATES}

LOST = "lost"
"""The mark of a word that misses something, whatever its fates."""
FINDING = "finding"
"""The mark of a word that the lint has something to say about."""

MARKS: Mapping[str, Mark] = {
    LOST: Mark("misses something this family takes", "plain", "amber", "!", 0, recolours=True),
    **{fate.name: fate.mark for fate in _FATES if fate.mark is not None},
    FINDING: Mark("not what it seems: point at it", "double", "amber", "?", 8),
}
"""In the order of the legend."""

LANES: Mapping[str, LaneState] = {
    "seen": LaneState("seen", "solid", "━"),
    "later": LaneState(
        "seen, in window 2 or later: read apart from the words of other windows", "hatch", "╱"
    ),
    "past": LaneState("passed on, past the trained length", "dots", "┄"),
    "unknown": LaneState("no piece in the vocabulary: read as <unk>", "crosses", "x"),
    "none": LaneState("does not reach this readout", "dashed", "·", "dim"),
    "unaligned": LaneState("not known: nothing is claimed", "question", "?", "soft"),
    "syntax": LaneState("", "blank", " "),
}
"""In the order of the legend."""


def short_text(fate: str) -> str:
    """A fate in a few words; its bare name where a newer report has one that is not in here."""
    if fate in FATES:
        return FATES[fate].short
    return fate.replace("_", " ")


def marks_of(fates: Sequence[Sequence[str]], lost: bool) -> list[str]:
    """The marks of a word, in the order of the legend. ``fates``: one sequence for each stream."""
    names = {fate for stream in fates for fate in stream}
    if lost:
        names.add(LOST)
    return [mark for mark in MARKS if mark in names]


def lane_state(name: str) -> LaneState:
    """The state of that name; one of a newer report counts as not known rather than being left
    out.
    """
    return LANES.get(name, LANES["unaligned"])


def marks_by_rank(names: Sequence[str]) -> list[Mark]:
    """The marks of one word, weightiest first; names that are not in the table are left out."""
    return sorted((MARKS[name] for name in names if name in MARKS), key=lambda mark: mark.rank)
