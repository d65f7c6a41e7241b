"""T5's attention over packed documents."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import pytest
import torch
from encoderscope.kernels import Bias, force, recording, t5_attention
from encoderscope.tests.kernels.kit import (
    BACKENDS,
    DTYPES,
    INTERPRETED,
    LENGTHS,
    RAGGED,
    Backend,
    assert_close,
    random,
)
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode

HEADS, DIM = 2, 32


def starts_of(lengths: Sequence[int]) -> list[int]:
    return list(accumulate(lengths, initial=0))


def inputs(
    tokens: int, dtype: torch.dtype = torch.float32, heads: int = HEADS, dim: int = DIM
) -> list[Tensor]:
    return [
        random(tokens, heads, dim, dtype=dtype, seed=seed) * size
        for seed, size in ((1, 0.4), (2, 0.4), (3, 1.0))
    ]


def table(longest: int, heads: int = HEADS) -> Tensor:
    return random(heads, 2 * longest - 1, seed=4)


def truth(qkv: Sequence[Tensor], bias: Tensor, starts: Sequence[int]) -> Tensor:
    with force("reference"):
        return t5_attention(*(tensor.float().cpu() for tensor in qkv), Bias(bias, starts))


def attend(backend: Backend, qkv: Sequence[Tensor], bias: Tensor, starts: Sequence[int]) -> Tensor:
    with force(backend.way):
        return t5_attention(
            *(tensor.to(backend.device) for tensor in qkv), Bias(bias.to(backend.device), starts)
        )


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_one_document(backend: Backend, length: int, dtype: torch.dtype) -> None:
    qkv, bias = inputs(length, dtype), table(length)
    attended = attend(backend, qkv, bias, [0, length])
    assert attended.dtype == dtype and attended.shape == qkv[0].shape
    assert_close("t5_attention", attended, truth(qkv, bias, [0, length]))


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
@pytest.mark.parametrize(
    "lengths", [RAGGED, (33,) * 4, (1,) * 5], ids=["ragged", "of one length", "of one token"]
)
@pytest.mark.parametrize("backend", BACKENDS)
def test_documents_end_to_end(backend: Backend, lengths: Sequence[int], dtype: torch.dtype) -> None:
    """With a table for longer ones than there are."""
    starts = starts_of(lengths)
    qkv, bias = inputs(starts[-1], dtype), table(90)
    assert_close("t5_attention", attend(backend, qkv, bias, starts), truth(qkv, bias, starts))


@pytest.mark.parametrize("backend", BACKENDS)
def test_documents_do_not_see_each_other(backend: Backend) -> None:
    """Exchanging all of one document leaves every bit of the others as it was."""
    starts = starts_of(RAGGED)
    qkv, bias = inputs(starts[-1]), table(77)
    before = attend(backend, qkv, bias, starts)
    for tensor in qkv:
        tensor[starts[2] : starts[3]] = 7.0
    after = attend(backend, qkv, bias, starts)
    others = torch.cat([torch.arange(starts[2]), torch.arange(starts[3], starts[-1])])
    assert torch.equal(before[others], after[others])
    assert not torch.equal(before[starts[2] : starts[3]], after[starts[2] : starts[3]])


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_product_may_hold_all_three(backend: Backend) -> None:
    fused = random(46, 3 * HEADS * DIM).unflatten(1, (3, HEADS, DIM))
    qkv, bias = [fused[:, part] * 1 for part in range(3)], table(33)
    views = fused.to(backend.device)
    with force(backend.way):
        attended = t5_attention(
            views[:, 0], views[:, 1], views[:, 2], Bias(bias.to(backend.device), [0, 13, 46])
        )
    assert_close("t5_attention", attended, truth(qkv, bias, [0, 13, 46]))


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_bias_is_read_by_distance(backend: Backend) -> None:
    """A key that lies two tokens on is all that is heard, if its distance outweighs all others."""
    length, longest = 13, 20
    bias = torch.zeros(1, 2 * longest - 1)
    bias[0, 2 + longest - 1] = 1000
    values = random(length, 1, 16)
    calls = attend(
        backend, [torch.zeros(length, 1, 16), torch.zeros(length, 1, 16), values], bias, [0, length]
    )
    torch.testing.assert_close(calls[:-2].cpu(), values[2:])


@pytest.mark.parametrize("backend", BACKENDS)
def test_large_scores_do_not_overflow(backend: Backend) -> None:
    """T5 does not scale, and its scores reach hundreds. Whole numbers: so large a score would carry
    its rounding into the weights.
    """
    (q, k, v), bias = inputs(40), table(40).round()
    qkv = [(q * 50).round(), (k * 5).round(), v]
    assert_close("t5_attention", attend(backend, qkv, bias, [0, 40]), truth(qkv, bias, [0, 40]))


@pytest.mark.parametrize("dim", [16, 64, 128])
@pytest.mark.parametrize("backend", BACKENDS)
def test_heads_of_other_widths(backend: Backend, dim: int) -> None:
    qkv, bias = inputs(33, heads=1, dim=dim), table(33, heads=1)
    assert_close("t5_attention", attend(backend, qkv, bias, [0, 33]), truth(qkv, bias, [0, 33]))


class Seen(TorchDispatchMode):
    """Every operation of torch, and the most values that one of them gave."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.largest = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.names.append(func.__name__)
        tensors = result if isinstance(result, (tuple, list)) else [result]
        self.largest = max(
            [
                self.largest,
                *(
                    tensor.untyped_storage().nbytes()
                    for tensor in tensors
                    if isinstance(tensor, Tensor)
                ),
            ]
        )
        return result


@pytest.mark.skipif(INTERPRETED, reason="tests torch's way")
@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
def test_nothing_is_as_large_as_all_pairs_of_all_documents(dtype: torch.dtype) -> None:
    documents, length = 6, 100
    qkv = inputs(documents * length, dtype, dim=16)
    bias = Bias(table(length), range(0, documents * length + 1, length))
    with Seen() as seen, force("torch"):
        t5_attention(*qkv, bias)
    shared = HEADS * length * 104 * dtype.itemsize  # rows are padded to a multiple of 8
    assert any("flash_attention" in name for name in seen.names), seen.names
    assert shared <= seen.largest < 2 * shared


@pytest.mark.skipif(INTERPRETED, reason="tests torch's way")
@pytest.mark.parametrize("way", ["torch", "reference"])
def test_heads_lie_side_by_side_whatever_torch_takes(way: str) -> None:
    """Its way on Macs, AMD and Intel gives heads one after the other, and a caller joins them."""
    qkv, bias = inputs(33), table(33)
    with sdpa_kernel(SDPBackend.MATH), force(way):
        attended = t5_attention(*qkv, Bias(bias, [0, 33]))
    assert_close("t5_attention", attended.view(33, -1), truth(qkv, bias, [0, 33]).flatten(1))


@pytest.mark.skipif(INTERPRETED, reason="tests torch's way")
def test_all_layers_share_one_bias_per_length() -> None:
    starts = starts_of(RAGGED)
    qkv, bias = inputs(starts[-1], torch.bfloat16), Bias(table(77), starts)
    with Seen() as seen, force("torch"):
        for _ in range(24):
            t5_attention(*qkv, bias)
    assert sum("index_select" in name for name in seen.names) == len(set(RAGGED))
    assert bias.square(33, torch.bfloat16) is bias.square(33, torch.bfloat16)


def test_the_square_is_the_table_by_distance() -> None:
    bias = Bias(table(20), [0, 13])
    square = bias.square(13, torch.float32)
    assert square.shape == (HEADS, 13, 13) and square.stride() == (13 * 16, 16, 1)
    for query in range(13):
        for key in range(13):
            assert torch.equal(square[:, query, key], bias.table[:, key - query + 19])


def test_neighbours_of_one_length_are_one_run() -> None:
    """13 1 33 13 13 40 77 1"""
    assert Bias(table(77), starts_of(RAGGED)).runs == (
        (0, 13, 13),
        (13, 14, 1),
        (14, 47, 33),
        (47, 73, 13),
        (73, 113, 40),
        (113, 190, 77),
        (190, 191, 1),
    )


def test_tiles_cover_every_token_once() -> None:
    starts = starts_of(RAGGED)
    tiles = Bias(table(77), starts).tiles(32).tolist()
    covered = [token for first, _, stop in tiles for token in range(first, min(first + 32, stop))]
    assert covered == list(range(starts[-1]))
    assert {(start, stop) for _, start, stop in tiles} == set(pairwise(starts))


@pytest.mark.parametrize("starts", [[0], [], [1, 5], [0, 5, 5], [0, 5, 3]])
def test_starts_that_do_not_ascend_are_refused(starts: list[int]) -> None:
    with pytest.raises(ValueError, match="expected 0, then ascending") as refused:
        Bias(table(8), starts)
    assert str(starts) in str(refused.value)


def test_a_table_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2, 15\).*longest at least 9.*more distances"):
        Bias(table(8), [0, 3, 12])
    with pytest.raises(ValueError, match=r"\(2, 14\).*2\*longest-1"):
        Bias(torch.zeros(2, 14), [0, 3])
    with pytest.raises(TypeError, match=r"torch\.float16.*torch\.float32"):
        Bias(table(8).half(), [0, 3])


def test_q_k_and_v_must_fit_each_other_and_the_bias() -> None:
    q, k, v = inputs(8)
    bias = Bias(table(8), [0, 8])
    with pytest.raises(TypeError, match=r"one float type"):
        t5_attention(q.half(), k, v, bias)
    with pytest.raises(ValueError, match=r"\(8, 2, 32\).*\(7, 2, 32\)"):
        t5_attention(q, k[1:], v, bias)
    with pytest.raises(ValueError, match=r"8 tokens and 2 heads.*7 tokens and 2 heads"):
        t5_attention(q[1:], k[1:], v[1:], bias)
    with pytest.raises(ValueError, match=r"8 tokens and 2 heads.*8 tokens and 1 heads"):
        t5_attention(q[:, :1], k[:, :1], v[:, :1], bias)


def test_the_choice_is_counted() -> None:
    qkv, bias = inputs(8), Bias(table(8), [0, 8])
    with recording() as taken, force("reference"):
        t5_attention(*qkv, bias)
        t5_attention(*qkv, bias)
    assert [(choice.op, choice.way, calls) for choice, calls in taken.items()] == [
        ("t5_attention", "reference", 2)
    ]
