"""The where-map on the miniature generator: a thing is looked for where it is drawn."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest

pytestmark = pytest.mark.host
torch = pytest.importorskip("torch")
PROMPT = "a red car next to a blue house, best quality, cinematic light"


@pytest.fixture
def pack(host_folder: Any) -> Any:
    return lambda name: importlib.import_module(f"encoderscope.{name}")


@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_a_thing_is_looked_for_in_one_place_and_the_other_in_another(
    pack: Any, guidance: float
) -> None:
    model, vae, _ = pack("host.generator.miniature_model").loaded("clip-hard")
    clip = pack("host.miniatures").clip("mini-CLIP-hard", "sd3 without T5")
    generator_reports = pack("host.reports.generator_reports")
    where_reports = pack("host.reports.where_reports")
    latent = {"samples": torch.zeros(1, 16, 8, 8)}
    options = generator_reports.Options(
        guidance=guidance, latent=latent, vae=vae, seed=3, where=True
    )
    prompt = generator_reports.MeasuredPrompt(model, clip, PROMPT, options)
    counted: list[tuple[int, int]] = []
    plain = generator_reports.report(prompt, lambda *done: counted.append(done))
    announced = counted[0]
    report, picture = where_reports.with_where(plain, prompt, lambda *done: counted.append(done))
    json.dumps(report, allow_nan=False)
    assert picture is not None and picture.size == (64, 64)
    calls = report["budget"]["calls"] + report["where"]["calls"]
    assert announced == (0, calls), "the number is told beforehand"
    assert counted[-1] == (calls, calls) and {total for _, total in counted} == {calls}
    assert [done for done, _ in counted] == sorted(done for done, _ in counted)
    assert f"and {report['where']['calls']} more for the where-map" in report["display"]["how"]
    assert report["where"]["calls"] == (7 * (1 + (guidance > 1)) + 4)
    maps = {
        report["phrases"][each["phrase"]]["text"]: torch.tensor(each["values"]).reshape(
            each["size"]
        )
        for each in report["where"]["maps"]
    }
    car, house = maps["car"].float(), maps["house"].float()
    together = float((car * house).sum() / (car.norm() * house.norm()))
    assert together < 0.7, "car and house are looked for in the same place"
    assert {key: value for key, value in report.items() if key not in ("where", "display")} == {
        key: value for key, value in plain.items() if key != "display"
    }
    prompt.model = None  # nothing is measured twice for a report in another language
    with pack("conditioning.translation").in_language("de"):
        german, same = where_reports.report(prompt)
    assert german["language"] == "de" and same is picture
    assert german["where"] == report["where"] and german["budget"] == report["budget"]
    assert german["sentence"] != report["sentence"]
    fresh = generator_reports.MeasuredPrompt(model, clip, PROMPT, options)
    again = generator_reports.report(fresh)
    assert again == plain, "something of the look stayed on the model"
    assert "optimized_attention_override" not in str(model.model_options)


def test_a_unet_with_two_encoders_has_a_where_map(pack: Any) -> None:
    """SDXL's layout: rows of CLIP-L and CLIP-G side by side, and no VAE: the host's rough colours
    lie below the maps.
    """
    kit = pack("tests.host.generator.kit")
    generator_reports = pack("host.reports.generator_reports")
    options = generator_reports.Options(latent=kit.empty("sdxl", 16), budget="quick", where=True)
    prompt = generator_reports.MeasuredPrompt(
        kit.model("sdxl"), kit.clip("sdxl"), kit.BOTH, options
    )
    counted: list[tuple[int, int]] = []
    plain = generator_reports.report(prompt, lambda *done: counted.append(done))
    where_reports = pack("host.reports.where_reports")
    report, picture = where_reports.with_where(plain, prompt, lambda *done: counted.append(done))
    assert picture is not None and report["where"]["blocks"] > 0
    maps = report["where"]["maps"]
    assert [each["phrase"] for each in maps] == list(range(len(report["phrases"])))
    assert all(each["size"] == [16, 16] and max(each["values"]) <= 100 for each in maps)
    assert {total for _, total in counted} == {counted[-1][0]}
