"""What the generator takes, and which words reach it through each readout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..families.table import StreamRule
from ..translation import translate
from .placement import Placement
from .word_fates import NEVER, WRONG_WIDTH, Fates, StreamLimits
from .words import PromptWord

COUNTED = ("word", "embedding")
"""Kinds of words that count; punctuation and weight syntax do not."""


@dataclass(frozen=True)
class Readout:
    """One thing that the generator takes: the pooled vector, or the sequence of one stream."""

    name: str
    kind: str  # "pooled" or "sequence"
    title: str
    streams: tuple[str, ...]

    @property
    def localized_title(self) -> str:
        """The title in the report's language: 'pooled (CLIP-L + CLIP-G)'."""
        kind, _, streams = self.title.partition(" ")
        return f"{translate(kind)} {streams}"


def readouts_of(placements: Sequence[Placement], rules: dict[str, StreamRule]) -> list[Readout]:
    """The pooled vector first, then the sequences, in the order of the family's ``rules``; none
    where the layout is unknown.
    """
    encoded = {p.recording.name for p in placements if p.recording.encoded}
    used = [rule for name, rule in rules.items() if name in encoded]
    pooled = [rule for rule in used if rule.pooled]
    readouts = []
    if pooled:
        title = f"pooled ({' + '.join(rule.title for rule in pooled)})"
        readouts.append(Readout("pooled", "pooled", title, tuple(rule.name for rule in pooled)))
    for rule in used:
        if rule.sequence:
            title = f"sequence ({rule.title})"
            readouts.append(Readout(f"sequence:{rule.name}", "sequence", title, (rule.name,)))
    return readouts


def lane_of(
    readout: Readout,
    placements: Sequence[Placement],
    limits: Sequence[StreamLimits],
    fates: dict[str, list[Fates]],
    words: Sequence[PromptWord],
) -> list[str]:
    """What one readout gets of every word: a state of :data:`.fates.LANES` for each."""
    lane = ["none"] * len(words)
    for placement, bounds in zip(placements, limits, strict=True):
        if placement.recording.name in readout.streams:
            reach = {"pooled": bounds.pooled, "sequence": bounds.sequence}[readout.kind]
            _lay_stream(lane, placement, reach, bounds.trained, fates[placement.recording.name])
    for w, word in enumerate(words):
        if word.kind == "syntax" and lane[w] == "none":
            lane[w] = "syntax"
    return lane


def _lay_stream(
    lane: list[str], placement: Placement, reach: int, trained: int, fates: Sequence[Fates]
) -> None:
    """Enters one stream's words into the lane. ``reach``: content tokens that the readout takes."""
    second = placement.window_end(0)
    windowed = len(placement.starts) > 1
    if not windowed:
        second = NEVER
        if trained >= placement.in_windows:
            trained = NEVER
    for w, (first, last) in enumerate(zip(placement.first, placement.last, strict=True)):
        if 0 <= first < reach and fates[w] != WRONG_WIDTH:
            if "unknown" in fates[w]:
                lane[w] = "unknown"
            elif last >= trained:
                lane[w] = "past"
            elif first >= second:
                lane[w] = "later"
            else:
                lane[w] = "seen"
        elif first < 0 and lane[w] == "none" and fates[w][0] in ("syntax", "unaligned"):
            lane[w] = fates[w][0]


def lost_words(
    words: Sequence[PromptWord],
    readouts: Sequence[Readout],
    lanes: Sequence[list[str]],
    fates: dict[str, list[Fates]],
) -> list[bool]:
    """Which words miss something that this family would take from them; the rule stands in
    ``docs/report-tokens.md``.
    """
    kinds = [readout.kind for readout in readouts]
    states = list(zip(*lanes, strict=True)) if lanes else [()] * len(words)
    missing = {states_of: _misses(kinds, states_of) for states_of in set(states)}
    lost = [missing[states_of] for states_of in states]
    used = {name for readout in readouts if readout.kind == "sequence" for name in readout.streams}
    for name, stream in fates.items():
        losing = {"missing_embedding"}
        if name in used:
            losing.add("cut")
        lost = _also_lost(lost, stream, losing)
    return [is_lost and word.kind in COUNTED for is_lost, word in zip(lost, words, strict=True)]


def _also_lost(lost: list[bool], stream: Sequence[Fates], losing: set[str]) -> list[bool]:
    """``lost``, and the words that have one of the ``losing`` fates in this stream."""
    if not any(losing.intersection(of_word) for of_word in set(stream)):
        return lost
    return [
        was or not losing.isdisjoint(of_word) for was, of_word in zip(lost, stream, strict=True)
    ]


def _misses(kinds: Sequence[str], states: Sequence[str]) -> bool:
    """Does a word with these states miss the pooled vector, or every sequence? ``kinds``: of the
    readouts, parallel to ``states``.
    """
    pooled = [state for kind, state in zip(kinds, states, strict=True) if kind == "pooled"]
    sequences = [state for kind, state in zip(kinds, states, strict=True) if kind == "sequence"]
    if "none" in pooled or "unknown" in sequences:
        return True
    reached = any(state in ("seen", "later", "unaligned") for state in sequences)
    return bool(sequences) and not reached
