"""Image models of many layouts, and what a stranger connects to them: every answer is the host's,
and what does not belong together is refused in a sentence.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.host.generator import kit, layouts

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "one_thread")]


def report(name: str, text: str = kit.BOTH, progress: Any = None, **options: Any) -> Any:
    from encoderscope.conditioning.progress import no_progress
    from encoderscope.host.reports import generator_reports, where_reports

    model = options.pop("model", None) or layouts.model(name)
    clip = options.pop("clip", None) or layouts.clip(name)
    options = {"latent": layouts.latent(name, 8, 8), "budget": "quick", **options}
    prompt = generator_reports.MeasuredPrompt(
        model, clip, text, generator_reports.Options(**options)
    )
    return where_reports.report(prompt, progress or no_progress)[0]


@pytest.mark.parametrize("guidance", [1.0, 3.0])
@pytest.mark.parametrize("name", layouts.LAYOUTS)
def test_answers_are_the_hosts_own_and_nothing_stays(
    name: str, guidance: float, monkeypatch: Any
) -> None:
    """With guidance a step of the run asks the pair that the host asks; a point asks more at once,
    which rounds otherwise.
    """
    before, most = kit.state(layouts.model(name)), None if guidance > 1 else 1
    with kit.listening(monkeypatch, most) as calls:
        report(name, guidance=guidance, negative="a dog")
    equal = [
        torch.equal(answer, each.host[conditioning])
        for each in calls
        if most or len(each.answers) == 1
        for conditioning, answer in each.answers.items()
    ]
    assert equal and all(equal)
    assert kit.state(layouts.model(name)) == before


@pytest.mark.parametrize("name", layouts.LAYOUTS)
def test_calls_are_told_with_those_of_the_where_map(name: str) -> None:
    """Where none can be drawn (video, rows that are not known), none are told."""
    counted: list[tuple[int, int]] = []
    report(name, where=True, progress=lambda done, total, *_: counted.append((done, total)))
    assert {total for _, total in counted} == {counted[-1][0]}


@pytest.mark.parametrize("sides", [(7, 13), (1, 9), (3, 8, 8)])
@pytest.mark.parametrize("seed", [None, 4])
def test_a_video_model_takes_pictures_and_videos_of_any_size(sides: Any, seed: Any) -> None:
    output = report("wan", latent=layouts.latent("wan", *sides, seed=seed), where=True)
    assert all(phrase["influence"] > 0 for phrase in output["phrases"])


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("flux", (1, 4, 8, 8)),
        ("sd1", (1, 16, 8, 8)),
        ("sd1", (1, 4, 3, 8, 8)),
        ("wan", (1, 16, 64)),
        ("sd1", (0, 4, 8, 8)),
    ],
)
def test_a_latent_of_another_model_is_refused(name: str, shape: Any) -> None:
    with pytest.raises(EncoderScopeError, match="not one of this image model") as refused:
        report(name, latent={"samples": torch.ones(shape)})
    assert " x ".join(map(str, shape)) in refused.value.problem


@pytest.mark.parametrize(
    ("model", "clip"),
    [("sd1", "sdxl"), ("sdxl", "sd1"), ("sdxl", "wan"), ("flux", "sdxl"), ("lumina2", "sdxl")],
)
def test_a_clip_that_the_model_cannot_read_is_refused(model: str, clip: str) -> None:
    with pytest.raises(EncoderScopeError, match="cannot read these encodings") as refused:
        report(model, clip=layouts.clip(clip))
    assert "Connect the CLIP" in refused.value.remedy


def test_a_clip_of_another_family_that_fits_by_chance_is_said_first() -> None:
    output = report("wan", clip=layouts.clip("lumina2"))
    assert output["sentence"].startswith("The CLIP is that of Lumina 2, the image model is Wan")
    assert output["generator"]["notes"][0] not in output["display"]["notes"], "it stands on top"


@pytest.mark.parametrize("node", ["EasyCacheNode", "LazyCacheNode"])
def test_a_cache_of_steps_is_said_first(node: str) -> None:
    from comfy_extras import nodes_easycache

    options = (0.2, 0.15, 0.95, False)
    cached = getattr(nodes_easycache, node).execute(layouts.model("sd1"), *options).args[0]
    output = report("sd1", model=cached)
    assert output["sentence"].startswith("A cache of steps sits on this model")
    assert "cache" not in report("sd1")["sentence"]


def test_a_phrase_that_is_a_filler_word_is_exchanged_all_the_same() -> None:
    output = report("sd1", text="[the] car of [of] a house")
    assert all(phrase["reaches"] and phrase["influence"] > 0 for phrase in output["phrases"])


def test_a_conditioning_that_is_not_in_effect_is_not_called_ignored() -> None:
    import nodes

    encoder = layouts.clip("sd1")
    own = encoder.encode_from_tokens_scheduled(encoder.tokenize(kit.BOTH))
    late = nodes.ConditioningSetTimestepRange().set_range(own, 1.0, 1.0)[0]
    output = report("sd1", positive=late)
    assert output["sentence"].startswith("Exchanging all phrases changes nothing")
    assert {phrase["verdict"] for phrase in output["phrases"]} == {"cannot tell"}
    assert all("no other phrase does" in phrase["sentence"] for phrase in output["phrases"])


@pytest.mark.parametrize(("name", "helps"), [("sd1", True), ("wan", True), ("qwen_image", False)])
def test_a_weight_is_advised_only_where_it_is_read(name: str, helps: bool) -> None:
    from encoderscope.host.generator.encodings import PromptEncoder

    assert PromptEncoder(layouts.clip(name), kit.BOTH).weighted is helps
