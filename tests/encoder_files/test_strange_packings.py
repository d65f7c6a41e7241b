"""Weights packed as no other test has them, and files that hold a part, or more than an encoder:
what the inspector says, and what it says of the host.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers")
from encoderscope.conditioning.reports.encoder_file.report import inspect
from encoderscope.tests.encoder_files import make
from encoderscope.tests.encoder_files.inspected import (
    HOST_FINDS_NOTHING,
    answer_about,
    file,
    gguf,
    layers_of,
    t5,
)

# --- packings that are not read, and what the host makes of them
# --------------------------------------------------------------------------------------------------


def packed(shapes: Any, **parts: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """``weight``: what stands in its place; every other part beside it, by its ending: (dtype,
    shape of the weight -> shape).
    """
    result, only = dict(shapes), {}
    for layer in layers_of(shapes):
        shape = result.pop(f"{layer}.weight")
        for end, (dtype, change) in parts.items():
            name = f"{layer}.{end.replace('__', '.')}"
            result[name], only[name] = change(shape), dtype
    return result, only


def same(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape


def scalar(_: tuple[int, ...]) -> tuple[int, ...]:
    return ()


def flat(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (shape[0] * shape[1] // 2, 1)


E8 = ("F8_E4M3", same)
NOISE, FAILS, NONE = "what comes out is noise", "fails on this file", "finds no text encoder"
STRANGE: dict[str, tuple[dict[str, Any], str, str]] = {
    "block scales": (
        {"weight": E8, "weight_scale_inv": ("F32", lambda s: (s[0] // 128, s[1] // 128))},
        "have weight_scale_inv beside them",
        NOISE,
    ),
    "mxfp8": (
        {"weight": E8, "weight_scale": ("U8", lambda s: (s[0], s[1] // 32))},
        "a scale for each block of 32 columns",
        NOISE,
    ),
    "nvfp4 without notes": (
        {
            "weight": ("U8", lambda s: (s[0], s[1] // 2)),
            "weight_scale": ("F8_E4M3", lambda s: (s[0], s[1] // 16)),
            "weight_scale_2": ("F32", scalar),
        },
        "packed as nvfp4",
        FAILS,
    ),
    "quanto": ({"weight___data": ("I8", same), "weight___scale": ("F32", same)}, "quanto", NONE),
    "HQQ": ({"W_q": ("U8", flat)}, "packed as HQQ", NONE),
    "compressed-tensors": (
        {"weight_packed": ("I32", lambda s: (s[0], s[1] // 8))},
        "packed as compressed-tensors",
        NONE,
    ),
    "nf4": (
        {
            "weight": ("U8", flat),
            "weight__absmax": ("U8", lambda s: (s[0] * s[1] // 64,)),
            "weight__quant_state__bitsandbytes__nf4": ("U8", lambda _: (90,)),
        },
        "packed as bitsandbytes",
        FAILS,
    ),
    "8-bit of bitsandbytes": (
        {"weight": ("I8", same), "SCB": ("F32", lambda s: (s[0],))},
        "packed as bitsandbytes",
        NOISE,
    ),
    "int8 without notes": (
        {"weight": ("I8", same), "weight_scale": ("F32", lambda s: (s[0], 1))},
        "packed as 8-bit integers with scales",
        NOISE,
    ),
    "fp8, a scale for each row": (
        {"weight": E8, "weight_scale": ("F32", lambda s: (s[0], 1))},
        "",
        NOISE,
    ),
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_packing_is_named_whatever_it_hides(name: str, tmp_path: Path) -> None:
    parts, problem, host = STRANGE[name]
    parts = {end.replace("bitsandbytes__", "bitsandbytes@"): part for end, part in parts.items()}
    shapes, only = packed(t5(), **parts)
    shapes = {key.replace("@", "__"): shape for key, shape in shapes.items()}
    only = {key.replace("@", "__"): dtype for key, dtype in only.items()}
    about = file(tmp_path, shapes, "BF16", only=only)
    assert about.encoder["name"] == "t5_v1_1_xxl", about.text
    assert about.report["loads"] is not bool(problem)
    assert problem in about.report["verdict"]
    assert "Download the file again" not in about.report["verdict"]
    assert " 0 wide" not in about.text and "[0, " not in about.text
    assert (host in about.text) if host else "ComfyUI's own loader" not in about.text


def test_whole_numbers_are_no_weights(tmp_path: Path) -> None:
    for name, dtype in {"layer_norm1.weight": "I64", "fc1.bias": "U8"}.items():
        about = file(tmp_path, make.clip_text(768, 12), only={name: dtype})
        assert not about.report["loads"]
        assert f"(holds whole numbers ({dtype})) and 11 more" in about.report["verdict"]


@pytest.mark.parametrize("name", ["Q8_1", "Q8_K", "I8"])
def test_gguf_types_that_nothing_unpacks(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from encoderscope.conditioning.encoder_files.formats import gguf_package

    assert gguf_package.unreadable([name, "Q8_0"]) is not None
    assert f"the type {name}" in str(gguf_package.unreadable(["Q8_0", name]))
    assert gguf_package.unreadable(["F32", "BF16"]) is None
    monkeypatch.setattr(gguf_package.importlib.util, "find_spec", lambda _: None)
    assert "pip install gguf" in str(gguf_package.unreadable(["Q8_0"]))
    about = answer_about(gguf(tmp_path, t5(), {}, kind=8))
    assert not about.report["loads"] and "pip install gguf" in about.report["verdict"]


def test_gguf_of_other_programs(tmp_path: Path) -> None:
    """No architecture is noted, and names stand below a prefix: stable-diffusion.cpp's."""
    pytest.importorskip("gguf")
    path = gguf(tmp_path, t5(), {}, kind=8)
    about = answer_about(path)
    assert about.encoder["quantisation"]["title"] == "GGUF Q8_0" and about.report["loads"]
    assert "ComfyUI's own loaders read no GGUF" in about.text
    assert about.encoder["host_takes_it_for"] == ""


CONFIGS = {
    "activation": ({"feed_forward_proj": "gated-silu"}, "names the activation 'silu'"),
    "another": ({"dense_act_fn": "swish"}, "names the activation 'swish'"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_that_no_module_of_the_host_fits(name: str, tmp_path: Path) -> None:
    config, problem = CONFIGS[name]
    make.sparse(tmp_path / "model.safetensors", t5())
    (tmp_path / "config.json").write_text(json.dumps(config))
    about = answer_about(tmp_path)
    assert not about.report["loads"] and problem in about.report["verdict"]


def test_heads_that_do_not_divide_the_width(tmp_path: Path) -> None:
    make.sparse(tmp_path / "model.safetensors", make.clip_text(768, 12))
    (tmp_path / "config.json").write_text(json.dumps({"num_attention_heads": 7}))
    about = answer_about(tmp_path)
    assert not about.report["loads"] and "names 7 heads" in about.report["verdict"]


def test_parts_of_an_encoder_say_so(tmp_path: Path) -> None:
    shapes = t5()
    names = list(shapes)
    first = file(tmp_path, {name: shapes[name] for name in names[:110]})
    assert "final_layer_norm.weight (missing)" in first.report["verdict"]
    report = inspect(
        make.sparse(tmp_path / "b.safetensors", {name: shapes[name] for name in names[110:]})
    )
    assert report["title"] == "a part of a text encoder, without its first layer"
    assert "Put all its parts into one folder" in report["notes"][0]


def test_a_lora_with_its_encoder_is_not_for_load_checkpoint(tmp_path: Path) -> None:
    lora = "text_model.encoder.layers.0.self_attn.q_proj.lora_A.default.weight"
    report = inspect(
        make.sparse(tmp_path / "a.safetensors", {**make.clip_text(768, 12), lora: (4, 768)})
    )
    assert report["notes"][-1].startswith("Load Checkpoint does not take it")


def test_a_vocabulary_above_the_encoder(tmp_path: Path) -> None:
    shapes = make.below("text_encoders.umt5base.transformer.", make.t5("base", 256384, every=True))
    about = file(tmp_path, {**shapes, "text_encoders.spiece_model": (64,)})
    assert about.encoder["tokenizer"] == {"kind": "umt5", "where": "file"}


def test_mistral_is_no_llama(tmp_path: Path) -> None:
    def shapes(rows: int) -> dict[str, tuple[int, ...]]:
        layers = {f"model.layers.{n}.input_layernorm.weight": (4096,) for n in range(32)}
        return {"model.embed_tokens.weight": (rows, 4096), **layers}

    assert file(tmp_path, shapes(128256)).encoder["name"] == "llama3_8b"
    assert file(tmp_path, shapes(32768)).encoder["name"] == "llm"


@pytest.mark.parametrize("prefix", ["", "language_model.model.", "llm.model."])
def test_a_language_model_by_names_that_the_host_does_not_know(prefix: str, tmp_path: Path) -> None:
    layers = {f"{prefix}layers.{n}.input_layernorm.weight": (2304,) for n in range(26)}
    about = file(tmp_path, {f"{prefix}embed_tokens.weight": (256000, 2304), **layers})
    assert about.encoder["name"] == "gemma2_2b" and HOST_FINDS_NOTHING in about.text
    assert "Load Text Encoders knows these names" not in about.text
