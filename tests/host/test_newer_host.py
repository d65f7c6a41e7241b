"""Hosts that keep quantised text encoders as comfy-kitchen's tensors (int8: ComfyUI after 0.26):
their own loader, and Fast Encoder behind it.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.precision import DRAFT, EXACT, FAST
from encoderscope.conditioning.quantization.quantized_copy import Request, quantize
from encoderscope.tests.host.loading import making
from encoderscope.tests.host.loading.conftest import T5_INSIDE
from encoderscope.tests.host.test_fast_encoder import close, difference, encoded, faster

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("newer_host", "one_thread")]
PROMPT = "a red fox beside the (river:1.2)"
FORMATS = {"int8": "TensorWiseINT8Layout", "fp8": "TensorCoreFP8E4M3Layout"}


@pytest.fixture(scope="module")
def newer_host(host_folder: Path) -> None:
    from comfy import quant_ops

    if "int8_tensorwise" not in getattr(quant_ops, "QUANT_ALGOS", {}):
        pytest.skip("this host does not load quantised text encoders")


@pytest.fixture(scope="module")
def files(newer_host: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quantised")
    narrow = making.t5(4096, 24, T5_INSIDE["d_ff"], T5_INSIDE["num_heads"], T5_INSIDE["d_kv"])
    making.write(folder / "t5xxl.safetensors", making.state(narrow), torch.bfloat16)
    for name in FORMATS:
        quantize(
            open_checkpoint(folder / "t5xxl.safetensors"),
            folder / f"{name}.safetensors",
            Request(name),
        )
    return folder


def stock(path: Path) -> Any:
    import comfy.sd

    with making.recognised():
        return comfy.sd.load_clip(
            [str(path)],
            clip_type=comfy.sd.CLIPType.PIXART,
            model_options={"t5xxl_model_config": T5_INSIDE},
        )


def weight(clip: Any) -> Any:
    return clip.cond_stage_model.t5xxl.transformer.encoder.block[0].layer[0].SelfAttention.q.weight


@pytest.mark.parametrize("name", FORMATS)
def test_its_loader_reads_our_files_as_we_do(name: str, files: Path) -> None:
    from encoderscope.host.loading import loader

    theirs, path = stock(files / f"{name}.safetensors"), files / f"{name}.safetensors"
    assert weight(theirs)._layout_cls == FORMATS[name]
    close(encoded(loader.load_files([path], "pixart").clip, PROMPT), encoded(theirs, PROMPT))


@pytest.mark.parametrize("name", FORMATS)
def test_exact_is_its_own_numbers_without_unpacking(
    name: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from encoderscope.host.acceleration import comfy_kitchen

    clip = stock(files / f"{name}.safetensors")
    expected = encoded(clip, PROMPT)

    def refuse(*_: Any) -> None:
        raise AssertionError("a whole weight was unpacked")

    monkeypatch.setattr(comfy_kitchen.tensors().QuantizedTensor, "dequantize", refuse)
    close(encoded(faster(clip, EXACT), PROMPT), expected)


@pytest.mark.parametrize("name", FORMATS)
def test_modes_are_as_far_off_as_they_say(
    name: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from encoderscope.conditioning.encoding import processor
    from encoderscope.host.acceleration import comfy_kitchen

    monkeypatch.setattr(processor, "bf16_pays", lambda: True)
    monkeypatch.setattr(comfy_kitchen, "has_units", lambda layout: True)
    clip = stock(files / f"{name}.safetensors")
    exact = encoded(clip, PROMPT)["cond"]
    fast, draft = (
        difference(encoded(faster(clip, mode), PROMPT)["cond"], exact) for mode in (FAST, DRAFT)
    )
    assert 1e-5 < fast < 0.03
    assert fast < draft < 0.3


def test_lora_on_a_quantised_encoder(files: Path) -> None:
    """The host packs the sum again; behind Fast Encoder the numbers are its own."""
    import comfy.weight_adapter

    up, down = torch.ones(T5_INSIDE["num_heads"] * T5_INSIDE["d_kv"], 1), torch.ones(1, 4096)
    parts = (up * 0.01, down * 0.01, 1.0, None, None, None)
    key = "t5xxl.transformer.encoder.block.0.layer.0.SelfAttention.q.weight"
    clip = stock(files / "int8.safetensors")
    plain, changed = encoded(clip, PROMPT), clip.clone()
    assert changed.add_patches({key: comfy.weight_adapter.LoRAAdapter(set(), parts)}, 1.0)
    expected = encoded(changed, PROMPT)
    assert difference(expected["cond"], plain["cond"]) > 1e-4
    close(encoded(faster(changed), PROMPT), expected)
    close(encoded(faster(clip), PROMPT), plain)


def test_int4_is_ours_alone(files: Path) -> None:
    """Should a host learn to read it, this is where it shows."""
    from comfy import quant_ops

    done = quantize(
        open_checkpoint(files / "t5xxl.safetensors"), files / "int4.safetensors", Request("int4")
    )
    assert done.stock.startswith("ComfyUI's own loaders do not read it")
    assert "awq_w4a16" not in quant_ops.QUANT_ALGOS
    with pytest.raises(KeyError):
        stock(done.path)
