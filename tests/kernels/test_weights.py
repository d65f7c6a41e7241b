"""Stored weights: packing, and decoding into a block that is used again."""

from __future__ import annotations

import pytest
import torch
from encoderscope.kernels import Packed, decode_rows, force, pack_int4, pack_int8, unpack
from encoderscope.kernels.weights import reference
from encoderscope.tests.kernels.kit import (
    BACKENDS,
    DTYPES,
    INTERPRETED,
    LENGTHS,
    Backend,
    assert_close,
    random,
)
from torch import Tensor

COLUMNS = 256
FP8_NANS = (0x7F, 0xFF)


def as_fp8(numbers: torch.Tensor) -> torch.Tensor:
    try:
        return numbers.to(torch.float8_e4m3fn)
    except RuntimeError as error:  # torch 2.4, where uninitialised memory is poisoned
        pytest.skip(f"this torch makes no such numbers: {error}")


def stored(layout: str, rows: int) -> Packed:
    """A random weight in one of the layouts, each with all that it may have."""
    weight = random(rows, COLUMNS)
    if layout.startswith("int4"):
        packed = pack_int4(weight, int(layout[4:].split()[0]))
        if "without zeros" in layout:
            return packed._replace(zero=None)
        if layout.endswith("64 transposed"):  # as ComfyUI's files have them
            assert packed.scale is not None and packed.zero is not None
            return packed._replace(
                scale=packed.scale.T.contiguous().T, zero=packed.zero.float().T.contiguous().T
            )
        if "half transposed" in layout:
            return packed._replace(scale=packed.scale.T.contiguous().T)
        return packed
    if layout.startswith("plain"):
        return Packed("plain", weight.to(DTYPES[layout[6:]]), None)
    if layout.startswith("int8"):
        packed = pack_int8(weight)
        return packed._replace(scale=torch.tensor(0.01)) if "one scale" in layout else packed
    bits = as_fp8(weight * 30)
    scale = {"fp8 rows": random(rows, seed=1), "fp8 one scale": torch.tensor(0.03), "fp8": None}[
        layout
    ]
    return Packed("fp8_e4m3", bits.view(torch.uint8) if "rows" in layout else bits, scale)


LAYOUTS = (
    *(
        "plain fp32",
        "plain fp16",
        "plain bf16",
        "int8",
        "int8 one scale",
        "fp8",
        "fp8 rows",
        "fp8 one scale",
    ),
    *(
        "int432",
        "int464",
        "int4128",
        "int464 without zeros",
        "int464 transposed",
        "int464 half transposed",
    ),
)
ON_TRITON = tuple(name for name in LAYOUTS if name.startswith("int"))


def to(device: str, packed: Packed) -> Packed:
    return Packed(*(part.to(device) if isinstance(part, Tensor) else part for part in packed))


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
@pytest.mark.parametrize("layout", ON_TRITON if INTERPRETED else LAYOUTS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_rows_are_those_of_the_reference(backend: Backend, layout: str, dtype: torch.dtype) -> None:
    if backend.way == "triton" and layout not in ON_TRITON:
        pytest.skip("torch's own copy")
    packed = stored(layout, rows=41)
    there, block = (
        to(backend.device, packed),
        torch.empty(35, COLUMNS, dtype=dtype, device=backend.device),
    )
    for start, stop in ((0, 33), (13, 14), (20, 41)):
        block.fill_(float("nan"))
        with force(backend.way):
            factor = decode_rows(there, start, stop, block)
        assert factor is None or (factor.shape == (stop - start,) and factor.dtype == torch.float32)
        decoded = block[: stop - start].float() * (1 if factor is None else factor[:, None])
        assert_close("decode_rows", decoded.to(dtype), reference.weight(packed, start, stop))
        assert block[stop - start :].isnan().all(), "rows beyond what was asked for were written"


@pytest.mark.parametrize("rows", LENGTHS)
@pytest.mark.parametrize("layout", ["int8", "int464"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_any_number_of_rows(backend: Backend, layout: str, rows: int) -> None:
    packed = stored(layout, rows)
    with force(backend.way):
        whole = unpack(to(backend.device, packed), torch.float32)
    assert_close("decode_rows", whole, reference.weight(packed, 0, rows))


@pytest.mark.parametrize("layout", ["int8", "int8 one scale", "fp8 rows", "fp8 one scale", "fp8"])
def test_the_factor_belongs_to_the_products_columns(layout: str) -> None:
    packed, x, block = stored(layout, 40), random(13, COLUMNS, seed=5), torch.empty(40, COLUMNS)
    factor = decode_rows(packed, 0, 40, block)
    assert factor is not None
    torch.testing.assert_close(
        x @ block.T * factor, x @ reference.weight(packed, 0, 40).T, rtol=1e-5, atol=1e-4
    )


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
def test_int8_is_decoded_exactly(dtype: torch.dtype) -> None:
    packed = Packed(
        "int8_rows", torch.arange(-128, 128, dtype=torch.int8).expand(3, 256), torch.ones(3)
    )
    block = torch.empty(3, 256, dtype=dtype)
    decode_rows(packed, 0, 3, block)
    assert torch.equal(block, packed.data.to(dtype))


@pytest.mark.parametrize(
    "nans", [(), (0x7F,), (0xFF,), (0x7F, 0xFF)], ids=["no NaN", "NaN", "-NaN", "both"]
)
@pytest.mark.parametrize("as_bytes", [True, False])
@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
def test_every_fp8_is_decoded_exactly(
    dtype: torch.dtype, as_bytes: bool, nans: tuple[int, ...]
) -> None:
    """Normal and subnormal numbers, both zeros, and NaN of either sign."""
    data = torch.tensor(
        [[code for code in range(256) if code not in FP8_NANS or code in nans]], dtype=torch.uint8
    )
    block = torch.empty(data.shape, dtype=dtype)
    factor = decode_rows(
        Packed("fp8_e4m3", data if as_bytes else data.view(torch.float8_e4m3fn), None), 0, 1, block
    )
    decoded = block.float() if factor is None else block.float() * factor[:, None]
    torch.testing.assert_close(
        decoded, data.view(torch.float8_e4m3fn).float(), rtol=0, atol=0, equal_nan=True
    )
    assert decoded.isnan().sum() == len(nans)
    assert torch.equal(decoded.signbit()[data != 0xFF], (data >= 0x80)[data != 0xFF])


def test_small_fp8_weights_survive_products_in_bf16() -> None:
    """Processors with bf16 products take numbers below bf16's least normal one for 0. Weights of an
    unscaled file are this small.
    """
    weight, x = random(128, COLUMNS) * 0.02, random(13, COLUMNS, dtype=torch.bfloat16, seed=1)
    packed, block = (
        Packed("fp8_e4m3", as_fp8(weight), None),
        torch.empty(128, COLUMNS, dtype=torch.bfloat16),
    )
    factor = decode_rows(packed, 0, 128, block)
    wanted = x.float() @ reference.weight(packed, 0, 128).T
    product = (x @ block.T).float() * (1 if factor is None else factor)
    assert (product - wanted).norm() / wanted.norm() < 4e-3
    assert block[block != 0].abs().min() >= torch.finfo(torch.bfloat16).smallest_normal


def test_int4_is_as_comfyui_reads_it() -> None:
    """From comfy-kitchen's description: low nibble column 2j, high nibble column 2j+1, (q - 8) *
    scale + zero.
    """
    packed = pack_int4(random(3, 128), 64)
    assert packed.scale is not None and packed.zero is not None
    whole = unpack(packed, torch.float32)
    for row, column in ((0, 0), (1, 1), (2, 63), (0, 64), (2, 127)):
        byte = int(packed.data[row, column // 2])
        nibble = byte >> 4 if column % 2 else byte & 15
        scale, zero = (float(part[row, column // 64]) for part in (packed.scale, packed.zero))
        assert whole[row, column] == pytest.approx((nibble - 8) * scale + zero, rel=1e-6)


@pytest.mark.parametrize("size", [1e-6, 0.02, 1.0, 3e3])
def test_packing_goes_to_the_nearest(size: float) -> None:
    """No number is further away than half a step, and what rounding scale and zero to fp16 adds."""
    weight = random(77, COLUMNS) * size
    for result, slack in ((pack_int8(weight), 1e-6), (pack_int4(weight, 64), 2**-10)):
        assert result.scale is not None
        step = (
            result.scale.float()
            .reshape(77, -1)
            .repeat_interleave(COLUMNS // result.scale.reshape(77, -1).shape[1], dim=1)
        )
        off = (unpack(result, torch.float32) - weight).abs()
        assert (off <= step * 0.5 + weight.abs().amax() * slack).all()


def test_a_row_of_one_number_comes_back() -> None:
    weight = torch.tensor([0.0, 1.0, -2.5])[:, None].expand(3, 64)
    assert torch.equal(unpack(pack_int8(weight), torch.float32), weight)
    torch.testing.assert_close(
        unpack(pack_int4(weight, 32), torch.float32), weight, rtol=0, atol=1e-3
    )


def test_what_cannot_be_packed_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"Groups of 48 of 256 columns.*\(32, 64, 128\).*int8_rows"
    ):
        pack_int4(random(3, COLUMNS), 48)
    with pytest.raises(ValueError, match="divide the columns"):
        pack_int4(random(3, 80), 64)
    with pytest.raises(ValueError, match=r"70000.*65504"):
        pack_int4(torch.full((3, 64), 7e4), 64)
    for pack in (pack_int8, lambda weight: pack_int4(weight, 64)):
        with pytest.raises(ValueError, match="not finite"):
            pack(torch.full((3, 64), float("inf")))
        with pytest.raises(ValueError, match=r"\(out, in\).*\(3,\)"):
            pack(torch.zeros(3))


def test_the_block_must_fit() -> None:
    packed = stored("int8", 40)
    for block in (
        torch.empty(3, COLUMNS),
        torch.empty(8, 128),
        torch.empty(8, COLUMNS, dtype=torch.float64),
        torch.empty(COLUMNS, 8).T,
    ):
        with pytest.raises(ValueError, match=r"The block is .*\(8, 256\), contiguous"):
            decode_rows(packed, 0, 8, block)
    for start, stop in ((-1, 3), (3, 3), (39, 41)):
        with pytest.raises(ValueError, match=f"Rows {start}:{stop} .*40"):
            decode_rows(packed, start, stop, torch.empty(8, COLUMNS))


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'nvfp4'.*plain, int8_rows, fp8_e4m3, int4_groups"):
        decode_rows(Packed("nvfp4", torch.zeros(3, 4), None), 0, 3, torch.empty(3, 4))
    with pytest.raises(ValueError, match=r"groups of 48 of its 256 columns"):
        decode_rows(stored("int464", 3)._replace(group=48), 0, 3, torch.empty(3, COLUMNS))


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
def test_unpacking_rounds_once(dtype: torch.dtype) -> None:
    for layout in ("int8", "int464", "fp8 rows"):
        packed = stored(layout, 40)
        assert torch.equal(unpack(packed, dtype), reference.weight(packed, 0, 40).to(dtype)), layout
