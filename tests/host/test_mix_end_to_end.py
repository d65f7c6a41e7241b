"""From prompt to picture: the host's KSampler draws the same picture through our nodes as through
its own, and another where it must.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.host import clips, generators

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder")]

TEXT, OTHER = "a red car next to a blue house", "a black dog asleep under an old oak"
CHANNELS = {"sd3": 16, "flux": 16, "sd1": 4, "sdxl": 4}
LAYOUTS = list(CHANNELS)
DATA = Path(
    os.environ.get("ENCODERSCOPE_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data"
)


@cache
def clip(name: str) -> Any:
    return clips.clip(name, wide=True)


@cache
def host(name: str, text: str) -> Any:
    item = clip(name)
    return item.encode_from_tokens_scheduled(item.tokenize(text))


def draw(name: str, positive: Any, steps: int = 0, cfg: float = 1.0) -> Any:
    """The latent that the host's KSampler makes of a conditioning."""
    import nodes

    latent = {"samples": torch.zeros(1, CHANNELS[name], 16, 16)}
    steps = steps or (1 if name == "flux" else 2)
    model = getattr(generators, name)()
    (result,) = nodes.KSampler().sample(
        model, 5, steps, cfg, "euler", "simple", positive, host(name, ""), latent
    )
    assert float(result["samples"].std()) > 0.05, "a flat picture would prove nothing"
    return result["samples"]


@cache
def stock(name: str, text: str) -> Any:
    return draw(name, host(name, text))


def mix(*inputs: Any, **parts: Any) -> Any:
    from encoderscope.nodes.mixing.mix import Mix

    return Mix.execute(*inputs, **parts).args[0]


def through_our_nodes(
    name: str, text: str, mixed: dict[str, Any] | None = None, **choices: str
) -> Any:
    from encoderscope.nodes.mixing.assemble import Assemble
    from encoderscope.nodes.mixing.encode_states import EncodeStates

    states = EncodeStates.execute(clip(name), text).args[0]
    assembled = Assemble.execute(states, **choices).args[0]
    return mix(assembled, assembled, **(mixed or {}))


@pytest.mark.parametrize("name", LAYOUTS)
def test_at_strength_one_the_picture_is_the_hosts_own(name: str) -> None:
    assert torch.equal(draw(name, through_our_nodes(name, TEXT)), stock(name, TEXT))
    assert not torch.equal(stock(name, TEXT), stock(name, OTHER)), "the prompt is heard at all"


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("sd3", "pooled"),
        ("sd3", "clip_sequence"),
        ("sd3", "t5_sequence"),
        ("flux", "pooled"),
        ("flux", "t5_sequence"),
        ("sd1", "clip_sequence"),
        ("sdxl", "pooled"),
        ("sdxl", "clip_sequence"),
    ],
)
def test_every_part_that_the_model_takes_is_felt(name: str, part: str) -> None:
    assert not torch.equal(
        draw(name, through_our_nodes(name, TEXT, {part: 0.0})), stock(name, TEXT)
    )


def test_what_a_model_does_not_take_is_not_felt() -> None:
    """SD1.5 has no use for the pooled vector, FLUX.1 none for CLIP rows, which it does not get."""
    assert torch.equal(
        draw("sd1", through_our_nodes("sd1", TEXT, {"pooled": 0.0})), stock("sd1", TEXT)
    )
    assert torch.equal(
        draw("flux", through_our_nodes("flux", TEXT, {"clip_sequence": 0.0})), stock("flux", TEXT)
    )


def test_sd3_without_t5_is_the_host_without_t5() -> None:
    without = clips.clip("sd3", wide=True, t5=False)
    for name, encoder in without.cond_stage_model.named_children():
        encoder.load_state_dict(getattr(clip("sd3").cond_stage_model, name).state_dict())
    theirs = draw("sd3", without.encode_from_tokens_scheduled(without.tokenize(TEXT)))
    absent = draw("sd3", through_our_nodes("sd3", TEXT, t5="absent"))
    assert torch.equal(absent, theirs)
    others = [
        draw("sd3", through_our_nodes("sd3", TEXT, t5=choice))
        for choice in ("use", "empty prompt", "zeros")
    ]
    every = [absent, *others]
    assert all(not torch.equal(a, b) for i, a in enumerate(every) for b in every[:i]), (
        "the four choices are four pictures"
    )


def test_flux_reads_an_absent_pooled_vector_as_zeros() -> None:
    absent = through_our_nodes("flux", TEXT, clip_l="absent")
    assert absent[0][1]["pooled_output"] is None
    assert torch.equal(
        draw("flux", absent), draw("flux", through_our_nodes("flux", TEXT, clip_l="zeros"))
    )


def test_a_range_is_two_conditionings_one_after_the_other() -> None:
    """T5 until the middle of the schedule: as the host's own ConditioningSetTimestepRange and
    Combine.
    """
    import nodes

    prompt = host("sd3", TEXT)
    silent = mix(prompt, prompt, t5_sequence=0.0)
    ranged = nodes.ConditioningSetTimestepRange()
    (first,), (second,) = ranged.set_range(prompt, 0.0, 0.5), ranged.set_range(silent, 0.5, 1.0)
    (theirs,) = nodes.ConditioningCombine().combine(first, second)
    ours = draw("sd3", mix(prompt, prompt, t5_end=0.5), steps=4)
    assert torch.equal(ours, draw("sd3", theirs, steps=4))
    assert not torch.equal(ours, draw("sd3", prompt, steps=4)) and not torch.equal(
        ours, draw("sd3", silent, steps=4)
    )


def test_sampling_goes_on_through_stock_nodes() -> None:
    import nodes
    from comfy_extras.nodes_flux import FluxGuidance

    mixed = mix(host("flux", TEXT), host("flux", OTHER), 0.5, 1.0, 0.8)
    (guided,) = FluxGuidance.execute(mixed, 8.0).args
    assert not torch.equal(draw("flux", guided), draw("flux", mixed))
    mixed = mix(host("sd3", TEXT), host("sd3", OTHER), 0.5, 1.0, 0.8)
    (both,) = nodes.ConditioningCombine().combine(mixed, host("sd3", TEXT))
    (average,) = nodes.ConditioningAverage().addWeighted(mixed, host("sd3", TEXT), 0.5)
    draw("sd3", both, cfg=4.0)
    draw("sd3", average, cfg=4.0)


def test_a_missing_pooled_vector_is_told_before_sampling() -> None:
    sequence, keys = host("sdxl", TEXT)[0]
    with pytest.raises(EncoderScopeError, match="pooled_from has no pooled vector"):
        mix([[sequence, {**keys, "pooled_output": None}]], host("sdxl", TEXT))


def test_the_picture_is_decoded_bit_for_bit(host_folder: Path) -> None:
    if not (DATA / "vae_approx" / "taesd3_decoder.safetensors").is_file():
        pytest.skip(f"no TAESD3 under {DATA.name}/vae_approx: set ENCODERSCOPE_DATA")
    import folder_paths
    import nodes

    folder_paths.add_model_folder_path("vae_approx", str(DATA / "vae_approx"))
    (vae,) = nodes.VAELoader().load_vae("taesd3")
    ours, theirs = (
        nodes.VAEDecode().decode(vae, {"samples": item})[0]
        for item in (draw("sd3", through_our_nodes("sd3", TEXT)), stock("sd3", TEXT))
    )
    assert ours.shape == (1, 128, 128, 3) and float(ours.std()) > 0.02
    assert torch.equal(ours, theirs)
