"""Packed weights in the host's modules: they stay packed, encode as their unpacked numbers do, and
take LoRA, offloading and saving.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.conditioning.encoder_files import packing
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.quantization.quantized_copy import Request, quantize
from encoderscope.kernels import unpack
from encoderscope.tests.host.loading import making
from encoderscope.tests.host.loading.test_files import PROMPT, load, notes, states, tiny_clip

pytestmark = pytest.mark.host
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


@pytest.fixture(scope="module")
def made(host_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """`<kind>.safetensors` (bf16), `<kind>-<format>.safetensors` and
    `<kind>-<format>-plain.safetensors`, the same numbers unpacked to fp32.
    """
    folder = tmp_path_factory.mktemp("text_encoders")
    for kind, tensors in SOURCES.items():
        source = making.write(folder / f"{kind}.safetensors", tensors(), torch.bfloat16)
        for name in FORMATS:
            target = folder / f"{kind}-{name}.safetensors"
            quantize(open_checkpoint(source), target, Request(name))
            making.write(folder / f"{kind}-{name}-plain.safetensors", plain(target))
    with making.folders(folder):
        yield folder


def plain(path: Path) -> dict[str, torch.Tensor]:
    """Every layer by the definition of its layout, written out by hand."""
    from safetensors.torch import load_file

    held = load_file(path)
    found = {}
    for key, value in held.items():
        base = key.removesuffix(".weight")
        if f"{base}.scale_weight" in held:
            found[key] = value.float() * held[f"{base}.scale_weight"]
        elif f"{base}.weight_zeros" in held:
            low, high = value.view(torch.uint8) & 15, value.view(torch.uint8) >> 4
            nibbles = torch.stack((low, high), -1).flatten(1).float()
            each = nibbles.shape[1] // held[f"{base}.weight_scale"].shape[0]
            scale, zero = (
                held[f"{base}.{end}"].T.float().repeat_interleave(each, 1)
                for end in ("weight_scale", "weight_zeros")
            )
            found[key] = (nibbles - 8) * scale + zero
        elif f"{base}.weight_scale" in held and key != base:
            found[key] = value.float() * held[f"{base}.weight_scale"]
        elif not key.endswith(
            (".weight_scale", ".weight_zeros", ".comfy_quant", ".scale_weight", "scaled_fp8")
        ):
            found[key] = value.float()
    return found


def transformer(clip: Any) -> Any:
    encoder = next(one for one in clip.cond_stage_model.children() if hasattr(one, "transformer"))
    return encoder.transformer


def linear(clip: Any, kind: str) -> Any:
    return transformer(clip).get_submodule(LAYER[kind])


def close(ours: tuple[Any, Any], theirs: tuple[Any, Any], bound: float) -> None:
    for one, other in zip(ours, theirs, strict=True):
        if other is not None:
            assert float((one - other).norm() / other.norm()) < bound


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", SOURCES)
def test_it_encodes_as_its_unpacked_numbers_do(kind: str, name: str, made: Path) -> None:
    close(states(f"{kind}-{name}.safetensors"), states(f"{kind}-{name}-plain.safetensors"), 2e-6)


BOUNDS = {"int8": 0.03, "fp8": 0.12, "int4": 0.40}
"""Of the relative error of states, for seeded random weights that amplify errors more than trained
ones.
"""


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", SOURCES)
def test_it_encodes_nearly_as_its_source(kind: str, name: str, made: Path) -> None:
    close(states(f"{kind}-{name}.safetensors"), states(f"{kind}.safetensors", "fp32"), BOUNDS[name])


@pytest.mark.parametrize(("kind", "name"), [("t5", "int4"), ("clip", "int8")])
def test_weights_stay_packed_and_on_the_disks_map(kind: str, name: str, made: Path) -> None:
    clip = load(f"{kind}-{name}.safetensors").clip
    clip.encode_from_tokens(clip.tokenize(PROMPT))
    layer = linear(clip, kind)
    assert layer.weight.dtype == torch.int8
    assert layer.packed().layout == {"int8": "int8_rows", "int4": "int4_groups"}[layer.format]
    spans = [
        line.split()[0].split("-")
        for line in Path("/proc/self/maps").read_text().splitlines()
        if f"{kind}-{name}." in line
    ]
    at = layer.weight.data_ptr()
    assert any(int(start, 16) <= at < int(stop, 16) for start, stop in spans)


@pytest.mark.parametrize(("kind", "name"), [("t5", "int4"), ("t5", "int8"), ("clip", "int8")])
def test_quantising_while_loading_gives_what_the_file_gives(
    kind: str, name: str, made: Path
) -> None:
    for ours, theirs in zip(
        states(f"{kind}.safetensors", name), states(f"{kind}-{name}.safetensors"), strict=True
    ):
        assert ours is theirs is None or torch.equal(ours, theirs)


@pytest.mark.parametrize("name", FORMATS)
def test_a_packed_file_is_unpacked_when_asked(name: str, made: Path) -> None:
    clip = load(f"t5-{name}.safetensors", "fp32").clip
    assert linear(clip, "t5").weight.dtype == torch.float32
    close(states(f"t5-{name}.safetensors", "fp32"), states(f"t5-{name}-plain.safetensors"), 1e-6)


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
        found = clip.encode_from_tokens(clip.tokenize(PROMPT))
    clip.patcher.unpatch_model()
    if "plain" not in name:
        assert linear(clip, kind).is_packed, "the packed weight is back"
    comfy.model_management.unload_all_models()
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize("partly", [False, True], ids=["loaded", "not loaded"])
@pytest.mark.parametrize("name", ["int8", "int4"])
@pytest.mark.parametrize("kind", SOURCES)
def test_lora_is_added_to_the_unpacked_weight(
    kind: str, name: str, partly: bool, made: Path
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
def test_dynamic_vram_has_a_lora_beside_the_weight(name: str, made: Path) -> None:
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
            found = clip.encode_from_tokens(clip.tokenize(PROMPT))
        meant = with_lora(f"t5-{name}-plain.safetensors", "t5", True) if meant is None else meant
        assert float((found - meant).norm() / meant.norm()) < 2e-6


def test_dynamic_vram_has_the_bias_of_a_lora_there_too(made: Path) -> None:
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


@pytest.mark.parametrize("name", ["int8", "int4"])
def test_codes_become_numbers_where_the_host_asks_for_no_float(name: str, made: Path) -> None:
    layer = linear(load(f"t5-{name}.safetensors").clip, "t5")
    assert torch.equal(layer.convert_weight(layer.weight.data), unpack(layer.packed(), layer.plain))


@pytest.mark.parametrize("mode", ["exact", "fast"])
@pytest.mark.parametrize(("kind", "name"), [("t5", "int4"), ("clip", "int8")])
def test_the_fast_encoder_takes_packed_weights(kind: str, name: str, mode: str, made: Path) -> None:
    from encoderscope.host.acceleration import patches

    clip = patches.accelerate(load(f"{kind}-{name}.safetensors").clip, mode).clip
    with torch.no_grad():
        found = clip.encode_from_tokens(clip.tokenize(PROMPT), return_pooled=True)
    close(
        found,
        states(f"{kind}-{name}-plain.safetensors"),
        1e-5 if mode == "exact" or kind == "clip" else 0.03,
    )


def test_a_lora_of_hooks_is_packed_with_the_scales_that_are_there(made: Path) -> None:
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


def test_other_functions_on_a_packed_weight_are_refused(made: Path) -> None:
    clip = load("clip-int8.safetensors").clip
    linear(clip, "clip").weight_function = [lambda weight: weight]
    with pytest.raises(ValueError, match="LoRA was expected"):
        clip.encode_from_tokens(clip.tokenize(PROMPT))


@pytest.mark.parametrize("name", ["int8", "int4"])
def test_what_clip_save_writes_loads_again(name: str, made: Path) -> None:
    from safetensors.torch import save_file

    held = transformer(load(f"clip-{name}.safetensors").clip).state_dict()
    save_file({key: value.clone() for key, value in held.items()}, made / "saved.safetensors")
    assert torch.equal(states("saved.safetensors")[0], states(f"clip-{name}.safetensors")[0])


def loaded_with_lora(name: str) -> Any:
    clip = load(name).clip.clone()
    assert clip.add_patches(lora("clip"), 1.0)
    clip.load_model()
    return clip


@pytest.mark.parametrize("name", ["int8", "int4"])
def test_what_clip_save_writes_with_a_lora_is_plain(name: str, made: Path) -> None:
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
def test_merging_with_one_whose_lora_is_loaded(name: str, made: Path) -> None:
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
        one.weight
        for key, one in clip.patcher.backup.items()
        if key.endswith(f"{LAYER['clip']}.weight")
    )
    assert not layer.is_packed
    found = layer.convert_weight(aside.to(torch.float32))
    assert found.shape == truth.shape
    assert torch.allclose(found, truth, rtol=1e-6)
    assert torch.equal(layer.convert_weight(layer.weight.float()), layer.weight.float()), (
        "the sum is a plain weight"
    )
    clip.patcher.unpatch_model()


def test_int4_says_which_weights_it_cannot_hold() -> None:
    with pytest.raises(ValueError, match="int8 or fp8"):
        packing.pack("int4", torch.full((2, 64), 1e6) * torch.linspace(-1, 1, 64))


def test_the_report_says_what_it_is(made: Path) -> None:
    said = notes("t5-int8.safetensors")
    assert "int8" in said and "belongs to the quantisation" not in said
    assert "int4" in notes("clip-int4.safetensors")


@pytest.mark.parametrize(
    "said",
    ['{"format": "int8_tensorwise", "convrot": true}', '{"format": "nvfp4"}', "not json", "[]"],
)
def test_a_packing_that_is_not_ours(said: str, made: Path) -> None:
    from encoderscope.conditioning.errors import EncoderScopeError
    from safetensors.torch import load_file, save_file

    held = load_file(made / "clip-int8.safetensors")
    held[LAYER["clip"] + ".comfy_quant"] = torch.tensor(list(said.encode()), dtype=torch.uint8)
    save_file(held, made / "other.safetensors")
    with pytest.raises(EncoderScopeError, match="A layer is packed as"):
        load("other.safetensors")


def test_formats_of_one_clip_do_not_reach_its_neighbours(made: Path, files: Path) -> None:
    """FLUX.1 with CLIP-L in int8 beside a T5 in fp8 with scales, for which hosts had another kind
    of linear until ComfyUI 0.4.
    """
    import comfy.ops
    from encoderscope.host.loading import loader

    names = {"l": "l-int8.safetensors", "t5xxl": "t5xxl-fp8.safetensors"}
    for one, name in names.items():
        if not (files / name).exists():
            quantize(
                open_checkpoint(files / f"{one}.safetensors"),
                files / name,
                Request(name.split("-")[1].split(".")[0]),
            )
    with making.folders(files), torch.no_grad():
        both = loader.load(list(names.values()), "flux", "as stored", "auto").clip
        tokens = both.tokenize(PROMPT)
        inside = both.cond_stage_model
        alone = {
            one: loader.load([name], "encoder alone", "as stored", "auto").clip
            for one, name in names.items()
        }
        alone_t5 = alone["t5xxl"].cond_stage_model.t5
        of_the_host = type(
            alone_t5.transformer.encoder.block[0].layer[0].SelfAttention.q
        ).__qualname__.startswith("scaled_fp8_ops")
        assert of_the_host == hasattr(comfy.ops, "scaled_fp8_ops")
        alone_t5.enable_attention_masks = False
        close(
            inside.t5xxl.encode_token_weights(tokens["t5xxl"])[:1],
            alone_t5.encode_token_weights(tokens["t5xxl"])[:1],
            5e-6,
        )
        alone_l = alone["l"].cond_stage_model.clip_text
        close(
            inside.clip_l.encode_token_weights(tokens["l"])[:1],
            alone_l.encode_token_weights(tokens["l"])[:1],
            5e-6,
        )
