"""LoRA on packed weights: added to the numbers, loaded or beside the weight, saved and merged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.kernels import unpack
from encoderscope.tests.host.loading.packed_files import LAYER, SOURCES, linear, transformer
from encoderscope.tests.host.loading.test_files import PROMPT, load, states

pytestmark = pytest.mark.host


def lora(kind: str) -> dict[str, Any]:
    """Of rank 2 on one packed layer, as the host's loaders make patches."""
    import comfy.weight_adapter

    weight = SOURCES[kind]()[LAYER[kind] + ".weight"]
    drawn = torch.Generator().manual_seed(1)
    up, down = (
        torch.randn(weight.shape[0], 2, generator=drawn),
        torch.randn(2, weight.shape[1], generator=drawn),
    )
    parts = (up * 0.1, down * 0.1, 2.0, None, None, None)
    stream = {"t5": "t5", "clip": "clip_text"}[kind]
    return {
        f"{stream}.transformer.{LAYER[kind]}.weight": comfy.weight_adapter.LoRAAdapter(set(), parts)
    }


def with_lora(name: str, kind: str, partly: bool) -> torch.Tensor:
    import comfy.model_management
    import comfy.model_patcher

    clip = load(name).clip
    clip = clip.clone()
    assert clip.add_patches(lora(kind), 1.0)
    if partly:
        for (
            module
        ) in clip.cond_stage_model.modules():  # newer hosts have loaded it already, where it lies
            comfy.model_patcher.wipe_lowvram_weight(module)
        clip.patcher.patch_model(torch.device("cpu"), lowvram_model_memory=1)
        layer = linear(clip, kind)
        assert layer.weight_function and ("plain" in name or layer.weight.dtype == torch.int8)
        clip.load_model = lambda *_, **__: clip.patcher
    with torch.no_grad():
        encoding = clip.encode_from_tokens(clip.tokenize(PROMPT))
    clip.patcher.unpatch_model()
    if "plain" not in name:
        assert linear(clip, kind).is_packed, "the packed weight is back"
    comfy.model_management.unload_all_models()
    return encoding  # type: ignore[no-any-return]


@pytest.mark.parametrize("partly", [False, True], ids=["loaded", "not loaded"])
@pytest.mark.parametrize("name", ["int8", "int4"])
@pytest.mark.parametrize("kind", SOURCES)
def test_lora_is_added_to_the_unpacked_weight(
    kind: str, name: str, partly: bool, packed: Path
) -> None:
    """A layer that is loaded keeps the sum in the encoder's own float (bf16 here), one that is not
    makes it in fp32.
    """
    ours = with_lora(f"{kind}-{name}.safetensors", kind, partly)
    theirs = with_lora(f"{kind}-{name}-plain.safetensors", kind, partly)
    without = states(f"{kind}-{name}.safetensors")[0]
    felt = float((theirs - without).norm() / without.norm())
    assert felt > 0.05, "the LoRA must be felt, or this test proves nothing"
    assert float((ours - theirs).norm() / theirs.norm()) < (2e-6 if partly else 5e-3)


@pytest.mark.parametrize("name", ["int8", "int4"])
def test_dynamic_vram_has_a_lora_beside_the_weight(name: str, packed: Path) -> None:
    """As newer hosts put it on every layer: one function or None, not a list."""
    from comfy.model_patcher import LowVramPatch

    clip = load(f"t5-{name}.safetensors").clip
    changed = clip.clone()
    assert changed.add_patches(lora("t5"), 1.0)
    layer, [key] = linear(clip, "t5"), changed.patcher.patches
    for function, meant in (
        (None, states(f"t5-{name}.safetensors")[0]),
        (LowVramPatch(key, changed.patcher.patches), None),
    ):
        layer.weight_lowvram_function = function
        with torch.no_grad():
            encoding = clip.encode_from_tokens(clip.tokenize(PROMPT))
        meant = with_lora(f"t5-{name}-plain.safetensors", "t5", True) if meant is None else meant
        assert float((encoding - meant).norm() / meant.norm()) < 2e-6


def test_dynamic_vram_has_the_bias_of_a_lora_there_too(packed: Path) -> None:
    from encoderscope.host.loading.packed_linear import PackedLinear

    layer = linear(load("clip-int8.safetensors").clip, "clip")
    assert isinstance(layer, PackedLinear)
    x = torch.ones(1, layer.in_features)
    plain = layer(x)
    layer.bias_function = [lambda bias: bias * 2]
    layer.bias_lowvram_function = lambda bias: bias + 1
    moved = layer._moved_bias(x)
    assert moved is not None
    assert torch.equal(moved, (layer.bias.float() + 1) * 2)
    layer.bias_function, layer.bias_lowvram_function = [], None
    assert torch.equal(layer(x), plain)


def test_a_lora_of_hooks_is_packed_with_the_scales_that_are_there(packed: Path) -> None:
    """In place, where the host keeps the memory: at random up or down, so that what is smaller than
    a step is not lost.
    """
    clip = load("clip-int8.safetensors").clip
    layer = linear(clip, "clip")
    before = layer.weight.clone()
    weight = unpack(layer.packed(), torch.float32)
    small = torch.full_like(weight, 0.2) * layer.weight_scale
    layer.set_weight(weight + small, inplace_update=True, seed=3)
    assert layer.weight.dtype == torch.int8
    moved = (layer.weight.float() - before.float())[before.abs() < 120]
    assert float(moved.mean()) == pytest.approx(0.2, abs=0.02)


def loaded_with_lora(name: str) -> Any:
    clip = load(name).clip.clone()
    assert clip.add_patches(lora("clip"), 1.0)
    clip.load_model()
    return clip


@pytest.mark.parametrize("name", ["int8", "int4"])
def test_what_clip_save_writes_with_a_lora_is_plain(name: str, packed: Path) -> None:
    """The sum that stands in the place of packed numbers is no packed one: a note beside it would
    be a lie.
    """
    import comfy.model_management

    clip = loaded_with_lora(f"clip-{name}.safetensors")
    held = {key for key in transformer(clip).state_dict() if key.startswith(LAYER["clip"])}
    assert held == {f"{LAYER['clip']}.weight", f"{LAYER['clip']}.bias"}
    clip.patcher.unpatch_model()
    comfy.model_management.unload_all_models()
    assert any(key.endswith("comfy_quant") for key in transformer(clip).state_dict())


@pytest.mark.parametrize("name", ["int8", "int4"])
def test_merging_with_one_whose_lora_is_loaded(name: str, packed: Path) -> None:
    """The host hands over the packed numbers that it keeps aside, while the sum stands in their
    place.
    """
    clip = loaded_with_lora(f"clip-{name}.safetensors")
    layer = linear(clip, "clip")
    truth = unpack(
        load(f"clip-{name}.safetensors")
        .clip.cond_stage_model.get_submodule(f"clip_text.transformer.{LAYER['clip']}")
        .packed(),
        torch.float32,
    )
    aside = next(
        item.weight
        for key, item in clip.patcher.backup.items()
        if key.endswith(f"{LAYER['clip']}.weight")
    )
    assert not layer.is_packed
    weight = layer.convert_weight(aside.to(torch.float32))
    assert weight.shape == truth.shape
    assert torch.allclose(weight, truth, rtol=1e-6)
    assert torch.equal(layer.convert_weight(layer.weight.float()), layer.weight.float()), (
        "the sum is a plain weight"
    )
    clip.patcher.unpatch_model()
