"""`encoderscope bench` on folders and on the drawn set."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.cli import main
from encoderscope.tests.image_text import kit


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("encoders")
    for kind in ("clip", "siglip"):
        kit.save(root / kind, kind, positions=40)
    import transformers

    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=60,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=40,
    )
    transformers.BertModel(config).save_pretrained(root / "bert")
    kit.save_tokenizer(root / "bert", "clip")
    settings = root / "bert" / "tokenizer_config.json"
    settings.write_text(
        settings.read_text().replace('"model_max_length": 16', '"model_max_length": 40')
    )
    return root


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ENCODERSCOPE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def run(capsys: Any, *arguments: object) -> tuple[int, str, str]:
    status = main.main(["bench", *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_both_kinds_of_encoders_on_the_drawn_set(
    capsys: Any, encoders: Path, cache: Path, tmp_path: Path
) -> None:
    inputs = ("drawn-20", "--encoders", encoders / "clip", encoders / "siglip", encoders / "bert")
    status, out, _ = run(
        capsys, *inputs, "--json", "--csv", tmp_path / "t.csv", "--png", tmp_path / "p.png"
    )
    document = json.loads(out)
    assert status == 0 and [encoder["question"] for encoder in document["encoders"]] == [
        "image",
        "image",
        "text",
    ]
    assert (
        document["encoders"][0]["title"].endswith(", clip")
        and document["encoders"][2]["title"] == "bert"
    )
    assert len((tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()) == 61
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG") and len(
        list(cache.glob("bench-*.jsonl"))
    ) == 3
    status, output, _ = run(capsys, *inputs)
    assert status == 0 and output.splitlines()[1] == document["sentence"], (
        "the second run says the same from what is kept"
    )


def test_only_some_kinds(capsys: Any, encoders: Path) -> None:
    _, out, _ = run(
        capsys, "drawn-20", "--encoders", encoders / "clip", "--kinds", "colour", "size", "--json"
    )
    assert (
        json.loads(out)["dataset"]["kinds"] == ["colour", "size"]
        and json.loads(out)["dataset"]["pairs"] == 14
    )


def test_a_folder(capsys: Any, encoders: Path, folder: Any) -> None:
    root = folder({"generated_correctly": True}, {"generated_correctly": False, "kind": "size"}, {})
    _, out, _ = run(capsys, root, "--encoders", encoders / "clip", "--json")
    document = json.loads(out)
    assert document["dataset"]["name"] == "pictures" and document["predictions"][0]["judged"] == 2


@pytest.mark.parametrize(
    ("dataset", "extra", "sentence"),
    [
        ("nowhere", (), "There is no folder 'nowhere'"),
        ("drawn-0", (), "drawn-20, drawn-200"),
        ("drawn-20", ("--kinds", "shape"), "Known: colour"),
        ("drawn-20", ("--encoders", "no/such"), "There is no 'no/such'"),
    ],
)
def test_bad_input_is_a_sentence_and_status_2(
    capsys: Any, encoders: Path, dataset: str, extra: tuple[str, ...], sentence: str
) -> None:
    status, out, err = run(capsys, dataset, "--encoders", encoders / "clip", *extra)
    assert status == 2 and not out and sentence in err and "Traceback" not in err


def test_a_folder_that_is_no_encoder_is_said_so(capsys: Any, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("[]")
    status, _, err = run(capsys, "drawn-20", "--encoders", tmp_path)
    assert status == 2 and "holds no configuration" in err


@pytest.mark.parametrize(
    ("name", "kind", "question"), [("mini-CLIP", "clip", "image"), ("mini-T5", "t5", "text")]
)
def test_a_miniature_is_asked_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, kind: str, question: str
) -> None:
    from types import SimpleNamespace

    from encoderscope.cli import bench as cli_bench
    from encoderscope.conditioning import miniature

    monkeypatch.setattr(cli_bench, "miniature_tokenizer", lambda wanted: f"words of {wanted}")
    monkeypatch.setattr(miniature, "load", lambda wanted: SimpleNamespace(kind=kind))
    for built in ("dual", "text"):
        monkeypatch.setattr(miniature, built, lambda mini, words, result=built: (result, words))
    judge = cli_bench._judge(name)
    assert (judge.title, judge.question) == (name, question)
    assert judge.encoder == ("dual" if kind == "clip" else "text", f"words of {kind}")  # type: ignore[attr-defined]
