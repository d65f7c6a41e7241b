"""What the generator takes, and which words it gets through each readout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..families.table import StreamRule
from .placement import Placement
from .words import PromptWord

NEVER = 1 << 60
COUNTED = ("word", "embedding")
WRONG_WIDTH = ("embedding_mismatch",)  # the host puts nothing in its place


@dataclass(frozen=True)
class Readout:
    """One thing that the generator takes: the pooled vector, or the sequence of one stream."""

    name: str
    kind: str  # "pooled" or "sequence"
    title: str
    streams: tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    """Bounds in content tokens of one stream; a token ``i`` is inside when ``i < bound``."""

    pooled: int
    sequence: int
    trained: int
    unmasked: int


def readouts_of(placements: Sequence[Placement], rules: dict[str, StreamRule]) -> list[Readout]:
    live = [
        rules[p.recording.name]
        for p in placements
        if p.recording.encoded and p.recording.name in rules
    ]
    order = {name: i for i, name in enumerate(rules)}
    live.sort(key=lambda rule: order[rule.name])
    pooled = [rule for rule in live if rule.pooled]
    out = []
    if pooled:
        out.append(
            Readout(
                "pooled",
                "pooled",
                f"pooled ({' + '.join(r.title for r in pooled)})",
                tuple(r.name for r in pooled),
            )
        )
    out += [
        Readout(f"sequence:{r.name}", "sequence", f"sequence ({r.title})", (r.name,))
        for r in live
        if r.sequence
    ]
    return out


def lane_of(
    readout: Readout,
    placements: Sequence[Placement],
    limits: Sequence[Limits],
    fates: dict[str, list[tuple[str, ...]]],
    words: Sequence[PromptWord],
) -> list[str]:
    chosen = [
        (p, b)
        for p, b in zip(placements, limits, strict=True)
        if p.recording.name in readout.streams
    ]
    lane = ["none"] * len(words)
    for p, bound in chosen:
        reach = bound.pooled if readout.kind == "pooled" else bound.sequence
        second = p.starts[1] if len(p.starts) > 1 else NEVER
        ragged = second < NEVER or bound.trained < p.kept
        stream = fates[p.recording.name]
        for w, first in enumerate(p.first):
            if 0 <= first < reach and stream[w] != WRONG_WIDTH:
                lane[w] = "seen"
                if "unknown" in stream[w]:
                    lane[w] = "unknown"
                elif ragged and p.last[w] >= bound.trained:
                    lane[w] = "past"
                elif first >= second:
                    lane[w] = "later"
            elif first < 0 and lane[w] == "none" and stream[w][0] in ("syntax", "unaligned"):
                lane[w] = stream[w][0]
    for w, word in enumerate(words):
        if word.kind == "syntax" and lane[w] == "none":
            lane[w] = "syntax"
    return lane


def lost_words(
    words: Sequence[PromptWord],
    readouts: Sequence[Readout],
    lanes: Sequence[list[str]],
    fates: dict[str, list[tuple[str, ...]]],
) -> list[bool]:
    """Which words miss something that this family would take from them; the rule stands in
    ``docs/report-tokens.md``.
    """
    kinds = [readout.kind for readout in readouts]
    columns = list(zip(*lanes, strict=True)) if lanes else [()] * len(words)
    verdicts = {column: _misses(kinds, column) for column in set(columns)}
    lost = [
        verdicts[column] and word.kind in COUNTED
        for column, word in zip(columns, words, strict=True)
    ]
    taken = {name for readout in readouts if readout.kind == "sequence" for name in readout.streams}
    for name, stream in fates.items():
        for fate in set(stream):
            if "missing_embedding" in fate or (name in taken and "cut" in fate):
                lost = [
                    old or (f == fate and word.kind in COUNTED)
                    for old, f, word in zip(lost, stream, words, strict=True)
                ]
    return lost


def _misses(kinds: Sequence[str], column: Sequence[str]) -> bool:
    pooled = [state for kind, state in zip(kinds, column, strict=True) if kind == "pooled"]
    sequences = [state for kind, state in zip(kinds, column, strict=True) if kind == "sequence"]
    if "none" in pooled or "unknown" in sequences:
        return True
    return bool(sequences) and not any(
        state in ("seen", "later", "unaligned") for state in sequences
    )
