"""The encoder report: its schema, what it says of damage, and its text."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from encoderscope.conditioning.reports.encoder_file.report import inspect, plain, size
from encoderscope.tests.encoder_files import make

pytest.importorskip("transformers")
jsonschema = pytest.importorskip("jsonschema")

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "report-encoder.schema.json").read_text(encoding="utf-8")
)
UNET = {"model.diffusion_model.input_blocks.0.0.weight": (320, 4, 3, 3)}
FILES = {
    "clip": lambda: make.clip_text(512, 12),
    "siglip": lambda: make.siglip(768, 12, 12, 32000, 3072),
    "t5": lambda: make.t5("xl", full=True),
    "bert": lambda: make.meta("BertModel", hidden_size=384, num_hidden_layers=6),
    "llm": lambda: make.meta("Qwen3Model", hidden_size=2560, num_hidden_layers=36),
    "checkpoint": lambda: {
        **UNET,
        **make.below("cond_stage_model.transformer.", make.clip_text(768, 12)),
    },
    "lora": lambda: {"lora_te_a.lora_down.weight": (4, 4)},
    "strange": lambda: {"a": (1,)},
    "empty": dict,
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("hashed", [False, True])
def test_the_schema_holds(name: str, hashed: bool, tmp_path: Path) -> None:
    if hashed and name not in ("lora", "strange"):
        pytest.skip("large, and no other code runs")
    path = make.sparse(tmp_path / "a.safetensors", FILES[name]())
    report = inspect(path, hash_files=hashed)
    report = json.loads(json.dumps(report))
    jsonschema.validate(report, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert report["files"][0]["sha256"] == (
        hashlib.sha256(path.read_bytes()).hexdigest() if hashed else None
    )
    assert report["usable"] == (name not in ("lora", "strange", "empty", "bert"))
    text = plain(report)
    assert report["verdict"] in text and str(tmp_path) not in json.dumps(report)


def test_the_schema_is_closed_to_mistakes(tmp_path: Path) -> None:
    report = inspect(make.sparse(tmp_path / "a.safetensors", FILES["clip"]()))
    for broken in (
        {**report, "kind": "other thing"},
        {**report, "encoders": [{}]},
        {key: report[key] for key in report if key != "verdict"},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, SCHEMA)


def test_figures(tmp_path: Path) -> None:
    report = inspect(
        make.sparse(tmp_path / "a.safetensors", FILES["clip"]()), name="sub/a.safetensors"
    )
    encoder = report["encoders"][0]
    model = make.build(
        "CLIPTextModel",
        hidden_size=512,
        num_hidden_layers=12,
        num_attention_heads=8,
        intermediate_size=2048,
    )
    assert (
        encoder["parameters"]
        == sum(parameter.numel() for parameter in model.parameters()) + 512 * 512
    )
    assert report["name"] == "sub/a.safetensors"
    assert encoder["host_takes_it_for"] == "CLIP-L"
    assert encoder["tokenizer"] == {"kind": "clip", "where": "host"}
    text = plain(report)
    for line in (
        "  heads: 8 (assumed)",
        "  parameters: 63.4 million",
        "  vocabulary: 49,408",
        "  causal: yes",
        "ComfyUI has it",
    ):
        assert line in text


@pytest.mark.parametrize(
    ("name", "beside", "where"),
    [
        ("siglip", "", "missing"),
        ("siglip", "spiece.model", "folder"),
        ("t5", "", "host"),
        ("llm", "", "unknown"),
        ("llm", "tokenizer.json", "folder"),
    ],
)
def test_where_the_tokenizer_is(name: str, beside: str, where: str, tmp_path: Path) -> None:
    make.sparse(tmp_path / "model.safetensors", FILES[name]())
    if beside:
        (tmp_path / beside).write_text("{}")
    report = inspect(tmp_path)
    jsonschema.validate(report, SCHEMA)
    assert report["encoders"][0]["tokenizer"]["where"] == where


def test_a_missing_layer_is_serious(tmp_path: Path) -> None:
    shapes = {
        key: shape for key, shape in make.clip_text(768, 12).items() if ".layers.5.mlp." not in key
    }
    report = inspect(make.sparse(tmp_path / "a.safetensors", shapes))
    assert not report["usable"]
    assert report["encoders"][0]["keys"]["serious"] == [
        {
            "why": "missing",
            "count": 4,
            "keys": [
                f"text_model.encoder.layers.5.mlp.{item}"
                for item in ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")
            ],
        }
    ]
    assert (
        "It is damaged or incomplete: text_model.encoder.layers.5.mlp.fc1.weight "
        "(missing) and 3 more."
    ) in report["verdict"]


def test_a_missing_projection_is_harmless(tmp_path: Path) -> None:
    shapes = {
        key: shape
        for key, shape in make.clip_text(768, 12).items()
        if key != "text_projection.weight"
    }
    shapes["text_model.embeddings.position_ids"] = (1, 77)
    report = inspect(make.sparse(tmp_path / "a.safetensors", shapes, only={"position_ids": "I64"}))
    assert report["usable"] and report["encoders"][0]["projection"] is None
    assert [group["keys"] for group in report["encoders"][0]["keys"]["harmless"]] == [
        ["text_projection.weight"],
        ["text_model.embeddings.position_ids"],
    ]


def test_names_cannot_move_the_cursor(tmp_path: Path) -> None:
    report = inspect(
        make.sparse(tmp_path / "a.safetensors", {**FILES["clip"](), "\x1b[2Jevil": (1,)}),
        name="\x1b[31mred\n",
    )
    text = plain(report)
    assert "\x1b" not in text and "\\x1b[2Jevil" in text


def test_sizes_in_words() -> None:
    assert [size(n) for n in (5, 5_000, 5_250_000, 9_787_841_024)] == [
        "5 bytes",
        "5.0 kB",
        "5.2 MB",
        "9.8 GB",
    ]


def test_a_wrong_shape_is_serious(tmp_path: Path) -> None:
    shapes = {**make.clip_text(768, 12), "text_model.encoder.layers.5.mlp.fc2.weight": (768, 3000)}
    report = inspect(make.sparse(tmp_path / "a.safetensors", shapes))
    why = "has the shape [768, 3000], but [768, 3072] was expected"
    assert report["encoders"][0]["keys"]["serious"] == [
        {"why": why, "count": 1, "keys": ["text_model.encoder.layers.5.mlp.fc2.weight"]}
    ]
    assert not report["usable"] and why in plain(report)
