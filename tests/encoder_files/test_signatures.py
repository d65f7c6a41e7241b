"""Every entry of the table names the file of real shapes that it stands for, made by an independent
implementation.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.encoder_files.description import Description
from encoderscope.conditioning.encoder_files.signatures import describe
from encoderscope.tests.encoder_files import make

pytest.importorskip("torch")
pytest.importorskip("transformers")

T5_3B = {"d_model": 1024, "num_layers": 24, "d_ff": 16384, "num_heads": 32, "d_kv": 128}
T5_11B = {"d_model": 1024, "num_layers": 24, "d_ff": 65536, "num_heads": 128, "d_kv": 128}
T5_SMALL = {"d_model": 512, "num_layers": 6, "d_ff": 2048, "num_heads": 8, "d_kv": 64}
T5_BASE = {"d_model": 768, "num_layers": 12, "d_ff": 3072, "num_heads": 12, "d_kv": 64}
T5_LARGE = {"d_model": 1024, "num_layers": 24, "d_ff": 4096, "num_heads": 16, "d_kv": 64}
BYT5_SMALL = {"d_model": 1472, "num_layers": 12, "d_ff": 3584, "num_heads": 6, "d_kv": 64}
BYT5_XXL = {"d_model": 4672, "num_layers": 36, "d_ff": 12352, "num_heads": 64, "d_kv": 64}

# name -> (keys and shapes, what the description must say)
TABLE: dict[str, tuple[Callable[[], make.Shapes], dict[str, Any]]] = {
    "clip_l": (
        lambda: make.clip_text(768, 12),
        {
            "width": 768,
            "heads": 12,
            "projection": 768,
            "key_style": "transformers",
            "activation": "quick_gelu",
        },
    ),
    "clip_h": (
        lambda: make.clip_text(1024, 24),
        {"width": 1024, "heads": 16, "layers": 24, "activation": "gelu"},
    ),
    "clip_g": (
        lambda: make.clip_text(1280, 32),
        {"width": 1280, "heads": 20, "projection": 1280, "feed_forward": 5120},
    ),
    "clip_b": (
        lambda: make.clip_text(512, 12),
        {"title": "CLIP ViT-B/32 or ViT-B/16", "heads": 8, "vocabulary": 49408, "causal": True},
    ),
    "clip_rn50": (lambda: make.clip_text(512, 12, 1024), {"projection": 1024}),
    "clip_rn50x4": (lambda: make.clip_text(640, 12), {"heads": 10}),
    "long_clip_l": (
        lambda: make.clip_text(768, 12, positions=248),
        {"positions": 248, "title": "Long-CLIP-L (ViT-L/14)"},
    ),
    "long_clip_g": (
        lambda: make.clip_text(1280, 32, positions=248),
        {"positions": 248, "width": 1280},
    ),
    "siglip_base": (
        lambda: make.siglip(768, 12, 12, 32000, 3072),
        {"positions": 64, "causal": False, "tokenizer": "siglip", "projection": 768},
    ),
    "siglip_large": (lambda: make.siglip(1024, 24, 16, 32000, 4096), {"heads": 16}),
    "siglip_so400m": (
        lambda: make.siglip(1152, 27, 16, 32000, 4304),
        {"heads": 16, "head_width": 72},
    ),
    "siglip2_base": (
        lambda: make.siglip(768, 12, 12, 256000, 3072),
        {"tokenizer": "siglip2", "vocabulary": 256000},
    ),
    "siglip2_so400m": (
        lambda: make.siglip(1152, 27, 16, 256000, 4304, projection=1536),
        {"projection": 1536},
    ),
    "t5_small": (
        lambda: make.t5(T5_SMALL, gated=False),
        {"gated": False, "activation": "relu", "tokenizer": "t5"},
    ),
    "t5_base": (lambda: make.t5(T5_BASE, gated=False), {"width": 768, "heads": 12}),
    "t5_large": (lambda: make.t5(T5_LARGE, gated=False), {"layers": 24}),
    "t5_3b": (lambda: make.t5(T5_3B, gated=False), {"head_width": 128}),
    "t5_11b": (lambda: make.t5(T5_11B, gated=False), {"head_width": 128, "heads": 128}),
    "t5_v1_1_small": (
        lambda: make.t5("small"),
        {"heads": 6, "head_width": 64, "title": "T5 v1.1 or Flan-T5 small"},
    ),
    "t5_v1_1_base": (lambda: make.t5("base"), {"gated": True, "bias_in_every_layer": False}),
    "t5_v1_1_large": (lambda: make.t5("large"), {"feed_forward": 2816}),
    "t5_v1_1_xl": (lambda: make.t5("xl"), {"width": 2048, "buckets": 32, "tokenizer": "t5"}),
    "t5_v1_1_xxl": (
        lambda: make.t5("xxl"),
        {"width": 4096, "title": "T5 v1.1 or Flan-T5 XXL", "positions": None, "causal": False},
    ),
    "pile_t5_base": (lambda: make.t5("base", every=True), {"tokenizer": "pile_t5"}),
    "pile_t5_xl": (
        lambda: make.t5("xl", every=True),
        {"bias_in_every_layer": True, "title": "Pile-T5 XL"},
    ),
    "mt5_xl": (lambda: make.t5("xl", vocab=250112), {"tokenizer": "mt5"}),
    "umt5_base": (lambda: make.t5("base", vocab=256384, every=True), {"tokenizer": "umt5"}),
    "umt5_xxl": (lambda: make.t5("xxl", vocab=256384, every=True), {"bias_in_every_layer": True}),
    "byt5_small": (lambda: make.t5(BYT5_SMALL, vocab=384), {"tokenizer": "byt5"}),
    "byt5_xxl": (lambda: make.t5(BYT5_XXL, vocab=384), {"heads": 64}),
    "byt5_glyph_small": (lambda: make.t5(BYT5_SMALL, vocab=1510), {"title": "Glyph-ByT5 small"}),
    "bert_minilm": (
        lambda: make.meta(
            "BertModel", hidden_size=384, num_hidden_layers=6, intermediate_size=1536
        ),
        {"heads": 12, "positions": 512},
    ),
    "bert_hydit": (
        lambda: make.meta(
            "BertModel",
            hidden_size=1024,
            num_hidden_layers=24,
            num_attention_heads=16,
            intermediate_size=4096,
            vocab_size=47020,
        ),
        {"heads": 16},
    ),
    "roberta_base": (
        lambda: make.meta("RobertaModel", vocab_size=50265, max_position_embeddings=514),
        {"title": "RoBERTa base"},
    ),
    "llama3_8b": (
        lambda: make.meta(
            "LlamaModel",
            hidden_size=4096,
            num_hidden_layers=32,
            num_key_value_heads=8,
            vocab_size=128256,
            intermediate_size=14336,
        ),
        {"layers": 32},
    ),
    "qwen25_7b": (
        lambda: make.meta(
            "Qwen2ForCausalLM",
            "Qwen2Config",
            hidden_size=3584,
            num_hidden_layers=28,
            num_attention_heads=28,
            num_key_value_heads=4,
            vocab_size=152064,
        ),
        {"prefix": "model."},
    ),
    "qwen3_4b": (
        lambda: make.meta(
            "Qwen3Model",
            hidden_size=2560,
            num_hidden_layers=36,
            num_attention_heads=32,
            num_key_value_heads=8,
        ),
        {"width": 2560},
    ),
    "gemma2_2b": (
        lambda: make.meta(
            "Gemma2Model",
            hidden_size=2304,
            num_hidden_layers=26,
            num_attention_heads=8,
            num_key_value_heads=4,
        ),
        {"vocabulary": 256000},
    ),
    "mistral3_24b": (
        lambda: make.meta(
            "MistralModel",
            hidden_size=5120,
            num_hidden_layers=40,
            num_key_value_heads=8,
            vocab_size=131072,
        ),
        {"vocabulary": 131072},
    ),
}


def described(path: Path) -> Description:
    return describe(open_checkpoint(path))


def check(said: Description, name: str, facts: dict[str, Any]) -> None:
    assert (said.kind, said.name) == ("encoder", name)
    assert {key: getattr(said, key) for key in facts} == facts


@pytest.mark.parametrize("name", TABLE)
def test_real_shapes_are_named(name: str, tmp_path: Path) -> None:
    shapes, facts = TABLE[name]
    check(described(make.sparse(tmp_path / "model.safetensors", shapes())), name, facts)


@pytest.mark.parametrize(
    ("name", "width", "layers", "positions"),
    [
        ("clip_l", 768, 12, 77),
        ("clip_b", 512, 12, 77),
        ("clip_g", 1280, 32, 77),
        ("clip_h", 1024, 24, 77),
        ("long_clip_l", 768, 12, 248),
    ],
)
@pytest.mark.parametrize("prefix", ["", "text."])
def test_openai_keys(
    name: str, width: int, layers: int, positions: int, prefix: str, tmp_path: Path
) -> None:
    shapes = make.below(prefix, make.openai_text(width, layers, positions=positions))
    check(
        described(make.sparse(tmp_path / "a.safetensors", shapes)),
        name,
        {"key_style": "openai", "prefix": prefix, "projection": width},
    )


def test_openais_own_file_tells_its_activation(tmp_path: Path) -> None:
    shapes = make.openai_text(1024, 24)
    lone = described(make.sparse(tmp_path / "a.safetensors", shapes))
    own = described(
        make.sparse(
            tmp_path / "b.safetensors",
            {**shapes, "input_resolution": (), "context_length": (), "vocab_size": ()},
        )
    )
    assert (lone.activation, lone.assumed) == ("gelu", ("activation", "heads"))
    assert (own.activation, own.assumed) == ("quick_gelu", ("heads",))


def test_transformers_5_drops_text_model(tmp_path: Path) -> None:
    shapes = {
        key.removeprefix("text_model."): shape
        for key, shape in make.clip_text(768, 12).items()
        if key != "text_projection.weight"
    }
    check(
        described(make.sparse(tmp_path / "a.safetensors", shapes)),
        "clip_l",
        {"key_style": "bare", "projection": None},
    )
    shapes = {
        key.removeprefix("text_model."): shape
        for key, shape in make.siglip(768, 12, 12, 32000, 3072).items()
    }
    check(
        described(make.sparse(tmp_path / "b.safetensors", shapes)),
        "siglip_base",
        {"key_style": "bare"},
    )


@pytest.mark.parametrize("patch", [16, 32])
def test_the_vision_tower_tells_b_16_from_b_32(patch: int, tmp_path: Path) -> None:
    sizes = {
        "hidden_size": 512,
        "num_hidden_layers": 12,
        "num_attention_heads": 8,
        "intermediate_size": 2048,
    }
    shapes = make.meta(
        "CLIPModel",
        text_config=sizes,
        vision_config={"patch_size": patch, "num_hidden_layers": 1},
        projection_dim=512,
    )
    said = described(make.sparse(tmp_path / "a.safetensors", shapes))
    check(
        said,
        "clip_b",
        {
            "title": f"CLIP ViT-B/{patch}",
            "vision_patch": patch,
            "also": ("vision tower",),
            "notes": (),
        },
    )
    assert sum(size.tensors for size in said.dtypes) == 12 * 16 + 5, (
        "the vision tower's tensors must not count as the encoder's"
    )


@pytest.mark.parametrize(("width", "title"), [(512, "CLIP RN101"), (768, "CLIP RN50x16")])
def test_a_resnet_beside_the_text_tower(width: int, title: str, tmp_path: Path) -> None:
    shapes = {**make.openai_text(width, 12), "visual.layer1.0.conv1.weight": (64, 64, 1, 1)}
    assert described(make.sparse(tmp_path / "a.safetensors", shapes)).title == title


@pytest.mark.parametrize("prefix", ["", "text."])
def test_openais_vision_tower_is_no_second_text_tower(prefix: str, tmp_path: Path) -> None:
    vision = {
        key: shape
        for key, shape in make.openai_text(768, 12).items()
        if key.startswith("transformer.")
    }
    shapes = {
        **make.below(prefix, make.openai_text(512, 12)),
        **make.below("visual.", vision),
        "visual.conv1.weight": (768, 3, 32, 32),
    }
    said = described(make.sparse(tmp_path / "a.safetensors", shapes))
    check(said, "clip_b", {"prefix": prefix, "key_style": "openai"})
    assert prefix or said.title == "CLIP ViT-B/32"


@pytest.mark.parametrize(("kind", "flat"), [("SiglipModel", False), ("Siglip2Model", True)])
def test_siglip_with_its_vision_tower(kind: str, flat: bool, tmp_path: Path) -> None:
    text = {
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "vocab_size": 256000,
    }
    shapes = make.meta(
        kind, text_config=text, vision_config={"num_hidden_layers": 1, "patch_size": 16}
    )
    assert (len(shapes["vision_model.embeddings.patch_embedding.weight"]) == 2) == flat
    check(
        described(make.sparse(tmp_path / "a.safetensors", shapes)),
        "siglip2_base",
        {"vision_patch": 16, "also": ("vision tower",)},
    )


def test_openclips_siglip(tmp_path: Path) -> None:
    shapes = make.openai_text(1152, 27, positions=64)
    del shapes["text_projection"]
    for layer in range(27):
        shapes[f"transformer.resblocks.{layer}.mlp.c_fc.bias"] = (4304,)
    shapes |= {
        "text_projection.weight": (1152, 1152),
        "text_projection.bias": (1152,),
        "token_embedding.weight": (32000, 1152),
    }
    vision = {"visual.trunk.patch_embed.proj.weight": (1152, 3, 14, 14)}
    said = described(
        make.sparse(tmp_path / "a.safetensors", {**make.below("text.", shapes), **vision})
    )
    check(said, "siglip_so400m", {"key_style": "openai", "prefix": "text.", "positions": 64})


def test_a_full_t5_says_that_it_has_a_decoder(tmp_path: Path) -> None:
    check(
        described(make.sparse(tmp_path / "a.safetensors", make.t5("base", full=True))),
        "t5_v1_1_base",
        {"also": ("decoder",)},
    )


def test_a_config_beside_the_weights_ends_the_guessing(tmp_path: Path) -> None:
    model = make.build(
        "CLIPTextModelWithProjection",
        "CLIPTextConfig",
        hidden_size=96,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=64,
        hidden_act="gelu",
        vocab_size=49408,
    )
    model.save_pretrained(tmp_path)
    said = described(tmp_path)
    check(
        said,
        "clip",
        {
            "heads": 3,
            "head_width": 32,
            "activation": "gelu",
            "assumed": (),
            "feed_forward": 64,
            "layers": 2,
        },
    )
    assert replace(described(tmp_path / "model.safetensors")) == said


@pytest.mark.parametrize(
    "kind",
    [
        "T5EncoderModel",
        "UMT5EncoderModel",
        "CLIPModel",
        "SiglipModel",
        "Siglip2Model",
        "CLIPTextModel",
        "SiglipTextModel",
    ],
)
def test_saved_by_transformers(kind: str, tmp_path: Path) -> None:
    small = {
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 80,
        "vocab_size": 49408,
    }
    if "T5" in kind:
        options: dict[str, Any] = {
            "d_model": 64,
            "d_ff": 80,
            "num_layers": 2,
            "num_heads": 2,
            "d_kv": 16,
        }
    elif "Text" in kind:
        options = small
    else:
        options = {
            "text_config": small,
            "vision_config": {key: value for key, value in small.items() if key != "vocab_size"},
        }
    make.build(kind, **options).save_pretrained(tmp_path)
    said = described(tmp_path)
    assert (said.kind, said.width, said.layers, said.heads, said.feed_forward) == (
        "encoder",
        64,
        2,
        2,
        80,
    )
    assert said.architecture in kind.lower() and said.size == ""
    told = {
        "T5EncoderModel": "relu",
        "UMT5EncoderModel": "gelu_pytorch_tanh",
        "CLIPModel": "quick_gelu",
        "CLIPTextModel": "quick_gelu",
    }
    assert (
        said.activation == told.get(kind, "gelu_pytorch_tanh") and "activation" not in said.assumed
    )


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
    said = described(path)
    check(
        said, "t5_v1_1_xxl", {"key_style": "gguf", "heads": 64, "vocabulary": 32128, "gated": True}
    )
    assert (said.quantisation.format, said.quantisation.types) == ("gguf", ("Q4_K",))
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
    said = described(make.gguf(tmp_path / "q.gguf", tensors, {"general.architecture": "qwen3"}))
    check(said, "qwen3_4b", {"key_style": "gguf"})


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
    said = described(
        make.sparse(
            tmp_path / "a.safetensors",
            {**make.clip_text(768, 12), **more},
            metadata=metadata,
            only=only,
        )
    )
    check(said, "clip_l", {"width": 768})
    assert (said.quantisation.format, said.quantisation.scales) == expected
    assert said.quantisation.layers == (0 if expected[0] == "none" else 12)


def test_dtypes_are_counted(tmp_path: Path) -> None:
    said = described(
        make.sparse(
            tmp_path / "a.safetensors",
            make.clip_text(768, 12),
            only={"token_embedding.weight": "F32"},
        )
    )
    assert [(size.dtype, size.tensors) for size in said.dtypes] == [("F16", 196), ("F32", 1)]


def test_a_tokenizer_in_the_file_is_found(tmp_path: Path) -> None:
    shapes = {**make.t5("base", vocab=256384, every=True), "spiece_model": (4_000_000,)}
    check(
        described(make.sparse(tmp_path / "a.safetensors", shapes, only={"spiece_model": "U8"})),
        "umt5_base",
        {"tokenizer_in_file": "spiece_model"},
    )


UNET = {"model.diffusion_model.input_blocks.0.0.weight": (320, 4, 3, 3)}
CHECKPOINTS: dict[str, tuple[Callable[[], make.Shapes], list[tuple[str, str]]]] = {
    "sd1": (
        lambda: {**UNET, **make.below("cond_stage_model.transformer.", make.clip_text(768, 12))},
        [("cond_stage_model.transformer.", "clip_l")],
    ),
    "sd2": (
        lambda: {**UNET, **make.below("cond_stage_model.model.", make.openai_text(1024, 24))},
        [("cond_stage_model.model.", "clip_h")],
    ),
    "sdxl": (
        lambda: {
            **UNET,
            **make.below("conditioner.embedders.0.transformer.", make.clip_text(768, 12)),
            **make.below("conditioner.embedders.1.model.", make.openai_text(1280, 32)),
            "first_stage_model.encoder.down.0.block.0.conv1.weight": (128, 128, 3, 3),
        },
        [
            ("conditioner.embedders.0.transformer.", "clip_l"),
            ("conditioner.embedders.1.model.", "clip_g"),
        ],
    ),
    "sd3": (
        lambda: {
            "model.diffusion_model.joint_blocks.0.context_block.attn.qkv.weight": (4608, 1536),
            **make.below("text_encoders.clip_l.transformer.", make.clip_text(768, 12)),
            **make.below("text_encoders.t5xxl.transformer.", make.t5("xxl")),
        },
        [
            ("text_encoders.clip_l.transformer.", "clip_l"),
            ("text_encoders.t5xxl.transformer.", "t5_v1_1_xxl"),
        ],
    ),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_text_encoders_inside_a_checkpoint(name: str, tmp_path: Path) -> None:
    shapes, expected = CHECKPOINTS[name]
    said = described(make.sparse(tmp_path / "a.safetensors", shapes()))
    assert said.kind == "checkpoint" and "diffusion model" in said.title
    assert [(one.prefix, one.name) for one in said.inside] == expected


OTHERS: dict[str, tuple[str, list[str]]] = {
    "lora": (
        "lora",
        [
            "lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight",
            "lora_unet_down_blocks_0.alpha",
        ],
    ),
    "peft": ("lora", ["text_encoder.text_model.encoder.layers.0.mlp.fc1.lora_A.weight"]),
    "kohya_by_prefix": ("lora", ["lora_unet_down_blocks_0.diff"]),
    "loha": ("lora", ["lora_unet_mid_block.hada_w1_a"]),
    "unet": ("unet", ["model.diffusion_model.input_blocks.0.0.weight"]),
    "diffusers_unet": ("unet", ["down_blocks.0.resnets.0.time_emb_proj.weight"]),
    "sd3": ("mmdit", ["joint_blocks.0.context_block.attn.qkv.weight"]),
    "flux": ("flux", ["double_blocks.0.img_attn.proj.weight"]),
    "flux_prefixed": ("flux", ["model.diffusion_model.double_blocks.0.img_attn.proj.weight"]),
    "wan": ("wan", ["blocks.0.cross_attn.norm_k.weight"]),
    "aura": ("aura", ["double_layers.0.attn.w1q.weight"]),
    "z_image": ("lumina", ["cap_embedder.0.weight"]),
    "unknown_model": ("dit", ["model.diffusion_model.novel.weight"]),
    "vae": ("vae", ["decoder.up.0.block.0.conv1.weight", "encoder.down.0.block.0.conv1.weight"]),
    "diffusers_vae": ("vae", ["decoder.up_blocks.0.resnets.0.conv1.weight"]),
    "taesd": ("vae", ["1.weight", "3.conv.0.weight"]),
    "controlnet": ("controlnet", ["control_model.input_blocks.0.0.weight"]),
    "diffusers_controlnet": (
        "controlnet",
        [
            "controlnet_cond_embedding.conv_in.weight",
            "down_blocks.0.resnets.0.time_emb_proj.weight",
        ],
    ),
    "embedding": ("embedding", ["emb_params"]),
    "sdxl_embedding": ("embedding", ["clip_l", "clip_g"]),
    "clip_vision": (
        "vision",
        [
            "vision_model.encoder.layers.0.layer_norm1.weight",
            "vision_model.embeddings.class_embedding",
        ],
    ),
    "clip_vision_5": (
        "vision",
        ["encoder.layers.0.layer_norm1.weight", "embeddings.class_embedding"],
    ),
    "t5_decoder": (
        "t5_decoder",
        ["decoder.block.0.layer.1.EncDecAttention.q.weight", "shared.weight"],
    ),
    "strange": ("", ["a.b.c"]),
    "nothing": ("", []),
}


def test_keys_of_many_dots_take_no_longer(tmp_path: Path) -> None:
    path = make.sparse(tmp_path / "a.safetensors", {"a." * 140 + str(i): (1,) for i in range(300)})
    start = time.perf_counter()
    assert described(path).kind == "other"
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_encoder_is_named(name: str, tmp_path: Path) -> None:
    architecture, keys = OTHERS[name]
    said = described(make.sparse(tmp_path / "a.safetensors", dict.fromkeys(keys, (4, 4))))
    assert (said.kind, said.architecture) == ("other", architecture)
