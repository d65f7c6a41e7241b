"""Binding Probe and Encoder Report on the real host: in this process, and in a graph on a real
server.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import io as streams
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning.translation import in_language

torch = pytest.importorskip("torch")
from encoderscope.tests import hostkit

pytestmark = pytest.mark.host
ROOT = Path(__file__).resolve().parents[2]
TEXT = "a red car next to a blue house"
PROBE, CARD = "EncoderScope_BindingProbe", "EncoderScope_EncoderReport"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nulls")


@pytest.fixture(scope="module", autouse=True)
def small_nulls() -> Iterator[None]:
    """The fewest contrasts that nulls are made of: these tests are about the road through the host,
    not about thresholds.
    """
    from encoderscope.conditioning.binding import null_distribution

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(null_distribution, "BUDGET", 1)
        yield


@pytest.fixture(scope="module")
def probing(host_folder: Path) -> Any:
    from encoderscope.host.reports import probe_reports as made

    return made


def valid(report: dict[str, Any]) -> dict[str, Any]:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((ROOT / "docs" / "report-probe.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(json.dumps(report, allow_nan=False)), schema)
    return report


@pytest.mark.parametrize(
    ("family", "deciding"),
    [
        ("sd1", {("conditioning", "cross-attention")}),
        ("sdxl", {("conditioning", "pooled"), ("conditioning", "cross-attention")}),
        ("flux", {("conditioning", "pooled"), ("conditioning", "cross-attention")}),
        ("qwen_image", {("conditioning", "sequence"), ("conditioning", "cross-attention")}),
    ],
)
def test_the_readouts_that_the_generator_uses_decide(
    probing: Any, cache: Path, family: str, deciding: set[Any]
) -> None:
    from encoderscope.tests.host import clips

    validation = valid(probing.report(clips.clip(family), TEXT, cache=cache))
    assert {
        (verdict["stream"], verdict["readout"])
        for verdict in validation["verdicts"]
        if verdict["counts"]
    } == deciding
    assert (
        validation["family"] == family
        and validation["contrasts"][0]["label"] == "red car / blue house"
    )
    assert all(verdict["in_prompt"] is not None for verdict in validation["verdicts"])


def test_what_flux_throws_away_is_measured_but_does_not_decide(probing: Any, cache: Path) -> None:
    from encoderscope.tests.host import clips

    report = probing.report(clips.clip("flux"), TEXT, cache=cache)
    taken = {
        (verdict["stream"], verdict["readout"]): verdict["taken"] for verdict in report["verdicts"]
    }
    assert not taken["l", "sequence"] and not taken["l", "cross-attention"] and taken["l", "pooled"]
    assert taken["t5xxl", "cross-attention"] and not taken["t5xxl", "mean"]
    by_place = {(verdict["stream"], verdict["readout"]): verdict for verdict in report["verdicts"]}
    assert by_place["conditioning", "pooled"]["share"] == by_place["l", "pooled"]["share"]
    assert by_place["conditioning", "cross-attention"]["share"] == pytest.approx(
        by_place["t5xxl", "cross-attention"]["share"], rel=1e-6
    )


def test_words_behind_the_first_window_are_lost_to_the_pooled_vector(
    probing: Any, cache: Path
) -> None:
    """The pair can be told apart in short sentences; in this prompt the pooled vector never hears
    of it.
    """
    from encoderscope.tests.host import clips

    far = "waves and gulls, " * 20 + TEXT
    validation = valid(probing.report(clips.clip("sdxl"), far, cache=cache))
    pooled = next(
        verdict
        for verdict in validation["verdicts"]
        if (verdict["stream"], verdict["readout"]) == ("g", "pooled")
    )
    assert (
        pooled["lost_in_prompt"] and pooled["verdict"] == "COLLAPSED" and pooled["in_prompt"] == 0
    )
    assert {item["kind"] for item in validation["lint"]} >= {"pooled"}
    tokens = next(
        verdict
        for verdict in validation["verdicts"]
        if (verdict["stream"], verdict["readout"]) == ("g", "cross-attention")
    )
    assert not tokens["lost_in_prompt"]


def test_a_noun_before_its_modifier_is_named_in_clip_and_not_in_t5(
    probing: Any, cache: Path
) -> None:
    from encoderscope.tests.host import clips

    validation = valid(
        probing.report(
            clips.clip("flux"), "a car that is red and a house that is blue", cache=cache
        )
    )
    assert {(item["kind"], item["stream"]) for item in validation["lint"]} == {("before", "l")}
    assert validation["contrasts"][0]["kind"] == "binding"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fox",
        "masterpiece, best quality, 8k, uhd",
        "ein rotes Haus und ein blauer Wagen am Wald",
        "word " * 1000,
    ],
)
def test_awkward_prompts_get_a_report(probing: Any, cache: Path, text: str) -> None:
    from encoderscope.tests.host import clips

    validation = valid(probing.report(clips.clip("sd1"), text, cache=cache))
    assert validation["sentence"] and (validation["contrasts"] or validation["bound"] is None)


def test_weights_and_brackets_stay_in_the_prompt_itself(probing: Any, cache: Path) -> None:
    from encoderscope.tests.host import clips

    validation = valid(
        probing.report(clips.clip("sd1"), "a (red:1.4) car next to a (blue:0.8) house", cache=cache)
    )
    plain = probing.report(clips.clip("sd1"), TEXT, cache=cache)
    share = {
        name: item["verdicts"][1]["in_prompt"]
        for name, item in (("weighted", validation), ("plain", plain))
    }
    assert share["weighted"] != share["plain"]
    assert validation["verdicts"][0]["share"] == plain["verdicts"][0]["share"], (
        "the sentences have no weights"
    )


def test_no_clip_and_an_unknown_view_are_refused_in_words(probing: Any) -> None:
    from encoderscope.conditioning.errors import EncoderScopeError

    with pytest.raises(EncoderScopeError, match="No CLIP arrived"):
        probing.report(None, TEXT)
    with pytest.raises(EncoderScopeError, match="Unknown view 'sideways'"):
        probing.report(None, TEXT, "sideways")


@pytest.mark.parametrize("drawable", [True, False])
def test_a_language_without_a_font_is_drawn_in_english_and_measured_once(
    probing: Any, cache: Path, monkeypatch: pytest.MonkeyPatch, drawable: bool
) -> None:
    from encoderscope.conditioning.reports.drawing import legible
    from encoderscope.host import progress_bar as host_progress
    from encoderscope.tests.host import clips

    probes, drawn = [], []
    measure, render = probing.probe, probing.picture.render
    monkeypatch.setattr(probing, "probe", lambda *inputs: probes.append(1) or measure(*inputs))
    monkeypatch.setattr(
        probing.picture,
        "render",
        lambda report, **more: drawn.append((report, more)) or render(report, **more),
    )
    monkeypatch.setattr(host_progress, "cache_folder", lambda: cache)
    monkeypatch.setattr(legible, "can_draw", lambda code: drawable)
    with in_language("ja"):
        report, _ = probing.compared(clips.clip("sd1"), None, TEXT, probing.VIEWS[0], 0.95)
    [(shown, more)] = drawn
    assert (report["language"], shown["language"]) == ("ja", "ja" if drawable else "en")
    assert bool(more) is not drawable and len(probes) == 1
    assert shown["verdicts"][0]["share"] == report["verdicts"][0]["share"]
    assert report["compare"] is None and report["contrasts"][0]["label"] == "red car / blue house"


def test_the_stop_button_stops(probing: Any) -> None:
    import comfy.model_management
    from encoderscope.host import progress_bar as host_progress
    from encoderscope.tests.host import clips

    comfy.model_management.interrupt_current_processing()
    with pytest.raises(comfy.model_management.InterruptProcessingException):
        probing.report(clips.clip("sd1"), TEXT, progress=host_progress.progress())
    comfy.model_management.interrupt_current_processing(False)


# On a server


@pytest.fixture(scope="module")
def server(host_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from encoderscope.tests.host.loading import making

    base = tmp_path_factory.mktemp("models")
    for name, width in (("clip_l", None), ("thin", 64)):
        clip = making.clip(768, 12, feed_forward=width)
        making.write(
            base / "text_encoders" / f"{name}.safetensors", making.state(clip), torch.float16
        )
    config = base / "paths.yaml"
    config.write_text(
        json.dumps({"probe": {"base_path": str(base), "text_encoders": "text_encoders"}}),
        encoding="utf-8",
    )
    with hostkit.serve(
        tmp_path_factory.mktemp("probe"), arguments=("--extra-model-paths-config", str(config))
    ) as running:
        running.models = base
        yield running
    for file in (base / "text_encoders").iterdir():
        file.unlink()


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


def ours(file: str) -> dict[str, Any]:
    none = {f"file_{k}": "none" for k in (2, 3, 4)}
    return node(
        "EncoderScope_LoadEncoders",
        file_1=file,
        **none,
        family="auto",
        precision="as stored",
        device="auto",
    )


def test_the_probe_behind_our_loader_and_the_hosts(server: Any) -> None:
    graph = {
        "1": ours("clip_l.safetensors"),
        "2": node(
            "CLIPLoader", clip_name="clip_l.safetensors", type="stable_diffusion", device="default"
        ),
        "3": node(
            PROBE, clip=["1", 0], text=TEXT, view="unpadded", threshold=0.9, compare_clip=["2", 0]
        ),
        "4": node("PreviewImage", images=["3", 2]),
    }
    shown = server.run(graph)
    validation = valid(shown["3"]["encoderscope_probe"][0])
    mine, other = (
        [(verdict["share"], verdict["verdict"]) for verdict in report["verdicts"]]
        for report in (validation, validation["compare"])
    )
    assert mine == other, "both loaders give the same encoder"
    assert validation["threshold"] == 0.9 and shown["3"]["text"][0].startswith(
        validation["sentence"]
    )
    assert shown["4"]["images"], "a picture"


def test_a_card_is_kept_and_compared(server: Any) -> None:
    graph = {
        "1": ours("thin.safetensors"),
        "2": node(CARD, clip=["1", 0], title="friend's", view="unpadded"),
        "3": node(CARD, clip=["1", 0], title="mine", view="unpadded", card=["2", 1]),
    }
    started = time.perf_counter()
    card = server.run(graph)["3"]["encoderscope_encoder_report"][0]
    first, started = time.perf_counter() - started, time.perf_counter()
    assert card["title"] == "mine" and [other["title"] for other in card["others"]] == ["friend's"]
    assert {score["phenomenon"] for score in card["scores"]} == set(card["phenomena"])
    assert card["fingerprint"] == card["others"][0]["fingerprint"]
    server.run({**graph, "3": node(CARD, clip=["1", 0], title="again", view="unpadded")})
    assert time.perf_counter() - started < first / 2, "the second card comes from the folder"


def test_the_command_line_reads_the_same_file(
    server: Any, cache: Path, host_folder: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from encoderscope.cli import main

    monkeypatch.setenv("COMFYUI_PATH", str(host_folder))
    monkeypatch.setenv("ENCODERSCOPE_CACHE", str(cache))
    file = str(server.models / "text_encoders" / "thin.safetensors")
    status = main.main(["probe", TEXT, "--encoder", file, "--json"])
    validation = valid(json.loads(capsys.readouterr().out))
    assert (
        status == (2 if validation["bound"] is None else int(not validation["bound"]))
        and validation["family"] == "sd1"
    )
    monkeypatch.setattr("sys.stdin", streams.StringIO(f"{TEXT}\n[red] car\n\n"))
    assert main.main(["probe", "-", "--encoder", file]) in (1, 2)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 3 and lines[0]["verdicts"] == validation["verdicts"]
    assert "Only [red] is marked" in lines[1]["error"] and lines[2]["contrasts"] == []
    assert main.main(["probe", "--encoder", file]) == 2 and "--suite" in capsys.readouterr().err
    assert (
        main.main(["probe", TEXT, "--encoder", file + ".not"]) == 2
        and "There is no file" in capsys.readouterr().err
    )
