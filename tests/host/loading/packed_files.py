"""Files with packed weights, and the same numbers unpacked."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import torch
from encoderscope.conditioning.encoder_files import packing
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.quantization.quantized_copy import Request, quantize
from encoderscope.tests.host.loading import making
from encoderscope.tests.host.loading.test_files import tiny_clip

FORMATS = packing.FORMATS


LAYER = {
    "t5": "encoder.block.1.layer.1.DenseReluDense.wo",
    "clip": "text_model.encoder.layers.1.mlp.fc2",
}


@cache
def wide_t5() -> dict[str, torch.Tensor]:
    """Its matrices have columns for groups of 64 and of 32."""
    return making.state(making.t5(64, 2, 96, 4, 16))


SOURCES = {"t5": wide_t5, "clip": tiny_clip}


def unpacked(path: Path) -> dict[str, torch.Tensor]:
    """Every layer by the definition of its layout, written out by hand."""
    from safetensors.torch import load_file

    stored = load_file(path)
    numbers = {}
    for key, value in stored.items():
        base = key.removesuffix(".weight")
        if f"{base}.scale_weight" in stored:
            numbers[key] = value.float() * stored[f"{base}.scale_weight"]
        elif f"{base}.weight_zeros" in stored:
            low, high = value.view(torch.uint8) & 15, value.view(torch.uint8) >> 4
            nibbles = torch.stack((low, high), -1).flatten(1).float()
            each = nibbles.shape[1] // stored[f"{base}.weight_scale"].shape[0]
            scale, zero = (
                stored[f"{base}.{end}"].T.float().repeat_interleave(each, 1)
                for end in ("weight_scale", "weight_zeros")
            )
            numbers[key] = (nibbles - 8) * scale + zero
        elif f"{base}.weight_scale" in stored and key != base:
            numbers[key] = value.float() * stored[f"{base}.weight_scale"]
        elif not key.endswith(
            (".weight_scale", ".weight_zeros", ".comfy_quant", ".scale_weight", "scaled_fp8")
        ):
            numbers[key] = value.float()
    return numbers


def transformer(clip: Any) -> Any:
    encoder = next(
        part for part in clip.cond_stage_model.children() if hasattr(part, "transformer")
    )
    return encoder.transformer


def linear(clip: Any, kind: str) -> Any:
    return transformer(clip).get_submodule(LAYER[kind])


def close(ours: tuple[Any, Any], theirs: tuple[Any, Any], bound: float) -> None:
    for own, other in zip(ours, theirs, strict=True):
        if other is not None:
            assert float((own - other).norm() / other.norm()) < bound


def write(folder: Path) -> None:
    """`<kind>.safetensors` (bf16), `<kind>-<format>.safetensors` and
    `<kind>-<format>-plain.safetensors`, the same numbers unpacked to fp32.
    """
    for kind, tensors in SOURCES.items():
        source = making.write(folder / f"{kind}.safetensors", tensors(), torch.bfloat16)
        for name in FORMATS:
            target = folder / f"{kind}-{name}.safetensors"
            quantize(open_checkpoint(source), target, Request(name))
            making.write(folder / f"{kind}-{name}-plain.safetensors", unpacked(target))
