"""Fast Encoder against the host itself: its numbers, its families, its LoRA, and what is not
computed twice.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.encoding.repeated_rows import Work
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests import hostkit
from encoderscope.tests.host import clips

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "one_thread")]
EXACT = 1e-5
"""Relative difference (Frobenius norm): what another order of additions makes."""
TEXTS = ("a red fox", "a (red:1.3) fox by the (sea:0.7)", "a lighthouse, " * 60)
THROW_PADDING_AWAY = ("wan", "cosmos", "aura", "stable_audio")
WITH_OURS = tuple(
    name
    for name in (*clips.MODELS, "kandinsky5")
    if name not in ("lumina2", "hunyuan_image", "qwen_image", "omnigen2", "z_image", "flux2")
)


def clip_of(family: str, **options: Any) -> Any:
    """With weights of a trained encoder's size: the clips' own are larger, and their attention
    enlarges every rounding.
    """
    clip = clips.clip(family, **options)
    for name, module in clip.cond_stage_model.named_modules():
        if isinstance(module, torch.nn.Linear):
            scale = module.in_features**-0.5 * (0.3 if name.endswith(".q") else 1.0)
            module.weight.copy_(module.weight.float() * (scale / 0.3))
    return clip


def difference(item: Any, other: Any) -> float:
    return float((item.float() - other.float()).norm() / other.float().norm())


def tensors(made: Any) -> dict[str, Any]:
    [[cond, keys]] = made
    return {"cond": cond} | {name: value for name, value in keys.items() if torch.is_tensor(value)}


def encoded(clip: Any, text: str) -> dict[str, Any]:
    return tensors(clip.encode_from_tokens_scheduled(clip.tokenize(text)))


def faster(clip: Any, mode: str = "exact", heard: list[tuple[str, Work]] | None = None) -> Any:
    from encoderscope.host.acceleration import patches

    return patches.accelerate(
        clip, mode, None if heard is None else lambda name, work: heard.append((name, work))
    ).clip


def close(item: dict[str, Any], other: dict[str, Any], limit: float = EXACT) -> None:
    assert item.keys() == other.keys()
    for name, value in item.items():
        assert value.shape == other[name].shape, name
        assert value.dtype == other[name].dtype, name
        assert (
            difference(value, other[name]) <= limit
            if value.is_floating_point()
            else torch.equal(value, other[name])
        ), name


@pytest.fixture(params=WITH_OURS)
def family(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if clips.imported("comfy." + (clips.MODELS | clips.NEWER)[name]) is None:
        pytest.skip("this host has no such family")
    return name


def test_exact_is_the_hosts_own_numbers(family: str) -> None:
    clip = clip_of(family)
    fast = faster(clip)
    for text in TEXTS:
        before = encoded(clip, text)
        close(encoded(fast, text), before)
        after = encoded(clip, text)
        assert all(torch.equal(after[name], before[name]) for name in before), (
            "the CLIP that was given has changed"
        )


@pytest.mark.parametrize("family", ["sd1", "sdxl", "sd3", "flux", "wan", "cosmos"])
def test_16_bit_files_exactly(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights in fp16, as most files have them: the host copies each to fp32 on every call."""
    clip = clip_of(family, wide=family in ("sd3", "flux"))
    for dtype in (torch.float16, torch.bfloat16):
        clip.cond_stage_model.to(dtype)
        close(encoded(faster(clip), TEXTS[1]), encoded(clip, TEXTS[1]))


@pytest.mark.parametrize("family", ["flux", "wan", "cosmos", "pixart_or_chroma"])
def test_fast_differs_by_16_bits_and_no_more(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from encoderscope.conditioning.encoding import processor

    monkeypatch.setattr(processor, "bf16_pays", lambda: True)
    clip = clip_of(family)
    host, fast = encoded(clip, TEXTS[1]), encoded(faster(clip, "fast"), TEXTS[1])
    close(fast, host, 0.03)
    assert difference(fast["cond"], host["cond"]) > EXACT, "these are not products in bf16"


@hostkit.OF_PROCESSORS
def test_a_clip_stays_exact_on_a_cpu() -> None:
    clip = clip_of("sdxl")
    close(encoded(faster(clip, "fast"), TEXTS[1]), encoded(clip, TEXTS[1]))


@pytest.mark.parametrize("family", THROW_PADDING_AWAY)
def test_padding_that_is_thrown_away_is_not_encoded(family: str) -> None:
    clip, calls = clip_of(family), list[tuple[str, Work]]()
    tokens = clip.tokenize("a red fox")
    if family == "wan":  # the vocabulary that stands in for its own has another end
        tokens = {name: [[(5, 1.0), (6, 1.0), (1, 1.0), *[(0, 1.0)] * 509]] for name in tokens}
    result = tensors(faster(clip, heard=calls).encode_from_tokens_scheduled(tokens))
    close(result, tensors(clip.encode_from_tokens_scheduled(tokens)))
    [(_, work)] = calls
    assert work.tokens == result["cond"].shape[1] > 100
    assert 0 < work.computed < 12
    assert not result["cond"][0, work.computed :].any()


@pytest.mark.parametrize("family", ["flux", "sd3", "hidream", "mochi"])
def test_padding_that_is_felt_stays(family: str) -> None:
    calls: list[tuple[str, Work]] = []
    encoded(faster(clip_of(family), heard=calls), "a red fox")
    assert all(work.computed == work.tokens for _, work in calls)


def test_the_empty_row_of_weighted_prompts_is_encoded_once() -> None:
    calls: list[tuple[str, Work]] = []
    fast = faster(clip_of("flux"), heard=calls)
    for text in ("a (red:1.3) fox", "a (blue:1.2) fox"):
        encoded(fast, text)
    works = [work for name, work in calls if name == "t5xxl"]
    assert [(work.rows, work.encoded, work.remembered) for work in works] == [(2, 2, 0), (2, 1, 1)]


def test_windows_that_are_known_or_the_same_are_not_encoded() -> None:
    calls: list[tuple[str, Work]] = []
    clip = clip_of("sd1")
    fast = faster(clip, heard=calls)
    first = "a lighthouse by the sea, " * 13
    for text in (first + "at dawn", first + "at night"):
        close(encoded(fast, text), encoded(clip, text))
    works = [work for _, work in calls]
    assert works[0].rows == works[1].rows == 2
    assert (works[1].encoded, works[1].remembered) == (1, 1)


def lora(clip: Any, seed: int) -> Any:
    clone = clip.clone()
    weights = dict(clone.patcher.model.named_parameters())
    name = next(
        (name for name in weights if name.endswith("SelfAttention.q.weight")), None
    ) or next(name for name in weights if name.endswith("q_proj.weight"))
    weight = weights[name]
    change = torch.randn(weight.shape, generator=torch.Generator().manual_seed(seed))
    assert clone.add_patches({name: ("diff", (change,))}, 1.0)
    return clone


@pytest.mark.parametrize("family", ["sd1", "flux", "wan"])
def test_lora_before_and_behind_and_none_of_it_is_stale(family: str) -> None:
    clip = clip_of(family)
    fast = faster(clip)
    plain = encoded(clip, TEXTS[1])
    close(encoded(fast, TEXTS[1]), plain)
    with_lora = encoded(lora(clip, 1), TEXTS[1])
    assert difference(with_lora["cond"], plain["cond"]) > 1e-3
    close(encoded(lora(fast, 1), TEXTS[1]), with_lora)
    close(encoded(faster(lora(clip, 1)), TEXTS[1]), with_lora)
    close(encoded(lora(fast, 2), TEXTS[1]), encoded(lora(clip, 2), TEXTS[1]))
    close(encoded(fast, TEXTS[1]), plain)


def test_a_weight_with_functions_on_it_goes_the_hosts_own_way() -> None:
    """What the host puts on the weights of a model that is loaded in part."""
    clip = clip_of("flux")
    model = clip.cond_stage_model
    changed = [
        model.t5xxl.transformer.encoder.block[0].layer[0].SelfAttention.q,
        model.clip_l.transformer.text_model.encoder.layers[0].mlp.fc1,
    ]
    plain = encoded(clip, TEXTS[0])
    for linear in changed:
        linear.weight_function = [lambda weight: weight * 1.5]
    with_function = encoded(clip, TEXTS[0])
    assert difference(with_function["cond"], plain["cond"]) > 1e-4
    close(encoded(faster(clip), TEXTS[0]), with_function)


def test_what_does_not_fit_into_16_bits_is_encoded_again_exactly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on a GPU, where fast is fp16: a value that it does not hold, in a layer whose sum is
    finite.
    """
    from encoderscope.conditioning.encoding import processor
    from encoderscope.conditioning.encoding.products import Products

    clip, calls = clip_of("pixart_or_chroma"), list[tuple[str, Work]]()
    monkeypatch.setattr(processor, "bf16_pays", lambda: True)  # else fast is exact on this CPU
    values = (
        clip.cond_stage_model.t5xxl.transformer.encoder.block[0].layer[0].SelfAttention.v.weight
    )
    values.mul_(1e5)
    fast = faster(clip, "fast", calls)
    monkeypatch.setattr(
        Products,
        "dtype",
        lambda self, device: torch.float32 if self.mode == "exact" else torch.float16,
    )
    close(encoded(fast, TEXTS[1]), encoded(clip, TEXTS[1]))
    work = calls[-1][1]
    assert work.repeated == work.encoded == 2
    assert work.computed == work.tokens


@hostkit.OF_PROCESSORS
def test_a_cpu_without_bf16_units_stays_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    from encoderscope.conditioning.encoding import processor
    from encoderscope.host.acceleration import patches

    monkeypatch.setattr(processor, "bf16_pays", lambda: False)
    [part] = patches.accelerate(clip_of("pixart_or_chroma"), "fast").encoders
    assert part.mode == "exact" and "bf16 slower" in part.reason


def test_rows_of_weights_that_someone_wrote_into_are_not_kept() -> None:
    clip = clip_of("flux")
    fast = faster(clip)
    encoded(fast, TEXTS[1])
    for change in ("written into", "replaced"):
        linear = clip.cond_stage_model.t5xxl.transformer.encoder.block[0].layer[0].SelfAttention.v
        if change == "replaced":
            linear.weight = torch.nn.Parameter(linear.weight * 1.7, requires_grad=False)
        else:
            linear.weight.mul_(1.7)
        close(encoded(fast, TEXTS[1]), encoded(clip, TEXTS[1]))


def test_a_schedule_of_loras() -> None:
    """Hooks change weights between the encodings of one prompt, without the host's mark of it."""
    import comfy.hooks

    clip = clip_of("sd1")
    name = next(
        name for name, _ in clip.patcher.model.named_parameters() if name.endswith("q_proj.weight")
    )
    shape = dict(clip.patcher.model.named_parameters())[name].shape
    change = torch.randn(shape, generator=torch.Generator().manual_seed(1)) * 0.3

    def scheduled(made: Any) -> list[Any]:
        made = made.clone()
        group = comfy.hooks.create_hook_lora({}, 1.0, 1.0)
        hook = group.hooks[0]
        hook.need_weight_init = False
        keyframes = comfy.hooks.HookKeyframeGroup()
        for strength, start in ((0.0, 0.0), (1.0, 0.5)):
            keyframes.add(comfy.hooks.HookKeyframe(strength, start_percent=start))
        hook.hook_keyframe = keyframes
        made.patcher.forced_hooks = group
        made.use_clip_schedule = True
        made.patcher.add_hook_patches(hook, {name: ("diff", (change,))}, 1.0)
        return made.encode_from_tokens_scheduled(made.tokenize(TEXTS[0]))

    theirs, ours = scheduled(clip), scheduled(faster(clip))
    assert len(theirs) == len(ours) == 2
    assert difference(theirs[0][0], theirs[1][0]) > 1e-3, "the schedule must be felt"
    for layer, other in zip(ours, theirs, strict=True):
        assert difference(layer[0], other[0]) <= EXACT


def test_the_same_tokens_with_another_mask_are_another_row() -> None:
    clip = clip_of("mochi")
    fast = faster(clip)
    fast.load_model()
    transformer = fast.cond_stage_model.t5xxl.transformer
    embeds = torch.randn(1, 12, 64, generator=torch.Generator().manual_seed(1))
    output = {"num_tokens": [5], "intermediate_output": None, "dtype": torch.float32}
    rows = [
        transformer(None, (torch.arange(12) < seen).long()[None], embeds=embeds.clone(), **output)[
            0
        ]
        for seen in (5, 9)
    ]
    assert difference(rows[0][:, :5], rows[1][:, :5]) > 1e-4
    transformer.padding_is_zeroed = True
    zeroed = transformer(
        None, (torch.arange(12) < 5).long()[None], embeds=embeds.clone(), **output
    )[0]
    assert rows[0][:, 5:].any() and not zeroed[:, 5:].any()


@pytest.mark.parametrize("family", ["pixart_or_chroma", "sd1"])
def test_the_stop_button_stops_between_layers(family: str) -> None:
    import comfy.model_management

    clip = faster(clip_of(family))
    clip.load_model()
    tokens = clip.tokenize(TEXTS[0])
    comfy.model_management.interrupt_current_processing(True)
    with pytest.raises(comfy.model_management.InterruptProcessingException):
        clip.encode_from_tokens(tokens)
    comfy.model_management.interrupt_current_processing(False)
    clip.encode_from_tokens(tokens)


@pytest.mark.parametrize("kind", ["e4m3fn", "e5m2"])
def test_fp8_files(kind: str) -> None:
    clip = clip_of("flux")
    dtype = getattr(torch, f"float8_{kind}")
    for _, module in clip.cond_stage_model.t5xxl.named_modules():
        if isinstance(module, torch.nn.Linear):
            module.weight = torch.nn.Parameter(module.weight.to(dtype), requires_grad=False)
    close(encoded(faster(clip), TEXTS[0]), encoded(clip, TEXTS[0]))


def test_other_layers_and_textual_inversions(tmp_path: Path) -> None:
    clips.write_embedding(tmp_path, "mine", clip_l=(2, 64))
    clip = clip_of("sd1", folder=tmp_path)
    fast = faster(clip)
    for layer in (-1, -2, -3):
        clip.clip_layer(layer)
        fast.clip_layer(layer)
        close(encoded(fast, "a embedding:mine fox"), encoded(clip, "a embedding:mine fox"))


def test_twice_is_the_last() -> None:
    clip = clip_of("flux")
    close(encoded(faster(faster(clip, "fast"), "exact"), TEXTS[0]), encoded(clip, TEXTS[0]))


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(EncoderScopeError, match="exact, fast"):
        faster(clip_of("sd1"), "turbo")


def test_others_are_left_alone() -> None:
    from encoderscope.host.acceleration import patches, status

    accelerated = patches.accelerate(clip_of("lumina2"), "fast")
    assert [part.mode for part in accelerated.encoders] == [None]
    first, second = status.plan_lines(accelerated.encoders, "fast")
    assert "0 of 1" in first and "left as it is" in second


def test_the_card_speaks_the_language_of_the_moment() -> None:
    from encoderscope.conditioning.translation import in_language
    from encoderscope.host.acceleration import patches, status

    with in_language("de"):
        accelerated = patches.accelerate(clip_of("lumina2"), "fast")
        first, second = status.plan_lines(accelerated.encoders, "fast")
        done = status.work_sentence(Work(rows=3, encoded=1, remembered=1, tokens=231, computed=77))
    assert first == "fast: 0 von 1 Text-Encoder dieses CLIP encodiert schneller."
    assert "unverändert, es ist weder T5 noch CLIP" in second
    assert done == "77 von 231 Tokens berechnet: 1 Zeile schon bekannt, 1 gleich einer anderen."


def test_what_was_done_is_said_with_its_reasons() -> None:
    from encoderscope.host.acceleration import status

    assert (
        status.work_sentence(Work(rows=1, encoded=1, tokens=512, computed=25))
        == "25 of 512 tokens computed: 487 of padding left out."
    )
    sentence = status.work_sentence(
        Work(rows=3, encoded=1, remembered=1, tokens=231, computed=77, repeated=1)
    )
    assert sentence.startswith(
        "77 of 231 tokens computed: 1 row known already, 1 the same as another. 1 row did not fit"
    )
    assert (
        status.work_sentence(Work(rows=1, encoded=1, tokens=77, computed=77))
        == "77 of 77 tokens computed."
    )
