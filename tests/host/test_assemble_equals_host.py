"""Assemble and Mix against the host: what it makes itself, bit for bit, for every layout."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.mixing.assembly import assemble
from encoderscope.conditioning.mixing.conditioning_shapes import SHAPES, recognise
from encoderscope.conditioning.mixing.text_states import ROWS
from encoderscope.tests.host import clips

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder")]

LONG = "a red car next to a blue house under a pale morning sky, " * 9
PROMPTS = ("a red car next to a blue house", "a (red:1.3) car, (a house)", LONG, "")
FAMILY = {
    "sd1": "sd1",
    "sd2": "sd2",
    "sdxl": "sdxl",
    "sd3": "sd3",
    "flux": "flux",
    "pixart": "pixart_or_chroma",
}


@lru_cache(maxsize=1)
def clip(name: str, **arguments: Any) -> Any:
    return clips.clip(name, wide=True, **arguments)


def host(clip: Any, text: str) -> Any:
    return clip.encode_from_tokens_scheduled(clip.tokenize(text))


def states(clip: Any, text: str, own: dict[str, str] | None = None) -> Any:
    from encoderscope.host.encoder_outputs import encode

    return encode(clip, text, own).states


def joined_conditioning(inputs: Any, **choices: str) -> Any:
    return assemble(inputs, None, choices).conditioning


def same(a: Any, b: Any) -> None:
    assert len(a) == len(b) > 0
    for (x, item), (y, two) in zip(a, b, strict=True):
        assert torch.equal(x, y)
        assert item.keys() - {ROWS} == two.keys() - {ROWS}
        for name in two.keys() - {ROWS}:
            assert (
                torch.equal(item[name], two[name])
                if torch.is_tensor(two[name])
                else item[name] is two[name]
            ), name


def close(a: Any, b: Any) -> None:
    """Equal within 1e-6 of the largest number: fp32 rounding."""
    assert a.shape == b.shape and float((a - b).abs().max()) <= 1e-6 * float(b.abs().max())


@pytest.fixture(scope="module", params=list(FAMILY))
def layout(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("text", PROMPTS)
def test_everything_as_encoded_is_the_hosts_own(layout: str, text: str) -> None:
    item = clip(FAMILY[layout])
    assembled = assemble(states(item, text), None, {})
    assert assembled.shape is SHAPES[layout]
    same(assembled.conditioning, host(item, text))
    assert recognise(assembled.conditioning[0]).shape == layout


@pytest.mark.parametrize("text", PROMPTS)
def test_mixing_at_one_and_at_zero(layout: str, text: str) -> None:
    from encoderscope.nodes.mixing.mix import Mix

    item = clip(FAMILY[layout])
    prompt, empty = host(item, text), host(item, "another prompt, of which little is known")
    same(Mix.execute(prompt, prompt).args[0], prompt)
    same(Mix.execute(prompt, prompt, baseline=empty).args[0], prompt)
    pooled = 0.0 if prompt[0][1]["pooled_output"] is not None else 1.0
    same(Mix.execute(prompt, prompt, pooled, 0.0, 0.0, baseline=empty).args[0], empty)
    nothing = Mix.execute(prompt, prompt, pooled, 0.0, 0.0).args[0]
    assert not nothing[0][0].any() and nothing[0][0].shape == prompt[0][0].shape


@pytest.mark.parametrize("strength", [-1.0, 0.3, 2.0])
def test_mixing_is_linear_as_the_hosts_average_is(layout: str, strength: float) -> None:
    import nodes
    from encoderscope.nodes.mixing.mix import Mix

    item = clip(FAMILY[layout])
    prompt, other = host(item, PROMPTS[0]), host(item, "a dog in a forest by a lake")
    if prompt[0][0].shape != other[0][0].shape:
        other = host(item, PROMPTS[0].replace("red", "green"))
    ours = Mix.execute(prompt, prompt, strength, strength, strength, baseline=other).args[0]
    (theirs,) = nodes.ConditioningAverage().addWeighted(prompt, other, strength)
    close(ours[0][0], theirs[0][0])
    if ours[0][1]["pooled_output"] is not None:
        close(ours[0][1]["pooled_output"], theirs[0][1]["pooled_output"])


def test_sd3_without_an_encoder_is_the_host_without_it() -> None:
    whole = states(clip("sd3"), LONG)
    for missing in (
        ("t5",),
        ("clip_l",),
        ("clip_g",),
        ("clip_l", "clip_g"),
        ("clip_l", "clip_g", "t5"),
    ):
        without = clips.clip("sd3", wide=True, **dict.fromkeys(missing, False))
        for name, encoder in without.cond_stage_model.named_children():
            encoder.load_state_dict(getattr(clip("sd3").cond_stage_model, name).state_dict())
        tokens = without.tokenize(LONG)
        same(
            joined_conditioning(whole, **dict.fromkeys(missing, "absent")),
            without.encode_from_tokens_scheduled(tokens),
        )


def test_an_empty_prompt_is_what_the_hosts_nodes_give() -> None:
    from comfy_extras.nodes_flux import CLIPTextEncodeFlux
    from comfy_extras.nodes_sd3 import CLIPTextEncodeSD3

    sd3 = clip("sd3")
    text = PROMPTS[0]
    for choices, inputs in (
        ({"t5": "empty prompt"}, (text, text, "")),
        ({"clip_l": "empty prompt"}, ("", text, text)),
        ({"clip_g": "empty prompt", "t5": "empty prompt"}, (text, "", "")),
    ):
        same(
            joined_conditioning(states(sd3, text), **choices),
            CLIPTextEncodeSD3.execute(sd3, *inputs, "empty_prompt").args[0],
        )
    flux = clip("flux")
    for choices, pair in (
        ({"clip_l": "empty prompt"}, ("", text)),
        ({"t5": "empty prompt"}, (text, "")),
    ):
        (theirs,) = CLIPTextEncodeFlux.execute(flux, *pair, 3.5).args[0]
        (ours,) = joined_conditioning(states(flux, text), **choices)
        assert torch.equal(ours[0], theirs[0]) and torch.equal(
            ours[1]["pooled_output"], theirs[1]["pooled_output"]
        )


def test_a_shorter_partner_gets_empty_windows_as_in_the_hosts_nodes() -> None:
    from comfy_extras.nodes_clip_sdxl import CLIPTextEncodeSDXL

    sdxl = clip("sdxl")
    (theirs,) = CLIPTextEncodeSDXL.execute(sdxl, 1024, 1024, 0, 0, 1024, 1024, "", LONG).args[0]
    assembly = assemble(states(sdxl, LONG), None, {"clip_g": "empty prompt"})
    (ours,) = assembly.conditioning
    close(ours[0], theirs[0])  # windows are encoded in another batch: the last bits may differ
    close(ours[1]["pooled_output"], theirs[1]["pooled_output"])
    assert any("lengthened by" in note for note in assembly.notes)


def test_zeros_everywhere_are_the_hosts_zero_out(layout: str) -> None:
    import nodes

    item = clip(FAMILY[layout])
    conditioning = joined_conditioning(
        states(item, LONG), clip_l="zeros", clip_g="zeros", t5="zeros"
    )
    same(conditioning, nodes.ConditioningZeroOut().zero_out(host(item, LONG))[0])


def test_clip_and_t5_of_two_loaders_are_one_flux() -> None:
    from encoderscope.host.encoder_outputs import encode

    flux, pixart, sd1 = (
        clips.clip("flux", wide=True),
        clips.clip("pixart_or_chroma", wide=True),
        clips.clip("sd1", wide=True),
    )
    sd1.cond_stage_model.clip_l.load_state_dict(flux.cond_stage_model.clip_l.state_dict())
    pixart.cond_stage_model.t5xxl.load_state_dict(flux.cond_stage_model.t5xxl.state_dict())
    pixart.set_tokenizer_option("t5xxl_min_length", 256)  # as FLUX.1 pads
    both = assemble(
        encode(sd1, PROMPTS[0]).states, "flux", {}, t5_states=encode(pixart, PROMPTS[0]).states
    )
    theirs = host(flux, PROMPTS[0])
    assert torch.equal(both.conditioning[0][0], theirs[0][0])
    assert torch.equal(both.conditioning[0][1]["pooled_output"], theirs[0][1]["pooled_output"])


def test_a_long_clip_beside_a_normal_one() -> None:
    """From one loader the host cuts, and we say so; from two loaders it is refused in words."""
    long_l = clips.clip("sdxl", wide=True, long_clip_l=248)
    text = LONG * 2
    assembly = assemble(states(long_l, text), None, {})
    same(assembly.conditioning, host(long_l, text))
    assert any("cut off, as ComfyUI does" in note for note in assembly.notes)
    with pytest.raises(EncoderScopeError, match="windows of 248"):
        assemble(states(clip("sdxl"), text), None, {}, clip_states=_only(states(long_l, text), "l"))


def _only(inputs: Any, stream: str) -> Any:
    from dataclasses import replace

    steps = tuple(replace(step, streams={stream: step.streams[stream]}) for step in inputs.steps)
    return replace(inputs, steps=steps)


def test_the_output_goes_on_through_stock_nodes() -> None:
    import comfy.controlnet
    import nodes
    from comfy_extras.nodes_flux import FluxGuidance
    from encoderscope.nodes.mixing.mix import Mix

    sd3 = clip("sd3")
    item, two = host(sd3, PROMPTS[0]), host(sd3, LONG)
    mixed = Mix.execute(item, two, 0.5, 0.7, 1.3).args[0]
    assert len(nodes.ConditioningCombine().combine(mixed, item)[0]) == 2
    (ranged,) = nodes.ConditioningSetTimestepRange().set_range(mixed, 0.25, 0.5)
    cut = Mix.execute(ranged, ranged, t5_end=0.4).args[0]
    assert [(k["start_percent"], k["end_percent"]) for _, k in cut] == [(0.25, 0.4), (0.4, 0.5)]
    guided = FluxGuidance.execute(mixed, 2.0).args[0]
    assert Mix.execute(item, guided, 0.5).args[0][0][1]["guidance"] == 2.0
    nodes.ConditioningAverage().addWeighted(mixed, item, 0.5)
    control = comfy.controlnet.ControlBase()
    control.copy = lambda: control
    controlled, _ = nodes.ControlNetApplyAdvanced().apply_controlnet(
        mixed, item, control, torch.zeros(1, 8, 8, 3), 1.0, 0.0, 1.0
    )
    assert Mix.execute(item, controlled, 0.5, t5_end=0.5).args[0][1][1]["control"] is control
    (joined,) = nodes.ConditioningConcat().concat(mixed, item)
    seen = recognise(joined[0])
    assert seen.evidence == "zero padding" and [rows.name for rows in seen.parts] == [
        "clip",
        "t5",
        "clip",
        "t5",
    ]


def test_bad_input_is_told_in_words() -> None:
    from encoderscope.nodes.mixing.mix import Mix

    sdxl = host(clip("sdxl"), PROMPTS[0])
    flux = host(clip("flux"), PROMPTS[0])
    with pytest.raises(EncoderScopeError, match=r"SDXL's \(1280 wide\), the sequence FLUX"):
        Mix.execute(sdxl, flux)
    with pytest.raises(EncoderScopeError, match="pooled_from has no pooled vector"):
        Mix.execute([[flux[0][0], {"pooled_output": None}]], flux)
    with pytest.raises(EncoderScopeError, match="neither can be absent"):
        joined_conditioning(states(clip("sdxl"), PROMPTS[0]), clip_l="absent")
    with pytest.raises(EncoderScopeError, match="cannot be absent"):
        joined_conditioning(states(clip("flux"), PROMPTS[0]), t5="absent")
    with pytest.raises(EncoderScopeError, match="No CLIP-G among the states"):
        assemble(states(clip("flux"), PROMPTS[0]), "sdxl", {})
    with pytest.raises(EncoderScopeError, match="64 wide"):
        assemble(states(clips.clip("sd1"), PROMPTS[0]), "sd1", {})
