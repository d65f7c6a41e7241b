"""Hover texts of the token report: for every word where it went, why, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from ...tokens.placement import Placement
from ...tokens.prompt_map import PromptMap
from .sentences import ahead_of, near, pooled_edge, title

_REASONS = {
    "not_in_pooled": "not in the pooled vector, which is taken from window 1",
    "discarded": "this family throws the stream's sequence away",
    "cut": "cut off by the host",
    "moved": "its weighted segment did not fit and moved whole into this window",
    "split": "split at the window's edge",
    "phrase_split": "the window ends inside its phrase",
    "literal_weight": "this stream reads weights as text",
    "syntax": "weight syntax, not sent",
    "missing_embedding": "embedding not found, dropped by the host",
    "embedding_mismatch": "embedding of another width, ignored by the host",
    "unknown": "the vocabulary has no piece for it: <unk>",
    "no_token": "removed by the tokenizer's normalisation",
    "masked": "after an end token typed in the prompt: masked away",
    "not_encoded": "this CLIP holds no such encoder",
    "not_given": "this stream is not given this word",
    "unaligned": "its tokens could not be told apart: nothing is claimed",
}


class Tips:
    """Hover texts: for every word where it went, why, and what to do."""

    def __init__(self, found: PromptMap, embeddings: Sequence[str] = ()) -> None:
        self.found, self.embeddings = found, embeddings
        self.streams = [
            (title(found, p.recording.name), p, found.fates[p.recording.name], _numbers(p))
            for p in found.placements
        ]
        self.reasons: dict[tuple[str, tuple[str, ...]], str] = {}
        edge = pooled_edge(found)
        self.pooled = (
            f"To bring it into the pooled vector, move it {ahead_of(found, edge)}."
            if edge is not None
            else ""
        )

    def of(self, w: int) -> list[str]:
        """Lines for word ``w``."""
        lines = []
        remedies = self.found.lost[w]
        for name, p, fates, numbers in self.streams:
            fate = fates[w]
            reason = self.reasons.get((name, fate))
            if reason is None:
                reason = self.reasons[name, fate] = self._reason(p.recording.name, fate)
            lines.append(f"{name}: {_where(p, w, numbers)}{reason}")
            remedies = remedies or len(fate) > 1
        return [*lines, *self._remedies(w)] if remedies else lines

    def _reason(self, stream: str, fate: tuple[str, ...]) -> str:
        rule = self.found.rule(stream)
        said = dict(_REASONS)
        if rule and rule.trained_length:
            said["past_trained_length"] = (
                f"past the trained length of {rule.trained_length.tokens} "
                f"({rule.trained_length.source})"
            )
        return "".join(f"; {said[f]}" for f in fate if f in said)

    def _remedies(self, w: int) -> list[str]:
        fates = {fate for stream in self.found.fates.values() for fate in stream[w]}
        out = []
        if "missing_embedding" in fates:
            out.append(near(self.found.words[w].text.partition(":")[2].strip(), self.embeddings))
        if "not_in_pooled" in fates and self.found.lost[w] and self.pooled:
            out.append(self.pooled)
        if fates & {"split", "phrase_split"}:
            out.append("Shorten the text before it, so that the window ends at a comma.")
        if "unknown" in fates:
            out.append("Write it in words that this vocabulary has.")
        if "past_trained_length" in fates:
            out.append("Shorten the prompt, or say it earlier.")
        return out


def _numbers(p: Placement) -> list[str]:
    """Every id as text, once for all words of a stream."""
    return ["vector" if i is None else str(i) for i in p.ids]


def _where(p: Placement, w: int, numbers: Sequence[str]) -> str:
    first, last = p.first[w], p.last[w]
    if first < 0:
        return "no token"
    if first == last and last < p.in_windows:  # the common case, kept short
        window = f"window {p.window[first] + 1}, " if p.recording.capacity else ""
        return f"{window}slot {p.slot[first]} (id {numbers[first]})"
    ids = (
        f"id{'s' if last > first else ''} "
        f"{', '.join(numbers[first : last + 1][:6])}{' ...' if last - first > 5 else ''}"
    )
    if first >= p.in_windows:
        return f"dropped ({ids})"
    last = min(last, p.in_windows - 1)
    begin, end = p.slot[first], p.slot[last]
    if p.window[first] != p.window[last]:
        return (
            f"window {p.window[first] + 1} slot {begin} to window {p.window[last] + 1} slot "
            f"{end} ({ids})"
        )
    window = f"window {p.window[first] + 1}, " if p.recording.capacity else ""
    return f"{window}slots {begin} to {end} ({ids})"
