"""One prompt, laid against the tokens of every stream: which readouts of the family each word
reaches, and what happens to it on the way.

The layouts come from :mod:`conditioning.families`; the vocabulary of fates and lane states stands
in :mod:`.fates` and is documented in ``docs/report-tokens.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..families.table import Family, StreamRule, TrainedLength
from .alignment import align
from .edges import Edge, edges_of
from .lanes import Readout, lane_of, lost_words, readouts_of
from .placement import Placement, place
from .recording import Alignment, Span, StreamRecording
from .syntax import parse
from .word_fates import Fates, StreamLimits, limits_of, stream_fates
from .words import PromptWord, Region, words_of


class ReferenceCut(NamedTuple):
    """Words of one stream of which some token stands past ``limit``, where a pipeline that cuts
    (diffusers, the papers' code) would have dropped them.
    """

    stream: str
    limit: TrainedLength
    words: list[int]


@dataclass(frozen=True)
class PromptMap:
    """Everything known about one prompt. ``fates[stream][word]`` and ``lanes[readout][word]`` run
    parallel to ``words``.
    """

    text: str
    family: Family | None
    words: list[PromptWord]
    placements: list[Placement]
    limits: list[StreamLimits]
    fates: dict[str, list[Fates]]
    readouts: list[Readout]
    lanes: list[list[str]]
    edges: list[Edge]
    lost: list[bool]

    def rule(self, stream: str) -> StreamRule | None:
        """What the family does with a stream; None where that is not known."""
        if self.family is None:
            return None
        return next((rule for rule in self.family.streams if rule.name == stream), None)

    def reference_cuts(self) -> list[ReferenceCut]:
        """By stream with a known limit that the prompt exceeds."""
        cuts = []
        for placement in self.placements:
            rule = self.rule(placement.recording.name)
            if rule is None or rule.reference_limit is None or not placement.recording.encoded:
                continue
            limit = rule.reference_limit
            remaining = placement.content_before(limit.tokens, limit.with_template)
            dropped = [w for w, last in enumerate(placement.last) if last >= remaining]
            if dropped:
                cuts.append(ReferenceCut(rule.name, limit, dropped))
        return cuts


def map_tokens(
    text: str, recordings: Sequence[StreamRecording], family: Family | None
) -> PromptMap:
    """Lay the host's tokens against the words of ``text``. ``family`` is ``None`` when the layout
    is unknown: no readout is claimed.
    """
    alignments = [align(recording) for recording in recordings]
    literal = _literal_weights(text, recordings)
    words = words_of(text, _regions(recordings, alignments, literal))
    placements = [place(r, a, words) for r, a in zip(recordings, alignments, strict=True)]
    rules: dict[str, StreamRule] = {}
    if family is not None:
        rules = {rule.name: rule for rule in family.streams}
    remaining = _remaining_slots(placements, family)
    limits = [
        limits_of(p, rules.get(p.recording.name), remaining.get(p.recording.name))
        for p in placements
    ]
    edges, at_edge = edges_of(text, words, placements)
    fates = {
        p.recording.name: stream_fates(p, bounds, words, at_edge.get(p.recording.name, {}))
        for p, bounds in zip(placements, limits, strict=True)
    }
    for name, spans in literal.items():
        _mark_literal(fates[name], words, spans)
    readouts = readouts_of(placements, rules)
    lanes = [lane_of(readout, placements, limits, fates, words) for readout in readouts]
    lost = lost_words(words, readouts, lanes, fates)
    return PromptMap(text, family, words, placements, limits, fates, readouts, lanes, edges, lost)


def _regions(
    recordings: Sequence[StreamRecording],
    alignments: Sequence[Alignment],
    literal: dict[str, list[Span]],
) -> list[Region]:
    """Weight syntax and embeddings are words of their own, wherever a stream reads them so."""
    kinds: dict[Span, str] = {}
    for recording, alignment in zip(recordings, alignments, strict=True):
        if recording.origin.table is None:
            for start, end, _ in alignment.syntax:
                kinds.setdefault((start, end), "syntax")
        for _, span in (*alignment.missing, *alignment.embeddings):
            kinds[span] = "embedding"
        for _, span, _, _ in alignment.mismatched:
            kinds[span] = "embedding"
    for spans in literal.values():
        for span in spans:
            kinds.setdefault(span, "punctuation")
    regions: list[Region] = []
    for (start, end), kind in sorted(kinds.items()):
        if start < end and (not regions or regions[-1].end <= start):
            regions.append(Region(start, end, kind))
    return regions


def _literal_weights(text: str, recordings: Sequence[StreamRecording]) -> dict[str, list[Span]]:
    """By stream that reads weights as text: the brackets and numbers of ``(x:1.3)`` in
    the prompt.
    """
    streams = [
        r.name for r in recordings if (not r.weights or r.verbatim) and r.origin.table is None
    ]
    if not streams or "(" not in text:
        return {}
    spans = [(syntax.start, syntax.end) for syntax in parse(text).syntax if syntax.explicit]
    return dict.fromkeys(streams, spans) if spans else {}


def _mark_literal(fates: list[Fates], words: Sequence[PromptWord], spans: list[Span]) -> None:
    starts = {start for start, _ in spans}
    for w, word in enumerate(words):
        if word.start in starts and "unaligned" not in fates[w]:
            fates[w] = (*fates[w], "literal_weight")


def _remaining_slots(placements: Sequence[Placement], family: Family | None) -> dict[str, int]:
    """By stream that is cut to the shorter of several: the slots that remain."""
    if family is None:
        return {}
    lengths = {
        p.recording.name: sum(map(len, p.recording.windows))
        for p in placements
        if p.recording.name in family.side_by_side and p.recording.encoded
    }
    if len(lengths) < 2:
        return {}
    return dict.fromkeys(lengths, min(lengths.values()))
