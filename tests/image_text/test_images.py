"""Pictures are prepared as each model's own processor of transformers does it."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.image_text.images import (
    fit_patches,
    read_recipe,
    recipe_of,
    to_8_bit,
    usual_recipe,
)
from encoderscope.tests.image_text import kit

SIZES = [(40, 56), (56, 40), (33, 32), (32, 32), (7, 9), (300, 41), (128, 257), (1, 1), (90, 8)]


def settings(kind: str) -> dict[str, Any]:
    return json.loads(json.dumps(kit.processor(kind).to_dict(), default=str))


@pytest.mark.parametrize("kind", kit.KINDS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_pixels_are_those_of_the_processor(kind: str, size: tuple[int, int]) -> None:
    images = kit.pictures(2, *size)
    expected = kit.processor(kind)(kit.as_uint8(images), return_tensors="pt")
    ours = read_recipe(settings(kind), kind, kit.SIDE, kit.PATCH)(images)
    torch.testing.assert_close(ours.values, expected["pixel_values"], atol=1e-6, rtol=0)
    if kind == "siglip2":
        assert torch.equal(ours.mask, expected["pixel_attention_mask"])
        assert torch.equal(ours.shapes, expected["spatial_shapes"])


def test_a_crop_larger_than_the_picture_is_filled_with_black() -> None:
    import transformers

    sentence = {"size": {"shortest_edge": 20}, "crop_size": {"height": 33, "width": 25}}
    expected = transformers.CLIPImageProcessor(**sentence)(
        kit.as_uint8(kit.pictures(2, 40, 40)), return_tensors="pt"
    )
    ours = read_recipe(sentence, "clip", 33, 8)(kit.pictures(2, 40, 40))
    torch.testing.assert_close(ours.values, expected["pixel_values"], atol=1e-6, rtol=0)


def test_values_are_rounded_to_eight_bits_and_kept_in_range() -> None:
    values = torch.tensor([[-1.0, 0.4, 0.6, 99.6], [254.4, 254.6, 255.0, 999.0]]).div(255)[
        None, ..., None
    ]
    assert to_8_bit(values)[0, 0].tolist() == [[0, 0, 1, 100], [254, 255, 255, 255]]


@pytest.mark.parametrize("kind", kit.KINDS)
def test_pillow_differs_by_two_of_255_at_most(kind: str) -> None:
    transformers = pytest.importorskip("transformers", minversion="5.0")
    name = {"clip": "CLIP", "siglip": "Siglip", "siglip2": "Siglip2"}[kind]
    module = __import__(f"transformers.models.{kind}.image_processing_pil_{kind}", fromlist=["x"])
    sentence = {key: value for key, value in settings(kind).items() if "processor" not in key}
    pillow = getattr(module, f"{name}ImageProcessorPil")(**sentence)
    images = kit.pictures(2, 100, 133)
    expected = pillow([image.numpy() for image in kit.as_uint8(images)], return_tensors="pt")[
        "pixel_values"
    ]
    recipe = read_recipe(settings(kind), kind, kit.SIDE, kit.PATCH)
    steps = (recipe(images).values - expected).abs().max() * 255 * min(recipe.deviation)
    assert steps <= 2.001, (steps, transformers.__version__)


@pytest.mark.parametrize("kind", ["clip", "siglip", "siglip2"])
def test_without_settings_the_usual_is_taken_and_said(kind: str, tmp_path: Path) -> None:
    import transformers

    images = kit.pictures(1, 50, 70)
    name = {"clip": "CLIP", "siglip": "Siglip", "siglip2": "Siglip2"}[kind]
    expected = getattr(transformers, f"{name}ImageProcessor")()(
        kit.as_uint8(images), return_tensors="pt"
    )["pixel_values"]
    recipe = recipe_of(tmp_path, kind, 224, 16)
    torch.testing.assert_close(recipe(images).values, expected, atol=1e-6, rtol=0)
    assert recipe.usual
    assert "no preprocessor_config.json" in recipe.describe()


def test_the_newer_file_of_a_processor_is_read(tmp_path: Path) -> None:
    (tmp_path / "processor_config.json").write_text(
        json.dumps({"image_processor": settings("siglip") | {"image_std": [0.25] * 3}})
    )
    recipe = recipe_of(tmp_path, "siglip", kit.SIDE, kit.PATCH)
    assert (recipe.deviation, recipe.usual) == ((0.25, 0.25, 0.25), False)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"resample": 1}, "resample"),
        ({"do_normalize": False}, "do_normalize"),
        ({"do_pad": True}, "do_pad"),
        ({"rescale_factor": 1.0}, "rescale_factor"),
        ({"crop_size": {"height": 30, "width": 32}}, "does not take"),
    ],
)
def test_settings_that_are_not_read_are_refused(
    change: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings("clip") | change))
    with pytest.raises(EncoderScopeError, match=sentence):
        recipe_of(tmp_path, "clip", kit.SIDE, kit.PATCH)


def test_damaged_settings_are_refused(tmp_path: Path) -> None:
    (tmp_path / "preprocessor_config.json").write_text("[1")
    with pytest.raises(EncoderScopeError, match=r"preprocessor_config\.json"):
        recipe_of(tmp_path, "clip", kit.SIDE, kit.PATCH)


def test_patches_are_never_more_than_allowed() -> None:
    for height, width in [(1, 1000), (1000, 1), (512, 768), (31, 33), (4096, 4096)]:
        down, across = (side // 16 for side in fit_patches(height, width, 16, 256))
        assert 1 <= down * across <= 256


def test_an_older_settings_file_with_plain_numbers() -> None:
    clip = read_recipe({"size": 32, "crop_size": 32, "resample": 3}, "clip", 32, 8)
    siglip = read_recipe({"size": 32}, "siglip", 32, 8)
    assert (clip.size, clip.crop, siglip.size) == (32, (32, 32), (32, 32))
    assert (clip.mean, siglip.mean) == (usual_recipe("clip", 32, 8).mean, (0.5, 0.5, 0.5))
