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

_LOADED = "comfy_patched_weights"
"""The host's mark of a module that holds what is to be saved."""


_JOINED = ("clip_g.", "clip_h.")
"""Encoders whose q, k and v the host joins to one matrix where it saves a checkpoint (SDXL, SD2),
and would leave their scales behind.
"""


class PackedClip(comfy.sd.CLIP):
    def clone(self, *arguments: Any, **more: Any) -> Any:
        made = super().clone(*arguments, **more)
        made.__class__ = type(self)
        return made

    def get_sd(self) -> dict[str, Any]:
        """As the host's, which saves this where it has no ``state_dict_for_saving``."""
        return _plain_where_joined(super().get_sd())

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
            found: dict[str, Any] = super().state_dict_for_saving()
        for name, layer in layers.items():
            if layer.is_packed:
                self._add_sums(name, layer, found)
        return _plain_where_joined(found)

    def _add_sums(self, name: str, layer: PackedLinear, found: dict[str, Any]) -> None:
        """Sums are made one by one, when the host writes them: until then they are only a type and
        a shape.
        """
        weight, bias = f"{name}.weight", f"{name}.bias"
        if weight in self.patcher.patches:
            shape = torch.empty(
                layer.out_features, layer.in_features, dtype=layer.plain, device="meta"
            )
            found[weight] = comfy.model_patcher.LazyCastingParam(self.patcher, weight, shape)
            for end in packing.TABLES:
                found.pop(name + end, None)
        if bias in self.patcher.patches:
            found[bias] = comfy.model_patcher.LazyCastingParam(self.patcher, bias, found[bias])


def _plain_where_joined(found: dict[str, Any]) -> dict[str, Any]:
    """CLIP-G and CLIP-H become plain fp16."""
    for name in [
        key.removesuffix(packing.NOTE)
        for key in found
        if key.startswith(_JOINED) and key.endswith(packing.NOTE)
    ]:
        held = {
            end: found.pop(name + end)
            for end in (".weight", *packing.TABLES)
            if name + end in found
        }
        said = packing.read_note(held[packing.NOTE])
        found[f"{name}.weight"] = unpack(
            packing.as_packed(said["format"], held, said["group"]), torch.float16
        )
    return found


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
