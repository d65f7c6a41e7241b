"""An encoder is named whatever it is packed as: GGUF, quantised, of several dtypes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from encoderscope.tests.encoder_files import make
from encoderscope.tests.encoder_files.naming import check, described
from encoderscope.tests.encoder_files.test_signatures import T5_BASE

pytest.importorskip("torch")
pytest.importorskip("transformers")


def test_gguf_t5(tmp_path: Path) -> None:
    names = make.gguf_t5_names(make.t5("xxl"))
    tensors = {
        name: (shape, 12 if len(shape) == 2 and "rel_b" not in name else 0)
        for name, shape in names.items()
    }
    path = make.gguf(
        tmp_path / "t5.gguf",
        tensors,
        {
            "general.architecture": "t5encoder",
            "tokenizer.ggml.tokens": ["a"] * 32128,
            "some": [1, 2, 3],
        },
    )
    description = described(path)
    check(
        description,
        "t5_v1_1_xxl",
        {"key_style": "gguf", "heads": 64, "vocabulary": 32128, "gated": True},
    )
    assert (description.quantisation.format, description.quantisation.types) == ("gguf", ("Q4_K",))
    plain = {
        name: (shape, 8 if len(shape) == 2 and "rel_b" not in name else 0)
        for name, shape in make.gguf_t5_names(make.t5(T5_BASE, gated=False)).items()
    }
    check(
        described(make.gguf(tmp_path / "b.gguf", plain, {"general.architecture": "t5encoder"})),
        "t5_base",
        {"gated": False},
    )


def test_gguf_language_model(tmp_path: Path) -> None:
    tensors = {"token_embd.weight": ((151936, 2560), 8)}
    for layer in range(36):
        tensors |= {
            f"blk.{layer}.attn_norm.weight": ((2560,), 0),
            f"blk.{layer}.attn_q_norm.weight": ((128,), 0),
        }
    description = described(
        make.gguf(tmp_path / "q.gguf", tensors, {"general.architecture": "qwen3"})
    )
    check(description, "qwen3_4b", {"key_style": "gguf"})


@pytest.mark.parametrize(
    ("more", "only", "metadata", "expected"),
    [
        ({}, {}, None, ("none", "")),
        ({}, {"q_proj.weight": "F8_E4M3"}, None, ("fp8", "")),
        (
            {"scaled_fp8": (0,)},
            {"q_proj.weight": "F8_E4M3", "scaled_fp8": "F8_E4M3"},
            None,
            ("fp8_scaled", ""),
        ),
        (
            {"text_model.encoder.layers.0.self_attn.q_proj.scale_weight": ()},
            {"q_proj.weight": "F8_E4M3"},
            None,
            ("fp8_scaled", "scale_weight"),
        ),
        (
            {"text_model.encoder.layers.0.self_attn.q_proj.weight_scale": ()},
            {"q_proj.weight": "F8_E4M3"},
            None,
            ("fp8_scaled", "weight_scale"),
        ),
        (
            {},
            {"q_proj.weight": "F8_E4M3"},
            {"_quantization_metadata": '{"layers": {"a": {"format": "float8_e4m3fn"}}}'},
            ("comfy", ""),
        ),
        ({}, {"q_proj.weight": "F8_E4M3"}, {"_quantization_metadata": "{nonsense"}, ("comfy", "")),
        (
            {"text_model.encoder.layers.0.self_attn.q_proj.comfy_quant": (9,)},
            {"q_proj.weight": "U8", "comfy_quant": "U8"},
            None,
            ("comfy", ""),
        ),
        ({}, {"q_proj.weight": "I8"}, None, ("int8", "")),
        (
            {"text_model.encoder.layers.0.self_attn.q_proj.SCB": (768,)},
            {"q_proj.weight": "I8"},
            None,
            ("bitsandbytes", ""),
        ),
    ],
)
def test_quantisation(
    more: Any, only: Any, metadata: Any, expected: tuple[str, str], tmp_path: Path
) -> None:
    description = described(
        make.sparse(
            tmp_path / "a.safetensors",
            {**make.clip_text(768, 12), **more},
            metadata=metadata,
            only=only,
        )
    )
    check(description, "clip_l", {"width": 768})
    assert (description.quantisation.format, description.quantisation.scales) == expected
    assert description.quantisation.layers == (0 if expected[0] == "none" else 12)


def test_dtypes_are_counted(tmp_path: Path) -> None:
    description = described(
        make.sparse(
            tmp_path / "a.safetensors",
            make.clip_text(768, 12),
            only={"token_embedding.weight": "F32"},
        )
    )
    assert [(size.dtype, size.tensors) for size in description.dtypes] == [("F16", 196), ("F32", 1)]


def test_a_tokenizer_in_the_file_is_found(tmp_path: Path) -> None:
    shapes = {**make.t5("base", vocab=256384, every=True), "spiece_model": (4_000_000,)}
    check(
        described(make.sparse(tmp_path / "a.safetensors", shapes, only={"spiece_model": "U8"})),
        "umt5_base",
        {"tokenizer_in_file": "spiece_model"},
    )
