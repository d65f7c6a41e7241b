"""The exchange of a phrase's tokens for filler, one for one, in what the host's tokenizer answered.

Nothing is deleted, so no later word moves; weights stay with their slots.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..spans import overlap
from ..tokens.placement import Placement, tokens_of
from ..tokens.recording import Span

FILLER_TEXT = "so the of a in and with to"
"""The words that are tried as filler, behind one that is not: its token may differ at the start of
a text.
"""
FIRST_FILLER, SECOND_FILLER = ("the", "of"), ("a", "in")
"""Filler A and filler B; longer phrases take their words in turn."""
Slots = tuple[tuple[int, int], ...]
"""(window, slot) of tokens."""


@dataclass(frozen=True)
class PhraseTokens:
    """Where one phrase's tokens stand: stream -> slots."""

    slots: Mapping[str, Slots]

    @property
    def counts(self) -> dict[str, int]:
        """Stream -> number of tokens."""
        return {name: len(slots) for name, slots in self.slots.items()}


def slots_of(placements: Sequence[Placement], text: str, span: Span) -> PhraseTokens:
    """The tokens of characters ``span`` of the prompt in every stream."""
    return PhraseTokens(
        {
            placement.recording.name: tuple(
                (number, slot)
                for number, window in enumerate(tokens_of(placement, text))
                for slot, token in enumerate(window)
                if token.kind in ("text", "embedding") and overlap(token.span, span)
            )
            for placement in placements
        }
    )


def filler_ids(placements: Sequence[Placement], words: Sequence[str]) -> dict[str, list[int]]:
    """Stream -> the tokens of those ``words`` of :data:`FILLER_TEXT` that are a single one
    there.
    """
    ids: dict[str, list[int]] = {}
    for placement in placements:
        recording = placement.recording
        by_word = {
            word.text: placement.ids[first]
            for word, first, last in zip(
                placement.words, placement.first, placement.last, strict=True
            )
            if first == last >= 0
        }
        tokens = [by_word.get(word) for word in words]
        ids[recording.name] = [
            token for token in tokens if token is not None and token != recording.unknown_id
        ]
    return ids


def exchanged(
    windows: Sequence[Sequence[Sequence[Any]]], slots: Iterable[tuple[int, int]], ids: Sequence[int]
) -> list[list[Any]]:
    """The windows of one stream, each ``[(token, weight, ...), ...]``, with other tokens in these
    slots: ``ids`` in turn, begun at the next where they stand there already: *the* becomes *of*.
    """
    out = [list(window) for window in windows]
    order = sorted(slots)
    there = [out[window][slot][0] for window, slot in order]
    if all(_is(token, ids[number % len(ids)]) for number, token in enumerate(there)):
        ids = [*ids[1:], ids[0]]
    for number, (window, slot) in enumerate(order):
        _, *rest = out[window][slot]
        out[window][slot] = (ids[number % len(ids)], *rest)
    return out


def _is(token: object, number: int) -> bool:
    return isinstance(token, int) and token == number  # vectors of textual inversions are none


def joined_rows(windows: Sequence[Sequence[Any]], slots: Slots) -> list[int]:
    """The rows of these slots where the windows' rows follow each other."""
    starts = [0]
    for window in windows:
        starts.append(starts[-1] + len(window))
    return [starts[window] + slot for window, slot in slots]
