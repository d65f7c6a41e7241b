"""Encode (open the box): what each encoder said, and a CONDITIONING that is the host's own bit for
bit.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.host import clips

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder")]

LONG = "a red car next to a blue house under a pale morning sky, " * 9
PROMPTS = ["a red car next to a blue house", "a (red:1.3) car, (a house)", LONG, ""]


def encode(clip: Any, text: str, own: dict[str, str] | None = None) -> Any:
    from encoderscope.host import encoder_outputs as states

    return states.encode(clip, text, own)


def equal(a: Any, b: Any) -> bool:
    """Bit for bit; where the host gives NaN (OmniGen2's weights in brackets), we must, too."""
    return a.shape == b.shape and torch.allclose(a, b, rtol=0, atol=0, equal_nan=True)


def same(a: Any, b: Any) -> None:
    """Two conditionings are equal bit for bit, key for key."""
    assert len(a) == len(b) > 0
    for (x, item), (y, two) in zip(a, b, strict=True):
        assert equal(x, y) and item.keys() == two.keys()
        for name, value in item.items():
            assert equal(value, two[name]) if torch.is_tensor(value) else value == two[name], name


@pytest.mark.parametrize("family", clips.ENCODED)
def test_the_conditioning_is_the_hosts_own(family: str, host_folder: Path) -> None:
    clip = clips.clip_or_skip(family)
    for text in PROMPTS:
        encoded = encode(clip, text)
        same(encoded.conditioning, clip.encode_from_tokens_scheduled(clip.tokenize(text)))
        (step,) = encoded.states.steps
        assert step.streams, "at least one encoder was heard"
        for name, stream in step.streams.items():
            assert stream.sequence.ndim == 3
            assert (
                sum(stream.windows)
                == stream.sequence.shape[1]
                == sum(map(len, encoded.states.recordings[name].windows))
            ), "a row for each slot"


def test_every_stream_has_its_states() -> None:
    clip = clips.clip("flux")
    streams = encode(clip, LONG).states.steps[0].streams
    alone = clip.cond_stage_model
    tokens = clip.tokenize(LONG)
    for name, encoder in (("l", alone.clip_l), ("t5xxl", alone.t5xxl)):
        sequence, pooled = encoder.encode_token_weights(tokens[name])[:2]
        assert torch.equal(streams[name].sequence, sequence)
        assert (
            pooled is None
            if streams[name].pooled is None
            else torch.equal(streams[name].pooled, pooled)
        )
    assert streams["l"].windows == (77,) * len(tokens["l"]) and len(tokens["l"]) > 1


def test_streams_of_equal_tokens_are_told_apart() -> None:
    """75 words fill a window, so CLIP-L and CLIP-G, which only pad differently, get the same
    tokens.
    """
    clip = clips.clip("sdxl")
    tokens = clip.tokenize("cat " * 75)
    assert tokens["l"] == tokens["g"]
    streams = encode(clip, "cat " * 75).states.steps[0].streams
    assert {name: stream.width for name, stream in streams.items()} == {"l": 64, "g": 96}


@pytest.mark.parametrize("layer", [-1, -2, -3])
def test_the_layer_choice_counts(layer: int) -> None:
    clip = clips.clip("sdxl").clone()
    clip.clip_layer(layer)
    same(
        encode(clip, PROMPTS[1]).conditioning,
        clip.encode_from_tokens_scheduled(clip.tokenize(PROMPTS[1])),
    )


def patched(clip: Any) -> Any:
    """As a LoRA does: a difference on one weight, kept by the patcher until the model is loaded."""
    key = next(
        name
        for name, weight in clip.cond_stage_model.named_parameters()
        if name.endswith("mlp.fc1.weight")
    )
    weight = dict(clip.cond_stage_model.named_parameters())[key]
    clone = clip.clone()
    assert clone.add_patches({key: ("diff", (torch.ones_like(weight) * 0.1,))}, 1.0)
    return clone


def test_a_lora_counts() -> None:
    clip = clips.clip("sd1")
    plain = encode(clip, PROMPTS[0]).conditioning
    lora = patched(clip)
    conditioning = encode(lora, PROMPTS[0]).conditioning
    same(conditioning, lora.encode_from_tokens_scheduled(lora.tokenize(PROMPTS[0])))
    assert not torch.equal(conditioning[0][0], plain[0][0])
    same(encode(clip, PROMPTS[0]).conditioning, plain)


def test_a_schedule_of_hooks_counts() -> None:
    import comfy.hooks

    clip = clips.clip("sd1")
    key = next(
        name
        for name, _ in clip.cond_stage_model.named_parameters()
        if name.endswith("mlp.fc1.weight")
    )
    weight = dict(clip.cond_stage_model.named_parameters())[key]
    group = comfy.hooks.HookGroup()
    hook = comfy.hooks.WeightHook(strength_model=1.0, strength_clip=1.0)
    hook.weights = hook.weights_clip = {key: ("diff", (torch.ones_like(weight) * 0.1,))}
    hook.need_weight_init = False
    group.add(hook)
    frames = comfy.hooks.HookKeyframeGroup()
    for start, strength in ((0.0, 0.0), (0.5, 1.0)):
        frames.add(comfy.hooks.HookKeyframe(strength=strength, start_percent=start))
    group.set_keyframes_on_hooks(hook_kf=frames)
    scheduled = clip.clone()
    scheduled.use_clip_schedule = True
    scheduled.apply_hooks_to_conds = group
    scheduled.patcher.forced_hooks = group
    scheduled.patcher.register_all_hook_patches(
        group, comfy.hooks.create_target_dict(comfy.hooks.EnumWeightTarget.Clip)
    )
    encoded = encode(scheduled, PROMPTS[0])
    same(
        encoded.conditioning, scheduled.encode_from_tokens_scheduled(scheduled.tokenize(PROMPTS[0]))
    )
    assert len(encoded.conditioning) == len(encoded.states.steps) == 2
    assert not torch.equal(encoded.conditioning[0][0], encoded.conditioning[1][0]), (
        "the hook was felt"
    )
    for step, (sequence, keys) in zip(encoded.states.steps, encoded.conditioning, strict=True):
        assert torch.equal(step.streams["l"].sequence, sequence)
        assert (
            step.keys["clip_start_percent"] == keys["clip_start_percent"]
            and step.keys["hooks"] is keys["hooks"]
        )


def test_the_clip_is_untouched() -> None:
    clip = clips.clip("sdxl")
    clip.load_model()  # which the host notes down
    before = {name: dict(vars(part)) for name, part in clip.cond_stage_model.named_children()}
    top = dict(vars(clip.cond_stage_model))
    encode(clip, PROMPTS[1])
    assert {
        name: dict(vars(part)) for name, part in clip.cond_stage_model.named_children()
    } == before
    assert dict(vars(clip.cond_stage_model)) == top


def test_own_texts_are_encoded_as_the_hosts_nodes_do() -> None:
    from comfy_extras.nodes_clip_sdxl import CLIPTextEncodeSDXL
    from comfy_extras.nodes_flux import CLIPTextEncodeFlux
    from comfy_extras.nodes_sd3 import CLIPTextEncodeSD3

    sdxl, sd3, flux = clips.clip("sdxl"), clips.clip("sd3"), clips.clip("flux")
    for item, two in (("a cat", LONG), (LONG, ""), ("a cat", "a dog")):
        (host,) = CLIPTextEncodeSDXL.execute(sdxl, 1024, 1024, 0, 0, 1024, 1024, item, two).args
        (ours,) = encode(sdxl, "unused", {"g": item, "l": two}).conditioning
        assert torch.equal(ours[0], host[0][0]) and torch.equal(
            ours[1]["pooled_output"], host[0][1]["pooled_output"]
        )
        (host,) = CLIPTextEncodeSD3.execute(sd3, item, two, "three", "empty_prompt").args
        same(encode(sd3, "unused", {"l": item, "g": two, "t5xxl": "three"}).conditioning, host)
        (host,) = CLIPTextEncodeFlux.execute(flux, item, two, 3.5).args
        (ours,) = encode(flux, "unused", {"l": item, "t5xxl": two}).conditioning
        assert torch.equal(ours[0], host[0][0]) and torch.equal(
            ours[1]["pooled_output"], host[0][1]["pooled_output"]
        )


def test_the_boxes() -> None:
    from encoderscope.host.encoder_outputs import own_texts

    assert own_texts(text_l="", text_g=" ", text_t5="a cat") == {"t5xxl": "a cat"}
    assert own_texts(text_l='""', text_g='"a"', text_t5="") == {"l": "", "g": '"a"'}


def test_the_empty_prompt_is_encoded_when_asked() -> None:
    clip = clips.clip("flux")
    states = encode(clip, "a cat").states
    assert states.encode_empty is not None
    empty = states.encode_empty()
    assert states.encode_empty() is empty, "once"
    same(
        [[empty.steps[0].streams["t5xxl"].sequence, {}]],
        [[encode(clip, "").conditioning[0][0], {}]],
    )


def test_bad_input_is_told_in_words() -> None:
    with pytest.raises(EncoderScopeError, match="holds no text encoder"):
        encode(None, "a cat")
    with pytest.raises(EncoderScopeError, match="no such encoder: its streams are l"):
        encode(clips.clip("sd1"), "a cat", {"t5xxl": "a dog"})
