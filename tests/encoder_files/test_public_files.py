"""Files as public reports describe them, made up by their headers: what the inspector says of each,
with the values that are right.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytest.importorskip("transformers")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.encoder_file.report import inspect, plain
from encoderscope.tests.encoder_files import make

Shapes = dict[str, tuple[int, ...]]
PACKED = ("SelfAttention.q", "SelfAttention.k", "SelfAttention.v", "SelfAttention.o",
          "wi_0", "wi_1", "wo")  # fmt: skip
UMT5 = {"vocab": 256384, "every": True}
HOST_FINDS_NOTHING = "ComfyUI's own loader finds no text encoder in this file"


def t5(**options: Any) -> Shapes:
    shapes = make.t5("xxl", **options)
    shapes.pop("encoder.embed_tokens.weight", None)
    return shapes


def clip_l(**options: Any) -> Shapes:
    return make.clip_text(768, 12, **options)


def without(shapes: Shapes, *ends: str) -> Shapes:
    return {name: shape for name, shape in shapes.items() if not name.endswith(ends)}


def layers_of(shapes: Shapes) -> list[str]:
    ends = tuple(f"{name}.weight" for name in PACKED)
    return [name.removesuffix(".weight") for name in shapes if name.endswith(ends)]


def scaled(shapes: Shapes, odd_layers: bool = True) -> Shapes:
    names = [name for name in layers_of(shapes) if odd_layers or int(name.split(".")[2]) % 2 == 0]
    return {**shapes, **{f"{name}.scale_weight": () for name in names}, "scaled_fp8": (0,)}


class Said(NamedTuple):
    """The only encoder of a file, and all that is written of it."""

    report: dict[str, Any]
    encoder: dict[str, Any]
    text: str

    @property
    def taken_by(self) -> set[str]:
        return {fit["family"] for fit in self.encoder["fits"] if fit["fits"]}


def said(path: Path) -> Said:
    report = inspect(path)
    [encoder] = report["encoders"]
    return Said(report, encoder, plain(report))


def file(tmp_path: Path, shapes: Shapes, dtype: str = "F16", **options: Any) -> Said:
    return said(make.sparse(tmp_path / "model.safetensors", shapes, dtype, **options))


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
    told = said(path)
    assert told.taken_by >= {"sd1", "sdxl", "sd3", "flux"} and told.encoder["loads"]
    assert ("was turned into decimals" in told.text) is merged
    if merged:
        [note] = [note for note in told.encoder["notes"] if "decimals" in note]
        halves = sum(
            struct.unpack("<e", struct.pack("<e", v))[0] != i for i, v in enumerate(values)
        )
        assert f"{halves} of its 77 numbers" in note and "A1111" in note


def prefixed(prefix: str, shapes: Shapes) -> Shapes:
    return make.below(prefix, shapes)


FLAT = {
    "transformers 5": lambda: {
        name.removeprefix("text_model."): shape
        for name, shape in without(clip_l(), "text_projection.weight").items()
    },
    "clip_l.transformer.": lambda: prefixed("clip_l.transformer.", clip_l()),
}


@pytest.mark.parametrize("name", FLAT)
def test_clip_l_by_other_names(name: str, tmp_path: Path) -> None:
    told = file(tmp_path, FLAT[name]())
    assert told.encoder["name"] == "clip_l" and told.encoder["loads"]
    assert HOST_FINDS_NOTHING in told.text


def test_t5_below_a_prefix_of_diffusers(tmp_path: Path) -> None:
    told = file(tmp_path, prefixed("text_encoder_2.", t5()))
    assert told.encoder["name"] == "t5_v1_1_xxl" and told.encoder["loads"]
    assert HOST_FINDS_NOTHING in told.text and "below 'text_encoder_2.'" in told.text


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
    told = file(tmp_path, shapes)
    assert (told.encoder["name"], told.encoder["positions"]) == ("long_clip_l", 248)
    assert told.taken_by >= {"sd1", "flux", "sdxl"} and told.encoder["loads"]
    assert "windows of 248 tokens" in told.text
    assert "CLIP-L and CLIP-G are joined side by side" in told.text


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
    told = file(tmp_path, without(make.clip_text(1024, layers), "text_projection.weight"))
    assert told.encoder["name"] == "clip_h" and told.taken_by == {"sd2"}
    assert told.encoder["activation"] == "gelu"
    assert ("The 24th layer is not in the file" in told.text) == (layers == 23)
    assert "unknown" not in told.report["verdict"]


# --- T5 and its packings
# --------------------------------------------------------------------------------------------------

FP8 = {f"{name}.weight": "F8_E4M3" for name in PACKED}


def test_umt5_in_fp8_whole_and_with_half_of_its_scales(tmp_path: Path) -> None:
    shapes = {**scaled(t5(**UMT5)), "spiece_model": (4548313,)}
    only = {**FP8, "scale_weight": "F32", "scaled_fp8": "F8_E4M3", "spiece_model": "U8"}
    whole = file(tmp_path, shapes, only=only)
    assert whole.taken_by == {"wan"} and whole.encoder["loads"]
    assert whole.encoder["tokenizer"] == {"kind": "umt5", "where": "file"}
    broken = file(
        tmp_path, {**scaled(t5(**UMT5), odd_layers=False), "spiece_model": (9,)}, only=only
    )
    assert not broken.report["usable"]
    assert "84 of the 168 scales (scale_weight) of UMT5 XXL are missing" in broken.report["verdict"]
    assert "encoder.block.1.layer.0.SelfAttention.q.scale_weight" in broken.report["verdict"]
    assert "Wan takes it" not in broken.report["verdict"]


@pytest.mark.parametrize("with_scales", [True, False])
def test_umt5_in_fp8_without_its_vocabulary(with_scales: bool, tmp_path: Path) -> None:
    shapes = scaled(t5(**UMT5)) if with_scales else t5(**UMT5)
    told = file(tmp_path, shapes, only={**FP8, "scale_weight": "F32", "scaled_fp8": "F8_E4M3"})
    assert told.encoder["quantisation"]["format"] == ("fp8_scaled" if with_scales else "fp8")
    assert told.encoder["tokenizer"]["where"] == "missing"
    assert told.report["usable"] and not told.report["loads"]
    assert "none was found in model.safetensors or beside it" in told.text
    assert "as model.spiece.model or model.tokenizer.json" in told.text


def test_t5_with_another_vocabulary(tmp_path: Path) -> None:
    told = file(tmp_path, t5(vocab=69328))
    assert told.taken_by == set()
    assert told.encoder["title"] == "gated T5 XXL with an unknown vocabulary"
    assert "with another vocabulary of 69,328 pieces instead of 32,128" in told.report["verdict"]
    assert "and fails: its vocabulary has 69,328 pieces" in told.text
    umt5 = file(tmp_path, t5(**UMT5))
    [flux] = [fit for fit in umt5.encoder["fits"] if fit["family"] == "flux"]
    assert flux["why"] == (
        "this is UMT5 XXL, as wide, but with another vocabulary of 256,384 pieces instead of 32,128"
    )


NOTES = {
    "rotated": (b'{"format":"int8_tensorwise","convrot":true}', "int8_tensorwise, rotated by Con"),
    "zeros": (b"\0" * 29, "the note beside encoder.block.0.layer.0.SelfAttention.q cannot be read"),
    "no format": (b'{"convrot":true}', "int8, rotated by ConvRot"),
    "plain": (b'{"format":"int8_tensorwise"}', ""),
}


@pytest.mark.parametrize("name", NOTES)
@pytest.mark.parametrize("input_scale", [False, True])
def test_umt5_in_int8(name: str, input_scale: bool, tmp_path: Path) -> None:
    note, problem = NOTES[name]
    plain_shapes = t5(**UMT5)
    shapes: Shapes = {**plain_shapes, "spiece_model": (64,)}
    for layer in layers_of(plain_shapes):
        shapes[f"{layer}.weight_scale"] = (shapes[f"{layer}.weight"][0], 1)
        shapes[f"{layer}.comfy_quant"] = (len(note),)
        if input_scale:
            shapes[f"{layer}.input_scale"] = ()
    only = {f"{end}.weight": "I8" for end in PACKED} | {
        "weight_scale": "F32", "comfy_quant": "U8", "spiece_model": "U8", "input_scale": "F32",
    }  # fmt: skip
    path = make.sparse(tmp_path / "model.safetensors", shapes, "BF16", only=only)
    header, start = _header(path)
    with path.open("r+b") as opened:
        for key, entry in header.items():
            if key.endswith("comfy_quant"):
                opened.seek(start + entry["data_offsets"][0])
                opened.write(note)
    told = said(path)
    assert told.encoder["title"] == "UMT5 XXL"
    if not problem:
        assert told.taken_by == {"wan"} and told.encoder["loads"]
        assert (
            "input_scale and 165 more (belongs to the quantisation)" in told.text
        ) is input_scale
        return
    assert problem in told.report["verdict"] and not told.report["usable"]
    assert "Wan takes it" not in told.report["verdict"]


def _header(path: Path) -> tuple[dict[str, Any], int]:
    with path.open("rb") as opened:
        (length,) = struct.unpack("<Q", opened.read(8))
        return json.loads(opened.read(length)), 8 + length


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
    told = file(tmp_path, shapes, "BF16", only=only, metadata=metadata)
    assert (told.encoder["name"], told.encoder["width"]) == ("t5_v1_1_xxl", 4096)
    assert "ComfyUI's mixed precision (nvfp4)" in told.report["verdict"]
    assert not told.report["usable"] and 2.8e9 < told.report["bytes"] < 3e9
    mismatch = (
        "names 168 layers, and none of them is in the file by that name, such as "
        "t5xxl.transformer.encoder.block.0.layer.0.SelfAttention.q"
    )
    assert (mismatch in told.text) is bool(prefix)
    assert ("_quantization_metadata" in told.text) is bool(prefix)


def test_a_list_that_names_some_layers_otherwise(tmp_path: Path) -> None:
    listed = {"layers": {"encoder.block.0.layer.0.SelfAttention.q": {}, "gone": {}, "lost": {}}}
    shapes = {**t5(), "scaled_fp8": (0,)}
    told = file(tmp_path, shapes, metadata={"_quantization_metadata": json.dumps(listed)})
    assert (
        "names 3 layers, and 2 of them are not in the file by that name, such as gone" in told.text
    )
    del listed["layers"]["lost"]
    told = file(tmp_path, shapes, metadata={"_quantization_metadata": json.dumps(listed)})
    assert (
        "names 2 layers, and 1 of them is not in the file by that name, such as gone" in told.text
    )


def test_awq_of_nunchaku(tmp_path: Path) -> None:
    shapes = t5()
    for layer in layers_of(shapes):
        rows, columns = shapes.pop(f"{layer}.weight")
        shapes[f"{layer}.qweight"] = (rows // 4, columns)
        shapes[f"{layer}.scales"] = shapes[f"{layer}.scaled_zeros"] = (columns // 128, rows)
    told = file(tmp_path, shapes, "BF16", only={"qweight": "I16"})
    assert (told.encoder["name"], told.encoder["width"]) == ("t5_v1_1_xxl", 4096)
    assert told.encoder["feed_forward"] == 10240
    assert "packed as AWQ int4 of nunchaku" in told.report["verdict"]
    assert HOST_FINDS_NOTHING in told.text and not told.report["usable"]


def gguf(tmp_path: Path, shapes: Shapes, entries: dict[str, Any], kind: int = 12) -> Path:
    named = make.gguf_t5_names(shapes)
    tensors = {
        name: (shape, kind if len(shape) == 2 and shape[1] % 256 == 0 else 0)
        for name, shape in named.items()
    }
    return make.gguf(tmp_path / "model.gguf", tensors, entries)


@pytest.mark.parametrize("architecture", ["t5encoder", "pig"])
def test_gguf_of_t5(architecture: str, tmp_path: Path) -> None:
    told = said(gguf(tmp_path, t5(), {"general.architecture": architecture}))
    assert told.encoder["name"] == "t5_v1_1_xxl" and told.encoder["loads"]
    assert told.encoder["quantisation"]["title"] == "GGUF Q4_K"


@pytest.mark.parametrize("pieces", [0, 4])
def test_gguf_of_umt5_without_a_whole_vocabulary(pieces: int, tmp_path: Path) -> None:
    entries: dict[str, Any] = {"general.architecture": "t5encoder"}
    if pieces:
        words = ["<pad>", "</s>", "<unk>", "\u2581a"]
        entries |= {"tokenizer.ggml.model": "t5", "tokenizer.ggml.tokens": words}
    told = said(gguf(tmp_path, t5(**UMT5), entries))
    assert told.encoder["title"] == "UMT5 XXL" and told.taken_by == {"wan"}
    assert told.encoder["tokenizer"]["where"] == "missing" and not told.report["loads"]
    reason = "none was found in model.gguf or beside it"
    if pieces:
        reason = "is not whole: it has 4 pieces for the 256,384 rows of the encoder"
    assert reason in told.text


def test_gguf_that_is_unknown_or_cut_short(tmp_path: Path) -> None:
    path = gguf(tmp_path, t5(), {"general.architecture": "t5encoder"})
    data = path.stat().st_size
    with path.open("r+b") as opened:
        opened.truncate(data - 50_000_000)
    with pytest.raises(EncoderScopeError, match=r"cut short.*50,000,000 are missing"):
        inspect(path)


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
    variant = said(tmp_path / "variant")
    assert variant.encoder["name"] == "t5_v1_1_xxl" and variant.report["tensors"] == 219
    assert "variants" not in variant.text
    shards(tmp_path / "both", "model", "model.safetensors.index.json")
    shards(tmp_path / "both", "model.fp16", "model.safetensors.index.fp16.json")
    both = said(tmp_path / "both")
    assert [one["name"] for one in both.report["files"]] == [
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    ]
    note = "Two variants of one model lie in this folder, model and model.fp16: model is read."
    assert note in both.encoder["notes"] and note in both.text
    make.sparse(tmp_path / "both" / "model.bf16.safetensors", {"a": (1,)})
    assert "Three variants of one model lie in this folder, model, model.bf16 and" in (
        said(tmp_path / "both").text
    )


def test_variants_in_single_files(tmp_path: Path) -> None:
    for name in ("model", "model.fp16"):
        make.sparse(tmp_path / f"{name}.safetensors", clip_l())
    told = said(tmp_path)
    assert "Two variants of one model lie in this folder, model and model.fp16" in told.text


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
        r"is cut short.*\(1,234,567,890 are missing\)",
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
    "pickle": (
        lambda path: path.write_bytes(b"PK\x03\x04\0\0\x08\x08" + b"\0" * 4096),
        "is a pickle",
    ),
}


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
    told = file(tmp_path, {**prefixed("text.", text), **vision, **top}, "BF16")
    assert told.encoder["name"] == "siglip2_so400m" and told.taken_by == set()
    assert (told.encoder["layers"], told.encoder["projection"]) == (27, 1152)
    assert "with its vision tower" in told.report["verdict"]
    assert "Its vision tower lacks 12 parts (visual.trunk.attn_pool.kv.bias" in told.text
    assert "does not read a vision tower from timm" in told.text
    whole = file(tmp_path, {**prefixed("text.", text), **vision, **pool, **top}, "BF16")
    assert (
        "tower lacks" not in whole.text and "does not read a vision tower from timm" in whole.text
    )


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
        told = file(tmp_path, without(shapes, name))
        if name.endswith("patch_embedding.weight"):
            continue  # without its first part nothing says that there is a vision tower
        assert f"Its vision tower lacks 1 part ({name})" in told.text


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
    told = file(tmp_path, shapes, "F32")
    assert told.encoder["title"] == "DistilBERT (multilingual)"
    assert not told.report["usable"] and not told.encoder["usable"] and not told.report["loads"]
    assert "Its page may call it a CLIP" in told.text
