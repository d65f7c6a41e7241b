"""The residual stream and its norm."""

from __future__ import annotations

import pytest
import torch
from encoderscope.kernels import add_rms_norm, force
from encoderscope.tests.kernels.kit import (
    BACKENDS,
    DTYPES,
    INTERPRETED,
    LENGTHS,
    Backend,
    assert_close,
    random,
)

EPS = 1e-6
DIM = 200
"""Not a power of two."""


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
@pytest.mark.parametrize("tokens", LENGTHS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_it_adds_and_norms_as_the_reference(
    backend: Backend, tokens: int, dtype: torch.dtype
) -> None:
    update, weight = random(tokens, DIM, dtype=dtype, seed=1), random(DIM, seed=2)
    stream, expected = random(tokens, DIM, device=backend.device), random(tokens, DIM)
    with force("reference"):
        wanted = add_rms_norm(expected, update, weight, EPS, torch.float32)
    with force(backend.way):
        normed = add_rms_norm(
            stream, update.to(backend.device), weight.to(backend.device), EPS, dtype
        )
    assert normed.dtype == dtype and normed.shape == (tokens, DIM)
    assert_close("add_rms_norm", normed, wanted)
    assert torch.equal(stream.cpu(), expected), "one addition in fp32 has one result"


@pytest.mark.parametrize("backend", BACKENDS)
def test_without_an_update_the_stream_stays(backend: Backend) -> None:
    stream, weight = random(13, DIM, device=backend.device), random(DIM, seed=2)
    before = stream.clone()
    with force("reference"):
        wanted = add_rms_norm(stream.cpu(), None, weight, EPS, torch.float32)
    with force(backend.way):
        normed = add_rms_norm(stream, None, weight.to(backend.device), EPS, torch.float32)
    assert_close("add_rms_norm", normed, wanted)
    assert torch.equal(stream, before)


@pytest.mark.parametrize("backend", BACKENDS)
def test_rows_may_lie_apart_and_weights_be_halves(backend: Backend) -> None:
    wide, update, weight = (
        random(33, 3 * DIM),
        random(33, 2 * DIM, seed=1),
        random(DIM, dtype=torch.float16, seed=2),
    )
    expected = wide[:, DIM : 2 * DIM].clone()
    with force("reference"):
        wanted = add_rms_norm(expected, update[:, :DIM], weight, EPS, torch.float32)
    there = wide.to(backend.device, copy=True)
    with force(backend.way):
        normed = add_rms_norm(
            there[:, DIM : 2 * DIM],
            update.to(backend.device)[:, :DIM],
            weight.to(backend.device),
            EPS,
            torch.float32,
        )
    assert_close("add_rms_norm", normed, wanted)
    assert torch.equal(there[:, DIM : 2 * DIM].cpu(), expected)
    assert torch.equal(there[:, :DIM].cpu(), wide[:, :DIM]) and torch.equal(
        there[:, 2 * DIM :].cpu(), wide[:, 2 * DIM :]
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_squares_beyond_fp16_do_not_overflow(backend: Backend) -> None:
    """T5-XXL's residual reaches tens of thousands; 256 squared is already more than fp16 holds."""
    stream = random(13, DIM, device=backend.device) * 3e4
    with force("reference"):
        wanted = add_rms_norm(stream.cpu(), None, torch.ones(DIM), EPS, torch.float32)
    with force(backend.way):
        normed = add_rms_norm(
            stream, None, torch.ones(DIM, device=backend.device), EPS, torch.float16
        )
    assert_close("add_rms_norm", normed, wanted)


def test_a_stream_below_fp32_is_refused() -> None:
    with pytest.raises(TypeError, match=r"torch\.float16.*torch\.float32.*Convert"):
        add_rms_norm(random(3, 8, dtype=torch.float16), None, torch.ones(8), EPS, torch.float16)


@pytest.mark.parametrize(
    ("stream", "update", "weight"),
    [
        ((3, 8), (2, 8), (8,)),
        ((3, 8), (3, 8), (7,)),
        ((1, 3, 8), (1, 3, 8), (8,)),
        ((3, 8), None, (8, 1)),
    ],
)
def test_shapes_that_do_not_fit_are_refused(
    stream: tuple[int, ...], update: tuple[int, ...] | None, weight: tuple[int, ...]
) -> None:
    tensor = torch.zeros(stream)
    with pytest.raises(ValueError, match=r"\(token, dim\)") as refused:
        add_rms_norm(
            tensor,
            None if update is None else torch.zeros(update),
            torch.zeros(weight),
            EPS,
            torch.float32,
        )
    assert str(stream) in str(refused.value) and str(weight) in str(refused.value)


@pytest.mark.skipif(INTERPRETED, reason="tests torch's way")
def test_many_rows_are_worked_off_in_blocks() -> None:
    """More rows than one block holds."""
    stream, update = random(300, 1024), random(300, 1024, seed=1)
    expected = stream + update
    normed = add_rms_norm(stream, update, torch.ones(1024), EPS, torch.float32)
    assert torch.equal(stream, expected)
    assert_close(
        "add_rms_norm", normed, expected / (expected.pow(2).mean(1, keepdim=True) + EPS).sqrt()
    )
