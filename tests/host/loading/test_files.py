"""Every way in which an encoder is stored gives the same encoder: layouts of keys, shards, folders,
whole checkpoints, fp8, GGUF, precisions.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.host.loading import making
from encoderscope.tests.host.loading.gguf_files import write_gguf

pytestmark = pytest.mark.host
PROMPT = "a (red:1.3) fox under the bridge"


@cache
def tiny_clip() -> dict[str, torch.Tensor]:
    return making.state(making.clip(128, 2))


@cache
def tiny_t5(gated: bool = True) -> dict[str, torch.Tensor]:
    return making.state(making.t5(64, 2, 96, 4, 16, gated))


def load(name: str, precision: str = "as stored") -> Any:
    from encoderscope.host.loading import loader

    return loader.load([name], "auto", precision, "auto")


def states(name: str, precision: str = "as stored") -> tuple[torch.Tensor, torch.Tensor | None]:
    clip = load(name, precision).clip
    with torch.no_grad():
        return clip.encode_from_tokens(clip.tokenize(PROMPT), return_pooled=True)  # type: ignore[no-any-return]


def same(ours: tuple[Any, Any], theirs: tuple[Any, Any]) -> None:
    assert torch.equal(ours[0], theirs[0])
    assert ours[1] is theirs[1] is None or torch.equal(ours[1], theirs[1])


def notes(name: str) -> str:
    from encoderscope.host.loading import loaded_report

    return loaded_report.as_text(loaded_report.report(load(name), "as stored"))


def below(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {prefix + key: value for key, value in tensors.items()}


CLIP_LAYOUTS = {
    "openai": lambda: making.openai_layout(tiny_clip()),
    "openai below model.": lambda: below("model.", making.openai_layout(tiny_clip())),
    "bare": lambda: {key.removeprefix("text_model."): value for key, value in tiny_clip().items()},
    "below a prefix": lambda: below("clip_l.transformer.", tiny_clip()),
    "saved by an old CLIPSave": lambda: {
        ("text_projection" if key == "text_projection.weight" else key): (
            value.T.contiguous() if key == "text_projection.weight" else value
        )
        for key, value in tiny_clip().items()
    },
    "with a vision tower": lambda: {
        **tiny_clip(),
        "vision_model.embeddings.class_embedding": torch.zeros(4),
        "visual_projection.weight": torch.zeros(2, 2),
        "logit_scale": torch.tensor(4.6),
        "text_model.embeddings.position_ids": torch.arange(77)[None],
    },
}


@pytest.mark.parametrize("layout", CLIP_LAYOUTS)
def test_layouts_of_clip(layout: str, folder: Path) -> None:
    making.write(folder / "plain.safetensors", tiny_clip())
    making.write(folder / "other.safetensors", CLIP_LAYOUTS[layout]())
    same(states("other.safetensors"), states("plain.safetensors"))


def test_what_is_not_read_is_told(folder: Path) -> None:
    making.write(folder / "other.safetensors", CLIP_LAYOUTS["with a vision tower"]())
    sentence = notes("other.safetensors")
    assert "2 tensors of it are not read: belongs to the vision tower." in sentence
    assert "the file does not tell the activation; quick_gelu is usual" in sentence


def test_openais_own_layout_of_long_clip(folder: Path) -> None:
    """Long-CLIP keeps 20 positions of CLIP and stretches the rest, in a second tensor."""
    tensors = making.state(making.clip(128, 1, positions=248))
    making.write(folder / "plain.safetensors", tensors)
    packed = making.openai_layout(tensors)
    whole = packed.pop("positional_embedding")
    kept, rest = whole.clone(), whole.clone()
    kept[20:], rest[:20] = 9.0, 9.0
    making.write(
        folder / "long.safetensors",
        {**packed, "positional_embedding": kept, "positional_embedding_res": rest},
    )
    same(states("long.safetensors"), states("plain.safetensors"))


def test_shards_and_a_folder(folder: Path) -> None:
    making.write(folder / "plain.safetensors", tiny_t5())
    making.write_shards(folder / "hf", tiny_t5())
    making.write_json(folder / "hf" / "config.json", {"dense_act_fn": "gelu_new"})
    from encoderscope.host import folders

    assert folders.choices() == ["hf/", "plain.safetensors"], "shards are not offered one by one"
    same(states("hf/"), states("plain.safetensors"))
    same(states("hf/model-00002-of-00003.safetensors"), states("plain.safetensors"))


def test_a_diffusers_folder_brings_all_its_encoders(folder: Path) -> None:
    from encoderscope.host import folders

    making.write(folder / "pipe" / "text_encoder" / "model.safetensors", tiny_clip())
    making.write(folder / "pipe" / "text_encoder_2" / "model.safetensors", tiny_t5())
    making.write_json(folder / "pipe" / "model_index.json", {})
    checkpoint = folders.open_all(["pipe/"])
    assert [file.description.architecture for file in checkpoint] == ["clip", "t5"]
    making.write(folder / "t5.safetensors", tiny_t5())
    same(states("pipe/text_encoder_2"), states("t5.safetensors"))


def test_a_whole_t5_is_read_without_its_decoder(folder: Path) -> None:
    making.write(folder / "plain.safetensors", tiny_t5())
    decoder = {f"decoder.block.{i}.layer.0.layer_norm.weight": torch.zeros(64) for i in range(2)}
    whole = {
        **tiny_t5(),
        **decoder,
        "lm_head.weight": torch.zeros(8, 64),
        "encoder.embed_tokens.weight": tiny_t5()["shared.weight"].clone(),
    }
    making.write(folder / "whole.safetensors", whole)
    same(states("whole.safetensors"), states("plain.safetensors"))
    sentence = notes("whole.safetensors")
    assert "3 tensors of it are not read: belongs to the decoder." in sentence


def test_a_t5_that_names_its_table_embed_tokens(folder: Path) -> None:
    making.write(folder / "plain.safetensors", tiny_t5(False))
    tensors = dict(tiny_t5(False))
    tensors["encoder.embed_tokens.weight"] = tensors.pop("shared.weight")
    making.write(folder / "other.safetensors", tensors)
    same(states("other.safetensors"), states("plain.safetensors"))


def test_a_clip_without_its_projection_gives_the_unprojected_vector(folder: Path) -> None:
    tensors = dict(tiny_clip())
    eye = torch.eye(128)
    making.write(folder / "eye.safetensors", {**tensors, "text_projection.weight": eye})
    tensors.pop("text_projection.weight")
    making.write(folder / "none.safetensors", tensors)
    same(states("none.safetensors"), states("eye.safetensors"))
    assert "has no text projection" in notes("none.safetensors")


@pytest.mark.parametrize("kind", ["Q8_0", "Q5_1", "F16", "BF16"])
def test_gguf(kind: str, folder: Path) -> None:
    unpacked = write_gguf(folder / "t5.gguf", tiny_t5(), kind)
    dtype = {"BF16": torch.bfloat16}.get(kind, torch.float16)
    encoder = load("t5.gguf").clip.cond_stage_model.t5.transformer
    for name, value in encoder.named_parameters():
        assert torch.equal(value.float(), unpacked[name].to(value.dtype).float()), name
        assert value.dtype == (
            dtype if value.ndim == 2 and value.shape[-1] % 32 == 0 else torch.float32
        ), name
    making.write(
        folder / "unpacked.safetensors",
        {key: value.to(dtype).float() for key, value in unpacked.items()},
    )
    same(states("t5.gguf", "fp32"), states("unpacked.safetensors"))


def test_gguf_without_its_package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_gguf(folder / "t5.gguf", tiny_t5(), "Q8_0")
    import importlib.util

    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *more: None if name == "gguf" else find_spec(name, *more),
    )
    with pytest.raises(EncoderScopeError, match="The Python package 'gguf' was expected"):
        load("t5.gguf")


def test_the_report_of_a_load(folder: Path) -> None:
    from encoderscope.host.loading import loaded_report
    from encoderscope.nodes.loading import load_encoders

    making.write(folder / "t5.safetensors", tiny_t5(), torch.bfloat16)
    report = loaded_report.report(load("t5.safetensors"), "as stored")
    assert (report["format"], report["version"], report["family"], report["precision"]) == (
        "encoderscope.loaded",
        1,
        None,
        "as stored",
    )
    encoder = report["encoders"][0]
    assert (
        encoder["file"],
        encoder["name"],
        encoder["width"],
        encoder["layers"],
        encoder["tokenizer"],
    ) == ("t5.safetensors", "t5_v1_1", 64, 2, "ComfyUI's own")
    assert encoder["dtypes"] == {"bfloat16": sum(value.numel() for value in tiny_t5().values()) * 2}
    out = load_encoders.LoadEncoders.execute(
        "t5.safetensors", "none", "none", "none", "auto", "as stored", "cpu"
    )
    assert json.loads(out.args[2]) == json.loads(json.dumps(report))
    assert out.args[1].startswith(
        "T5 v1.1 or Flan-T5 of an unknown size (64 wide, 2 layers), alone"
    )
    assert hasattr(out.args[0], "encode_from_tokens_scheduled")


def test_weights_are_copied_where_maps_are_not_wanted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--disable-mmap`, and hosts that encode on a GPU, whose pinning of memory was never tried on
    maps of files.
    """
    import comfy.utils

    making.write(folder / "t5.safetensors", tiny_t5())
    mapped = states("t5.safetensors")
    monkeypatch.setattr(comfy.utils, "DISABLE_MMAP", True)
    clip = load("t5.safetensors").clip
    storages = {
        value.untyped_storage().data_ptr()
        for value in clip.cond_stage_model.t5.transformer.parameters()
    }
    assert len(storages) == len(tiny_t5()), "each weight has memory of its own"
    same(states("t5.safetensors"), mapped)


def test_the_nodes_schema(folder: Path) -> None:
    from encoderscope.host.loading import picker
    from encoderscope.nodes import extension
    from encoderscope.nodes.loading import load_encoders

    making.write(folder / "sub" / "t5.safetensors", tiny_t5())
    schema = load_encoders.LoadEncoders.GET_SCHEMA()
    assert (schema.node_id, schema.display_name) == (
        "EncoderScope_LoadEncoders",
        "Load Text Encoders",
    )
    options = {item.id: getattr(item, "options", None) for item in schema.inputs}
    assert options["file_1"] == ["sub/t5.safetensors"]
    assert (
        options["file_2"]
        == options["file_3"]
        == options["file_4"]
        == ["none", "sub/t5.safetensors"]
    )
    assert options["family"][:2] == ["auto", "sd1"]
    assert options["family"][-1] == picker.ALONE
    assert options["precision"] == ["as stored", "fp32", "fp16", "bf16", "fp8", "int8", "int4"]
    assert options["device"] == ["auto", "cpu"]
    assert [item.optional for item in schema.inputs if item.id == "model"] == [True]
    assert [output.id for output in schema.outputs] == ["CLIP", "report", "json"]
    assert load_encoders.LoadEncoders in extension.NODES


def test_clip_h_without_its_last_layer(files: Path, tmp_path: Path) -> None:
    """As diffusers keeps Stable Diffusion 2.1: the image model reads the last layer but one."""
    from encoderscope.conditioning.reports.encoder_file.report import inspect
    from safetensors.torch import load_file

    whole = load_file(files / "h.safetensors")
    cut = {
        key: value
        for key, value in whole.items()
        if ".layers.23." not in key and key != "text_projection.weight"
    }
    path = making.write(tmp_path / "cut.safetensors", cut)
    report = inspect(path)
    assert report["loads"]
    assert "Stable Diffusion 2.x takes it as CLIP-H." in report["verdict"]
    [encoder] = report["encoders"]
    assert (encoder["name"], encoder["layers"], encoder["activation"]) == ("clip_h", 23, "gelu")
    expected = states("h.safetensors")
    with making.folders(tmp_path):
        loaded = load("cut.safetensors")
        clip = loaded.clip
        encoding = clip.encode_from_tokens(clip.tokenize(PROMPT), return_pooled=True)
        assert loaded.family == "sd2"
        alone = load_alone("cut.safetensors").cond_stage_model.clip_text.transformer
    assert torch.equal(encoding[0], expected[0])
    assert len(alone.text_model.encoder.layers) == 23


def load_alone(name: str) -> Any:
    from encoderscope.host.loading import loader, picker

    return loader.load([name], picker.ALONE, "as stored", "auto").clip


def wan_names(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """As Wan's own repository names a UMT5 (wan/modules/t5.py, T5Encoder)."""
    renamed = {}
    for key, value in tensors.items():
        for ours, wans in {
            "shared.": "token_embedding.",
            "encoder.final_layer_norm": "norm",
            "encoder.block.": "blocks.",
            "layer.0.SelfAttention.relative_attention_bias": "pos_embedding.embedding",
            "layer.0.SelfAttention": "attn",
            "layer.0.layer_norm": "norm1",
            "layer.1.layer_norm": "norm2",
            "layer.1.DenseReluDense.wi_0": "ffn.gate.0",
            "layer.1.DenseReluDense.wi_1": "ffn.fc1",
            "layer.1.DenseReluDense.wo": "ffn.fc2",
        }.items():
            key = key.replace(ours, wans)
        renamed[key] = value
    return renamed


def test_umt5_in_wans_own_names(folder: Path) -> None:
    from encoderscope.conditioning.reports.encoder_file.report import inspect

    tensors = making.state(making.umt5(64, 2, 96, 4, 256384, 16))
    making.write(folder / "umt5.safetensors", tensors)
    path = making.write(folder / "wan.safetensors", wan_names(tensors))
    for name in ("umt5", "wan"):
        making.write_sentencepiece(folder / f"{name}.spiece.model", 256384)
    report = inspect(path)
    assert report["loads"]
    [encoder] = report["encoders"]
    assert (encoder["variant"], encoder["layout"]) == ("umt5", "wan")
    assert not encoder["keys"]["serious"] and not encoder["keys"]["harmless"]
    same(states("wan.safetensors"), states("umt5.safetensors"))
