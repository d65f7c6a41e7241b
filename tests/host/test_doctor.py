"""The Prompt Doctor on the real host: from a CLIP and a prompt to its report, on the miniatures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.host
SCHEMA = Path(__file__).parents[2] / "docs" / "report-doctor.schema.json"
TEXT = "a red car next to a blue house, <lora:detail:0.8> [old], highly detailed"
Report = dict[str, Any]


@pytest.fixture(scope="module")
def clip(host_folder: Path) -> Any:
    from encoderscope.host import miniatures

    return miniatures.clip("mini-CLIP-hard", "sd3 without T5")


@pytest.fixture(scope="module")
def whole(host_folder: Path, clip: Any) -> Any:
    """What the node gives with a CLIP and an image model."""
    from encoderscope.host.generator import miniature_model
    from encoderscope.nodes.doctor.prompt_doctor import PromptDoctor

    model = miniature_model.model("clip-hard")
    return PromptDoctor.execute(clip, TEXT, model=model, seed=0, budget="quick")


def phrase(report: Report, text: str) -> Report:
    return next(each for each in report["phrases"] if each["text"] == text)


def test_the_node_gives_what_its_schema_says(whole: Any) -> None:
    from encoderscope.nodes.doctor.prompt_doctor import PromptDoctor

    outputs = [each.id for each in PromptDoctor.define_schema().outputs]
    assert outputs == ["diagnosis", "json", "image", "suggested_prompt"]
    text, as_json, image, suggested = whole.result
    report = json.loads(as_json)
    assert report["format"] == "encoderscope.doctor"
    assert report["text"] == TEXT
    assert report["suggested_prompt"] == suggested
    assert report["sentence"] in text
    assert image.shape[0] == 1 and image.shape[-1] == 3
    [shown] = whole.ui["encoderscope_doctor"]
    assert shown["sentence"] == report["sentence"]


def test_values_of_a_saved_workflow_stay_in_their_widgets(host_folder: Path) -> None:
    """Front end 1.58 takes a value away for each input that is a socket alone, where it counts as
    many as are saved; a seed's control counts only where the schema names it.
    """
    from encoderscope.nodes.doctor.prompt_doctor import PromptDoctor

    inputs = {each.id: each for each in PromptDoctor.define_schema().inputs}
    assert inputs["reports"].force_input
    assert inputs["seed"].control_after_generate


def test_the_report_is_as_its_schema_says(whole: Any) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(json.loads(whole.result[1]), json.loads(SCHEMA.read_text()))


def test_the_stations_say_what_is_known_of_the_miniatures(whole: Any) -> None:
    report = json.loads(whole.result[1])
    looked = {each["name"]: each["looked_at"] for each in report["stations"]}
    assert looked == {"tokenizer": True, "encoder": True, "generator": True, "picture": False}
    assert phrase(report, "<lora:detail:0.8>")["station"] == "tokenizer"
    for text in ("red", "blue", "car", "house"):
        assert phrase(report, text)["outcome"] in ("healthy", "cannot tell")  # at one point
    assert phrase(report, "red")["checks"][1]["state"] == "passed"
    detailed = phrase(report, "detailed")  # the encoder never saw it
    assert detailed["checks"][2]["state"] == "lost"
    assert detailed["station"] is None, "it may be the tag's fault"
    assert "<lora:detail:0.8>" in detailed["says"]


def test_the_suggested_prompt_passes_the_lint_better(whole: Any, clip: Any) -> None:
    from encoderscope.host.reports import token_reports

    suggested = whole.result[3]
    before, after = (token_reports.report(clip, text, None) for text in (TEXT, suggested))
    assert len(after["findings"]) < len(before["findings"])
    assert "lora" not in suggested
    assert not after["not_as_it_seems"]


def test_given_reports_are_taken_and_their_stations_not_run(
    whole: Any, clip: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from encoderscope.host.reports import doctor_reports, probe_reports, token_reports

    tokens = token_reports.report(clip, TEXT, None)
    probe = probe_reports.report(clip, TEXT.replace("[", " ").replace("]", " "))
    monkeypatch.setattr(probe_reports, "report", _never)
    inputs = doctor_reports.DoctorInputs(
        clip, TEXT, reports=f"{json.dumps(tokens)}\n{json.dumps([probe])}"
    )
    report = doctor_reports.report(inputs)
    own = json.loads(whole.result[1])
    assert phrase(report, "red")["checks"][:2] == phrase(own, "red")["checks"][:2]
    assert report["stations"][1]["report"]["sha256"]


def _never(*args: Any, **options: Any) -> None:
    raise AssertionError("the station was run again")


def test_a_station_that_refuses_is_named_with_its_reason(clip: Any) -> None:
    import torch
    from encoderscope.host.reports import doctor_reports

    inputs = doctor_reports.DoctorInputs(clip, "a cat", images=torch.zeros(1, 8, 8, 3))
    report = doctor_reports.report(inputs)
    assert "judge" in report["stations"][3]["why"]
    assert report["stations"][3]["looked_at"] is False


def test_what_the_host_refuses_is_refused(clip: Any) -> None:
    from encoderscope.conditioning.errors import HostRefused
    from encoderscope.host.reports import doctor_reports

    with pytest.raises(HostRefused):
        doctor_reports.report(doctor_reports.DoctorInputs(clip, "embedding:"))


@pytest.mark.parametrize(
    "text", ["", "[", "[red] car", "((", "BREAK", "，", "a [b|c] d [e", "\x00", "🙂"]
)
def test_any_prompt_has_a_report(clip: Any, text: str) -> None:
    from encoderscope.conditioning.reports.doctor import picture
    from encoderscope.conditioning.reports.doctor import text as doctor_text
    from encoderscope.conditioning.reports.strict_json import to_json
    from encoderscope.host.reports import doctor_reports

    report = doctor_reports.report(doctor_reports.DoctorInputs(clip, text))
    assert json.loads(to_json(report))["text"] == text
    assert doctor_text.plain(report) and doctor_text.markdown(report)
    assert picture.render(report).width == 1920


def verified(clip: Any, text: str, **more: Any) -> Any:
    from encoderscope.host.generator import miniature_model
    from encoderscope.host.reports import doctor_reports

    model = miniature_model.model("clip-hard")
    inputs = doctor_reports.DoctorInputs(
        clip, text, model=model, budget="quick", verify=True, **more
    )
    return doctor_reports.examined(inputs)


def test_a_remedy_is_measured_once(clip: Any) -> None:
    from encoderscope.conditioning.translation import in_language

    report, pictures, again = verified(clip, "a [red|green] car next to a blue house")
    tried = report["verification"]
    assert tried["kind"] == "influence" and not pictures
    assert tried["tried"] == report["suggested_prompt"] == "a red car next to a blue house"
    assert "Tried the suggested prompt" in tried["sentence"]
    with in_language("de"):  # written anew, and measured no second time
        german = again()
    assert german["verification"]["sentence"].startswith("Versucht: der vorgeschlagene Prompt")
    assert german["verification"]["phrases"] == tried["phrases"]
    assert german["language"] == "de" and german["changes"] != report["changes"]
    assert {each["text"] for each in tried["phrases"]} <= {
        each["text"] for each in report["phrases"]
    }


def test_a_remedy_is_drawn_before_and_after_with_the_same_seed(clip: Any) -> None:
    import torch
    from encoderscope.conditioning.reports.doctor import picture
    from encoderscope.host.generator import miniature_model
    from encoderscope.host.reports import image_reports

    latent = {"samples": torch.zeros(1, 16, 8, 8)}
    report, pictures, _ = verified(
        clip,
        "a [red|green] car next to a blue house",
        vae=miniature_model.vae(),
        latent=latent,
        guidance=3.0,
    )
    assert report["verification"]["kind"] == "picture"
    assert [tuple(each.shape) for each in pictures] == [(1, 64, 64, 3)] * 2
    assert not torch.equal(*pictures)
    thumbnails = image_reports.thumbnails(pictures)
    shown = image_reports.with_before_and_after(report, thumbnails)
    assert set(shown["thumbs"]) == {"before", "after"}
    plain = picture.render(report).height
    assert picture.render(report, pictures=thumbnails).height > plain


def test_a_judge_is_tested_once_for_both_pictures(
    clip: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from encoderscope.conditioning.image_probe.judges import ask_judges
    from encoderscope.conditioning.image_probe.judges.mini_vqa import mini_judge
    from encoderscope.host.generator import miniature_model

    tested: list[str] = []
    calibrated = ask_judges.calibrated

    def noting(judge: Any, kind: str, *more: Any) -> Any:
        tested.append(kind)
        return calibrated(judge, kind, *more)

    monkeypatch.setattr(ask_judges, "calibrated", noting)
    report, pictures, _ = verified(
        clip,
        "a [red|green] car and a blue house",
        vae=miniature_model.vae(),
        latent={"samples": torch.zeros(1, 16, 8, 8)},
        guidance=3.0,
        judge=(mini_judge.load(),),
    )
    assert len(pictures) == 2
    assert report["verification"]["phrases"], "the judge looked at both"
    assert sorted(tested) == ["colour", "presence"]


def test_nothing_is_tried_where_nothing_was_lost(clip: Any) -> None:
    from encoderscope.host.reports import doctor_reports

    report = doctor_reports.report(doctor_reports.DoctorInputs(clip, "a cat", verify=True))
    assert report["verification"] is None
    assert any("needs a model" in note for note in report["notes"])
