"""A CLIP with packed layers that newer hosts can save: packed layers as they are, and plain sums
where they have a LoRA.

Such hosts add the LoRA of a layer that is not loaded while they write it, in the type and shape
that its weight has there, which for packed numbers is neither. Older ones save what lies in the
modules.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import comfy.model_patcher
import comfy.sd
import torch

from ...conditioning.encoder_files import packing
from ...kernels import unpack
from .packed_linear import PackedLinear
from .packed_weights import packed_layer

_LOADED = "comfy_patched_weights"
"""The host's mark of a module that holds what is to be saved."""
_JOINED = ("clip_g.", "clip_h.")
"""Encoders whose q, k and v the host joins to one matrix where it saves a checkpoint (SDXL, SD2),
and would leave their scales behind.
"""


class PackedClip(comfy.sd.CLIP):
    """The host's CLIP, some of whose linears are :class:`PackedLinear`."""

    def clone(self, *arguments: Any, **more: Any) -> Any:
        """As the host's, which would give a CLIP of its own class."""
        clone = super().clone(*arguments, **more)
        clone.__class__ = type(self)
        return clone

    def get_sd(self) -> dict[str, Any]:
        """As the host's, which saves this where it has no ``state_dict_for_saving``."""
        return _unpack_joined(super().get_sd())

    def state_dict_for_saving(self) -> dict[str, Any]:
        """As the host's."""
        layers = {
            name: layer
            for name, layer in self.patcher.model.named_modules()
            if isinstance(layer, PackedLinear)
            and layer.format
            and not getattr(layer, _LOADED, False)
        }
        with _as_loaded(*layers.values()):
            state: dict[str, Any] = super().state_dict_for_saving()
        for name, layer in layers.items():
            if layer.is_packed:
                self._add_sums(name, layer, state)
        return _unpack_joined(state)

    def _add_sums(self, name: str, layer: PackedLinear, state: dict[str, Any]) -> None:
        """Sums are made one by one, when the host writes them: until then they are only a type and
        a shape.
        """
        weight, bias = f"{name}.weight", f"{name}.bias"
        if weight in self.patcher.patches:
            shape = torch.empty(
                layer.out_features, layer.in_features, dtype=layer.plain, device="meta"
            )
            state[weight] = comfy.model_patcher.LazyCastingParam(self.patcher, weight, shape)
            for end in packing.TABLES:
                state.pop(name + end, None)
        if bias in self.patcher.patches:
            state[bias] = comfy.model_patcher.LazyCastingParam(self.patcher, bias, state[bias])


def _unpack_joined(state: dict[str, Any]) -> dict[str, Any]:
    """CLIP-G and CLIP-H become plain fp16."""
    notes = [key for key in state if key.startswith(_JOINED) and key.endswith(packing.NOTE)]
    for note in notes:
        name = note.removesuffix(packing.NOTE)
        ends = [end for end in (".weight", *packing.TABLES) if name + end in state]
        layer = packed_layer({end: state.pop(name + end) for end in ends})
        state[f"{name}.weight"] = unpack(layer, torch.float16)
    return state


@contextmanager
def _as_loaded(*layers: PackedLinear) -> Iterator[None]:
    before = [vars(layer).get(_LOADED) for layer in layers]
    for layer in layers:
        setattr(layer, _LOADED, True)
    try:
        yield
    finally:
        for layer, mark in zip(layers, before, strict=True):
            if mark is None:
                delattr(layer, _LOADED)
            else:
                setattr(layer, _LOADED, mark)
