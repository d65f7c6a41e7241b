"""What newer hosts do on NVIDIA GPUs, as far as a processor can show it: weights that stay where
they are, LoRA beside them, other sums.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.encoding.products import Products
from encoderscope.conditioning.encoding.repeated_rows import Work
from encoderscope.tests import hostkit
from encoderscope.tests.host import clips, simulated_vbar
from encoderscope.tests.host.simulated_gpu import SimulatedGpu
from encoderscope.tests.host.test_fast_encoder import clip_of, close, difference, encoded, faster

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "one_thread")]
PROMPT = "a red fox beside the (river:1.2)"


def test_a_probe_says_where_to_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that leaves the weights on the processor computes there unless it is told otherwise:
    in bf16, without LoRA.
    """
    from encoderscope.host import probe_encoder

    output: list[dict[str, Any]] = []
    [encoder] = probe_encoder.take_apart(clips.clip("sd1")).encoders
    model = encoder.clip.cond_stage_model
    options = model.set_clip_options
    monkeypatch.setattr(
        model, "set_clip_options", lambda chosen: (output.append(chosen), options(chosen))
    )
    rows = encoder.tokenize(["a red fox"])
    for ask in (lambda: encoder.states(rows), lambda: encoder.static([320])):
        output.clear()
        ask()
        assert output[-1] == {"execution_device": encoder.clip.patcher.load_device}


def test_a_host_that_estimates_memory_from_tokens_gets_some() -> None:
    from encoderscope.host import clip as host_clip

    inputs: list[Any] = []
    estimating, plain = SimpleNamespace(memory_estimation_function=None), SimpleNamespace()
    host_clip.load(
        SimpleNamespace(
            cond_stage_model=estimating,
            tokenize=lambda text: {"l": [text]},
            load_model=lambda tokens=(): inputs.append(tokens),
        )
    )
    host_clip.load(
        SimpleNamespace(
            cond_stage_model=plain, tokenize=None, load_model=lambda: inputs.append("none taken")
        )
    )
    assert inputs == [{"l": ["a"]}, "none taken"]


@pytest.mark.skipif(hostkit.DEVICE == "simulated", reason="our products leave its tensors alone")
@pytest.mark.parametrize(
    "setting", ["allow_fp16_accumulation", "allow_fp16_reduced_precision_reduction"]
)
def test_sums_stay_fp32_whatever_the_host_allows_its_image_models(
    setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    matmul, seen = torch.backends.cuda.matmul, list[bool]()
    if not hasattr(matmul, setting):
        pytest.skip("this torch has no such setting")
    product = Products.__call__

    def watched(self: Products, *inputs: Any) -> Any:
        seen.append(bool(getattr(matmul, setting)))
        return product(self, *inputs)

    monkeypatch.setattr(Products, "__call__", watched)
    fast = faster(clip_of("flux"))
    before = getattr(matmul, setting)
    try:
        setattr(matmul, setting, True)
        encoded(fast, PROMPT)
        assert getattr(matmul, setting)
    finally:
        setattr(matmul, setting, before)
    assert seen
    assert not any(seen)


def layer(clip: Any, family: str) -> Any:
    model = clip.cond_stage_model
    if family == "flux":
        return model.t5xxl.transformer.encoder.block[0].layer[1].DenseReluDense.wo
    return model.clip_l.transformer.text_model.encoder.layers[0].mlp.fc2


def bypassed(clip: Any, family: str) -> Any:
    """With a LoRA that leaves the weight alone, as ComfyUI's bypass nodes put it on a layer: a
    forward that is injected while it is loaded.
    """
    from comfy.patcher_extension import PatcherInjection

    changed, item = clip.clone(), layer(clip, family)
    own: list[Any] = []

    def inject(_: Any) -> None:
        own.append(item.forward)
        item.forward = _Louder(item.forward).forward

    def eject(_: Any) -> None:
        item.forward = own.pop()

    changed.patcher.set_injections("bypass", [PatcherInjection(inject, eject)])
    return changed


class _Louder:
    def __init__(self, forward: Any) -> None:
        self.own = forward

    def forward(self, x: Any) -> Any:
        return self.own(x) * 1.5


@pytest.mark.parametrize(("family", "name"), [("flux", "t5xxl"), ("sd1", "clip_l")])
def test_another_nodes_forward_on_a_layer_is_felt(family: str, name: str) -> None:
    """And what was encoded without it does not answer, nor the other way round."""
    clip, calls = clip_of(family), list[tuple[str, Work]]()
    fast = faster(clip, heard=calls)

    def kept() -> int:
        return [work.remembered for encoder, work in calls if encoder == name][-1]

    plain = encoded(fast, PROMPT)
    encoded(fast, PROMPT)
    assert kept(), "nothing is kept, so nothing could be wrong"
    changed = encoded(bypassed(clip, family), PROMPT)
    assert difference(changed["cond"], plain["cond"]) > 1e-3
    close(encoded(bypassed(fast, family), PROMPT), changed)
    assert not kept()
    close(encoded(faster(bypassed(clip, family)), PROMPT), changed)
    close(encoded(fast, PROMPT), plain)


def test_copies_that_are_made_for_one_encoding_hide_nothing_that_is_known() -> None:
    """The host keeps what small weights are copies of; that is what must not have changed."""
    clip, calls = clip_of("sd1"), list[tuple[str, Work]]()
    fast = faster(clip, heard=calls)
    fast.patcher.is_dynamic = lambda: True
    norm = clip.cond_stage_model.clip_l.transformer.text_model.final_layer_norm
    encoded(fast, PROMPT)
    kept = torch.nn.Parameter(norm.weight.data.clone(), requires_grad=False)
    for _ in range(2):
        fast.patcher.backup["clip_l.transformer.text_model.final_layer_norm.weight"] = (
            SimpleNamespace(weight=kept, inplace_update=False)
        )
        norm.weight = torch.nn.Parameter(kept.clone(), requires_grad=False)
        encoded(fast, PROMPT)
    assert calls[-1][1].remembered
    kept.mul_(2)
    norm.weight = torch.nn.Parameter(kept.clone(), requires_grad=False)
    encoded(fast, PROMPT)
    assert not calls[-1][1].remembered


@contextmanager
def _dynamic() -> Iterator[simulated_vbar.Vram]:
    if not simulated_vbar.supported():
        pytest.skip("this host has no dynamic VRAM")
    with SimulatedGpu(room=40_000_000_000) as gpu, simulated_vbar.dynamic_vram(gpu) as vram:
        yield vram


@hostkit.OF_PROCESSORS
@pytest.mark.parametrize("room", [1 << 40, 0], ids=["on the card", "through a buffer"])
@pytest.mark.parametrize("mode", ["exact", "fast"])
@pytest.mark.parametrize("family", ["flux", "sd1"])
def test_a_weight_is_read_only_while_it_is_held(family: str, mode: str, room: int) -> None:
    """The host's own patcher and casts: what lay on the card becomes NaN when it is let go."""
    with _dynamic() as vram:
        clip = clip_of(family)
        assert clip.is_dynamic()
        vram.room = room
        before = encoded(clip, PROMPT)
        fetched = vram.fetched
        after = encoded(faster(clip, mode), PROMPT)
        assert (vram.fetched > fetched) == (room > 0)
        assert vram.held == 0
        close(after, before, 1e-5 if mode == "exact" else 0.03)
        changed = encoded(clip, PROMPT)
        assert all(torch.equal(changed[name], before[name]) for name in before)


@hostkit.OF_PROCESSORS
def test_a_probe_reads_weights_only_while_they_are_held() -> None:
    from encoderscope.host import probe_encoder

    def states(clip: Any) -> Any:
        [encoder] = probe_encoder.take_apart(clip).encoders
        rows = encoder.tokenize(["a red fox", "a blue river and a fox"])
        every = [each.sequence for each in encoder.states(rows)]
        return torch.cat([*every, encoder.static([320, 736])])

    expected = states(clips.clip("sd1"))
    with _dynamic() as vram:
        close({"states": states(clips.clip("sd1"))}, {"states": expected}, 0.03)
        assert vram.fetched and vram.held == 0


def test_the_card_of_a_probe_is_the_current_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the streams of weights of a second card would wait for the first one's work."""
    import comfy.model_management
    from encoderscope.host import probe_encoder

    current: list[Any] = []

    @contextmanager
    def context(device: Any) -> Iterator[None]:
        current.append(device)
        yield
        current.pop()

    monkeypatch.setattr(comfy.model_management, "cuda_device_context", context, raising=False)
    [encoder] = probe_encoder.take_apart(clips.clip("sd1")).encoders
    device, seen = encoder.clip.patcher.load_device, list[Any]()
    for module in encoder.clip.cond_stage_model.modules():
        module.register_forward_pre_hook(lambda *_: seen.append(current[-1:] == [device]))
    encoder.states(encoder.tokenize(["a red fox"]))
    assert seen
    encoder.static([320])
    assert all(seen)
