"""Faults put into a CLIP on purpose, at the tokens of one phrase: what the image model is then
given holds less of the phrase, or nothing, and the pictures say whether it is still drawn.

    faulty = swapped(clip, slots, "tree")

A faulty CLIP is a copy whose answers are changed on their way out; the CLIP itself stays as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch

Slots = Mapping[str, tuple[tuple[int, int], ...]]
"""Stream -> (window, slot) of a phrase's tokens."""
Conditioning = list[list[Any]]
Encode = Callable[[Any], Conditioning]
"""The host's own way from tokens to a conditioning."""
WINDOW = 77
FAINT = 0.05
"""What is left of the phrase under the fault *faint*."""
UNKNOWN_WORD = "zebra"
"""No miniature knows it: one vector stands for all such words."""


def zeroed(clip: Any, slots: Slots) -> Any:
    """The phrase's own rows are zero. What other words, the end token and the pooled vector know
    of it stays.
    """

    def answer(encode: Encode, tokens: Any) -> Conditioning:
        conditioning = encode(tokens)
        for entry in conditioning:
            entry[0] = entry[0].clone()
            entry[0][:, _rows(slots)] = 0
        return conditioning

    return _answering(clip, answer)


def masked(clip: Any, slots: Slots) -> Any:
    """The encoder sees a word that it does not know in the phrase's place."""
    return _answering(clip, partial(_encoded_as, clip, slots, UNKNOWN_WORD))


def swapped(clip: Any, slots: Slots, word: str) -> Any:
    """The encoder sees another word in the phrase's place, whatever stands there."""
    return _answering(clip, partial(_encoded_as, clip, slots, word))


def faint(clip: Any, slots: Slots) -> Any:
    """Nearly as with an unknown word: a twentieth of the difference is left, in rows and pooled
    vector.
    """

    def answer(encode: Encode, tokens: Any) -> Conditioning:
        own = encode(tokens)
        without = _encoded_as(clip, slots, UNKNOWN_WORD, encode, tokens)
        return [
            [torch.lerp(b, a, FAINT), {**keys, "pooled_output": _pooled(keys, other)}]
            for (a, keys), (b, other) in zip(own, without, strict=True)
        ]

    return _answering(clip, answer)


def unread_window(clip: Any) -> Any:
    """Only the first window reaches the image model, as where a program cuts prompts off."""

    def answer(encode: Encode, tokens: Any) -> Conditioning:
        conditioning = encode(tokens)
        return [[rows[:, :WINDOW], keys] for rows, keys in conditioning]

    return _answering(clip, answer)


def _answering(clip: Any, answer: Callable[[Encode, Any], Conditioning]) -> Any:
    """A copy of a class of its own: copies of the copy have the fault, too, so that its encoders
    can be heard while it encodes.
    """
    host_class = type(clip)

    class FaultyClip(host_class):  # type: ignore[misc, valid-type]
        def encode_from_tokens_scheduled(self, tokens: Any, *_: Any, **__: Any) -> Conditioning:
            return answer(super().encode_from_tokens_scheduled, tokens)

    faulty = copy.copy(clip)
    faulty.__class__ = FaultyClip
    return faulty


def _rows(slots: Slots) -> list[int]:
    """Of CLIP's windows, laid one behind the other."""
    places = {place for name in ("l", "g") for place in slots.get(name, ())}
    return sorted(window * WINDOW + slot for window, slot in places)


def _pooled(own: Mapping[str, Any], other: Mapping[str, Any]) -> torch.Tensor:
    return torch.lerp(other["pooled_output"], own["pooled_output"], FAINT)


def _encoded_as(clip: Any, slots: Slots, word: str, encode: Encode, tokens: Any) -> Conditioning:
    """The tokens with those of a word in a phrase's place."""
    words = clip.tokenize(word)
    changed = {
        name: [list(window) for window in windows] if isinstance(windows, list) else windows
        for name, windows in tokens.items()
    }
    for name, places in slots.items():
        first = 0 if name == "t5xxl" else 1
        for number, slot in places:
            changed[name][number][slot] = words[name][0][first]
    return encode(changed)
