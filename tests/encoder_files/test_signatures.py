"""Every entry of the table names the file of real shapes that it stands for, made by an independent
implementation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from encoderscope.tests.encoder_files import make
from encoderscope.tests.encoder_files.naming import check, described

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
    "t5_gated_base": (  # fewer pieces than there are bytes: no ByT5
        lambda: make.t5("base", vocab=253),
        {"tokenizer": ""},
    ),
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
    description = described(tmp_path)
    check(
        description,
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
    assert replace(described(tmp_path / "model.safetensors")) == description


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
    description = described(tmp_path)
    assert (
        description.kind,
        description.width,
        description.layers,
        description.heads,
        description.feed_forward,
    ) == ("encoder", 64, 2, 2, 80)
    assert description.architecture in kind.lower() and description.size == ""
    output = {
        "T5EncoderModel": "relu",
        "UMT5EncoderModel": "gelu_pytorch_tanh",
        "CLIPModel": "quick_gelu",
        "CLIPTextModel": "quick_gelu",
    }
    assert (
        description.activation == output.get(kind, "gelu_pytorch_tanh")
        and "activation" not in description.assumed
    )
