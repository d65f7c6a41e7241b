"""Text towers and image encoders that are taken for a CLIP, and named for what they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from encoderscope.conditioning.reports.encoder_file.report import inspect
from encoderscope.tests.encoder_files import make

pytest.importorskip("transformers")


def test_distilbert_is_no_clip(tmp_path: Path) -> None:
    shapes = make.meta("DistilBertModel", vocab_size=119547)
    report = inspect(make.sparse(tmp_path / "clip-ViT-B-32-multilingual.safetensors", shapes))
    assert report["title"] == "DistilBERT (multilingual)"
    assert not report["loads"]
    assert "No image model that EncoderScope knows takes it." in report["verdict"]
    [encoder] = report["encoders"]
    assert (encoder["variant"], encoder["width"], encoder["layers"]) == ("distilbert", 768, 6)
    assert "no image model reads its states" in " ".join(encoder["notes"])


def test_clip_vision_is_no_text_encoder(tmp_path: Path) -> None:
    shapes = make.meta("CLIPVisionModelWithProjection", "CLIPVisionConfig", num_hidden_layers=2)
    report = inspect(make.sparse(tmp_path / "a.safetensors", shapes))
    assert report["verdict"].startswith("This is an image encoder")
    assert not report["usable"]


def test_the_image_encoder_of_a_language_model(tmp_path: Path) -> None:
    tensors = {"v.patch_embd.weight": ((8, 3, 14, 14), 1), "mm.0.weight": ((8, 8), 1)}
    path = make.gguf(tmp_path / "mmproj.gguf", tensors, {"general.architecture": "clip"})
    assert "image encoder of a language model" in inspect(path)["verdict"]


def test_awq_is_named_by_what_is_packed(tmp_path: Path) -> None:
    """nunchaku's files hold (rows / 4, columns) in I16, and rows in the scales alone."""
    shapes = {}
    for key, (rows, *columns) in make.t5("xxl").items():
        layer = key.removesuffix(".weight")
        if ("SelfAttention" not in key and "DenseReluDense" not in key) or "bias" in key:
            shapes[key] = (rows, *columns)
            continue
        shapes[f"{layer}.qweight"] = (rows // 4, columns[0])
        shapes[f"{layer}.scales"] = shapes[f"{layer}.scaled_zeros"] = (columns[0] // 128, rows)
    path = make.sparse(tmp_path / "a.safetensors", shapes, "BF16", only={".qweight": "I16"})
    report = inspect(path)
    [encoder] = report["encoders"]
    assert (encoder["name"], encoder["gated"]) == ("t5_v1_1_xxl", True)
    assert (encoder["feed_forward"], encoder["head_width"]) == (10240, 64)
    assert encoder["quantisation"]["title"] == "AWQ int4 of nunchaku"
    assert not report["usable"] and not report["loads"]
    assert "packed as AWQ int4 of nunchaku" in report["verdict"]
    assert not encoder["keys"]["serious"]
