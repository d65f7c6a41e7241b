"""The fate of every word in one stream, worked out from where its tokens stand.

The names of the fates are those of :mod:`.fates`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Sequence
from dataclasses import dataclass

from ..families.table import StreamRule
from ..spans import overlap_any
from .placement import Placement
from .words import PromptWord

NEVER = 1 << 60
"""A bound behind every token."""
SEEN = ("seen",)
WRONG_WIDTH = ("embedding_mismatch",)
"""The fate of a textual inversion that the encoder leaves out."""

Fates = tuple[str, ...]


@dataclass(frozen=True)
class StreamLimits:
    """Bounds in content tokens of one stream; a token ``i`` is inside when ``i < bound``.

    ``pooled``, ``sequence``: as far as the generator takes the stream; 0 where it takes nothing.
    ``trained``: the trained length. ``unmasked``: what the attention mask does not hide.
    ``feeds_pooled``, ``feeds_sequence``: what the family takes of the stream at all.
    """

    pooled: int
    sequence: int
    trained: int
    unmasked: int
    feeds_pooled: bool = False
    feeds_sequence: bool = True


def limits_of(
    placement: Placement, rule: StreamRule | None, remaining_slots: int | None
) -> StreamLimits:
    """The bounds of one stream. ``rule``: None where the layout is unknown. ``remaining_slots``:
    what is left of it where several streams are cut to the shortest.
    """
    if not placement.recording.encoded:
        return StreamLimits(0, 0, NEVER, 0)
    in_windows = placement.in_windows
    if rule is None:
        return StreamLimits(0, in_windows, NEVER, in_windows)
    unmasked = in_windows
    if rule.mask_used:
        unmasked = _unmasked(placement)
    limits = {"pooled": 0, "sequence": 0, "trained": NEVER}
    if rule.pooled:
        limits["pooled"] = _pooled_tokens(placement)
    if rule.sequence:
        limits["sequence"] = unmasked
        if remaining_slots is not None:
            limits["sequence"] = min(placement.before(remaining_slots), unmasked)
        if length := rule.trained_length:
            limits["trained"] = placement.content_before(length.tokens, length.with_template)
    return StreamLimits(
        **limits, unmasked=unmasked, feeds_pooled=rule.pooled, feeds_sequence=rule.sequence
    )


def _pooled_tokens(placement: Placement) -> int:
    """Content tokens of window 1 that the pooled vector holds: a typed ``<|endoftext|>`` ends it
    early.
    """
    stop = placement.window_end(0)
    end_id = placement.recording.end_id
    if end_id is None or end_id not in placement.ids[:stop]:
        return stop
    end = placement.ids.index(end_id)
    # The host finds that row by counting what is not masked, and a textual inversion never is: each
    # vector behind it counts.
    vectors = sum(end < i < stop for i in placement.alignment.names)
    return min(end + 1 + vectors, stop)


def _unmasked(placement: Placement) -> int:
    """Content tokens before those that the encoder's attention mask hides. Streams with several
    windows are masked in each apart.
    """
    masking_id, in_windows = placement.recording.masking_id, placement.in_windows
    several = len(placement.starts) > 1
    if masking_id is None or several or masking_id not in placement.ids[:in_windows]:
        return in_windows
    # an end token is still attended to, padding is not
    return placement.ids.index(masking_id) + (placement.recording.end_id is not None)


def stream_fates(
    placement: Placement, limits: StreamLimits, words: Sequence[PromptWord], at_edge: dict[int, str]
) -> list[Fates]:
    """The fates of every word in one stream. ``at_edge``: the further fate of words that stand at
    a window's edge.
    """
    special = _special_fates(placement)
    absent = _AbsentWord(placement)
    if not special and _nothing_happens(placement, limits):
        return [
            SEEN if first >= 0 else absent.fates(word)
            for first, word in zip(placement.first, words, strict=True)
        ]
    between = _FatesBetween(placement, limits)
    out: list[Fates] = []
    for w, (first, last) in enumerate(zip(placement.first, placement.last, strict=True)):
        if first < 0:
            out.append(absent.fates(words[w]))
            continue
        fates = between.of(first, last)
        if special:
            fates = _with_special(fates, _special_of_word(placement, special, first, last))
        if w in at_edge:
            fates = (*fates, at_edge[w])
        out.append(fates)
    return out


def _special_of_word(
    placement: Placement, special: dict[int, str], first: int, last: int
) -> list[str]:
    """The special fates of a word's tokens. A word is unknown where nothing of it has a piece; the
    blank that sentencepiece puts before an unknown character is no piece of the word.
    """
    fates = [special[i] for i in range(first, last + 1) if i in special]
    if "unknown" not in fates:
        return fates
    if any(map(placement.recording.holds_text, placement.ids[first : last + 1])):
        return ["partly_unknown" if fate == "unknown" else fate for fate in fates]
    return fates


def _with_special(fates: Fates, special: Sequence[str]) -> Fates:
    """The fates of a word together with those of its single tokens."""
    return (*fates, *dict.fromkeys(special))


def _nothing_happens(placement: Placement, limits: StreamLimits) -> bool:
    """One window, within every limit: the common case of a short prompt."""
    in_windows = placement.in_windows
    if len(placement.starts) > 1 or in_windows < len(placement.ids) or in_windows > limits.trained:
        return False
    if not limits.feeds_pooled and not limits.feeds_sequence:
        return False  # the whole stream is thrown away
    within_pooled = not limits.feeds_pooled or limits.pooled >= in_windows
    within_sequence = not limits.feeds_sequence or limits.sequence >= in_windows
    return placement.recording.encoded and within_pooled and within_sequence


class _FatesBetween:
    """The fates of a word by where its first and last token stand. Words between the same bounds
    share them: they are worked out once for each pair of stretches.
    """

    def __init__(self, placement: Placement, limits: StreamLimits) -> None:
        self.placement = placement
        self.limits = limits
        ends = (
            limits.pooled,
            limits.sequence,
            limits.trained,
            limits.unmasked,
            placement.in_windows,
        )
        moved = (i for group in placement.moved for i in group)
        self.bounds = sorted({*ends, *placement.starts, *moved})
        self.by_stretch: dict[tuple[int, int], Fates] = {}

    def of(self, first: int, last: int) -> Fates:
        stretch = (bisect_right(self.bounds, first), bisect_right(self.bounds, last))
        if stretch not in self.by_stretch:
            self.by_stretch[stretch] = self._worked_out(first, last)
        return self.by_stretch[stretch]

    def _worked_out(self, first: int, last: int) -> Fates:
        placement, limits = self.placement, self.limits
        in_windows, window = placement.in_windows, placement.window
        if not placement.recording.encoded:
            return ("not_encoded",)
        if first >= in_windows:
            return ("cut",)
        shortened = limits.feeds_sequence and limits.sequence <= last < limits.unmasked
        applies = {
            "seen": first < max(limits.pooled, limits.sequence),
            "later_window": window[first] > 0,
            "not_in_pooled": limits.feeds_pooled and first >= limits.pooled,
            "discarded": not limits.feeds_sequence and first >= limits.pooled,
            "cut": last >= in_windows or shortened,
            "masked": limits.unmasked <= last < in_windows,
            "past_trained_length": last >= limits.trained,
            "split": last < in_windows and window[first] != window[last],
            "moved": any(low <= first < high for low, high in placement.moved),
        }
        return tuple(fate for fate, true in applies.items() if true)


def _special_fates(placement: Placement) -> dict[int, str]:
    """Fates that belong to single tokens: ``<unk>`` and textual inversions."""
    unknown = placement.recording.unknown_id
    special: dict[int, str] = {}
    if unknown is not None:
        special = {i: "unknown" for i, token in enumerate(placement.ids) if token == unknown}
    special.update(dict.fromkeys(placement.alignment.names, "embedding"))
    return special


class _AbsentWord:
    """Why a word has no token in a stream."""

    def __init__(self, placement: Placement) -> None:
        origin, alignment = placement.recording.origin, placement.alignment
        self.traced = origin.traced
        self.characters: Container[int] | None = None
        if origin.traced:
            self.characters = range(origin.first, origin.length)
        if origin.table is not None:
            self.characters = set(origin.table)
        self.missing = {span for _, span in alignment.missing}
        self.ignored = {span for _, span, _, _ in alignment.mismatched}
        self.syntax = {(start, end) for start, end, _ in alignment.syntax}
        self.misaligned = alignment.misaligned

    def fates(self, word: PromptWord) -> Fates:
        span = (word.start, word.end)
        if self.characters is not None and not any(i in self.characters for i in range(*span)):
            return ("not_given",)
        if span in self.missing:
            return ("missing_embedding",)
        if span in self.ignored:
            return WRONG_WIDTH
        if span in self.syntax:
            return ("syntax",)
        if not self.traced or overlap_any((word.start, word.end), self.misaligned):
            return ("unaligned",)
        return ("no_token",)
