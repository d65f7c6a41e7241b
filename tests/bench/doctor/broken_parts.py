"""The host's objects with a fault in them: a CLIP that cuts off, one whose rows go silent, and a
MODEL that does not see a word.

    with_one_window(clip)              only the first window is tokenised
    silent_clip(name, family)          .silent_from = 5: from that slot on all rows are zero
    without_seeing(model, own, other)  blind to what the two conditionings differ in
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch

Conditioning = list[list[Any]]
NEVER = 1_000


def with_one_window(clip: Any) -> Any:
    """A copy of a CLIP whose tokenizer drops whatever is behind the first window, as programs do
    that read 77 tokens. It starts and ends its windows as the host's own.
    """
    own = type(clip.tokenizer)

    def tokenize_with_weights(self: Any, *args: Any, **options: Any) -> dict[str, Any]:
        streams = own.tokenize_with_weights(self, *args, **options)
        return {name: windows[:1] for name, windows in streams.items()}

    cut = copy.copy(clip)
    cut.tokenizer = copy.copy(clip.tokenizer)
    methods = {"tokenize_with_weights": tokenize_with_weights, "__module__": own.__module__}
    cut.tokenizer.__class__ = type(own.__name__, (own,), methods)
    return cut


class SilentClip:
    """A miniature CLIP of the host whose encoders answer zeros from a slot on, as behind a mask
    that is too short; and a pooled vector of zeros where its token is one of them. In every text:
    the probe's sentences are read by the same encoder.
    """

    def __init__(self, clip: Any) -> None:
        """``clip`` is changed, and must be nobody else's."""
        self.clip = clip
        self.encoders = [
            getattr(clip.cond_stage_model, name)
            for name in ("clip_l", "clip_g")
            if getattr(clip.cond_stage_model, name, None) is not None
        ]
        for encoder in self.encoders:
            own = type(encoder)
            methods = {"forward": _silent_forward(own), "__module__": own.__module__}
            encoder.__class__ = type(own.__name__, (own,), methods)

    def from_slot(self, slot: int) -> Any:
        """The CLIP, silent from there on."""
        for encoder in self.encoders:
            encoder.silent_from = slot
        return self.clip


def _silent_forward(own: type) -> Any:
    def forward(self: Any, tokens: Sequence[Sequence[Any]]) -> Any:
        rows, pooled, *rest = own.forward(self, tokens)  # type: ignore[attr-defined]
        slot = getattr(self, "silent_from", NEVER)
        rows = rows.clone()
        rows[:, slot:] = 0
        if pooled is not None:
            end = self.special_tokens["end"]
            calls = [list(window).index(end) < slot for window in tokens]
            pooled = pooled * torch.tensor(calls, dtype=pooled.dtype)[:, None].to(pooled.device)
        return rows, pooled, *rest

    return forward


def slot_of(clip: Any, text: str, start: int) -> int:
    """In which slot of the first window the word stands whose first character is ``start``."""
    from encoderscope.conditioning.generator.phrases import PromptPhrase
    from encoderscope.host.generator.encodings import PromptEncoder

    end = start + len(text[start:].split()[0].rstrip(","))
    phrase = PromptPhrase(text[start:end], start, end, "marked")
    slots = PromptEncoder(clip, text).tokens_of(phrase).slots["l"]
    return min(slot for _, slot in slots)


def without_seeing(model: Any, own: Conditioning, other: Conditioning) -> Any:
    """A copy of a MODEL that does not see what a prompt's conditioning differs in from the same
    with filler in a phrase's place: the step between them is taken out of whatever it is given, so
    that both are the same to it.
    """
    step = _flat(own[0][0], own[0][1]["pooled_output"])
    filler = _flat(other[0][0], other[0][1]["pooled_output"])
    step = step - filler
    rows, width = own[0][0].shape[1:]

    def wrapper(apply_model: Any, asked: Mapping[str, Any]) -> Any:
        parts = dict(asked["c"])
        fed = _flat(parts["c_crossattn"], parts["y"])
        seen = fed - ((fed - filler) @ step[0] / (step @ step[0]))[:, None] * step
        sequence = seen[:, : rows * width].reshape(-1, rows, width)
        parts["c_crossattn"] = sequence.to(parts["c_crossattn"].dtype)
        parts["y"] = seen[:, rows * width :].to(parts["y"].dtype)
        return apply_model(asked["input"], asked["timestep"], **parts)

    blind = model.clone()
    blind.set_model_unet_function_wrapper(wrapper)
    return blind


def _flat(rows: torch.Tensor, pooled: torch.Tensor) -> torch.Tensor:
    """(text, rows and pooled vector)."""
    return torch.cat([rows.flatten(1), pooled.flatten(1)], dim=1).double()
