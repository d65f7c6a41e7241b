"""What Ignored Words measures is the host's own: bit for bit its sampling function and its sampler,
in every layout; and nothing is left behind.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.tests.host.generator import kit

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "one_thread")]


@pytest.mark.parametrize("name", kit.LAYOUTS)
def test_answers_are_those_of_the_hosts_sampling_function(name: str, monkeypatch: Any) -> None:
    with kit.listening(monkeypatch) as calls:
        report = kit.report(name)
    assert report["generator"]["prediction"] == kit.PREDICTIONS[name]
    asked = [answers for each in calls for answers in each.answers]
    assert {"positive", "whole", "phrase 0", "filler 0"} <= set(asked)
    for each in calls:
        for conditioning, answer in each.answers.items():
            assert torch.equal(answer, each.host[conditioning]), conditioning
    everything = calls[-1].answers
    assert not torch.equal(everything["positive"], everything["phrase 0"]), "a phrase is felt"


@pytest.mark.parametrize("name", ["sd1", "sd3"])
def test_guidance_is_the_hosts_with_its_patches(name: str, monkeypatch: Any) -> None:
    """A step of the run asks the pair that the host asks: bit for bit. A point asks more at
    once.
    """
    guided = kit.model(name).clone()
    guided.set_model_sampler_post_cfg_function(lambda args: args["denoised"] * 0.9)
    with kit.listening(monkeypatch, most=None) as calls:
        report = kit.report(name, guidance=4.0, negative="blurry", model=guided)
    assert report["guidance"] == {"scale": 4.0, "on": True} and report["negative"] == "blurry"
    steps = [each for each in calls if len(each.answers) == 1]
    for each in steps:
        assert torch.equal(each.answers["positive"], each.host["positive"])
    points = [each for each in calls if each not in steps]
    assert steps and points
    for each in points:
        for conditioning, answer in each.answers.items():
            torch.testing.assert_close(answer, each.host[conditioning], atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("name", ["sd1", "sd1_v", "sd3"])
def test_a_run_begins_as_the_hosts_own_sampler_does(name: str, monkeypatch: Any) -> None:
    """The same noise at the same sigma, and the same first answer, as SamplerCustom."""
    import comfy.sample
    import comfy.samplers

    with kit.listening(monkeypatch) as calls:
        kit.report(name, seed=11)
    latent = kit.empty(name)["samples"]
    seen: list[Any] = []

    def callback(step: int, denoised: Any, x: Any, steps: int) -> None:
        seen.append((x.clone(), denoised.clone()))

    comfy.sample.sample_custom(
        kit.model(name),
        comfy.sample.prepare_noise(latent, 11),
        1.0,
        comfy.samplers.sampler_object("euler"),
        torch.tensor([each.sigma for each in calls]),
        kit.encoded(name),
        kit.encoded(name, ""),
        latent,
        callback=callback,
        disable_pbar=True,
        seed=11,
    )
    for (x, _), ours in zip(seen, calls, strict=False):
        torch.testing.assert_close(ours.x, x, atol=1e-4, rtol=1e-4)
    assert torch.equal(seen[0][0], calls[0].x)
    assert torch.equal(seen[0][1], calls[0].answers["positive"])


@pytest.mark.parametrize("name", ["sd1", "sd3"])
def test_a_finished_picture_is_noised_by_the_host(name: str, monkeypatch: Any) -> None:
    import comfy.sample

    latent = kit.finished(name)
    with kit.listening(monkeypatch) as calls:
        report = kit.report(name, latent=latent, budget="default", seed=3)
    assert report["moment"] == "on the finished picture"
    model = kit.model(name)
    noise = comfy.sample.prepare_noise(latent["samples"], 3)
    picture = model.model.process_latent_in(latent["samples"])
    sampling = model.get_model_object("model_sampling")
    for sigma, each in zip(report["budget"]["sigmas"], calls, strict=False):
        assert each.sigma == pytest.approx(sigma, rel=1e-4)
        inputs = torch.tensor([each.sigma]), noise.clone(), picture
        expected = sampling.noise_scaling(*(part.to(each.x.device) for part in inputs))
        assert torch.equal(each.x, expected)


@pytest.mark.parametrize("name", ["sd1", "sd3"])
def test_batched_answers_are_the_same_but_for_rounding(name: str, monkeypatch: Any) -> None:
    with kit.listening(monkeypatch, most=None) as calls:
        kit.report(name)
    for each in calls:
        for conditioning, answer in each.answers.items():
            torch.testing.assert_close(answer, each.host[conditioning], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", kit.LAYOUTS)
def test_stock_sampling_is_the_same_before_and_after(name: str) -> None:
    before, state = kit.drawn(name), kit.state(kit.model(name))
    random = torch.random.get_rng_state()
    kit.report(name)
    assert torch.equal(torch.random.get_rng_state(), random), "nobody's dice were thrown"
    assert kit.state(kit.model(name)) == state
    assert torch.equal(kit.drawn(name), before)


@pytest.mark.parametrize("name", ["sd1", "sd3"])
def test_the_same_seed_gives_the_same_report(name: str) -> None:
    first, second, other = (kit.report(name, seed=seed) for seed in (1, 1, 2))
    assert first == second
    assert first["phrases"] != other["phrases"]
