"""The kernels beside the modules of transformers that they stand for."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature

import pytest
import torch
from encoderscope.host.torch_companions import mend_torchvision
from encoderscope.kernels import Bias, add_rms_norm, force, gated_gelu, t5_attention
from encoderscope.tests.kernels.kit import INTERPRETED, assert_close, random

mend_torchvision()  # else transformers' models may not be importable
t5 = pytest.importorskip("transformers.models.t5.modeling_t5")

HEADS, DIM = 4, 16
WIDTH = HEADS * DIM
pytestmark = pytest.mark.skipif(
    INTERPRETED, reason="compares with the same numbers as in the other process"
)


@pytest.fixture(params=["reference", "torch"], autouse=True)
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    with force(request.param), torch.no_grad():
        yield


@pytest.fixture
def config() -> object:
    torch.manual_seed(0)
    result = t5.T5Config(
        d_model=WIDTH,
        d_kv=DIM,
        num_heads=HEADS,
        d_ff=128,
        feed_forward_proj="gated-gelu",
        dropout_rate=0.0,
    )
    result._attn_implementation = "eager"
    return result


@pytest.mark.parametrize("length", [1, 13, 77, 300])
def test_attention(config: object, length: int) -> None:
    """300: beyond 128 all distances weigh the same."""
    theirs = t5.T5Attention(config, has_relative_attention_bias=True).eval()
    torch.nn.init.normal_(theirs.relative_attention_bias.weight)
    torch.nn.init.eye_(theirs.o.weight)
    x = random(length, WIDTH)
    distances = torch.arange(1 - length, length)
    table = theirs.relative_attention_bias(theirs._relative_position_bucket(distances)).T
    q, k, v = (part(x).unflatten(1, (HEADS, DIM)) for part in (theirs.q, theirs.k, theirs.v))
    asked = signature(theirs.forward).parameters
    places = {"cache_position": torch.arange(length)} if "cache_position" in asked else {}
    assert_close(
        "t5_attention",
        t5_attention(q, k, v, Bias(table, [0, length])).flatten(1),
        theirs(x[None], **places)[0][0],
    )


def test_norm() -> None:
    theirs = t5.T5LayerNorm(WIDTH, eps=1e-6)
    theirs.weight.data = random(WIDTH, seed=1)
    stream, update = random(77, WIDTH), random(77, WIDTH, seed=2)
    wanted = theirs(stream + update)
    assert_close(
        "add_rms_norm", add_rms_norm(stream, update, theirs.weight, 1e-6, torch.float32), wanted
    )


def test_feed_forward(config: object) -> None:
    theirs = t5.T5DenseGatedActDense(config).eval()
    x = random(77, WIDTH)
    gated = gated_gelu(torch.cat([theirs.wi_0(x), theirs.wi_1(x)], dim=1), torch.float32)
    assert_close("gated_gelu", gated, theirs.act(theirs.wi_0(x)) * theirs.wi_1(x))
