"""A vision tower beside a text encoder tells more of it, and is none itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from encoderscope.tests.encoder_files import make
from encoderscope.tests.encoder_files.naming import check, described

pytest.importorskip("torch")
pytest.importorskip("transformers")


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
    description = described(make.sparse(tmp_path / "a.safetensors", shapes))
    check(
        description,
        "clip_b",
        {
            "title": f"CLIP ViT-B/{patch}",
            "vision_patch": patch,
            "also": ("vision tower",),
            "notes": (),
        },
    )
    assert sum(size.tensors for size in description.dtypes) == 12 * 16 + 5, (
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
    description = described(make.sparse(tmp_path / "a.safetensors", shapes))
    check(description, "clip_b", {"prefix": prefix, "key_style": "openai"})
    assert prefix or description.title == "CLIP ViT-B/32"


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
    description = described(
        make.sparse(tmp_path / "a.safetensors", {**make.below("text.", shapes), **vision})
    )
    check(description, "siglip_so400m", {"key_style": "openai", "prefix": "text.", "positions": 64})
