"""CLIPs of ours where the host makes one once more (Set CLIP Hooks with dynamic VRAM, Select CLIP
Device), and where it saves one.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.quantization.quantized_copy import Request, quantize
from encoderscope.kernels import unpack
from encoderscope.tests.host.loading import making
from encoderscope.tests.host.loading.packed_files import LAYER, transformer, wide_t5
from encoderscope.tests.host.loading.test_files import PROMPT, load, tiny_clip

pytestmark = pytest.mark.host
FORMATS = ("int8", "int4", "fp8")


@pytest.fixture(scope="module")
def made(host_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("text_encoders")
    for kind, tensors in {"t5": wide_t5, "clip": tiny_clip}.items():
        source = making.write(folder / f"{kind}.safetensors", tensors(), torch.float16)
        for name in FORMATS:
            quantize(open_checkpoint(source), folder / f"{kind}-{name}.safetensors", Request(name))
    with making.folders(folder):
        yield folder


def miniature() -> Any:
    from encoderscope.host.miniatures import clip

    return clip("mini-CLIP", "flux")


MAKERS = {
    "file": lambda: load("clip.safetensors").clip,
    "packed file": lambda: load("t5-int8.safetensors").clip,
    "packed while loading": lambda: load("t5.safetensors", "int4").clip,
    "miniature": miniature,
}


@pytest.fixture(params=MAKERS)
def clip(request: pytest.FixtureRequest, made: Path) -> Any:
    from comfy.model_patcher import ModelPatcher

    if "disable_dynamic" not in inspect.signature(ModelPatcher.clone).parameters:
        pytest.skip("this host makes no CLIP once more")
    return MAKERS[request.param]()


def encoded(clip: Any) -> torch.Tensor:
    with torch.no_grad():
        return clip.encode_from_tokens(clip.tokenize(PROMPT))  # type: ignore[no-any-return]


def its_own(clip: Any, patcher: Any) -> torch.Tensor:
    """What the model of ``patcher`` makes of the prompt."""
    assert patcher.model is not clip.patcher.model
    clone = clip.clone()
    clone.patcher, clone.cond_stage_model = patcher, patcher.model
    return encoded(clone)


def test_the_host_makes_it_once_more(clip: Any) -> None:
    before = encoded(clip)
    again = clip.patcher.deepclone_multigpu(torch.device("cpu"))
    assert torch.equal(its_own(clip, again), before)
    assert torch.equal(its_own(clip, again.deepclone_multigpu()), before), "and of that one, too"


def test_the_host_makes_it_without_dynamic_vram(
    clip: Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As its Set CLIP Hooks asks for, and as ``clone(disable_dynamic=True)`` refuses where nobody
    said how.
    """
    import comfy.model_patcher

    class Dynamic(comfy.model_patcher.ModelPatcher):
        def is_dynamic(self) -> bool:
            return True

    before = encoded(clip)
    monkeypatch.setattr(comfy.model_patcher, "CoreModelPatcher", Dynamic)
    dynamic = MAKERS[request.node.callspec.params["clip"]]()
    assert type(dynamic.patcher) is Dynamic
    clone = dynamic.clone(disable_dynamic=True)
    assert type(clone.patcher) is comfy.model_patcher.ModelPatcher
    make, arguments = dynamic.patcher.cached_patcher_init
    assert type(make(*arguments, disable_dynamic=True)) is comfy.model_patcher.ModelPatcher
    assert torch.equal(its_own(dynamic, clone.patcher), before)


# --- saving
# --------------------------------------------------------------------------------------------------


@pytest.fixture(params=[(kind, name) for kind in LAYER for name in FORMATS], ids="-".join)
def packed(request: pytest.FixtureRequest, made: Path) -> Any:
    from encoderscope.host.loading import encoder_plan

    kind, name = request.param
    if name == "fp8" and encoder_plan.HOST_SCALES:
        pytest.skip("this host has linears of its own for fp8 with factors")
    return load(f"{kind}-{name}.safetensors").clip


def loaded(clip: Any) -> list[bool]:
    """Of each linear layer: whether the host says that it holds what is to be saved."""
    return [
        getattr(module, "comfy_patched_weights", False)
        for module in transformer(clip).modules()
        if isinstance(module, torch.nn.Linear)
    ]


def not_loaded(clip: Any) -> Any:
    """As where memory is short, and as layers are with dynamic VRAM."""
    clone = clip.clone()
    clone.patcher.unpatch_model()  # newer hosts have loaded it already, where it lies
    clone.patcher.patch_model(torch.device("cpu"), lowvram_model_memory=1)
    clone.load_model = lambda *_, **__: clone.patcher
    assert not any(loaded(clone))
    return clone


@pytest.fixture(params=[not_loaded, lambda clip: clip], ids=["not loaded", "loaded"])
def state(request: pytest.FixtureRequest) -> Any:
    return request.param


UNCHANGED = (".block.0.", ".layers.0.")


def with_lora(clip: Any) -> Any:
    """On every linear layer outside the first block: packed weights, plain ones and biases; on one
    of them on the bias alone.
    """
    clone, drawn = clip.clone(), torch.Generator().manual_seed(1)
    stream = next(
        name
        for name, part in clip.cond_stage_model.named_children()
        if hasattr(part, "transformer")
    )
    for name, layer in transformer(clip).named_modules():
        if isinstance(layer, torch.nn.Linear) and not any(
            item in f".{name}." for item in UNCHANGED
        ):
            shapes = {} if layer.bias is None else {"bias": (layer.out_features,)}
            if not name.endswith("fc1"):
                shapes["weight"] = (layer.out_features, layer.in_features)
            for end, shape in shapes.items():
                change = torch.randn(shape, generator=drawn) * (
                    0.3 if name.endswith("fc1") else 0.05
                )
                assert clone.add_patches(
                    {f"{stream}.transformer.{name}.{end}": ("diff", (change,))}, 1.0
                )
    return clone


def held(clip: Any) -> dict[str, torch.Tensor]:
    return {key: value.clone() for key, value in transformer(clip).state_dict().items()}


def saved(clip: Any, folder: Path) -> dict[str, torch.Tensor]:
    """What the host's node for it writes, by the names that the encoder has in a file
    of its own.
    """
    from comfy_extras.nodes_model_merging import CLIPSave
    from safetensors.torch import load_file

    node = CLIPSave()
    node.output_dir = str(folder)
    node.save(clip, "saved")
    [file] = folder.glob("saved_*.safetensors")
    return {key.split(".transformer.", 1)[-1]: value for key, value in load_file(file).items()}


def same(result: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    for key, value in expected.items():
        assert result[key].dtype == value.dtype, key
        assert torch.equal(result[key].float(), value.float()), key


def test_packed_layers_are_saved_as_they_are(packed: Any, state: Any, tmp_path: Path) -> None:
    before = held(packed)
    assert any(key.endswith("comfy_quant") for key in before)
    same(saved(state(packed), tmp_path), before)


def test_with_a_lora_sums_are_saved_and_the_others_as_they_are(
    packed: Any, state: Any, made: Path, tmp_path: Path
) -> None:
    before, plain, changed = held(packed), encoded(packed), with_lora(packed)
    expected = encoded(changed)
    assert float((expected - plain).norm() / plain.norm()) > 0.05, (
        "the LoRA must be felt, or this test proves nothing"
    )
    changed = state(changed)
    saved_copy = saved(changed, tmp_path)
    changed.patcher.unpatch_model()
    same(held(packed), before)
    same(
        saved_copy,
        {key: value for key, value in before.items() if any(item in key for item in UNCHANGED)},
    )
    [layer] = [layer for layer in LAYER.values() if f"{layer}.weight" in saved_copy]
    assert {key for key in saved_copy if key.startswith(layer)} <= {
        f"{layer}.weight",
        f"{layer}.bias",
    }
    assert saved_copy[f"{layer}.weight"].dtype == torch.float16
    making.write(made / "again.safetensors", saved_copy)
    again = encoded(load("again.safetensors").clip)
    assert float((again - expected).norm() / expected.norm()) < 5e-3


def test_the_host_loads_as_before_when_it_has_saved(packed: Any) -> None:
    import comfy.sd

    if not hasattr(comfy.sd.CLIP, "state_dict_for_saving"):
        pytest.skip("this host saves what lies in the modules")
    clip = not_loaded(packed)
    clip.state_dict_for_saving()
    assert not any(loaded(clip))


def test_encoders_that_a_checkpoint_joins_are_saved_plain(files: Path) -> None:
    """SDXL's CLIP-G: ComfyUI writes q, k and v as one matrix, and knows no scales there."""
    from comfy import diffusers_convert, sd

    with making.folders(files):
        from encoderscope.host.loading import loader

        clip = loader.load(["l.safetensors", "g.safetensors"], "sdxl", "int8", "auto").clip
    saved = (
        clip.state_dict_for_saving() if hasattr(sd.CLIP, "state_dict_for_saving") else clip.get_sd()
    )
    assert (
        saved["clip_l.transformer.text_model.encoder.layers.0.mlp.fc1.weight"].dtype == torch.int8
    )
    assert not [
        key
        for key in saved
        if key.startswith("clip_g.") and key.endswith((".comfy_quant", ".weight_scale"))
    ]
    attention = clip.cond_stage_model.clip_g.transformer.text_model.encoder.layers[0].self_attn
    joined = diffusers_convert.convert_text_enc_state_dict_v20(dict(saved), "clip_g")[
        "clip_g.transformer.resblocks.0.attn.in_proj_weight"
    ]
    wanted = torch.cat(
        [
            unpack(item.packed(), torch.float16)
            for item in (attention.q_proj, attention.k_proj, attention.v_proj)
        ]
    )
    assert torch.equal(joined, wanted)
