"""What the artist hung on the model or on the prompt's conditioning stays in effect, and what does
not reach the model is called so.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import copy
import math
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.host.generator import kit

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "one_thread")]
NAME = "sd3"


def influences(**options: Any) -> list[float]:
    return [phrase["influence"] for phrase in kit.report(NAME, **options)["phrases"]]


def lora(strength: float) -> Any:
    """A patch of weights, as Load LoRA gives it."""
    patched = kit.model(NAME).clone()
    key = "diffusion_model.context_embedder.weight"
    weight = patched.model.diffusion_model.context_embedder.weight
    change = torch.randn(weight.shape, generator=torch.Generator().manual_seed(2)) * 0.05
    patched.add_patches({key: ("diff", (change,))}, strength)
    return patched


def test_a_lora_changes_the_answer_and_its_strength_counts() -> None:
    plain, half, full = influences(), influences(model=lora(0.5)), influences(model=lora(1.0))
    assert plain != half != full != plain
    assert influences() == plain, "and it is gone with its model"


def test_patches_see_the_numbers_that_the_host_gives(monkeypatch: Any) -> None:
    """Every conditioning is a positive (0) to a patch; the negative is the only 1."""
    seen: list[list[int]] = []
    patched = kit.model(NAME).clone()

    def wrapper(apply_model: Any, call: dict[str, Any]) -> Any:
        seen.append(list(call["cond_or_uncond"]))
        assert call["c"]["transformer_options"]["cond_or_uncond"] == call["cond_or_uncond"]
        return apply_model(call["input"], call["timestep"], **call["c"])

    patched.set_model_unet_function_wrapper(wrapper)
    kit.report(NAME, model=patched)
    assert {number for numbers in seen for number in numbers} == {0}
    assert max(map(len, seen)) > 2
    seen.clear()
    kit.report(NAME, model=patched, guidance=3.0)
    assert {number for numbers in seen for number in numbers} == {0, 1}
    assert all(sum(numbers) == 1 for numbers in seen)
    assert patched.model_options["model_function_wrapper"] is wrapper


class Control:
    """A ControlNet that adds to what the host hands it, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.cleaned = 0
        self.previous_controlnet = None
        self.extra_hooks = None
        self.timestep_range = None
        self.multigpu_clones: dict[Any, Any] = {}
        """What newer hosts look for."""

    def get_models(self) -> list[Any]:
        return []

    def inference_memory_requirements(self, dtype: Any) -> int:
        return 0

    def get_extra_hooks(self) -> list[Any]:
        return []

    def pre_run(self, *_: Any) -> None:
        pass

    def cleanup(self) -> None:
        self.cleaned += 1

    def get_control(self, x: Any, timestep: Any, cond: Any, batched: int, options: Any) -> Any:
        self.asked += batched
        added = torch.randn(1, 1, 256, generator=torch.Generator().manual_seed(3))
        return {"input": [], "middle": [], "output": [added.expand(x.shape[0], -1, -1)] * 4}


def with_extras(**extras: Any) -> Any:
    return [[sequence, {**keys, **extras}] for sequence, keys in kit.encoded(NAME, kit.TEXT)]


def test_a_controlnet_acts_on_every_conditioning_and_is_cleaned_up() -> None:
    control = Control()
    positive = with_extras(control=control, control_apply_to_uncond=True)
    report = kit.report(NAME, positive=positive)
    assert control.asked == report["budget"]["calls"] and control.cleaned
    assert [phrase["influence"] for phrase in report["phrases"]] != influences()


def test_a_controlnet_is_cleaned_up_after_an_error(monkeypatch: Any) -> None:
    control = Control()
    inner = kit.model(NAME).model.diffusion_model
    with monkeypatch.context() as patched:
        patched.setattr(inner, "forward", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            kit.report(NAME, positive=with_extras(control=control, control_apply_to_uncond=True))
    assert control.cleaned


def test_an_area_stays_where_it_was() -> None:
    area = with_extras(area=(4, 4, 0, 0), strength=1.0)
    assert influences(positive=area) != influences()


def test_flux_guidance_stays_in_effect() -> None:
    def guided(scale: float) -> list[float]:
        positive = [
            [sequence, {**keys, "guidance": scale}]
            for sequence, keys in kit.encoded("flux", kit.TEXT)
        ]
        report = kit.report("flux", positive=positive)
        return [phrase["influence"] for phrase in report["phrases"]]

    assert guided(1.0) != guided(8.0)


def test_entries_of_other_texts_stay_as_they_are() -> None:
    own, other = kit.encoded(NAME, kit.TEXT), kit.encoded(NAME, "a dog")
    report = kit.report(NAME, positive=[*own, *other])
    assert report["notes"] == kit.report(NAME)["notes"]
    both = [phrase["influence"] for phrase in report["phrases"]]
    assert 0 < both[0] < influences()[0], "the other half of the answer does not change"


def test_a_conditioning_of_another_prompt_is_said_so_or_refused() -> None:
    other = kit.encoded(NAME, "a dog")
    report = kit.report(NAME, positive=other)
    assert any("not this prompt" in note for note in report["notes"])
    with pytest.raises(EncoderScopeError, match="same prompt"):
        kit.report(NAME, positive=[*other, *other])


# --- what does not reach the model
# --------------------------------------------------------------------------------------------------


class Zeroing:
    """A CLIP whose rows are zero from one on, as masks and cuts leave them; no pooled vector
    tells.
    """

    def __new__(cls, clip: Any, first: int) -> Any:
        zeroing = copy.copy(clip)
        original = clip.encode_from_tokens_scheduled

        def encode(tokens: Any) -> Any:
            out = []
            for sequence, keys in original(tokens):
                cut = sequence.clone()
                cut[:, first:] = 0
                out.append([cut, {**keys, "pooled_output": torch.zeros(1, 768)}])
            return out

        zeroing.encode_from_tokens_scheduled = encode
        return zeroing


def test_a_word_whose_rows_are_zero_never_reaches_the_model() -> None:
    report = kit.report("sd1", "a red car", clip=Zeroing(kit.clip("sd1"), 3), budget="default")
    red, car = report["phrases"]
    assert red["reaches"] and red["share"] > 0
    assert (car["share"], car["interval"], car["influence"]) == (0, [0, 0], 0)
    assert not car["reaches"] and car["verdict"] == "ignored"
    assert "Token Map" in car["sentence"] and "car" in report["sentence"]
    assert car["display"]["state"] == "cut off"


def test_a_textual_inversion_that_is_missing_has_nothing_to_exchange() -> None:
    report = kit.report("sd1", "a [car] [embedding:nothing_here]")
    car, missing = report["phrases"]
    assert car["reaches"] and not missing["reaches"]
    assert missing["share"] == 0 and not any(missing["tokens"].values())


def test_where_no_word_reaches_the_model_it_is_asked_once_and_said() -> None:
    report = kit.report("sd1", clip=Zeroing(kit.clip("sd1"), 0))
    assert report["whole"]["influence"] == 0
    assert [phrase["verdict"] for phrase in report["phrases"]] == ["ignored"]


# --- inputs
# --------------------------------------------------------------------------------------------------


def test_a_picture_needs_its_vae() -> None:
    with pytest.raises(EncoderScopeError, match="VAE"):
        kit.report(NAME, image=torch.zeros(1, 64, 64, 3))


def test_several_latents_and_a_mask_are_said() -> None:
    latent = {
        "samples": kit.finished(NAME)["samples"].repeat(2, 1, 1, 1),
        "noise_mask": torch.ones(1, 8, 8),
    }
    notes = kit.report(NAME, latent=latent)["notes"]
    assert any("first of 2 latents" in note for note in notes)
    assert any("mask" in note for note in notes)


def test_an_empty_latent_of_other_channels_is_fitted_as_the_host_does() -> None:
    latent = {"samples": torch.zeros(1, 4, 8, 8)}
    assert kit.report(NAME, latent=latent) == kit.report(NAME)


@pytest.mark.parametrize(
    ("name", "side"), [("sd1", 64), ("sd1_v", 64), ("sdxl", 128), ("flux", 128), ("sd3", 64)]
)
def test_without_a_latent_the_models_usual_size_is_measured(name: str, side: int) -> None:
    from encoderscope.host.generator import image_model

    samples = image_model.usual_latent(kit.model(name))
    assert samples.shape == (1, kit.CHANNELS[name], side, side)


LATENTS: list[Any] = [
    {}, {"samples": None}, torch.zeros(1, 16, 8, 8), {"samples": torch.ones(1, 16, 8, 8).bool()},
    {"samples": torch.zeros(1).expand(1, 16, 100_000, 100_000)}, {"samples": torch.tensor(5.0)},
    {"samples": torch.zeros(1, 16, 8, 8, device="meta")},
]  # fmt: skip


@pytest.mark.parametrize("latent", LATENTS)
def test_what_is_no_latent_is_refused(latent: Any) -> None:
    with pytest.raises(EncoderScopeError, match="no picture that can be measured"):
        kit.report(NAME, latent=latent)


class _Vae:
    def encode(self, pixels: Any) -> Any:
        return 5 if pixels.shape[-1] == 3 else None


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        ((1, 8, 8, 3), "made no latent"),
        ((1, 8, 8, 1), "made no latent"),
        ((1, 1, 8, 8, 3), "shape"),
    ],
)
def test_what_is_no_picture_or_no_vae_is_refused(shape: Any, says: str) -> None:
    with pytest.raises(EncoderScopeError, match=says):
        kit.report(NAME, image=torch.zeros(shape), vae=_Vae())


KEYS: list[dict[Any, Any]] = [
    {"mask": "x"}, {"area": {}}, {"hooks": object()}, {"control": []}, {5: 1}, {None: 1},
    {"start_percent": "x"}, {"end_percent": torch.zeros(0)},
]  # fmt: skip


@pytest.mark.parametrize("keys", KEYS)
def test_keys_that_sampling_fails_on_are_refused(keys: dict[Any, Any]) -> None:
    with pytest.raises(EncoderScopeError, match="positive has"):
        kit.report(NAME, positive=[[entry, {**more, **keys}] for entry, more in with_extras()])


def test_numbers_that_are_none_are_not_blamed_on_the_image_model() -> None:
    positive = with_extras()
    positive[0][0] = positive[0][0] * math.nan
    with pytest.raises(EncoderScopeError, match="The sequence of positive holds"):
        kit.report(NAME, positive=positive)


@pytest.mark.parametrize("inputs", [None, "a model"])
def test_what_is_no_model_is_refused(inputs: Any) -> None:
    from encoderscope.host.generator import image_model

    with pytest.raises(EncoderScopeError, match="No image model"):
        image_model.facts_of(inputs)


def test_contrasts_are_measured_where_that_is_asked() -> None:
    text = "a red car and a blue house"
    report = kit.report(NAME, text, binding=True, budget="default", split="whole phrases")
    [entry] = report["binding"]
    assert entry["label"] and entry["encoder"] is not None
    share, null = entry["generator"]["share"], entry["generator"]["null"]
    assert 0 < share <= 1 and 0 <= null[0] <= null[1] <= 1
    assert kit.report(NAME, text)["binding"] == []
    quick = kit.report(NAME, text, binding=True)
    assert quick["binding"] == [] and any("quick" in line for line in quick["skipped"])
