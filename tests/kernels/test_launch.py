"""The whole way of a launch but its last step: our arguments are bound, specialised and compiled as
Triton does it on a card, and a driver that is none notes down what it would launch.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from encoderscope.kernels import Bias, pack_int4, pack_int8
from encoderscope.kernels.tiles import capability
from encoderscope.tests.kernels.kit import DTYPES, INTERPRETED, random
from encoderscope.tests.kernels.test_compile import SHARED

pytestmark = pytest.mark.skipif(INTERPRETED, reason="interpreted programs are not launched")
triton = pytest.importorskip(
    "triton", reason="triton is not installed; requirements-dev.txt has it for Linux"
)
CARDS = ((8, 0), (9, 0), (12, 0))
WIDTH, FF, HEADS, DIM = 4096, 10240, 64, 64


class Driver:
    """Of a card that is not here."""

    def __init__(self, card: tuple[int, int]) -> None:
        from triton.backends.compiler import GPUTarget

        self.number = card[0] * 10 + card[1]
        self.target = GPUTarget("cuda", self.number, 32)
        self.launches: list[tuple[str, tuple[int, ...]]] = []
        properties = {"max_shared_mem": SHARED[card] * 1024}
        self.utils = SimpleNamespace(
            get_device_properties=lambda _: properties,
            load_binary=lambda name, *_: (None, name, 32, 0, 1024),
        )

    def launcher_cls(self, source: Any, metadata: Any) -> Any:
        def launch(x: int, y: int, z: int, *_: Any) -> None:
            self.launches.append((metadata.name, (x, y, z)))

        return launch

    def get_current_device(self) -> int:
        """Programs are kept by it."""
        return self.number

    def get_current_stream(self, _: int) -> int:
        return 0

    def get_current_target(self) -> Any:
        return self.target


@pytest.fixture(params=CARDS, ids=str)
def driver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Driver:
    from encoderscope.kernels.attention import gpu
    from triton.runtime import driver as active

    assert capability(torch.device("cpu")) is None
    monkeypatch.setattr(gpu, "capability", lambda _: request.param)
    written = Driver(request.param)
    monkeypatch.setattr(active, "_active", written)
    return written


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
@pytest.mark.parametrize("lengths", [(1,), (1, 512, 13)], ids=str)
def test_attention(driver: Driver, lengths: tuple[int, ...], dtype: torch.dtype) -> None:
    """q, k and v as parts of one product, and a table for one distance alone."""
    from encoderscope.kernels.attention.gpu import t5_attention

    starts = [sum(lengths[:n]) for n in range(len(lengths) + 1)]
    product = random(starts[-1], 3 * HEADS * DIM, dtype=dtype).unflatten(1, (3, HEADS, DIM))
    bias = Bias(random(HEADS, 2 * max(lengths) - 1), starts)
    t5_attention(product[:, 0], product[:, 1], product[:, 2], bias)
    [(name, (tiles, heads, _))] = driver.launches
    assert (name, heads) == ("_attention", HEADS)
    assert sum(-(-length // 128) for length in lengths) <= tiles
    assert tiles <= sum(-(-length // 32) for length in lengths)


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
def test_the_others(driver: Driver, dtype: torch.dtype) -> None:
    from encoderscope.kernels.gelu.gpu import gated_gelu
    from encoderscope.kernels.norm.gpu import add_rms_norm
    from encoderscope.kernels.weights.gpu import decode_rows

    stream, weight, block = random(13, WIDTH), random(WIDTH), torch.empty(65, WIDTH, dtype=dtype)
    for update in (None, random(13, 2 * WIDTH, dtype=dtype)[:, :WIDTH]):
        add_rms_norm(stream, update, weight.to(dtype), 1e-6, dtype)
    gated_gelu(random(13, 2 * FF, dtype=dtype), torch.float32)
    matrix = random(96, WIDTH)
    int4 = pack_int4(matrix, 64)
    assert int4.scale is not None
    scales = int4._replace(scale=int4.scale.T.contiguous().T)
    for packed in (pack_int8(matrix), int4, int4._replace(zero=None), scales):
        decode_rows(packed, 13, 78, block)
    assert driver.launches == [
        *[("_add_rms_norm", (13, 1, 1))] * 2,
        ("_gated_gelu", (13, 10, 1)),
        ("_int8", (65, 4, 1)),
        *[("_int4", (65, 4, 1))] * 3,
    ]
