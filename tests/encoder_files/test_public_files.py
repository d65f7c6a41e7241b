"""Files as public reports describe them, made up by their headers: what the inspector says of each,
with the values that are right.
"""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.encoder_file.report import inspect
from encoderscope.tests.encoder_files import make
from encoderscope.tests.encoder_files.inspected import (
    HOST_FINDS_NOTHING,
    Shapes,
    answer_about,
    clip_l,
    file,
    gguf,
    prefixed,
    t5,
    without,
)

# --- CLIP
# --------------------------------------------------------------------------------------------------


def test_a_missing_projection_is_harmless_in_clip_l_and_serious_in_clip_g(tmp_path: Path) -> None:
    small = file(tmp_path, without(clip_l(), "text_projection.weight"))
    assert small.taken_by >= {"sd1", "sdxl", "sd3", "flux"} and "hidream" not in small.taken_by
    assert (
        "harmless: text_projection.weight" in small.text and small.encoder["keys"]["serious"] == []
    )
    large = file(tmp_path, without(make.clip_text(1280, 32), "text_projection.weight"))
    assert large.taken_by == set()
    assert "this will not fit (the pooled vector is read through" in large.report["verdict"]
    assert "harmless: text_projection" not in large.text
    assert "serious: text_projection.weight (missing, and every image model" in large.text


@pytest.mark.parametrize("merged", [False, True])
def test_positions_that_a_merge_turned_into_decimals(merged: bool, tmp_path: Path) -> None:
    name = "text_model.embeddings.position_ids"
    shapes = {**clip_l(), name: (1, 77)}
    path = make.sparse(
        tmp_path / "model.safetensors", shapes, only={name: "F16" if merged else "I64"}
    )
    values = [max(0.0, i - 0.01) for i in range(77)] if merged else list(range(77))
    with path.open("r+b") as opened:
        opened.seek(-77 * (2 if merged else 8), 2)
        opened.write(struct.pack(f"<77{'e' if merged else 'q'}", *values))
    about = answer_about(path)
    assert about.taken_by >= {"sd1", "sdxl", "sd3", "flux"} and about.encoder["loads"]
    assert ("was turned into decimals" in about.text) is merged
    if merged:
        [note] = [note for note in about.encoder["notes"] if "decimals" in note]
        halves = sum(
            struct.unpack("<e", struct.pack("<e", v))[0] != i for i, v in enumerate(values)
        )
        assert f"{halves} of its 77 numbers" in note and "A1111" in note


FLAT = {
    "transformers 5": lambda: {
        name.removeprefix("text_model."): shape
        for name, shape in without(clip_l(), "text_projection.weight").items()
    },
    "clip_l.transformer.": lambda: prefixed("clip_l.transformer.", clip_l()),
}


@pytest.mark.parametrize("name", FLAT)
def test_clip_l_by_other_names(name: str, tmp_path: Path) -> None:
    about = file(tmp_path, FLAT[name]())
    assert about.encoder["name"] == "clip_l" and about.encoder["loads"]
    assert HOST_FINDS_NOTHING in about.text


def test_t5_below_a_prefix_of_diffusers(tmp_path: Path) -> None:
    about = file(tmp_path, prefixed("text_encoder_2.", t5()))
    assert about.encoder["name"] == "t5_v1_1_xxl" and about.encoder["loads"]
    assert HOST_FINDS_NOTHING in about.text and "below 'text_encoder_2.'" in about.text


def test_all_in_one_of_sd3(tmp_path: Path) -> None:
    shapes = {
        "model.diffusion_model.joint_blocks.0.context_block.attn.qkv.weight": (4608, 1536),
        **prefixed("text_encoders.clip_l.transformer.", clip_l()),
        **prefixed("text_encoders.clip_g.transformer.", make.clip_text(1280, 32)),
        **prefixed("text_encoders.t5xxl.transformer.", t5()),
    }
    report = inspect(make.sparse(tmp_path / "all.safetensors", shapes))
    assert report["kind"] == "checkpoint"
    assert [encoder["name"] for encoder in report["encoders"]] == [
        "clip_g",
        "clip_l",
        "t5_v1_1_xxl",
    ]
    assert report["notes"] == ["Load it with Load Checkpoint, which gives its CLIP."]


@pytest.mark.parametrize("layout", ["transformers", "openai"])
def test_long_clip(layout: str, tmp_path: Path) -> None:
    shapes = clip_l(positions=248)
    if layout == "openai":
        shapes = make.openai_text(768, 12, positions=248)
        shapes["positional_embedding_res"] = (248, 768)
    about = file(tmp_path, shapes)
    assert (about.encoder["name"], about.encoder["positions"]) == ("long_clip_l", 248)
    assert about.taken_by >= {"sd1", "flux", "sdxl"} and about.encoder["loads"]
    assert "windows of 248 tokens" in about.text
    assert "CLIP-L and CLIP-G are joined side by side" in about.text


def test_long_clip_inside_a_checkpoint(tmp_path: Path) -> None:
    shapes = {
        "model.diffusion_model.input_blocks.0.0.weight": (320, 4, 3, 3),
        "model.diffusion_model.input_blocks.1.1.norm.weight": (320,),
        **prefixed("cond_stage_model.transformer.", clip_l(positions=248)),
    }
    report = inspect(make.sparse(tmp_path / "sd15.safetensors", shapes))
    [note] = [note for note in report["notes"] if "Load Checkpoint" in note]
    assert note.startswith("Load Checkpoint fails on it: its Long-CLIP-L (ViT-L/14) has 248")


@pytest.mark.parametrize("layers", [23, 24])
def test_clip_h_with_and_without_its_last_layer(layers: int, tmp_path: Path) -> None:
    about = file(tmp_path, without(make.clip_text(1024, layers), "text_projection.weight"))
    assert about.encoder["name"] == "clip_h" and about.taken_by == {"sd2"}
    assert about.encoder["activation"] == "gelu"
    assert ("The 24th layer is not in the file" in about.text) == (layers == 23)
    assert "unknown" not in about.report["verdict"]


# --- folders, strangers and SigLIP
# --------------------------------------------------------------------------------------------------

CONFIG = {"model_type": "t5", "d_model": 4096, "num_layers": 24, "num_heads": 64, "d_kv": 64,
          "d_ff": 10240, "vocab_size": 32128, "feed_forward_proj": "gated-gelu"}  # fmt: skip


def shards(folder: Path, stem: str, index: str, skip: int = 0) -> None:
    shapes = t5()
    names = list(shapes)
    parts = [names[: len(names) // 2], names[len(names) // 2 :]]
    files = [f"{stem}-{number:05d}-of-00002.safetensors" for number in (1, 2)]
    for number, (file_name, part) in enumerate(zip(files, parts, strict=True), 1):
        if number != skip:
            make.sparse(folder / file_name, {name: shapes[name] for name in part}, "BF16")
    folder.mkdir(exist_ok=True)
    weight_map = {
        name: file_name for file_name, part in zip(files, parts, strict=True) for name in part
    }
    (folder / index).write_text(json.dumps({"weight_map": weight_map}))
    (folder / "config.json").write_text(json.dumps(CONFIG))


def test_folders_of_shards(tmp_path: Path) -> None:
    shards(tmp_path / "missing", "model", "model.safetensors.index.json", skip=2)
    with pytest.raises(EncoderScopeError, match=r"model-00002-of-00002\.safetensors"):
        inspect(tmp_path / "missing")
    shards(tmp_path / "variant", "model.fp16", "model.safetensors.index.fp16.json")
    variant = answer_about(tmp_path / "variant")
    assert variant.encoder["name"] == "t5_v1_1_xxl" and variant.report["tensors"] == 219
    assert "variants" not in variant.text
    shards(tmp_path / "both", "model", "model.safetensors.index.json")
    shards(tmp_path / "both", "model.fp16", "model.safetensors.index.fp16.json")
    both = answer_about(tmp_path / "both")
    assert [each["name"] for each in both.report["files"]] == [
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    ]
    note = "2 variants of one model lie in this folder, model and model.fp16: model is read."
    assert note in both.encoder["notes"] and note in both.text
    make.sparse(tmp_path / "both" / "model.bf16.safetensors", {"a": (1,)})
    assert "3 variants of one model lie in this folder, model, model.bf16 and" in (
        answer_about(tmp_path / "both").text
    )


def test_variants_in_single_files(tmp_path: Path) -> None:
    for name in ("model", "model.fp16"):
        make.sparse(tmp_path / f"{name}.safetensors", clip_l())
    about = answer_about(tmp_path)
    assert "2 variants of one model lie in this folder, model and model.fp16" in about.text


def test_a_pipeline_of_flux(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text('{"_class_name": "FluxPipeline"}')
    make.sparse(tmp_path / "text_encoder" / "model.safetensors", clip_l())
    shards(tmp_path / "text_encoder_2", "model", "model.safetensors.index.json")
    report = inspect(tmp_path)
    assert report["container"] == "pipeline" and report["loads"]
    assert [encoder["name"] for encoder in report["encoders"]] == ["clip_l", "t5_v1_1_xxl"]
    assert [encoder["tokenizer"]["where"] for encoder in report["encoders"]] == ["host", "host"]


STRANGERS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "web page": (
        lambda path: path.write_text("<!DOCTYPE html><html></html>" * 30),
        "is a web page",
    ),
    "LFS pointer": (
        lambda path: path.write_text(
            "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 97\n"
        ),
        "is a Git LFS pointer",
    ),
    "cut short": (
        lambda path: _resized(make.sparse(path, t5(), "F8_E4M3"), -1_234_567_890),
        r"is cut short.*\(missing: 1,234,567,890\)",
    ),
    "tail": (
        lambda path: _resized(make.sparse(path, clip_l()), 4096),
        "has 4,096 bytes more than its header lists",
    ),
    "GGUF": (
        lambda path: _resized(gguf(path.parent, t5(), {}).rename(path), 65536, exact=True),
        "is cut short.*A whole GGUF file",
    ),
    "empty": (lambda path: path.write_bytes(b""), "has 0 bytes"),
    "pickle": (lambda path: _archive(path, "archive/data.pkl"), "is a pickle"),
    "ZIP": (lambda path: _archive(path, "model/unet.safetensors"), "is a ZIP archive"),
}


def _archive(path: Path, name: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, bytes(4096))


def _resized(path: Path, change: int, exact: bool = False) -> None:
    with path.open("r+b") as opened:
        opened.truncate(change if exact else path.stat().st_size + change)


@pytest.mark.parametrize("name", STRANGERS)
def test_what_is_not_the_file_that_its_name_says(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    spoil, problem = STRANGERS[name]
    spoil(path)
    with pytest.raises(EncoderScopeError, match=f"(?s){problem}") as raised:
        inspect(path)
    assert str(raised.value).startswith("model.safetensors ")


def test_siglip_2_as_openclip_and_timm_name_it(tmp_path: Path) -> None:
    """The made-up vision tower lacks parts of its attention pool."""
    width = 1152
    text: Shapes = {"token_embedding.weight": (256000, width), "positional_embedding": (64, width)}
    for layer in range(27):
        block = make.openai_text(width, 1)
        start = "transformer.resblocks.0."
        text |= {
            name.replace(start, f"transformer.resblocks.{layer}."): shape
            for name, shape in block.items()
            if name.startswith(start)
        }
        mlp = f"transformer.resblocks.{layer}.mlp."
        text |= {f"{mlp}c_fc.weight": (4304, width), f"{mlp}c_fc.bias": (4304,)}
        text |= {f"{mlp}c_proj.weight": (width, 4304), f"{mlp}c_proj.bias": (width,)}
    text |= {"ln_final.weight": (width,), "ln_final.bias": (width,)}
    text |= {"text_projection.weight": (width, width), "text_projection.bias": (width,)}
    both = ("weight", "bias")
    blocks = ("norm1", "norm2", "attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2")
    vision: Shapes = {
        f"visual.trunk.blocks.{layer}.{part}.{end}": (width,)
        for layer in range(27)
        for part in blocks
        for end in both
    }
    vision |= dict.fromkeys(
        ["visual.trunk.pos_embed", "visual.trunk.attn_pool.latent",
         *(f"visual.trunk.{part}.{end}" for part in ("patch_embed.proj", "norm") for end in both)],
        (width,),
    )  # fmt: skip
    top: Shapes = {"logit_scale": (), "logit_bias": ()}
    pool = {
        f"visual.trunk.attn_pool.{part}.{end}": (width,)
        for part in ("q", "kv", "proj", "norm", "mlp.fc1", "mlp.fc2")
        for end in both
    }
    about = file(tmp_path, {**prefixed("text.", text), **vision, **top}, "BF16")
    assert about.encoder["name"] == "siglip2_so400m" and about.taken_by == set()
    assert (about.encoder["layers"], about.encoder["projection"]) == (27, 1152)
    assert "with its vision tower" in about.report["verdict"]
    assert "Its vision tower lacks 12 parts (visual.trunk.attn_pool.kv.bias" in about.text
    assert "does not read a vision tower from timm" in about.text
    full = file(tmp_path, {**prefixed("text.", text), **vision, **pool, **top}, "BF16")
    assert "tower lacks" not in full.text and "does not read a vision tower from timm" in full.text


VISION = {
    "clip": lambda: make.meta("CLIPModel", "CLIPConfig"),
    "siglip": lambda: make.siglip(768, 12, 12, 32000, 3072, full=True),
}


@pytest.mark.parametrize("kind", VISION)
def test_a_vision_tower_lacks_a_part(kind: str, tmp_path: Path) -> None:
    shapes = VISION[kind]()
    assert "tower lacks" not in file(tmp_path, shapes).text
    for name in shapes:
        if "vision_model." not in name and not name.startswith("visual_projection"):
            continue
        if "layers." in name and ".layers.0." not in name:
            continue
        about = file(tmp_path, without(shapes, name))
        if name.endswith("patch_embedding.weight"):
            continue  # without its first part nothing says that there is a vision tower
        assert f"Its vision tower lacks 1 part ({name})" in about.text


def test_distilbert_is_of_no_use(tmp_path: Path) -> None:
    shapes: Shapes = {
        "embeddings.word_embeddings.weight": (119547, 768),
        "embeddings.position_embeddings.weight": (512, 768),
        **{
            f"transformer.layer.{layer}.{name}.{end}": (768,)
            for layer in range(6)
            for name in ("sa_layer_norm", "output_layer_norm")
            for end in ("weight", "bias")
        },
    }
    about = file(tmp_path, shapes, "F32")
    assert about.encoder["title"] == "DistilBERT (multilingual)"
    assert not about.report["usable"] and not about.encoder["usable"] and not about.report["loads"]
    assert "Its page may call it a CLIP" in about.text
