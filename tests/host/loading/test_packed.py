"""Packed weights in the host's modules: they stay packed, encode as their unpacked numbers do, and
take offloading and saving.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from encoderscope.conditioning.encoder_files import packing
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.quantization.quantized_copy import Request, quantize
from encoderscope.kernels import unpack
from encoderscope.tests import hostkit
from encoderscope.tests.host.loading import making
from encoderscope.tests.host.loading.packed_files import (
    FORMATS,
    LAYER,
    SOURCES,
    close,
    linear,
    transformer,
)
from encoderscope.tests.host.loading.test_files import PROMPT, load, notes, states

pytestmark = pytest.mark.host


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", SOURCES)
def test_it_encodes_as_its_unpacked_numbers_do(kind: str, name: str, packed: Path) -> None:
    close(states(f"{kind}-{name}.safetensors"), states(f"{kind}-{name}-plain.safetensors"), 2e-6)


BOUNDS = {"int8": 0.03, "fp8": 0.12, "int4": 0.40}
"""Of the relative error of states, for seeded random weights that amplify errors more than trained
ones.
"""


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", SOURCES)
def test_it_encodes_nearly_as_its_source(kind: str, name: str, packed: Path) -> None:
    close(states(f"{kind}-{name}.safetensors"), states(f"{kind}.safetensors", "fp32"), BOUNDS[name])


@hostkit.OF_PROCESSORS
@pytest.mark.parametrize(("kind", "name"), [("t5", "int4"), ("clip", "int8")])
def test_weights_stay_packed_and_on_the_disks_map(kind: str, name: str, packed: Path) -> None:
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
    kind: str, name: str, packed: Path
) -> None:
    for ours, theirs in zip(
        states(f"{kind}.safetensors", name), states(f"{kind}-{name}.safetensors"), strict=True
    ):
        assert ours is theirs is None or torch.equal(ours, theirs)


@pytest.mark.parametrize("name", FORMATS)
def test_a_packed_file_is_unpacked_when_asked(name: str, packed: Path) -> None:
    clip = load(f"t5-{name}.safetensors", "fp32").clip
    assert linear(clip, "t5").weight.dtype == torch.float32
    close(states(f"t5-{name}.safetensors", "fp32"), states(f"t5-{name}-plain.safetensors"), 1e-6)


@pytest.mark.parametrize("name", ["int8", "int4"])
def test_codes_become_numbers_where_the_host_asks_for_no_float(name: str, packed: Path) -> None:
    layer = linear(load(f"t5-{name}.safetensors").clip, "t5")
    assert torch.equal(layer.convert_weight(layer.weight.data), unpack(layer.packed(), layer.plain))


@pytest.mark.parametrize("mode", ["exact", "fast"])
@pytest.mark.parametrize(("kind", "name"), [("t5", "int4"), ("clip", "int8")])
def test_the_fast_encoder_takes_packed_weights(
    kind: str, name: str, mode: str, packed: Path
) -> None:
    from encoderscope.host.acceleration import patches

    clip = patches.accelerate(load(f"{kind}-{name}.safetensors").clip, mode).clip
    with torch.no_grad():
        encoding = clip.encode_from_tokens(clip.tokenize(PROMPT), return_pooled=True)
    close(
        encoding,
        states(f"{kind}-{name}-plain.safetensors"),
        1e-5 if mode == "exact" or (kind == "clip" and hostkit.DEVICE == "cpu") else 0.03,
    )


@hostkit.OF_PROCESSORS
def test_other_functions_on_a_packed_weight_are_refused(packed: Path) -> None:
    clip = load("clip-int8.safetensors").clip
    linear(clip, "clip").weight_function = [lambda weight: weight]
    with pytest.raises(ValueError, match="LoRA was expected"):
        clip.encode_from_tokens(clip.tokenize(PROMPT))


@pytest.mark.parametrize("name", ["int8", "int4"])
def test_what_clip_save_writes_loads_again(name: str, packed: Path) -> None:
    from safetensors.torch import save_file

    held = transformer(load(f"clip-{name}.safetensors").clip).state_dict()
    save_file({key: value.clone() for key, value in held.items()}, packed / "saved.safetensors")
    assert torch.equal(states("saved.safetensors")[0], states(f"clip-{name}.safetensors")[0])


def test_int4_says_which_weights_it_cannot_hold() -> None:
    with pytest.raises(ValueError, match="int8 or fp8"):
        packing.pack("int4", torch.full((2, 64), 1e6) * torch.linspace(-1, 1, 64))


def test_the_report_says_what_it_is(packed: Path) -> None:
    sentence = notes("t5-int8.safetensors")
    assert "int8" in sentence and "belongs to the quantisation" not in sentence
    assert "int4" in notes("clip-int4.safetensors")


@pytest.mark.parametrize(
    "sentence",
    ['{"format": "int8_tensorwise", "convrot": true}', '{"format": "nvfp4"}', "not json", "[]"],
)
def test_a_packing_that_is_not_ours(sentence: str, packed: Path) -> None:
    from encoderscope.conditioning.errors import EncoderScopeError
    from safetensors.torch import load_file, save_file

    held = load_file(packed / "clip-int8.safetensors")
    held[LAYER["clip"] + ".comfy_quant"] = torch.tensor(list(sentence.encode()), dtype=torch.uint8)
    save_file(held, packed / "other.safetensors")
    with pytest.raises(EncoderScopeError, match="A layer is packed as"):
        load("other.safetensors")


def test_formats_of_one_clip_do_not_reach_its_neighbours(packed: Path, files: Path) -> None:
    """FLUX.1 with CLIP-L in int8 beside a T5 in fp8 with scales, for which hosts had another kind
    of linear until ComfyUI 0.4.
    """
    import comfy.ops
    from encoderscope.host.loading import loader

    names = {"l": "l-int8.safetensors", "t5xxl": "t5xxl-fp8.safetensors"}
    for item, name in names.items():
        if not (files / name).exists():
            quantize(
                open_checkpoint(files / f"{item}.safetensors"),
                files / name,
                Request(name.split("-")[1].split(".")[0]),
            )
    with making.folders(files), torch.no_grad():
        both = loader.load(list(names.values()), "flux", "as stored", "auto").clip
        tokens = both.tokenize(PROMPT)
        inside = both.cond_stage_model
        alone = {
            item: loader.load([name], "encoder alone", "as stored", "auto").clip
            for item, name in names.items()
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
