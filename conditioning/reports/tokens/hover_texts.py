"""Hover texts of the token report: for every word where it went, why, and what to do."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Sequence
from itertools import chain
from typing import NamedTuple

from ...tokens.fates import FATES
from ...tokens.lint import Finding
from ...tokens.lint.finding import CONSTRUCTS
from ...tokens.placement import Placement
from ...tokens.prompt_map import PromptMap
from ...tokens.words import PromptWord
from ...translation import translate
from .remedy_sentences import ahead_of, near, pooled_edge
from .sentences import title

_MAX_IDS = 6


class _StreamTexts(NamedTuple):
    title: str
    placement: Placement
    fates: list[tuple[str, ...]]
    ids: list[str]
    """Every id as text, once for all words."""


class HoverTexts:
    """The lines of every word's hover text."""

    def __init__(
        self, prompt: PromptMap, embeddings: Sequence[str] = (), findings: Sequence[Finding] = ()
    ) -> None:
        self.prompt = prompt
        self.findings = _by_word(prompt.words, findings)
        """Word -> the findings that touch it."""
        self.embeddings = embeddings
        vector = translate("vector")
        self.streams = [
            _StreamTexts(
                title(prompt, placement.recording.name),
                placement,
                prompt.fates[placement.recording.name],
                [vector if number is None else str(number) for number in placement.ids],
            )
            for placement in prompt.placements
        ]
        self.reasons: dict[tuple[str, tuple[str, ...]], str] = {}
        self.remedies: dict[tuple[bool, tuple[tuple[str, ...], ...]], list[str]] = {}
        edge = pooled_edge(prompt)
        self.pooled = ""
        if edge is not None:
            self.pooled = translate(
                "To bring it into the pooled vector, move it {place}.", place=ahead_of(prompt, edge)
            )

    def of(self, w: int) -> list[str]:
        """Lines for word ``w``."""
        lines = []
        needs_remedies = self.prompt.lost[w]
        for stream in self.streams:
            fates = stream.fates[w]
            reason = self._reason(stream.placement.recording.name, fates)
            where = _where(stream.placement, w, stream.ids)
            lines.append(f"{stream.title}: {where}{_weight(stream.placement, w)}{reason}")
            needs_remedies = needs_remedies or len(fates) > 1
        if needs_remedies:
            lines += self._remedies(w)
        for item in self.findings.get(w, ()):
            title = translate(CONSTRUCTS[item.kind].title)
            lines.append(
                translate(
                    "{construct}: {does} {instead}",
                    construct=f"{title[0].upper()}{title[1:]}",
                    does=item.effect,
                    instead=item.remedy,
                )
            )
        return lines

    def _reason(self, stream: str, fates: tuple[str, ...]) -> str:
        key = (stream, fates)
        if key not in self.reasons:
            reasons = (self._reason_of(stream, fate) for fate in fates)
            self.reasons[key] = "".join(f"; {reason}" for reason in reasons if reason)
        return self.reasons[key]

    def _reason_of(self, stream: str, fate: str) -> str:
        if fate != "past_trained_length":
            reason = FATES[fate].reason
            return reason and translate(reason)
        rule = self.prompt.rule(stream)
        if rule is None or rule.trained_length is None:
            return ""
        length = rule.trained_length
        return translate(FATES[fate].reason, tokens=length.tokens, source=length.source)

    def _remedies(self, w: int) -> list[str]:
        fates = tuple(stream.fates[w] for stream in self.streams)
        key = (self.prompt.lost[w], fates)
        if key not in self.remedies:
            self.remedies[key] = self._remedies_of({*chain(*fates)}, self.prompt.lost[w])
        if any("missing_embedding" in of_stream for of_stream in fates):
            name = self.prompt.words[w].text.partition(":")[2].strip()
            return [near(name, self.embeddings), *self.remedies[key]]
        return self.remedies[key]

    def _remedies_of(self, fates: Container[str], lost: bool) -> list[str]:
        remedies = [
            translate(fate.remedy) for name, fate in FATES.items() if name in fates and fate.remedy
        ]
        if "not_in_pooled" in fates and lost:
            remedies.insert(0, self.pooled)
        return [remedy for remedy in dict.fromkeys(remedies) if remedy]


def _by_word(words: Sequence[PromptWord], findings: Sequence[Finding]) -> dict[int, list[Finding]]:
    """Words run forward and apart, so that those that a finding touches stand in a row."""
    starts = [word.start for word in words]
    ends = [word.end for word in words]
    by_word: dict[int, list[Finding]] = {}
    for item in findings:
        for w in range(bisect_right(ends, item.start), bisect_left(starts, item.end)):
            by_word.setdefault(w, []).append(item)
    return by_word


def _where(placement: Placement, w: int, ids: Sequence[str]) -> str:
    """'window 1, slots 3 to 4 (ids 320 1929)', in windows where the stream has several."""
    first, last = placement.first[w], placement.last[w]
    if first < 0:
        return translate("no token")
    window, slot = placement.window, placement.slot
    if first == last and first < placement.in_windows:  # the common case
        slots = translate("slot {slot} (id {id})", slot=slot[first], id=ids[first])
    else:
        numbers = _id_list(ids[first : last + 1])
        if first >= placement.in_windows:
            return translate("dropped ({ids})", ids=numbers)
        last = min(last, placement.in_windows - 1)
        if window[first] != window[last]:
            return translate(
                "window {first_window} slot {first} to window {last_window} slot {last} ({ids})",
                first_window=window[first] + 1,
                first=slot[first],
                last_window=window[last] + 1,
                last=slot[last],
                ids=numbers,
            )
        slots = translate(
            "slots {first} to {last} ({ids})", first=slot[first], last=slot[last], ids=numbers
        )
    if placement.recording.capacity:
        return translate("window {window}, {slots}", window=window[first] + 1, slots=slots)
    return slots


def _weight(placement: Placement, w: int) -> str:
    """', weight 1.2' of a word's first token; empty for 1 and without tokens."""
    first = placement.first[w]
    if not 0 <= first < placement.in_windows:
        return ""
    window = placement.recording.windows[placement.window[first]]
    weight = window[placement.slot[first]][1]
    return "" if weight == 1.0 else translate(", weight {weight}", weight=f"{weight:.4g}")


def _id_list(ids: Sequence[str]) -> str:
    if len(ids) == 1:
        return translate("id {ids}", ids=ids[0])
    more = " ..." if len(ids) > _MAX_IDS else ""
    return translate("ids {ids}", ids=f"{', '.join(ids[:_MAX_IDS])}{more}")
