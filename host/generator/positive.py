"""The artist's own conditioning: its extra entries stay, its tensors are exchanged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from ...conditioning.errors import EncoderScopeError
from ...conditioning.generator.conditionings import POOLED
from ...conditioning.mixing.checks import LOOK_BEFORE_IT, check
from ...conditioning.mixing.text_states import Conditioning, Entry
from ...conditioning.translation import later, later_count

_USED = {"mask": "to", "area": "index", "hooks": "hooks", "control": "get_extra_hooks"}
"""Keys -> an attribute of what stands there."""


class KeepExtras:
    """Puts variants of a prompt into the place of its encoding in an artist's conditioning.

    Entries of other texts (regions, combined prompts) stay as they are. Raises
    :class:`EncoderScopeError` where none of several is the prompt's.
    """

    def __init__(self, positive: Conditioning, own: Conditioning) -> None:
        self.positive = check("positive", positive)
        for _, keys in positive:
            _check_keys(keys)
        self.own = own
        self.notes: list[str] = []
        self.places = [_place(entry, own) for entry in positive]
        if any(place is not None for place in self.places):
            return
        if len(positive) == len(own):
            self.places = list(range(len(own)))
            self.notes.append(
                later(
                    "The positive conditioning is not this prompt as this CLIP encodes it: its "
                    "extras (ControlNet, guidance, areas) are kept, its words are those of the "
                    "text."
                )
            )
            return
        raise EncoderScopeError(
            later_count(
                "The entry of the positive conditioning is not this prompt as this CLIP encodes "
                "it.",
                "None of the {count} entries of the positive conditioning is this prompt as this "
                "CLIP encodes it.",
                len(positive),
            ),
            "An entry with the text's own encoding was expected.",
            "Write the same prompt into both, connect the same CLIP, or leave positive empty.",
        )

    def applied(self, variant: Conditioning) -> Conditioning:
        """The artist's conditioning with ``variant`` in the place of the prompt's own."""
        return [
            entry if place is None else _exchanged(entry, self.own[place], variant[place])
            for entry, place in zip(self.positive, self.places, strict=True)
        ]


def _check_keys(keys: Mapping[Any, Any]) -> None:
    """Raises :class:`EncoderScopeError` for what the host's sampler would fail on."""
    for key, value in keys.items():
        right = isinstance(key, str)
        if key in _USED and value is not None:
            right = hasattr(value, _USED[key])
        if not right:
            raise EncoderScopeError(
                "{name} has {key} {value!r}.",
                "What ComfyUI's own nodes write was expected.",
                LOOK_BEFORE_IT,
                name="positive",
                key=key,
                value=type(value).__name__,
            )


def _place(entry: Entry, own: Conditioning) -> int | None:
    """Which entry of the prompt's own encoding this is."""
    for number, (sequence, _) in enumerate(own):
        if entry[0].shape == sequence.shape and torch.equal(entry[0].to(sequence), sequence):
            return number
    return None


def _exchanged(entry: Entry, own: Entry, variant: Entry) -> Entry:
    """The artist's keys win over the encoder's, but for the tensors that the text decides."""
    keys = {**variant[1], **entry[1]}
    for name in {POOLED, *own[1]} & {*variant[1]}:
        if isinstance(variant[1][name], torch.Tensor):
            keys[name] = variant[1][name]
    return [variant[0], keys]
