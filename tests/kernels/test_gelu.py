"""Gated GELU."""

from __future__ import annotations

import pytest
import torch
from encoderscope.kernels import force, gated_gelu
from encoderscope.tests.kernels.kit import BACKENDS, DTYPES, LENGTHS, Backend, assert_close, random

FF = 1100
"""More than one program takes, and no multiple of it."""


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
@pytest.mark.parametrize("tokens", LENGTHS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_it_is_the_reference(backend: Backend, tokens: int, dtype: torch.dtype) -> None:
    gate_up = random(tokens, 2 * FF, dtype=dtype)
    with force("reference"):
        wanted = gated_gelu(gate_up, torch.float32)
    with force(backend.way):
        gated = gated_gelu(gate_up.to(backend.device), dtype)
    assert gated.dtype == dtype and gated.shape == (tokens, FF)
    assert_close("gated_gelu", gated, wanted)


@pytest.mark.parametrize("backend", BACKENDS)
def test_halves_may_give_fp32(backend: Backend) -> None:
    """What T5-XXL multiplies here does not always fit fp16, so it is asked for in fp32."""
    gate_up = (random(13, 2 * FF, dtype=torch.float16) * 200).abs()
    with force("reference"):
        wanted = gated_gelu(gate_up, torch.float32)
    with force(backend.way):
        gated = gated_gelu(gate_up.to(backend.device), torch.float32)
    assert wanted.abs().max() > torch.finfo(torch.float16).max / 2
    torch.testing.assert_close(gated.cpu(), wanted, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_rows_may_lie_apart(backend: Backend) -> None:
    wide = random(33, 5 * FF)
    with force("reference"):
        wanted = gated_gelu(wide[:, FF : 3 * FF], torch.float32)
    with force(backend.way):
        assert_close(
            "gated_gelu", gated_gelu(wide.to(backend.device)[:, FF : 3 * FF], torch.float32), wanted
        )


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_gate_is_the_first_half(backend: Backend) -> None:
    gate_up = torch.cat([torch.full((1, FF), 20.0), torch.full((1, FF), 3.0)], dim=1).to(
        backend.device
    )
    with force(backend.way):
        assert torch.equal(gated_gelu(gate_up, torch.float32).cpu(), torch.full((1, FF), 60.0))
        assert torch.equal(gated_gelu(-gate_up, torch.float32).cpu(), torch.zeros(1, FF))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_torch_rounds_once(dtype: torch.dtype) -> None:
    gate_up = random(77, 2 * FF, dtype=dtype)
    with force("torch"):
        assert torch.equal(gated_gelu(gate_up, dtype), gated_gelu(gate_up, torch.float32).to(dtype))


@pytest.mark.parametrize("shape", [(3, 7), (2, 3, 8), (8,)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(token, 2\*ff\)") as refused:
        gated_gelu(torch.zeros(shape), torch.float32)
    assert str(shape) in str(refused.value)
