"""T5 and UMT5 packed as public files are, fp8, int8, nvfp4, AWQ and GGUF: what the inspector says
of each, with the values that are right.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.encoder_file.report import inspect
from encoderscope.tests.encoder_files import make
from encoderscope.tests.encoder_files.inspected import (
    HOST_FINDS_NOTHING,
    PACKED,
    UMT5,
    Shapes,
    answer_about,
    file,
    gguf,
    layers_of,
    t5,
)
from encoderscope.tests.host.loading import making


def scaled(shapes: Shapes, odd_layers: bool = True) -> Shapes:
    names = [name for name in layers_of(shapes) if odd_layers or int(name.split(".")[2]) % 2 == 0]
    return {**shapes, **{f"{name}.scale_weight": () for name in names}, "scaled_fp8": (0,)}


FP8 = {f"{name}.weight": "F8_E4M3" for name in PACKED}


def test_umt5_in_fp8_whole_and_with_half_of_its_scales(tmp_path: Path) -> None:
    vocabulary = making.sentencepiece(256384)
    shapes = {**scaled(t5(**UMT5)), "spiece_model": (len(vocabulary),)}
    only = {**FP8, "scale_weight": "F32", "scaled_fp8": "F8_E4M3", "spiece_model": "U8"}
    path = make.sparse(tmp_path / "model.safetensors", shapes, only=only)
    make.write_into(path, "spiece_model", vocabulary)
    full = answer_about(path)
    assert full.taken_by == {"wan"} and full.encoder["loads"]
    assert full.encoder["tokenizer"] == {"kind": "umt5", "where": "file"}
    broken = file(
        tmp_path, {**scaled(t5(**UMT5), odd_layers=False), "spiece_model": (9,)}, only=only
    )
    assert not broken.report["usable"]
    assert (
        "84 of the 168 packed layers of UMT5 XXL have no scale_weight; the first is "
        "encoder.block.1.layer.0.SelfAttention.q."
    ) in broken.report["verdict"]
    assert "Wan takes it" not in broken.report["verdict"]


@pytest.mark.parametrize("with_scales", [True, False])
def test_umt5_in_fp8_without_its_vocabulary(with_scales: bool, tmp_path: Path) -> None:
    shapes = scaled(t5(**UMT5)) if with_scales else t5(**UMT5)
    about = file(tmp_path, shapes, only={**FP8, "scale_weight": "F32", "scaled_fp8": "F8_E4M3"})
    assert about.encoder["quantisation"]["format"] == ("fp8_scaled" if with_scales else "fp8")
    assert about.encoder["tokenizer"]["where"] == "missing"
    assert about.report["usable"] and not about.report["loads"]
    assert "none was found in model.safetensors or beside it" in about.text
    assert "as model.spiece.model or model.tokenizer.json" in about.text


def test_t5_with_another_vocabulary(tmp_path: Path) -> None:
    about = file(tmp_path, t5(vocab=69328))
    assert about.taken_by == set()
    assert about.encoder["title"] == "gated T5 XXL with an unknown vocabulary"
    assert "with another vocabulary of 69,328 pieces instead of 32,128" in about.report["verdict"]
    assert "and fails: its vocabulary has 69,328 pieces" in about.text
    umt5 = file(tmp_path, t5(**UMT5))
    [flux] = [fit for fit in umt5.encoder["fits"] if fit["family"] == "flux"]
    assert flux["why"] == (
        "this is UMT5 XXL, as wide, but with another vocabulary of 256,384 pieces instead of 32,128"
    )


NOTES = {
    "rotated": (b'{"format":"int8_tensorwise","convrot":true}', "int8_tensorwise, rotated by Con"),
    "rotated, by version": (
        b'{"format":"int8_tensorwise","convrot":true}',
        "ComfyUI's own loader, from ComfyUI 0.27 on",
    ),
    "zeros": (b"\0" * 29, "(its note cannot be read): encoder.block.0.layer.0.SelfAttention.q"),
    "no format": (b'{"convrot":true}', "int8, rotated by ConvRot"),
    "plain": (b'{"format":"int8_tensorwise"}', ""),
}


@pytest.mark.parametrize("name", NOTES)
@pytest.mark.parametrize("input_scale", [False, True])
def test_umt5_in_int8(name: str, input_scale: bool, tmp_path: Path) -> None:
    note, problem = NOTES[name]
    plain_shapes = t5(**UMT5)
    vocabulary = making.sentencepiece(256384)
    shapes: Shapes = {**plain_shapes, "spiece_model": (len(vocabulary),)}
    for layer in layers_of(plain_shapes):
        shapes[f"{layer}.weight_scale"] = (shapes[f"{layer}.weight"][0], 1)
        shapes[f"{layer}.comfy_quant"] = (len(note),)
        if input_scale:
            shapes[f"{layer}.input_scale"] = ()
    only = {f"{end}.weight": "I8" for end in PACKED} | {
        "weight_scale": "F32", "comfy_quant": "U8", "spiece_model": "U8", "input_scale": "F32",
    }  # fmt: skip
    path = make.sparse(tmp_path / "model.safetensors", shapes, "BF16", only=only)
    make.write_into(path, "comfy_quant", note)
    make.write_into(path, "spiece_model", vocabulary)
    about = answer_about(path)
    assert about.encoder["title"] == "UMT5 XXL"
    if not problem:
        assert about.taken_by == {"wan"} and about.encoder["loads"]
        assert (
            "input_scale and 165 more (belongs to the quantisation)" in about.text
        ) is input_scale
        return
    assert problem in about.report["verdict"] and not about.report["usable"]
    assert "Wan takes it" not in about.report["verdict"]


@pytest.mark.parametrize("prefix", ["", "t5xxl.transformer."])
def test_nvfp4_by_its_list_alone(prefix: str, tmp_path: Path) -> None:
    shapes = t5()
    layers = layers_of(shapes)
    for layer in layers:
        rows, columns = shapes[f"{layer}.weight"]
        shapes[f"{layer}.weight"] = (rows, columns // 2)
        shapes[f"{layer}.weight_scale"] = (rows, columns // 16)
        shapes[f"{layer}.weight_scale_2"] = ()
    only = {f"{end}.weight": "U8" for end in PACKED}
    only |= {"weight_scale": "F8_E4M3", "weight_scale_2": "F32"}
    listed = {"layers": {prefix + layer: {"format": "nvfp4"} for layer in layers}}
    metadata = {"_quantization_metadata": json.dumps(listed)}
    about = file(tmp_path, shapes, "BF16", only=only, metadata=metadata)
    assert (about.encoder["name"], about.encoder["width"]) == ("t5_v1_1_xxl", 4096)
    assert "ComfyUI's mixed precision (nvfp4)" in about.report["verdict"]
    assert "or use ComfyUI's own loader, from ComfyUI 0.8 on" in about.text
    assert not about.report["usable"] and 2.8e9 < about.report["bytes"] < 3e9
    mismatch = (
        "names 168 layers, and none of them is in the file by that name, such as "
        "t5xxl.transformer.encoder.block.0.layer.0.SelfAttention.q"
    )
    assert (mismatch in about.text) is bool(prefix)
    assert ("_quantization_metadata" in about.text) is bool(prefix)


def test_a_list_that_names_some_layers_otherwise(tmp_path: Path) -> None:
    listed = {"layers": {"encoder.block.0.layer.0.SelfAttention.q": {}, "gone": {}, "lost": {}}}
    shapes = {**t5(), "scaled_fp8": (0,)}
    about = file(tmp_path, shapes, metadata={"_quantization_metadata": json.dumps(listed)})
    assert (
        "names 3 layers, and 2 of them are not in the file by that name, such as gone" in about.text
    )
    del listed["layers"]["lost"]
    about = file(tmp_path, shapes, metadata={"_quantization_metadata": json.dumps(listed)})
    assert (
        "names 2 layers, and 1 of them is not in the file by that name, such as gone" in about.text
    )


def test_awq_of_nunchaku(tmp_path: Path) -> None:
    shapes = t5()
    for layer in layers_of(shapes):
        rows, columns = shapes.pop(f"{layer}.weight")
        shapes[f"{layer}.qweight"] = (rows // 4, columns)
        shapes[f"{layer}.scales"] = shapes[f"{layer}.scaled_zeros"] = (columns // 128, rows)
    about = file(tmp_path, shapes, "BF16", only={"qweight": "I16"})
    assert (about.encoder["name"], about.encoder["width"]) == ("t5_v1_1_xxl", 4096)
    assert about.encoder["feed_forward"] == 10240
    assert "packed as AWQ int4 of nunchaku" in about.report["verdict"]
    assert HOST_FINDS_NOTHING in about.text and not about.report["usable"]


@pytest.mark.parametrize("architecture", ["t5encoder", "pig"])
def test_gguf_of_t5(architecture: str, tmp_path: Path) -> None:
    about = answer_about(gguf(tmp_path, t5(), {"general.architecture": architecture}))
    assert about.encoder["name"] == "t5_v1_1_xxl" and about.encoder["loads"]
    assert about.encoder["quantisation"]["title"] == "GGUF Q4_K"


@pytest.mark.parametrize("pieces", [0, 4])
def test_gguf_of_umt5_without_a_whole_vocabulary(pieces: int, tmp_path: Path) -> None:
    entries: dict[str, Any] = {"general.architecture": "t5encoder"}
    if pieces:
        words = ["<pad>", "</s>", "<unk>", "\u2581a"]
        entries |= {"tokenizer.ggml.model": "t5", "tokenizer.ggml.tokens": words}
    about = answer_about(gguf(tmp_path, t5(**UMT5), entries))
    assert about.encoder["title"] == "UMT5 XXL" and about.taken_by == {"wan"}
    assert about.encoder["tokenizer"]["where"] == "missing" and not about.report["loads"]
    reason = "none was found in model.gguf or beside it"
    if pieces:
        reason = "is not whole: it has 4 pieces for the 256,384 rows of the encoder"
    assert reason in about.text


@pytest.mark.parametrize(
    ("pieces", "fault"),
    [
        (250_000, "its 250,000 pieces have no scores or no types for the 256,384 rows"),
        (256_400, "it has 256,400 pieces for the 256,384 rows"),
    ],
)
def test_gguf_of_umt5_with_pieces_alone_or_too_many(
    pieces: int, fault: str, tmp_path: Path
) -> None:
    entries = {
        "general.architecture": "t5encoder",
        "tokenizer.ggml.model": "t5",
        "tokenizer.ggml.tokens": ["a"] * pieces,
    }
    about = answer_about(gguf(tmp_path, t5(**UMT5), entries))
    assert f"is not whole: {fault} of the encoder. None lies beside it" in about.text


def test_gguf_that_is_unknown_or_cut_short(tmp_path: Path) -> None:
    path = gguf(tmp_path, t5(), {"general.architecture": "t5encoder"})
    data = path.stat().st_size
    with path.open("r+b") as opened:
        opened.truncate(data - 50_000_000)
    with pytest.raises(EncoderScopeError, match=r"cut short.*missing: 50,000,000"):
        inspect(path)
