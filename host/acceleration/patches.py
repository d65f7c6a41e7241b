"""Patches a clone of a CLIP so that its T5 and CLIP encoders compute in a mode; the CLIP itself
stays as it is.
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
from ...conditioning.encoding.repeated_rows import Work
from ...conditioning.errors import UnknownName
from ...conditioning.precision import DRAFT, EXACT, FAST, MODES
from ...conditioning.reports.wording import clauses
from ...conditioning.translation import translate
from .. import clip as host_clip
from . import comfy_kitchen, disk_streaming, linear, row_reuse, t5_block

WorkListener = Callable[[str, Work], None]
"""Name of the encoder, and what one call of it did."""


@dataclass(frozen=True)
class PatchedEncoder:
    """One encoder of the CLIP, and what becomes of it."""

    name: str
    """Its attribute in the host's model: clip_l, t5xxl."""
    mode: str | None
    """None: left alone."""
    padding_left_out: bool = False
    reason: str = ""
    """Why the mode is not the one that was asked for; empty where it is."""
    streamed: bool = False
    """One layer after the other is fetched from the disk's map."""


@dataclass(frozen=True)
class FastClip:
    """A CLIP whose encoders compute in a mode, and what was done to each."""

    clip: Any
    encoders: tuple[PatchedEncoder, ...]


class PatchOptions(NamedTuple):
    """What :func:`accelerate` was asked for, for clones that are patched later."""

    mode: str
    small_memory: bool
    listener: WorkListener | None


def accelerate(
    clip: Any, mode: str, listener: WorkListener | None = None, small_memory: bool = False
) -> FastClip:
    """A clone of ``clip`` whose encoders compute in a mode.

    ``small_memory``: on a CPU, layers of a T5 whose file is mapped come one by one. Raises
    :class:`EncoderScopeError` for what is no CLIP and for an unknown mode.
    """
    host_clip.require_clip(clip)
    if mode not in MODES:
        raise UnknownName("mode", mode, list(MODES))
    clone = clip.clone()
    # two models behind the host's Set CLIP Hooks, of which the patched one has to encode
    clone.cond_stage_model = clone.patcher.model
    options = PatchOptions(mode, small_memory, listener)
    clone.patcher.add_callback(CallbacksMP.ON_CLONE, partial(_patch_moved_clone, options))
    return FastClip(clone, _patch(clone.patcher, options))


def _patch_moved_clone(options: PatchOptions, old: Any, new: Any) -> None:
    """The host may clone onto another model (Set CLIP Hooks, Select CLIP Device), with patches that
    hold modules of the old one.
    """
    if new.model is not old.model:
        _patch(new, options)


def _patch(patcher: Any, options: PatchOptions) -> tuple[PatchedEncoder, ...]:
    """Each patch takes the place of an older one of its name."""
    return tuple(
        _patch_encoder(patcher, name, encoder, options)
        for name, encoder in _encoders(patcher.model)
    )


def _encoders(model: Any) -> Iterator[tuple[str, Any]]:
    """The host's ``SDClipModel`` objects."""
    for name, module in model.named_modules():
        if hasattr(module, "transformer") and hasattr(module, "encode_token_weights"):
            yield name, module


def _patch_encoder(patcher: Any, name: str, encoder: Any, options: PatchOptions) -> PatchedEncoder:
    transformer, path = encoder.transformer, f"{name}.transformer"
    if not isinstance(transformer, (T5, CLIPTextModel)):
        kind = type(transformer).__name__
        return PatchedEncoder(
            name, None, reason=translate("it is no T5 and no CLIP but a {kind}", kind=kind)
        )
    is_t5 = isinstance(transformer, T5)
    on_cpu = torch.device(patcher.load_device).type == "cpu"
    mode, reason = _mode(options.mode, transformer, on_cpu)
    exact_on_cpu = mode == FAST and bool(_exact_reason(is_t5))
    context = t5_block.BlockContext(Products(mode, exact_on_cpu))
    padding_is_zeroed = is_t5 and bool(encoder.enable_attention_masks and encoder.zero_out_masked)
    streamed = options.small_memory and is_t5 and on_cpu and disk_streaming.is_mapped(transformer)
    if is_t5:
        forwards = _t5_forwards(transformer, context, streamed)
    else:
        forwards = _linear_forwards(transformer, context.products)
    root = row_reuse.with_row_reuse(
        transformer,
        context,
        _weight_identity(patcher, path),
        _listener_of(name, options.listener),
        padding_is_zeroed,
    )
    patcher.add_object_patch(path, root)
    for module, forward in forwards:
        patcher.add_object_patch(f"{path}.{module}.forward", forward)
    return PatchedEncoder(name, mode, padding_is_zeroed, reason, streamed)


def _listener_of(name: str, listener: WorkListener | None) -> Callable[[Work], None]:
    if listener is None:
        return lambda _work: None
    return partial(listener, name)


def _mode(mode: str, transformer: Any, on_cpu: bool) -> tuple[str, str]:
    """The mode that this encoder gets, and why it is not the one that was asked for."""
    reasons = []
    if mode == DRAFT and (reason := _no_draft_reason(transformer)):
        reasons.append(reason)
        mode = FAST
    if mode == FAST and on_cpu and (reason := _exact_reason(isinstance(transformer, T5))):
        reasons.append(reason)
        mode = EXACT
    return mode, clauses(reasons)


def _no_draft_reason(transformer: Any) -> str:
    """Why draft is impossible; empty where a layer has a product of rounded numbers."""
    if comfy_kitchen.tensors() is None:
        return translate("draft needs comfy-kitchen, which newer versions of ComfyUI bring")
    layouts = {comfy_kitchen.layout(module) for _, module in _linears(transformer)} - {""}
    if not layouts:
        return translate(
            "draft needs an int8, fp8 or nvfp4 file, and these weights are plain numbers"
        )
    if not any(comfy_kitchen.has_units(layout) for layout in layouts):
        return translate(
            "draft needs a GPU that multiplies such numbers as they are: int8 from the RTX "
            "20 series on, fp8 from 40, nvfp4 from 50"
        )
    return ""


def _exact_reason(is_t5: bool) -> str:
    """Why exact is better than fast; empty where bf16 is worth it on this CPU."""
    if not is_t5:
        return translate(
            "bf16 would cost a CLIP a hundredth of its accuracy to save a tenth of a second"
        )
    if not processor.bf16_pays():
        return translate("this processor multiplies bf16 slower than fp32")
    return ""


def _t5_forwards(
    transformer: Any, context: t5_block.BlockContext, streamed: bool
) -> Iterator[tuple[str, Any]]:
    blocks = list(transformer.encoder.block)
    pages = disk_streaming.LayerPages(blocks)
    for number, block in enumerate(blocks):
        forward: Callable[..., Any] = partial(t5_block.block, context, block)
        if streamed:
            forward = pages.streamed(number, forward)
        yield f"encoder.block.{number}", forward


def _linear_forwards(transformer: Any, products: Products) -> Iterator[tuple[str, Any]]:
    for name, module in _linears(transformer):
        yield name, partial(linear.forward, products, module)


def _linears(transformer: Any) -> Iterator[tuple[str, Any]]:
    """The host's linear layers."""
    for name, module in transformer.named_modules():
        if hasattr(module, "weight_function") and hasattr(module, "in_features"):
            yield name, module


def _weight_identity(patcher: Any, path: str) -> row_reuse.WeightIdentity:
    """Patches of a clone (LoRA) have a number of the host's; hooks change weights without one.
    Dynamic VRAM copies small weights anew for every encoding, and keeps what they are copies of.

    Clones share these notes, which the host replaces where it moves one to another model: they are
    looked up each time.
    """
    reference = ref(patcher)  # whose end the host waits for

    def patches_id() -> Hashable | None:
        owner = reference()
        if owner is None or owner.hook_backup:
            return None
        return owner.model.current_weight_patches_uuid  # type: ignore[no-any-return]

    def original(name: str, parameter: torch.Tensor) -> torch.Tensor:
        owner = reference()
        if owner is None or not host_clip.is_dynamic(owner):
            return parameter
        backup = owner.backup.get(f"{path}.{name}")
        if backup is None:
            return parameter
        return backup.weight  # type: ignore[no-any-return]

    return row_reuse.WeightIdentity(patches_id, original)
