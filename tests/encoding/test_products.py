"""Products with stored weights, against float64."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.encoding import processor
from encoderscope.conditioning.encoding.products import Products
from encoderscope.conditioning.precision import EXACT, FAST
from encoderscope.kernels import Packed, pack_int8, unpack

SHAPES = [(1, 33, 65), (77, 1100, 128), (400, 2100, 64)]
"""(tokens, rows of the weight, columns): one block, several, and those for many tokens."""


def weight(rows: int, columns: int) -> Any:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(rows)) * 0.1


def stored(kind: str, rows: int, columns: int) -> Packed:
    plain = weight(rows, columns)
    if kind == "int8":
        return pack_int8(plain)
    if kind == "fp8":
        return Packed("fp8_e4m3", plain.to(torch.float8_e4m3fn), torch.tensor(0.5))
    return Packed("plain", plain.to(getattr(torch, kind)), None)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16", "fp8", "int8"])
@pytest.mark.parametrize(("mode", "limit"), [(EXACT, 2e-6), (FAST, 1e-2)])
def test_every_kind_of_weight(
    shape: tuple[int, int, int], kind: str, mode: str, limit: float
) -> None:
    tokens, rows, columns = shape
    packed, products = stored(kind, rows, columns), Products(mode)
    x = torch.randn(tokens, columns, generator=torch.Generator().manual_seed(1))
    truth = x.double() @ unpack(packed, torch.float32).double().t()
    for poison in (True, False):
        if poison:  # what the buffers hold from before must not matter
            for buffer in products._buffers.values():
                buffer.fill_(float("nan"))
        both = torch.full((tokens, 2 * rows), float("nan"), dtype=products.dtype(x.device))
        for result in (
            products(x, packed),
            products.wide(x, packed),
            products(x, packed, both[:, rows:]),
        ):
            assert result.dtype in (torch.float32, products.dtype(x.device))
            assert (result.double() - truth).norm() / truth.norm() < limit
        assert both[:, :rows].isnan().all()


def test_fast_for_a_gpu_alone() -> None:
    """A host with a GPU encodes on the CPU where the encoder's table finds no room on the card."""
    products = Products(FAST, exact_on_cpu=True)
    assert products.dtype(torch.device("cpu")) == torch.float32
    assert products.dtype(torch.device("cuda")) == torch.float16
    assert Products(FAST).dtype(torch.device("cpu")) == torch.bfloat16


def test_fp16_holds_what_is_too_large_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """T5-XXL's activations before its last product pass 65,504. On a GPU fast is fp16; here it is
    asked to be.
    """
    products = Products(FAST)
    monkeypatch.setattr(products, "dtype", lambda device: torch.float16)
    x = torch.randn(5, 64, generator=torch.Generator().manual_seed(1))
    x[2] *= 3e6
    x[3] *= 1e-3
    packed = Packed("plain", weight(48, 64).half(), None)
    truth = x.double() @ packed.data.double().t()
    product = products.wide(x, packed)
    error = (product.double() - truth).norm(dim=-1) / truth.norm(dim=-1)
    assert product.dtype == torch.float32
    assert error.max() < 3e-3, "row by row: a large one does not cost the others their accuracy"


@pytest.mark.parametrize("kind", ["int8", "fp8"])
def test_fp16_is_not_multiplied_with_numbers_before_their_scale(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A product of 400 fits into fp16; the same with int8's numbers up to 127 in the place of 0.3
    does not.
    """
    products, columns = Products(FAST), 128
    monkeypatch.setattr(products, "dtype", lambda device: torch.float16)
    plain = torch.linspace(-0.3, 0.3, columns).repeat(48, 1)
    packed = (
        pack_int8(plain)
        if kind == "int8"
        else Packed(
            "fp8_e4m3", (plain / 0.3 * 448).to(torch.float8_e4m3fn), torch.tensor(0.3 / 448)
        )
    )
    x = torch.sign(plain[:5]) * 22
    truth = x.double() @ unpack(packed, torch.float32).double().t()
    assert truth.abs().max() > 400
    for result in (products(x, packed), products.wide(x, packed)):
        assert (result.double() - truth).norm() / truth.norm() < 3e-3


def test_bf16_is_tried_without_touching_anyones_random_numbers() -> None:
    state = torch.get_rng_state()
    processor.bf16_pays.cache_clear()
    assert isinstance(processor.bf16_pays(), bool)
    assert torch.equal(torch.get_rng_state(), state)


def test_an_fp32_weight_is_not_copied() -> None:
    products = Products(EXACT)
    products(torch.randn(3, 16), Packed("plain", weight(8, 16), None))
    assert not products._buffers


def test_the_makers_name_is_read_on_windows_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", Mock(side_effect=FileNotFoundError))
    for maker in ("AuthenticAMD", "GenuineIntel"):
        monkeypatch.setenv("PROCESSOR_IDENTIFIER", f"AMD64 Family 25 Model 33 Stepping 0, {maker}")
        assert processor._amd() == (maker == "AuthenticAMD")


def test_onednn_is_taken_where_it_is_fp32_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this processor is: `pay` follows what was found out, and the setting is put back."""
    before = torch.backends.mkldnn.matmul.fp32_precision
    amx = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)()
    if amx:
        assert not processor.is_fp32(), "the matrix unit rounds to bf16"
    for is_amd, is_fp32 in ((True, True), (True, False), (False, True)):
        processor.onednn_pays.cache_clear()
        monkeypatch.setattr(processor, "_amd", lambda is_amd=is_amd: is_amd)
        monkeypatch.setattr(processor, "is_fp32", lambda is_fp32=is_fp32: is_fp32)
        assert processor.onednn_pays() == (is_amd and is_fp32)
    processor.onednn_pays.cache_clear()
    assert torch.backends.mkldnn.matmul.fp32_precision == before
