"""Every precision an encoder is stored in, or loaded as: what its weights and its answers are."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from encoderscope.tests.host.loading import making
from encoderscope.tests.host.loading.test_files import PROMPT, load, states, tiny_t5

pytestmark = pytest.mark.host


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("fp32", torch.float32), ("fp16", torch.float16), ("bf16", torch.bfloat16)],
)
def test_precisions(precision: str, dtype: torch.dtype, folder: Path) -> None:
    making.write(folder / "t5.safetensors", tiny_t5())
    encoder = load("t5.safetensors", precision).clip.cond_stage_model.t5.transformer
    for name, value in encoder.named_parameters():
        assert torch.equal(value, tiny_t5()[name].to(dtype)), name


def test_as_stored_keeps_every_dtype(folder: Path) -> None:
    stored = {
        key: value.to(torch.bfloat16 if value.ndim > 1 else torch.float32)
        for key, value in tiny_t5().items()
    }
    making.write(folder / "t5.safetensors", stored)
    encoder = load("t5.safetensors").clip.cond_stage_model.t5.transformer
    assert {name: value.dtype for name, value in encoder.named_parameters()} == {
        key: value.dtype for key, value in stored.items()
    }


def test_fp8_is_for_the_layers_matrices(folder: Path) -> None:
    large = "encoder.block.0.layer.1.DenseReluDense.wo.weight"
    making.write(folder / "t5.safetensors", {**tiny_t5(), large: tiny_t5()[large] * 2000})
    loaded = load("t5.safetensors", "fp8")
    dtypes = {
        name: value.dtype
        for name, value in loaded.clip.cond_stage_model.t5.transformer.named_parameters()
    }
    assert dtypes["encoder.block.1.layer.1.DenseReluDense.wi_0.weight"] == torch.float8_e4m3fn
    assert dtypes["shared.weight"] == torch.float16
    assert dtypes["encoder.final_layer_norm.weight"] == torch.float32
    assert dtypes[large] == torch.float32
    assert loaded.encoders[0].result.too_large == [large]
    assert loaded.clip.encode_from_tokens(loaded.clip.tokenize(PROMPT)).isfinite().all()


def fp8(tensors: dict[str, torch.Tensor], scaled: bool) -> dict[str, torch.Tensor]:
    """As ComfyUI's fp8 files of T5 are: matrices of the layers in fp8, with a factor each where
    they are scaled.
    """
    result = {}
    for key, value in tensors.items():
        if value.ndim < 2 or "shared" in key or "relative" in key:
            result[key] = value.to(torch.float16)
            continue
        factor = value.abs().max() / 448 if scaled else torch.tensor(1.0)
        result[key] = (value / factor).to(torch.float8_e4m3fn)
        if scaled:
            result[key.removesuffix("weight") + "scale_weight"] = factor.to(torch.float32)
    return (
        {**result, "scaled_fp8": torch.tensor([], dtype=torch.float8_e4m3fn)} if scaled else result
    )


@pytest.mark.parametrize("scaled", [False, True], ids=["plain", "scaled"])
def test_fp8_files(scaled: bool, folder: Path) -> None:
    tensors = fp8(tiny_t5(), scaled)
    making.write(folder / "t5.safetensors", tensors)
    kept = load("t5.safetensors")
    encoder = kept.clip.cond_stage_model.t5.transformer
    weight = encoder.encoder.block[0].layer[0].SelfAttention.q
    assert weight.weight.dtype == torch.float8_e4m3fn
    assert (hasattr(weight, "scale_weight") or hasattr(weight, "weight_scale")) == scaled
    unpacked = {
        key: value.float() * tensors.get(key.removesuffix("weight") + "scale_weight", 1.0)
        for key, value in tensors.items()
        if not key.endswith("scale_weight") and key != "scaled_fp8"
    }
    making.write(folder / "unpacked.safetensors", unpacked)
    expected = states("unpacked.safetensors")[0]
    assert torch.allclose(
        states("t5.safetensors")[0], expected, atol=1e-5 * float(expected.abs().max())
    )
    assert torch.equal(states("t5.safetensors", "fp32")[0], expected)


@pytest.mark.parametrize("end", ["t5xxl", "alone"])
def test_fp8_scaled_as_the_host_does(end: str, folder: Path) -> None:
    """The same class of linear, with the same factors, as the host makes of such a file."""
    import comfy.ops

    if not hasattr(comfy.ops, "scaled_fp8_ops"):
        pytest.skip("this host has no linears of its own for such a file")
    making.write(folder / "t5.safetensors", fp8(tiny_t5(), True))
    encoder = load("t5.safetensors").clip.cond_stage_model.t5.transformer
    wanted = comfy.ops.scaled_fp8_ops(
        fp8_matrix_mult=False, override_dtype=torch.float8_e4m3fn
    ).Linear
    assert (
        type(encoder.encoder.block[0].layer[0].SelfAttention.q).__qualname__ == wanted.__qualname__
    )
