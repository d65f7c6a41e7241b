"""Where phrases are looked for: heard in the host's own attention, which answers as ever."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

pytestmark = pytest.mark.host
torch = pytest.importorskip("torch")
models = importlib.import_module("encoderscope.tests.host.generators")

BASE = "positive"


class Asked:
    """The part of the evaluator that is needed here: one model, one conditioning."""

    def __init__(self, model: Any, cond: Any, extra: dict[str, Any]) -> None:
        self.model, self.cond, self.extra = model, cond, extra
        self.options: dict[str, Any] = {"transformer_options": {"mark": 1}}

    def alone(self, x: Any, sigma: Any, name: str) -> Any:
        assert name == BASE
        options = dict(self.options["transformer_options"])
        with torch.no_grad():
            inner = self.model.model.diffusion_model
            return inner(x, sigma, context=self.cond, transformer_options=options, **self.extra)


def asked(family: str) -> tuple[Any, Any, tuple[int, int], int]:
    """An evaluator, x, the size of its latent, and the rows of its conditioning."""
    seeded = torch.Generator().manual_seed(5)

    def random(*shape: int) -> Any:
        return torch.randn(*shape, generator=seeded)

    if family == "sd1":
        return Asked(models.sd1(), random(1, 77, 768), {}), random(1, 4, 16, 8), (16, 8), 77
    if family == "sdxl":
        sdxl = Asked(models.sdxl(), random(1, 77, 2048), {"y": random(1, 2816)})
        return sdxl, random(1, 4, 16, 8), (16, 8), 77
    if family == "flux":
        extra = {"y": random(1, 768), "guidance": torch.tensor([3.5])}
        flux = Asked(models.flux(), random(1, 40, 4096), extra)
        return flux, random(1, 16, 16, 8), (16, 8), 40
    sd3 = Asked(models.sd3(), random(1, 154, 4096), {"y": random(1, 2048)})
    return sd3, random(1, 16, 16, 8), (16, 8), 154


@pytest.fixture
def maps_of(host_folder: Any) -> Any:
    return importlib.import_module("encoderscope.host.generator.attention_maps")


@pytest.mark.parametrize("family", ["sd1", "sdxl", "sd3", "flux"])
def test_every_block_is_heard_and_the_answer_stays_bit_for_bit(maps_of: Any, family: str) -> None:
    evaluator, x, size, length = asked(family)
    sigma = torch.tensor([0.5])
    before = evaluator.alone(x, sigma, BASE)
    maps = maps_of.AttentionMaps({0: [3, 4], 2: [], 5: list(range(length))}, length, size)
    answers = []
    real = evaluator.alone
    evaluator.alone = lambda *call: answers.append(real(*call))
    options = evaluator.options
    maps.listen(evaluator, x, sigma)
    assert torch.equal(answers[0], before), "listening changed the answer"
    assert evaluator.options is options and options == {"transformer_options": {"mark": 1}}
    assert maps.blocks == {"sd1": 7, "sdxl": 70, "sd3": 4, "flux": 1}[family]
    assert set(maps.sums) == {0, 5}, "a phrase without rows has no map"
    everything = maps.sums[5] / maps.blocks
    if family in ("sd1", "sdxl"):
        assert torch.allclose(everything, torch.ones(size), atol=1e-4), "nothing else is a key"
    else:
        assert 0.3 < float(everything.mean()) < 0.98, "the picture's own tokens are keys, too"
    assert float(maps.sums[0].min()) > 0 and float(maps.sums[0].max()) < float(maps.sums[5].max())


def test_attention_is_that_of_the_places_to_the_rows(maps_of: Any) -> None:
    seeded = torch.Generator().manual_seed(1)
    q, k = torch.randn(3, 8, 4, generator=seeded), torch.randn(3, 5, 4, generator=seeded)
    weights = torch.softmax(q @ k.transpose(-1, -2) / 2.0, dim=-1)
    shares = maps_of.attention_to(q, k, {7: [1, 4]})[7]
    assert torch.allclose(shares, weights[..., [1, 4]].sum(-1).mean(0), atol=1e-6)


def test_heads_are_told_apart_in_either_layout(maps_of: Any) -> None:
    tokens = torch.arange(24.0).reshape(1, 3, 8)
    joined = maps_of.by_head(tokens, 2, apart=False)
    assert joined.shape == (2, 3, 4) and joined[1, 0].tolist() == [4, 5, 6, 7]
    assert torch.equal(maps_of.by_head(joined[None], 2, apart=True), joined)


@pytest.mark.parametrize(
    ("places", "size", "grid"),
    [
        (128, (16, 8), (16, 8)),
        (32, (16, 8), (8, 4)),
        (15, (9, 5), (5, 3)),
        (77, (16, 8), None),
        (1, (1, 1), None),
    ],
)
def test_places_that_are_no_grid_of_the_latent_are_left_aside(
    maps_of: Any, places: int, size: tuple[int, int], grid: tuple[int, int] | None
) -> None:
    assert maps_of.grid_of(places, size) == grid


def test_an_override_of_the_artist_stays_in_effect(maps_of: Any) -> None:
    evaluator, x, size, length = asked("sd1")
    calls = []

    def theirs(attention: Any, *args: Any, **more: Any) -> Any:
        calls.append(1)
        return attention(*args, **more)

    evaluator.options = {"transformer_options": {maps_of.OVERRIDE: theirs}}
    maps = maps_of.AttentionMaps({0: [1]}, length, size)
    maps.listen(evaluator, x, torch.tensor([0.5]))
    assert len(calls) > maps.blocks > 0
    assert evaluator.options["transformer_options"][maps_of.OVERRIDE] is theirs
