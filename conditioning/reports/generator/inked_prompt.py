"""The prompt as typed, cut where a phrase begins or ends: what is drawn in the ink of its
influence, and struck through where the image model ignores it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import sqrt
from typing import Any

from ...generator.influence import IGNORED, UNSURE, USED
from ..drawing.bars import number

Report = Mapping[str, Any]
Fields = dict[str, Any]

CUT_OFF = "cut off"
"""State of a phrase of which no token reaches the image model; that of others is their verdict."""
STRUCK = (IGNORED, CUT_OFF)
MOSTLY = 0.5
"""From this part of its influence on, it is said by which way a phrase acts."""
POOLED, OTHER_WORDS, NOT_OWN, STILL = "pooled", "other words", "not its own", "rows stand still"
"""Ways by which a phrase acts: mostly by the pooled vector; mostly by other words and padding that
have read it; its own rows do no more than words without meaning; its own rows are the same whatever
stands there.
"""
INKS = 4
"""Steps of ink; 0 is the ink of what decides nothing."""
MAX_CHARS = 40_000
"""Characters of the prompt that the browser gets; a prompt may be a novel."""
_FLOORS = 4
"""A phrase is as dark as it gets only if it does this many times what an exchange of words without
meaning does at most: where nothing matters, nothing is dark.
"""


def state(phrase: Report) -> str:
    """used, ignored, cannot tell, or cut off; a verdict of a newer report as it is."""
    if not phrase["reaches"]:
        return CUT_OFF
    return str(phrase["verdict"])


def share_of(measured: Report | None) -> float:
    """The share of something measured; 0 where there is none or it is no number."""
    if measured is None:
        return 0.0
    return number(measured["share"]) or 0.0


def way(phrase: Report) -> str:
    """STILL and NOT_OWN where a phrase does something, or may; POOLED or OTHER_WORDS where one that
    is used acts mostly that way; else empty. Older reports know the last two only.
    """
    share, own = share_of(phrase), phrase["own_rows"] or {}
    if state(phrase) in (USED, UNSURE):
        if own.get("change") is False:
            return STILL
        if own.get("verdict") == IGNORED:
            return NOT_OWN
    if state(phrase) != USED or share <= 0:
        return ""
    if share_of(phrase["pooled"]) >= MOSTLY * share:
        return POOLED
    if (number(phrase["leak"]) or 0.0) >= MOSTLY:
        return OTHER_WORDS
    return ""


def inks(report: Report) -> list[int]:
    """A step of ink from 0 to INKS for each phrase: whatever is not struck through has at least the
    first, the strongest the last.
    """
    phrases = report["phrases"]
    floor = number(report["floor"]["interval"][1]) or 0.0
    most = max([_FLOORS * floor, *map(share_of, phrases)])
    return [_ink(phrase, most) for phrase in phrases]


def _ink(phrase: Report, most: float) -> int:
    if state(phrase) in STRUCK:
        return 0
    share = max(0.0, share_of(phrase))
    if most <= 0:
        return 1
    return max(1, round(INKS * sqrt(share / most)))


def drawn_prompt(report: Report) -> Fields:
    """``pieces`` of the prompt in its order, and whether they are all of it (``complete``)."""
    text, phrases = str(report["text"]), report["phrases"]
    end = min(len(text), MAX_CHARS)
    return {"pieces": list(_pieces(text[:end], phrases)), "complete": end == len(text)}


def _pieces(text: str, phrases: Sequence[Report]) -> Iterator[Fields]:
    """``phrase``: the index of the phrase that a piece belongs to, the shortest where several share
    it; None between phrases.
    """
    spans = [_inside(phrase["span"], len(text)) for phrase in phrases]
    edges = sorted({0, len(text), *(edge for span in spans for edge in span)})
    for start, end in pairwise(edges):
        around = [k for k, (first, last) in enumerate(spans) if first <= start and end <= last]
        lengths = {k: spans[k][1] - spans[k][0] for k in around}
        owner = min(around, key=lengths.__getitem__, default=None)
        yield {"text": text[start:end], "phrase": owner}


def _inside(span: Sequence[int], length: int) -> tuple[int, int]:
    """A span of characters, cut to the text."""
    start, end = (min(length, max(0, int(edge))) for edge in span)
    return start, max(start, end)
