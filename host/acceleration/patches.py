"""A clone of a CLIP whose T5 and CLIP encoders compute in a mode; the CLIP that was given stays as
it is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from weakref import ref

import torch
from comfy.clip_model import CLIPTextModel
from comfy.patcher_extension import CallbacksMP
from comfy.text_encoders.t5 import T5

from ...conditioning.encoding import processor
from ...conditioning.encoding.products import Products
from ...conditioning.encoding.row_reuse import Work
from ...conditioning.errors import UnknownName
from ...conditioning.precision import DRAFT, EXACT, FAST, MODES
from .. import clip as host_clip
from . import comfy_kitchen, disk_streaming, linear, row_reuse, t5_block


@dataclass(frozen=True)
class Part:
    """One encoder of the CLIP, and what becomes of it."""

    name: str
    """Its attribute in the host's model: clip_l, t5xxl."""
    mode: str | None
    """None: left alone."""
    padding_left_out: bool = False
    why: str = ""
    """Where the mode is not the one that was asked for."""
    streamed: bool = False
    """One layer after the other is fetched from the disk's map."""


@dataclass(frozen=True)
class Faster:
    clip: Any
    parts: tuple[Part, ...]


Listener = Callable[[str, Work], None]
"""Name of the encoder, and what one call of it did."""


class Wish(NamedTuple):
    mode: str
    small_memory: bool
    listener: Listener | None


def faster(
    clip: Any, mode: str, listener: Listener | None = None, small_memory: bool = False
) -> Faster:
    """``small_memory``: on a CPU, layers of a T5 whose file is mapped come one by one. Raises
    :class:`EncoderScopeError`.
    """
    host_clip.require_clip(clip)
    if mode not in MODES:
        raise UnknownName("mode", mode, list(MODES))
    made = clip.clone()
    made.cond_stage_model = (
        made.patcher.model
    )  # two models behind the host's Set CLIP Hooks, of which the patched one has to encode
    wish = Wish(mode, small_memory, listener)
    made.patcher.add_callback(CallbacksMP.ON_CLONE, partial(_moved, wish))
    return Faster(made, _patch(made.patcher, wish))


def _moved(wish: Wish, old: Any, new: Any) -> None:
    """The host may clone onto another model (Set CLIP Hooks, Select CLIP Device), with patches that
    hold modules of the old one.
    """
    if new.model is not old.model:
        _patch(new, wish)


def _patch(patcher: Any, wish: Wish) -> tuple[Part, ...]:
    """Each patch takes the place of an older one of its name."""
    return tuple(_patched(patcher, name, part, wish) for name, part in _encoders(patcher.model))


def _encoders(model: Any) -> Iterator[tuple[str, Any]]:
    """The host's ``SDClipModel`` objects."""
    for name, part in model.named_modules():
        if hasattr(part, "transformer") and hasattr(part, "encode_token_weights"):
            yield name, part


def _patched(patcher: Any, name: str, part: Any, wish: Wish) -> Part:
    transformer, path = part.transformer, f"{name}.transformer"
    if not isinstance(transformer, (T5, CLIPTextModel)):
        return Part(name, None, why=f"it is no T5 and no CLIP but a {type(transformer).__name__}")
    is_t5 = isinstance(transformer, T5)
    on_cpu = torch.device(patcher.load_device).type == "cpu"
    mode, why = _mode(wish.mode, transformer, on_cpu)
    run = t5_block.Run(Products(mode))
    zeroed = bool(is_t5 and part.enable_attention_masks and part.zero_out_masked)
    streamed = wish.small_memory and is_t5 and on_cpu and disk_streaming.on_a_map(transformer)
    told = partial(wish.listener, name) if wish.listener else (lambda work: None)
    patcher.add_object_patch(
        path, row_reuse.lightened(transformer, run, _weights(patcher, path), told, zeroed)
    )
    for inner, forward in (
        _t5(transformer, run, streamed) if is_t5 else _linears(transformer, run.products)
    ):
        patcher.add_object_patch(f"{path}.{inner}.forward", forward)
    return Part(name, run.products.mode, zeroed, why, streamed)


def _mode(wanted: str, transformer: Any, on_cpu: bool) -> tuple[str, str]:
    """The mode that this encoder gets, and why it is not the one that was asked for."""
    reasons = []
    if wanted == DRAFT and (why := _why_no_draft(transformer)):
        wanted, reasons = FAST, [why]
    if wanted == FAST and on_cpu and (why := _why_exact(isinstance(transformer, T5))):
        wanted, reasons = EXACT, [*reasons, why]
    return wanted, "; ".join(reasons)


def _why_no_draft(transformer: Any) -> str:
    """Empty where a layer of this encoder has a product of rounded numbers."""
    if comfy_kitchen.tensors() is None:
        return "draft needs comfy-kitchen, which newer versions of ComfyUI bring"
    layouts = {comfy_kitchen.layout(module) for _, module in _layers(transformer)} - {""}
    if not layouts:
        return "draft needs an int8, fp8 or nvfp4 file, and these weights are plain numbers"
    if not any(comfy_kitchen.has_units(layout) for layout in layouts):
        return (
            "draft needs a GPU that multiplies such numbers as they are: int8 from the RTX "
            "20 series on, fp8 from 40, nvfp4 from 50"
        )
    return ""


def _why_exact(is_t5: bool) -> str:
    """Empty where bf16 is worth it on this CPU."""
    if not is_t5:
        return "bf16 would cost a CLIP a hundredth of its accuracy to save a tenth of a second"
    return "" if processor.bf16_pays() else "this processor multiplies bf16 slower than fp32"


def _t5(transformer: Any, run: t5_block.Run, streamed: bool) -> Iterator[tuple[str, Any]]:
    blocks = list(transformer.encoder.block)
    pages = disk_streaming.Pages(blocks) if streamed else None
    for number, block in enumerate(blocks):
        forward: Callable[..., Any] = partial(t5_block.block, run, block)
        yield f"encoder.block.{number}", pages.streamed(number, forward) if pages else forward


def _linears(transformer: Any, products: Products) -> Iterator[tuple[str, Any]]:
    return (
        (name, partial(linear.forward, products, module)) for name, module in _layers(transformer)
    )


def _layers(transformer: Any) -> Iterator[tuple[str, Any]]:
    """The host's linear layers."""
    for name, module in transformer.named_modules():
        if hasattr(module, "weight_function") and hasattr(module, "in_features"):
            yield name, module


def _weights(patcher: Any, path: str) -> row_reuse.Weights:
    """Patches of a clone (LoRA) have a number of the host's; hooks change weights without one.
    Dynamic VRAM copies small weights anew for every encoding, and keeps what they are copies of.

    Clones share these notes, which the host replaces where it moves one to another model: they are
    looked up each time.
    """
    found = ref(patcher)  # whose end the host waits for

    def mark() -> Hashable | None:
        alive = found()
        return (
            None if alive is None or alive.hook_backup else alive.model.current_weight_patches_uuid
        )

    def stored(name: str, parameter: torch.Tensor) -> torch.Tensor:
        alive = found()
        original = (
            alive.backup.get(f"{path}.{name}")
            if alive is not None and host_clip.is_dynamic(alive)
            else None
        )
        return parameter if original is None else original.weight  # type: ignore[no-any-return]

    return row_reuse.Weights(mark, stored)
