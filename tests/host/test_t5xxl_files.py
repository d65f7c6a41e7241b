"""A T5-XXL from a file, with residuals of tens of thousands as the trained one has them: every
precision, and what happens to it on a card. On a real card it has T5-XXL's true size, elsewhere
few layers that are narrow inside.

On a processor fast is fp16, too, as it is on a card.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.encoding.repeated_rows import Work
from encoderscope.tests import hostkit
from encoderscope.tests.bench import t5xxl
from encoderscope.tests.host.simulated_gpu import of_card
from encoderscope.tests.host.test_fast_encoder import close, encoded, faster, tensors

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder")]
REAL = hostkit.DEVICE == "cuda"
LAYERS = 3
INSIDE: dict[str, int] = {}
if not REAL:
    INSIDE = {"inner": 128, "heads": 2, "forward": 256}
elif not hostkit.HOST_ARGUMENTS:
    LAYERS = 24
PRECISIONS = ("fp16", "bf16", "fp8", "int8", "int4")
EXACT, FAST = 5e-5, 5e-2
"""The largest difference from the host's own fp32 products with the same weights."""
UNIT, CHANNELS, LARGE = 3, (7, 1234), 1e4
"""A unit of the feed-forward layer that answers beyond fp16, and where the residual has it."""
TEXT = "a (red:1.3) car next to a blue house under a pale morning sky"


@pytest.fixture(scope="module")
def file(host_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """bf16. Every layer has the same numbers, in another order."""
    from safetensors.torch import save_file

    dice, shapes = torch.Generator().manual_seed(0), t5xxl.shapes(LAYERS, **INSIDE)
    weights = dict(t5xxl.layers_alike(shapes, lambda kind, shape: random(kind, shape, dice)))
    for name, weight in weights.items():
        large(name, weight)
    path = tmp_path_factory.mktemp("t5xxl") / "t5xxl.safetensors"
    save_file(weights, path)
    yield path
    path.unlink()


def random(kind: str, shape: tuple[int, ...], dice: Any) -> Any:
    """T5's sizes before training; the table of tokens repeats its first rows."""
    if kind == "shared.weight":
        rows = torch.randn((1024, shape[1]), generator=dice).bfloat16()
        return rows.repeat(-(-shape[0] // 1024), 1)[: shape[0]].contiguous()
    if len(shape) == 1:
        return torch.ones(shape, dtype=torch.bfloat16)
    narrow = 0.1 if "SelfAttention.q" in kind else 1.0
    return (torch.randn(shape, generator=dice) * narrow * shape[1] ** -0.5).bfloat16()


def large(name: str, weight: Any) -> None:
    """One unit of the first layer, whose gate and input are a hundred times as large."""
    if ".0.layer.1.DenseReluDense.wi" in name:
        weight[UNIT] *= 100
    if ".0.layer.1.DenseReluDense.wo" in name:
        weight[CHANNELS[0], UNIT], weight[CHANNELS[1], UNIT] = 8.0, -8.0


@pytest.fixture(scope="module", params=PRECISIONS)
def clip(request: pytest.FixtureRequest, file: Path) -> Iterator[Any]:
    loaded = load(file, request.param)
    yield loaded
    del loaded
    unload()


@pytest.fixture(scope="module")
def half(file: Path) -> Iterator[Any]:
    loaded = load(file, "fp16")
    yield loaded
    del loaded
    unload()


def load(file: Path, precision: str) -> Any:
    from encoderscope.host import folders
    from encoderscope.host.loading import loader

    described = list(folders.encoders_in(file.name, file))
    return loader.load_described(described, "pixart", None, precision, "auto").clip


def unload() -> None:
    import comfy.model_management as management

    management.unload_all_models()
    gc.collect()
    management.soft_empty_cache()


@pytest.fixture(autouse=True)
def fast_is_fp16(monkeypatch: pytest.MonkeyPatch) -> None:
    from encoderscope.conditioning.encoding import processor
    from encoderscope.conditioning.encoding.products import Products

    def dtype(self: Products, device: torch.device) -> torch.dtype:
        return torch.float16 if self.mode == "fast" else torch.float32

    monkeypatch.setattr(processor, "bf16_pays", lambda: True)
    monkeypatch.setattr(Products, "dtype", dtype)


def blocks(clip: Any) -> Any:
    return clip.cond_stage_model.t5xxl.transformer.encoder.block


def once(clip: Any, where: int, work: Callable[..., Any]) -> Any:
    """``work`` is done before this block, the next time."""

    def hook(*arguments: Any) -> None:
        handle.remove()
        work(*arguments)

    handle = blocks(clip)[where].register_forward_pre_hook(hook)
    return handle


def remembering_nothing(fast: Any) -> Any:
    """Every encoding is computed."""
    fast.load_model()
    fast.cond_stage_model.t5xxl.transformer.memory.limit = 0
    return fast


def test_every_precision_in_every_mode(clip: Any) -> None:
    seen: list[float] = []
    once(clip, LAYERS - 1, lambda _, inputs: seen.append(float(inputs[0].abs().max())))
    host = encoded(clip, TEXT)
    where = {weight.device for weight in clip.patcher.model.parameters()}
    assert where == {clip.patcher.load_device}, "weights are copied for each encoding"
    assert seen[0] > LARGE, "nothing here is as large as in the trained encoder"
    calls: list[tuple[str, Work]] = []
    close(encoded(faster(clip), TEXT), host, EXACT)
    fast = encoded(faster(clip, "fast", calls), TEXT)
    assert all(value.isfinite().all() for value in fast.values())
    assert not calls[-1][1].repeated, "what is large must fit the products in fp16"
    close(fast, host, FAST)


def test_what_fp16_cannot_hold_comes_again_exactly(half: Any) -> None:
    """Values of the attention, from the channel that is large: the weight fits, the product does
    not.
    """
    changed, calls = half.clone(), list[tuple[str, Work]]()
    name = next(
        name for name in weights_of(half) if name.endswith("block.1.layer.0.SelfAttention.v.weight")
    )
    change = torch.zeros(weights_of(half)[name].shape)
    change[:, CHANNELS[0]] = 4000.0
    assert changed.add_patches({name: ("diff", (change,))}, 1.0)
    host, fast = encoded(changed, TEXT), encoded(faster(changed, "fast", calls), TEXT)
    assert calls[-1][1].repeated == calls[-1][1].encoded > 0
    close(fast, host, EXACT)
    assert all(value.isfinite().all() for value in fast.values())


def weights_of(clip: Any) -> dict[str, Any]:
    return dict(clip.patcher.model.named_parameters())


def test_lora(clip: Any) -> None:
    plain, changed = encoded(clip, TEXT), clip.clone()
    name = next(
        name for name in weights_of(clip) if name.endswith("block.0.layer.0.SelfAttention.v.weight")
    )
    if hostkit.DEVICE == "simulated" and weights_of(clip)[name].dtype == torch.float8_e4m3fn:
        pytest.skip("the host rounds to fp8 with random numbers of the card")
    inner = t5xxl.shapes(1, **INSIDE)["encoder.block.0.layer.0.SelfAttention.v.weight"][0]
    dice = torch.Generator().manual_seed(1)
    up, down = torch.randn(inner, 4, generator=dice), torch.randn(4, t5xxl.WIDTH, generator=dice)
    assert changed.add_patches({name: ("diff", (up @ down * 0.01,))}, 1.0)
    host = encoded(changed, TEXT)
    with pytest.raises(AssertionError):
        close(host, plain, 1e-3)
    close(encoded(faster(changed), TEXT), host, EXACT)
    close(encoded(faster(changed, "fast"), TEXT), host, FAST)
    close(encoded(clip, TEXT), plain, EXACT)


@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_in_part_on_the_card(clip: Any, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole, half of it, and after another model took the rest: the same numbers."""
    import comfy.model_management as management

    if torch.device(clip.patcher.load_device).type == "cpu":
        pytest.skip("computes on the processor")
    if management.vram_state == management.VRAMState.HIGH_VRAM:
        pytest.skip("the host never loads in part")
    fast = remembering_nothing(faster(clip, mode))
    whole = encoded(fast, TEXT)
    assert fast.patcher.loaded_size() == fast.patcher.model_size()
    unload()
    table = fast.cond_stage_model.t5xxl.transformer.shared.weight
    room = table.nbytes + int(0.8 * (fast.patcher.model_size() - table.nbytes))
    room += management.minimum_inference_memory()
    with monkeypatch.context() as little:
        free = of_card(management.get_free_memory, lambda: room)
        little.setattr(management, "get_free_memory", free)
        little.setattr(management, "MIN_WEIGHT_MEMORY_RATIO", 0.0)
        in_part = encoded(fast, TEXT)
        assert 0 < fast.patcher.loaded_size() < fast.patcher.model_size()
        again = encoded(fast, TEXT)
    management.free_memory(1e30, fast.patcher.load_device)
    after = encoded(fast, TEXT)
    for other in (in_part, again, after):
        close(other, whole, EXACT if mode == "exact" else FAST)


def test_stopped_in_the_middle(half: Any) -> None:
    import comfy.model_management as management

    fast = faster(half, "fast")
    before = encoded(half, TEXT)
    once(half, LAYERS // 2, lambda *_: management.interrupt_current_processing(True))
    with pytest.raises(management.InterruptProcessingException):
        encoded(fast, TEXT)
    management.interrupt_current_processing(False)
    close(encoded(fast, TEXT), before, FAST)
    close(encoded(half, TEXT), before, 0)


@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_memory_that_runs_out_in_the_middle(half: Any, mode: str) -> None:
    import comfy.model_management as management

    def full(*_: Any) -> None:
        raise torch.OutOfMemoryError("injected")

    fast = faster(half, mode)
    before = encoded(half, TEXT)
    once(half, LAYERS // 2, full)
    with pytest.raises(management.OOM_EXCEPTION):
        encoded(fast, TEXT)
    unload()
    close(encoded(fast, TEXT), before, FAST)
    close(encoded(half, TEXT), before, 0)


@pytest.mark.gpu
@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_a_card_that_is_full(half: Any, mode: str) -> None:
    """The allocator itself has no more: once the weights lie there, for what is computed."""
    import comfy.model_management as management

    if torch.device(half.patcher.load_device).type == "cpu":
        pytest.skip("computes on the processor")
    fast = remembering_nothing(faster(half, mode))
    before = encoded(fast, TEXT)
    management.soft_empty_cache()
    held = torch.cuda.memory_allocated()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + 1e6) / total)
    try:
        with pytest.raises(management.OOM_EXCEPTION):
            encoded(fast, "a lighthouse, " * 2000)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    gc.collect()
    assert torch.cuda.memory_allocated() <= held + 1e6, "what was computed stays on the card"
    unload()
    close(encoded(fast, TEXT), before, 1e-6)


def test_lengths(half: Any) -> None:
    """Beside and beyond multiples of tiles; weights in fp16, rows of a batch."""
    fast = faster(half, "fast")
    for length in (1, 13, 33, 65, 77, 97, 256, 512):
        row = [(5 + k % 900, 1.0) for k in range(length - 1)] + [(1, 1.0)]
        host = tensors(half.encode_from_tokens_scheduled({"t5xxl": [row]}))
        close(tensors(fast.encode_from_tokens_scheduled({"t5xxl": [row]})), host, FAST)
