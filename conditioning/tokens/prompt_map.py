"""The fate of every word: which readouts of the family it reaches, and what happened to it on the
way.

The layouts come from :mod:`.families`; the vocabulary of fates and lane states is documented in
``docs/report-tokens.md``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Sequence
from dataclasses import dataclass

from ..families.table import Family, StreamRule
from .alignment import align
from .edges import Edge, edges_of
from .placement import Placement, place
from .readouts import NEVER, WRONG_WIDTH, Limits, Readout, lane_of, lost_words, readouts_of
from .recording import Alignment, StreamRecording
from .syntax import parse
from .words import PromptWord, Region, words_of


@dataclass(frozen=True)
class PromptMap:
    """Everything known about one prompt. ``fates[stream][word]`` and ``lanes[readout][word]`` run
    parallel to ``words``.
    """

    text: str
    family: Family | None
    words: list[PromptWord]
    placements: list[Placement]
    limits: list[Limits]
    fates: dict[str, list[tuple[str, ...]]]
    readouts: list[Readout]
    lanes: list[list[str]]
    edges: list[Edge]
    lost: list[bool]

    def rule(self, stream: str) -> StreamRule | None:
        return (
            next((r for r in self.family.streams if r.name == stream), None)
            if self.family
            else None
        )


def map_tokens(
    text: str, recordings: Sequence[StreamRecording], family: Family | None
) -> PromptMap:
    """Lay the host's tokens against the words of ``text``. ``family`` is ``None`` when the layout
    is unknown: no readout is claimed.
    """
    aligned = [align(recording) for recording in recordings]
    words = words_of(text, _regions(text, recordings, aligned))
    placements = [place(r, a, words) for r, a in zip(recordings, aligned, strict=True)]
    rules = {rule.name: rule for rule in family.streams} if family else {}
    limits = [_limits(p, rules.get(p.recording.name), _cut(placements, family)) for p in placements]
    edges, at_edge = edges_of(text, words, placements)
    literal = _literal(text, recordings)
    fates = {
        p.recording.name: _stream_fates(
            p, rules.get(p.recording.name), bound, words, at_edge.get(p.recording.name, {})
        )
        for p, bound in zip(placements, limits, strict=True)
    }
    for name in literal:
        _mark_literal(fates[name], words, literal[name])
    readouts = readouts_of(placements, rules) if family else []
    lanes = [lane_of(readout, placements, limits, fates, words) for readout in readouts]
    lost = lost_words(words, readouts, lanes, fates)
    return PromptMap(text, family, words, placements, limits, fates, readouts, lanes, edges, lost)


def _regions(
    text: str, recordings: Sequence[StreamRecording], aligned: Sequence[Alignment]
) -> list[Region]:
    """Weight syntax and embeddings are words of their own, wherever a stream reads them so."""
    found: dict[tuple[int, int], str] = {}
    for recording, each in zip(recordings, aligned, strict=True):
        if recording.origin.table is None:
            for start, end, _ in each.syntax:
                found.setdefault((start, end), "syntax")
        for span in (
            *(e[1] for e in each.missing),
            *(e[1] for e in each.found),
            *(e[1] for e in each.mismatched),
        ):
            found[span] = "embedding"
    for spans in _literal(text, recordings).values():
        for span in spans:
            found.setdefault(span, "punctuation")
    regions: list[Region] = []
    for (start, end), kind in sorted(found.items()):
        if start < end and (not regions or regions[-1].end <= start):
            regions.append(Region(start, end, kind))
    return regions


def _literal(text: str, recordings: Sequence[StreamRecording]) -> dict[str, list[tuple[int, int]]]:
    """By stream that reads weights as text: the brackets and numbers of ``(x:1.3)`` in
    the prompt.
    """
    streams = [
        r.name for r in recordings if (not r.weights or r.verbatim) and r.origin.table is None
    ]
    if not streams or "(" not in text:
        return {}
    spans = [(s.start, s.end) for s in parse(text).syntax if s.explicit]
    return dict.fromkeys(streams, spans) if spans else {}


def _mark_literal(
    fates: list[tuple[str, ...]], words: Sequence[PromptWord], spans: list[tuple[int, int]]
) -> None:
    starts = {start for start, _ in spans}
    for w, word in enumerate(words):
        if word.start in starts and "unaligned" not in fates[w]:
            fates[w] = (*fates[w], "literal_weight")


def _cut(placements: Sequence[Placement], family: Family | None) -> dict[str, int]:
    """By stream that is cut to the shorter of several: the slots that remain."""
    lengths = {
        p.recording.name: sum(map(len, p.recording.windows))
        for p in placements
        if family and p.recording.name in family.shortest and p.recording.encoded
    }
    return dict.fromkeys(lengths, min(lengths.values())) if len(lengths) > 1 else {}


def _limits(p: Placement, rule: StreamRule | None, cut: dict[str, int]) -> Limits:
    recording = p.recording
    if not recording.encoded or rule is None:
        visible = 0 if not recording.encoded else p.kept
        return Limits(0, visible, NEVER, visible)
    first_window = p.starts[1] if len(p.starts) > 1 else p.kept
    sequence = p.before(cut[recording.name]) if recording.name in cut else p.kept
    trained = NEVER
    if rule.trained_length is not None and rule.sequence:
        length = rule.trained_length
        trained = p.content_before(length.tokens, length.with_template)
    unmasked = _unmasked(p) if rule.mask_used else p.kept
    pooled = _typed_end(p, first_window) if rule.pooled else 0
    return Limits(pooled, min(sequence, unmasked) if rule.sequence else 0, trained, unmasked)


def _typed_end(p: Placement, stop: int) -> int:
    """Content tokens of window 1 that the pooled vector has seen: a typed ``<|endoftext|>`` ends it
    early.
    """
    end = p.recording.end_id
    if end is None or end not in p.ids[:stop]:
        return stop
    at = p.ids.index(end)
    # The host finds that row by counting what is not masked, and a textual inversion never is: each
    # vector behind it counts.
    wrong = {name for name, _, _, _ in p.aligned.mismatched}
    vectors = sum(at < i < stop and name not in wrong for i, name in p.aligned.names.items())
    return min(at + 1 + vectors, stop)


def _unmasked(p: Placement) -> int:
    """Content tokens before those that the encoder's attention mask hides. Streams with several
    windows are masked in each apart.
    """
    at = p.recording.masking_id
    if at is None or len(p.starts) > 1 or at not in p.ids[: p.kept]:
        return p.kept
    return p.ids.index(at) + (
        p.recording.end_id is not None
    )  # an end token is still attended to, padding is not


def _stream_fates(
    p: Placement,
    rule: StreamRule | None,
    limits: Limits,
    words: Sequence[PromptWord],
    at_edge: dict[int, str],
) -> list[tuple[str, ...]]:
    special = _special_fates(p)
    absent = _Absent(p)
    if not special and _nothing_happens(p, rule, limits):
        seen = ("seen",)
        return [seen if first >= 0 else absent.fate(words[w]) for w, first in enumerate(p.first)]
    # Words between the same bounds share one fate: it is worked out once for each pair of
    # stretches.
    ends = (limits.pooled, limits.sequence, limits.trained, limits.unmasked, p.kept)
    bounds = sorted({*ends, *p.starts, *(i for moved in p.moved for i in moved)})
    known: dict[tuple[int, int], tuple[str, ...]] = {}
    out: list[tuple[str, ...]] = []
    for w, (first, last) in enumerate(zip(p.first, p.last, strict=True)):
        if first < 0:
            out.append(absent.fate(words[w]))
            continue
        stretch = (bisect_right(bounds, first), bisect_right(bounds, last))
        fate = known.get(stretch)
        if fate is None:
            fate = known[stretch] = tuple(_fate(p, rule, limits, first, last))
        if special and (more := {special[i]: None for i in range(first, last + 1) if i in special}):
            fate = WRONG_WIDTH if more.keys() == {*WRONG_WIDTH} else (*fate, *more)
        if w in at_edge:
            fate = (*fate, at_edge[w])
        out.append(fate)
    return out


def _nothing_happens(p: Placement, rule: StreamRule | None, limits: Limits) -> bool:
    """One window, within every limit: the common case of a short prompt."""
    if (
        not p.recording.encoded
        or len(p.starts) > 1
        or p.kept < len(p.ids)
        or p.kept > limits.trained
    ):
        return False
    if rule is None:
        return True
    if not rule.pooled and not rule.sequence:
        return False  # the whole stream is thrown away
    return not (rule.pooled and limits.pooled < p.kept) and not (
        rule.sequence and limits.sequence < p.kept
    )


def _fate(
    p: Placement, rule: StreamRule | None, limits: Limits, first: int, last: int
) -> list[str]:
    """One word of one stream, by where its first and last token stand."""
    if not p.recording.encoded:
        return ["not_encoded"]
    if first >= p.kept:
        return ["cut"]
    pooled = rule is not None and rule.pooled
    sequence = rule is None or rule.sequence
    fate = []
    if (pooled and first < limits.pooled) or (sequence and first < limits.sequence):
        fate.append("seen")
    if p.window[first]:
        fate.append("later_window")
    if pooled and first >= limits.pooled:
        fate.append("not_in_pooled")
    if not sequence and first >= limits.pooled:
        fate.append("discarded")
    if last >= p.kept or (sequence and last >= limits.sequence and last < limits.unmasked):
        fate.append("cut")
    if last >= limits.unmasked and last < p.kept:
        fate.append("masked")
    if last >= limits.trained and sequence:
        fate.append("past_trained_length")
    if last < p.kept and p.window[first] != p.window[last]:
        fate.append("split")
    if any(low <= first < high for low, high in p.moved):
        fate.append("moved")
    return fate


def _special_fates(p: Placement) -> dict[int, str]:
    """Fates that belong to single tokens: ``<unk>`` and textual inversions."""
    unknown = p.recording.unknown_id
    special = (
        {i: "unknown" for i, token in enumerate(p.ids) if token == unknown}
        if unknown in p.ids and unknown is not None
        else {}
    )
    wrong = {name for name, _, _, _ in p.aligned.mismatched}
    for i, name in p.aligned.names.items():
        special[i] = "embedding_mismatch" if name in wrong else "embedding"
    return special


class _Absent:
    """Why a word has no token in a stream."""

    def __init__(self, p: Placement) -> None:
        self.p = p
        origin = p.recording.origin
        self.given: Container[int] | None = (
            range(origin.first, origin.length) if origin.known else None
        )
        if origin.table is not None:
            self.given = set(origin.table)
        self.missing = {span for _, span in p.aligned.missing}
        self.syntax = {(a, b) for a, b, _ in p.aligned.syntax}

    def fate(self, word: PromptWord) -> tuple[str, ...]:
        span = (word.start, word.end)
        if self.given is not None and not any(i in self.given for i in range(*span)):
            return ("not_given",)
        if span in self.missing:
            return ("missing_embedding",)
        if span in self.syntax:
            return ("syntax",)
        if (
            any(a < word.end and word.start < b for a, b in self.p.aligned.misaligned)
            or not self.p.recording.origin.known
        ):
            return ("unaligned",)
        return ("no_token",)
