"""Weights in comfy-kitchen's tensors, and its products of rounded numbers: ours against its own
arithmetic, and in which encoders they are used.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope import kernels
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.encoding.repeated_rows import Work
from encoderscope.conditioning.precision import DRAFT, EXACT, FAST
from encoderscope.conditioning.quantization.quantized_copy import Request, quantize
from encoderscope.tests.host import clips
from encoderscope.tests.host.loading import making
from encoderscope.tests.host.test_fast_encoder import close, difference, encoded, faster

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "one_thread")]
INT8, FP8 = "TensorWiseINT8Layout", "TensorCoreFP8Layout"
PROMPT = "a red fox beside the (river:1.2)"
ROUNDED = 0.03
"""What int8 activations (a scale for each token) cost a product of Gaussian numbers, at most; fp8
ones (a scale for all): a little more.
"""


@pytest.fixture
def kitchen(host_folder: Path) -> Any:
    from encoderscope.host.acceleration import comfy_kitchen as kitchen

    if kitchen.tensors() is None:
        pytest.skip("comfy-kitchen is not installed")
    return kitchen


@pytest.fixture
def units(kitchen: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """As if this machine had units for all layouts: comfy-kitchen has a slow way for each on a
    processor.
    """
    monkeypatch.setattr(kitchen, "has_units", lambda layout: True)
    return kitchen


def drawn(rows: int, columns: int, seed: int = 1) -> Any:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


def quantised(kitchen: Any, layout: str, weight: Any, **how: Any) -> Any:
    return kitchen.tensors().QuantizedTensor.from_float(weight, layout, **how)


HOW: dict[str, tuple[str, dict[str, Any]]] = {
    "int8 by rows": (INT8, {"per_channel": True}),
    "int8, one scale": (INT8, {}),
    "int8, turned": (INT8, {"per_channel": True, "convrot": True, "convrot_groupsize": 256}),
    "fp8": (FP8, {}),
    "nvfp4": ("TensorCoreNVFP4Layout", {}),
}
OURS = {"int8 by rows": "int8_rows", "int8, one scale": "int8_rows", "fp8": "fp8_e4m3"}


@pytest.mark.parametrize("name", HOW)
def test_its_weights_are_the_same_numbers_in_our_products(name: str, kitchen: Any) -> None:
    layout, how = HOW[name]
    weight = quantised(kitchen, layout, drawn(64, 512), **how)
    packed = kitchen.packed(weight, torch.float32)
    assert packed.layout == OURS.get(name, "plain")
    assert difference(kernels.unpack(packed, torch.float32), weight.dequantize()) < 1e-6


@pytest.mark.parametrize("tokens", [1, 13, 33, 77])
@pytest.mark.parametrize("name", ["int8 by rows", "int8, one scale", "int8, turned", "fp8"])
def test_a_draft_product_rounds_activations_and_no_more(
    name: str, tokens: int, kitchen: Any
) -> None:
    layout, how = HOW[name]
    weight, x = quantised(kitchen, layout, drawn(96, 512), **how), drawn(tokens, 512, 2)
    exact = x @ weight.dequantize().T
    product = kitchen.product(x, layout, weight, None, None)
    assert product.dtype == torch.bfloat16
    assert product.shape == exact.shape
    assert 1e-4 < difference(product, exact) < (0.05 if layout == FP8 else ROUNDED)


@pytest.mark.parametrize("layout", [INT8, FP8])
def test_our_packed_numbers_give_the_same_product_as_its_tensors(layout: str, kitchen: Any) -> None:
    weight, x = (
        quantised(
            kitchen, layout, drawn(96, 512), **({"per_channel": True} if layout == INT8 else {})
        ),
        drawn(33, 512, 2),
    )
    packed = kitchen.packed(weight, torch.float32)
    ours = kitchen.product(x, layout, packed.data, packed.scale, None)
    assert torch.equal(ours, kitchen.product(x, layout, weight, None, None))


def test_a_scale_that_the_file_fixes_is_used(kitchen: Any) -> None:
    weight, x = quantised(kitchen, FP8, drawn(32, 64)), drawn(5, 64, 2)
    coarse = kitchen.product(
        x, FP8, weight, None, torch.tensor(1e6)
    )  # every number vanishes beside it
    assert not coarse.any()


@pytest.fixture
def int8_t5(host_folder: Path, tmp_path: Path) -> Any:
    """A T5 whose layers stay int8, from our own loader."""
    from encoderscope.host.loading import loader

    making.write(tmp_path / "t5.safetensors", making.state(making.t5(512, 2, 1024, 8, 64)))
    done = quantize(
        open_checkpoint(tmp_path / "t5.safetensors"),
        tmp_path / "t5-int8.safetensors",
        Request("int8"),
    )
    return loader.load_files([done.path], "encoder alone").clip


def test_an_encoder_in_draft(int8_t5: Any, units: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its numbers differ from exact ones by more than bf16 does, every linear of its blocks is
    comfy-kitchen's, and exact stays exact.
    """
    from encoderscope.conditioning.encoding import processor

    monkeypatch.setattr(processor, "bf16_pays", lambda: True)
    calls: list[str] = []
    product = units.product
    monkeypatch.setattr(
        units, "product", lambda x, layout, *rest: calls.append(layout) or product(x, layout, *rest)
    )
    exact = encoded(faster(int8_t5), PROMPT)
    assert not calls
    fast, draft = encoded(faster(int8_t5, FAST), PROMPT), encoded(faster(int8_t5, DRAFT), PROMPT)
    assert calls == [INT8] * (2 * 7), "seven linears in each of two blocks"
    off = difference(draft["cond"], exact["cond"])
    assert difference(fast["cond"], exact["cond"]) < off < 0.2
    close(encoded(faster(int8_t5), PROMPT), exact)


def test_rows_that_do_not_fit_come_again_exactly(
    int8_t5: Any, units: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, Work]] = []
    exact = encoded(faster(int8_t5), PROMPT)
    monkeypatch.setattr(
        units,
        "product",
        lambda x, layout, weight, *_: torch.full(
            (x.shape[0], weight.shape[0]), torch.nan, dtype=torch.bfloat16
        ),
    )
    close(encoded(faster(int8_t5, DRAFT, calls), PROMPT), exact)
    assert calls[-1][1].repeated


def mode_of(clip: Any) -> tuple[str | None, str]:
    from encoderscope.host.acceleration import patches

    [part] = patches.accelerate(clip, DRAFT).encoders
    return part.mode, part.reason


def test_where_there_is_no_draft_it_is_fast_and_says_why(
    int8_t5: Any, kitchen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from encoderscope.conditioning.encoding import processor
    from encoderscope.host.acceleration import status

    monkeypatch.setattr(processor, "bf16_pays", lambda: True)
    mode, why = mode_of(int8_t5)
    assert mode == FAST
    assert "draft needs a GPU that multiplies such numbers as they are" in why
    monkeypatch.setattr(kitchen, "has_units", lambda layout: True)
    assert mode_of(int8_t5) == (DRAFT, "")
    mode, why = mode_of(clips.clip("pixart_or_chroma"))
    assert mode == FAST
    assert "these weights are plain numbers" in why
    monkeypatch.setattr(kitchen, "tensors", lambda: None)
    mode, why = mode_of(int8_t5)
    assert mode == FAST
    assert "comfy-kitchen" in why
    part = SimpleNamespace(name="t5", mode=FAST, padding_left_out=False, reason=why, streamed=False)
    assert "draft needs comfy-kitchen" in status.plan_lines([part], DRAFT)[1]  # type: ignore[list-item]
    monkeypatch.setattr(processor, "bf16_pays", lambda: False)
    mode, why = mode_of(int8_t5)
    assert mode == EXACT
    assert "comfy-kitchen" in why
    assert "multiplies bf16 slower" in why


def test_a_probe_never_drafts(int8_t5: Any, units: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even of a CLIP behind a Fast Encoder in draft."""
    from encoderscope.host import probe_encoder

    def refuse(*_: Any) -> None:
        raise AssertionError("a draft product")

    draft = faster(int8_t5, DRAFT)
    encoded(draft, PROMPT)
    monkeypatch.setattr(units, "product", refuse)
    [encoder] = probe_encoder.take_apart(draft).encoders
    assert encoder.states(encoder.tokenize(["a red fox"]))[0].sequence.isfinite().all()


def test_a_broken_one_is_as_good_as_none(kitchen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    def broken(name: str) -> Any:
        raise RuntimeError(f"{name}: a driver is too old")

    kitchen.tensors.cache_clear()
    try:
        monkeypatch.setattr(importlib, "import_module", broken)
        assert kitchen.tensors() is None
        assert not kitchen.is_quantised(torch.ones(1))
    finally:
        kitchen.tensors.cache_clear()
