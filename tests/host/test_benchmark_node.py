"""The Binding Benchmark on the real host: in this process, and in a graph on a real server."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.tests import hostkit
from encoderscope.tests.image_text import kit

pytestmark = pytest.mark.host
ROOT = Path(__file__).resolve().parents[2]
BENCH, DUAL = "EncoderScope_BindingBenchmark", "EncoderScope_LoadDualEncoder"
LINE = {
    "caption": "a red car next to a blue house",
    "swap": "a blue car next to a red house",
    "paraphrase": "the blue house and the red car",
}


def valid(report: dict[str, Any]) -> dict[str, Any]:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(
        (ROOT / "docs" / "report-benchmark.schema.json").read_text(encoding="utf-8")
    )
    jsonschema.validate(json.loads(json.dumps(report, allow_nan=False)), schema)
    return report


@pytest.fixture
def benchmarking(host_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The node's helpers, with input and output folders of this test."""
    import folder_paths
    from encoderscope.host.reports import benchmark_inputs as made

    for name in ("input", "output"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(
            folder_paths, f"get_{name}_directory", lambda name=name: str(tmp_path / name)
        )
    return made


def pictures(root: Path, **changed: Any) -> Path:
    from PIL import Image

    root.mkdir(parents=True, exist_ok=True)
    for k in range(3):
        Image.new("RGB", (40, 40), (80 * k, 20, 90)).save(root / f"{k}.png")
    lines = [json.dumps({"image": f"{k}.png", **LINE, **changed}) for k in range(3)]
    (root / "captions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return root


def test_folders_below_input_and_output_are_found(benchmarking: Any, tmp_path: Path) -> None:
    mine, out = pictures(tmp_path / "input" / "mine"), pictures(tmp_path / "output" / "deep" / "er")
    for name in ("mine", " mine ", "mine [input]", str(mine), "deep/../mine"):
        assert benchmarking.resolve(name) == mine.resolve()
    for name in ("deep/er [output]", str(out)):
        assert benchmarking.resolve(name) == out.resolve()
    assert len(benchmarking.dataset("folder", "mine").pairs) == 3


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "..",
        "../..",
        "mine/../../secret",
        "/",
        "/etc",
        "x [temp]",
        "../x [output]",
        "a\0b",
    ],
)
def test_other_folders_are_refused(benchmarking: Any, name: str) -> None:
    from encoderscope.conditioning.errors import EncoderScopeError

    with pytest.raises(EncoderScopeError, match="below ComfyUI/input"):
        benchmarking.resolve(name)


def test_a_link_out_of_the_input_folder_is_refused(benchmarking: Any, tmp_path: Path) -> None:
    from encoderscope.conditioning.errors import EncoderScopeError

    pictures(tmp_path / "secret")
    try:
        (tmp_path / "input" / "door").symlink_to(tmp_path / "secret", target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")
    with pytest.raises(EncoderScopeError, match="does not lie below"):
        benchmarking.resolve("door")


def test_the_stamp_changes_with_the_files(benchmarking: Any, tmp_path: Path) -> None:
    pictures(tmp_path / "input" / "mine")
    before = benchmarking.stamp("folder", "mine")
    assert (
        before == benchmarking.stamp("folder", "mine")
        and benchmarking.stamp("drawn-20", "mine") == "drawn-20"
    )
    pictures(tmp_path / "input" / "mine", generated_correctly=True)
    assert benchmarking.stamp("folder", "mine") != before
    assert "There is no folder" in benchmarking.stamp("folder", "gone")


def test_without_an_encoder_it_says_what_to_connect(benchmarking: Any) -> None:
    from encoderscope.conditioning.errors import EncoderScopeError

    with pytest.raises(EncoderScopeError, match=r"No encoder arrived.*Load Image-Text Encoder"):
        benchmarking.judges(None, None, None)


def test_each_encoder_of_a_clip_is_asked_with_text_alone(benchmarking: Any) -> None:
    from encoderscope.conditioning.benchmark import drawn_sets, scoring
    from encoderscope.conditioning.reports.benchmark import report as benchmark_report
    from encoderscope.tests.host import clips

    data = drawn_sets.drawn("drawn-20")
    runs = scoring.run(benchmarking.judges(None, None, clips.clip("flux")), data)
    validation = valid(benchmark_report.benchmark_report(data, runs))
    assert [encoder["title"] for encoder in validation["encoders"]] == [
        "CLIP-L, text alone",
        "T5-XXL, text alone",
    ]
    assert {encoder["question"] for encoder in validation["encoders"]} == {"text"}


def test_the_tokens_that_are_kept_do_not_grow_without_end(
    host_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from encoderscope.host import probe_encoder
    from encoderscope.tests.host import clips

    monkeypatch.setattr(probe_encoder, "MOST_TEXTS", 4)
    [encoder, *_] = probe_encoder.take_apart(clips.clip("sd1")).encoders
    rows = encoder.tokenize([f"{k} cars" for k in range(11)])
    assert len(encoder.tokens.by_text) <= 4 and rows == [
        encoder.tokenize([f"{k} cars"])[0] for k in range(11)
    ]


# On a server


@pytest.fixture(scope="module")
def server(host_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    base = tmp_path_factory.mktemp("models")
    for name, kind in (("small-clip", "clip"), ("small-siglip", "siglip")):
        kit.save(base / "clip_vision" / name, kind, positions=40)
    config = base / "paths.yaml"
    config.write_text(
        json.dumps({"bench": {"base_path": str(base), "clip_vision": "clip_vision"}}),
        encoding="utf-8",
    )
    with hostkit.serve(
        tmp_path_factory.mktemp("bench"), arguments=("--extra-model-paths-config", str(config))
    ) as running:
        yield running


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


def dual(name: str) -> dict[str, Any]:
    return node(DUAL, model=f"clip_vision/{name}", precision="auto", activation="auto")


def test_two_encoders_on_the_drawn_set(server: Any) -> None:
    graph = {
        "1": dual("small-clip"),
        "2": dual("small-siglip"),
        "3": node(BENCH, dataset="drawn-20", folder="", encoder_a=["1", 0], encoder_b=["2", 0]),
        "4": node("PreviewImage", images=["3", 3]),
        "5": node("PreviewAny", source=["3", 2]),
    }
    shown = server.run(graph)
    validation = valid(shown["3"]["encoderscope_benchmark"][0])
    assert [encoder["letter"] for encoder in validation["encoders"]] == ["A", "B"] and validation[
        "dataset"
    ]["pairs"] == 20
    assert validation["host"] and len(validation["comparisons"]) == 1 and shown["4"]["images"]
    assert shown["3"]["text"][0].splitlines()[1] == validation["sentence"]
    assert len(shown["5"]["text"][0].splitlines()) == 41


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ({"dataset": "drawn-20"}, "No encoder arrived"),
        ({"dataset": "folder", "encoder_a": ["1", 0], "folder": "../.."}, "below ComfyUI/input"),
    ],
)
def test_bad_input_is_a_sentence(server: Any, inputs: dict[str, Any], sentence: str) -> None:
    graph = {"1": dual("small-clip"), "3": node(BENCH, **{"folder": "", **inputs})}
    with pytest.raises(hostkit.HostFailure) as refused:
        server.run(graph)
    assert sentence in str(refused.value)
