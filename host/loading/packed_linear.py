"""Linear layers that keep packed weights as their file has them, on the host's own terms.

`operations()` is the host's `manual_cast` with another Linear, for
`model_options["custom_operations"]`. A weight that comes with ComfyUI's note of its packing
(`packing.py`) stays as it is: on the disk's map, offloaded or on the GPU, int8 takes one byte a
number there. A product decodes a few rows at a time. Everything else is a `manual_cast` Linear.

LoRA: on a layer that is loaded, the host writes the sum of the weight and the LoRA in its place;
that is a plain float then, exact, and as large as one, until the host takes the LoRA away. On a
layer that is not loaded, the sum is made anew for each product.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import comfy.lora
import comfy.model_management
import comfy.ops
import torch

from ...conditioning.encoder_files import packing
from ...conditioning.encoding.products import Products
from ...conditioning.errors import EncoderScopeError
from ...conditioning.precision import EXACT
from ...kernels import Packed, unpack
from ..acceleration import weight_access
from . import packed_weights


def operations() -> type[comfy.ops.manual_cast]:
    """A class of its own for each CLIP: its layers share one buffer."""
    products = Products(EXACT)

    class Resident(comfy.ops.manual_cast):
        class Linear(PackedLinear):
            shared = products

    return Resident


class PackedLinear(comfy.ops.manual_cast.Linear):
    """The host's linear layer, whose weight may be a packed one."""

    weight: torch.nn.Parameter
    bias: torch.nn.Parameter | None
    shared: Products
    format = ""
    """int8, int4 or fp8; '' while the weight is a plain one."""
    group = 0
    plain = torch.float16
    """What a weight with a LoRA is kept in."""

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        if prefix + packing.NOTE[1:] not in state_dict:
            super()._load_from_state_dict(state_dict, prefix, *rest)
            return
        note = packing.read_note(state_dict[prefix + packing.NOTE[1:]])
        self.format, self.group = note["format"], note["group"]
        self.plain = getattr(self.weight, "dtype", self.plain)  # newer hosts make it when it comes
        for end in (".weight", *packing.TABLES):
            if prefix + end[1:] in state_dict:
                value = torch.nn.Parameter(state_dict.pop(prefix + end[1:]), requires_grad=False)
                self.register_parameter(end[1:], value)
        bias = state_dict.get(prefix + "bias")
        if bias is not None and self.bias is not None:
            self.bias = torch.nn.Parameter(bias, requires_grad=False)

    @property
    def is_packed(self) -> bool:
        """False again while the host keeps a weight with a LoRA in its place."""
        return bool(self.format) and self.weight.dtype in (torch.int8, torch.float8_e4m3fn)

    def packed(self, weight: torch.Tensor | None = None) -> Packed:
        """The weight in the layout it is kept in, where it lies; ``weight``: the same parameter
        where the host has fetched it to.

        A LoRA of a layer that is not loaded is not in it.
        """
        if weight is None:
            weight = self.weight
        if not self.is_packed:
            return Packed("plain", weight, None)
        return self._packed(weight)

    def _packed(self, weight: torch.Tensor) -> Packed:
        tables = {
            end: getattr(self, end[1:]).to(weight.device)
            for end in packing.TABLES[:2]
            if hasattr(self, end[1:])
        }
        return packing.as_packed(self.format, {".weight": weight, **tables}, self.group)

    def forward_comfy_cast_weights(self, input: torch.Tensor) -> torch.Tensor:
        """The host's forward: ``input`` (..., in) -> (..., out) in its dtype."""
        if not self.is_packed:
            return super().forward_comfy_cast_weights(input)
        if changes := self._functions("weight"):
            return torch.nn.functional.linear(
                input, self._changed(input, changes), self._moved_bias(input)
            )
        with weight_access.fetched_weight(self, input.device, input.dtype) as (weight, bias):
            product = self.shared(input.reshape(-1, input.shape[-1]), self.packed(weight))
            product = product.to(input.dtype).view(*input.shape[:-1], -1)
            if bias is not None:
                product.add_(bias)
            return product

    def _functions(self, name: str) -> list[Any]:
        """What the host does to a weight or bias on its way: a list, and, under the dynamic VRAM of
        newer hosts, a LoRA beside it.
        """
        functions = [*getattr(self, f"{name}_function")]
        lora = getattr(self, f"{name}_lowvram_function", None)
        if lora:
            functions.insert(0, lora)
        return functions

    def _changed(self, input: torch.Tensor, changes: Sequence[Any]) -> torch.Tensor:
        """The plain weight with the host's own patches (LoRA of a layer that is not loaded); other
        changes expect plain numbers.
        """
        weight = unpack(
            self.packed(comfy.model_management.cast_to(self.weight, None, input.device)),
            input.dtype,
        )
        for change in changes:
            if not (hasattr(change, "patches") and hasattr(change, "key")):
                raise EncoderScopeError(
                    "Another node changes the weights of a packed encoder on the way ({change}).",
                    "LoRA was expected: other changes need plain numbers.",
                    "Load the encoder with the precision fp16.",
                    change=type(change).__name__,
                )
            weight = comfy.lora.calculate_weight(
                change.patches[change.key], weight, change.key, intermediate_dtype=weight.dtype
            )
        return weight

    def _moved_bias(self, input: torch.Tensor) -> torch.Tensor | None:
        if self.bias is None:
            return None
        bias = comfy.model_management.cast_to(self.bias, input.dtype, input.device)
        for change in self._functions("bias"):
            bias = change(bias)
        return bias

    def convert_weight(self, weight: torch.Tensor, inplace: bool = False, **_: Any) -> torch.Tensor:
        """The host asks before it adds a LoRA or merges; ``weight``: the numbers as they are
        stored, cast to a float.

        That may be the packed weight that it keeps aside while a sum with a LoRA stands in its
        place: the numbers themselves tell.
        """
        if not self.format or not (self.is_packed or self._are_codes(weight)):
            return weight
        dtype = weight.dtype
        if dtype not in packed_weights.FLOATS:
            dtype = self.plain
        codes = torch.int8
        if self.format == "fp8":
            codes = torch.float8_e4m3fn
        return unpack(self._packed(weight.to(codes)), dtype)

    def _are_codes(self, weight: torch.Tensor) -> bool:
        if self.format == "fp8":
            return bool(torch.equal(weight.to(torch.float8_e4m3fn).to(weight.dtype), weight))
        return bool(weight.abs().max() <= 128 and torch.equal(weight.round(), weight))

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        # the sum with a LoRA is plain, and a note beside it would be a lie
        if self.format and not self.is_packed:
            for end in packing.TABLES:
                destination.pop(prefix + end[1:], None)

    def set_weight(
        self,
        weight: torch.Tensor,
        inplace_update: bool = False,
        seed: int | None = None,
        return_weight: bool = False,
        **_: Any,
    ) -> Any:
        """The host gives the sum of weight and LoRA back: it is kept as the float it is, or packed
        where the memory may not change.
        """
        if return_weight:  # to save it, in the type of saving.py's sums
            if self.format:
                return weight.to(self.plain)
            return weight.to(self.weight.dtype)
        if inplace_update and self.is_packed:
            self.weight.data.copy_(
                packing.repack(weight, self.packed(), seed or 0).view(self.weight.dtype)
            )
        else:
            self.weight = torch.nn.Parameter(weight.to(self.plain), requires_grad=False)
        return None
