"""Image-text encoders from files: equal to transformers, and never silent."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.image_text import dual_encoder
from encoderscope.conditioning.image_text import loading as image_text_loading
from encoderscope.conditioning.image_text.text_reading import TextTooLong
from encoderscope.conditioning.translation import in_language
from encoderscope.tests.image_text import kit
from safetensors.torch import load_file, save_file


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Any]]:
    root = tmp_path_factory.mktemp("dual")
    return {kind: (root / kind, kit.save(root / kind, kind)) for kind in kit.KINDS}


@pytest.mark.parametrize("kind", kit.KINDS)
def test_features_and_logits_are_those_of_transformers(saved: Any, kind: str) -> None:
    folder, model = saved[kind]
    encoder = image_text_loading.load(folder)
    images = kit.pictures(11)  # more than one batch
    expected = kit.reference(model, folder, images, kit.TEXTS)
    torch.testing.assert_close(
        encoder.image_features(images), expected.image_embeds, atol=1e-5, rtol=0
    )
    torch.testing.assert_close(
        encoder.text_features(kit.TEXTS), expected.text_embeds, atol=1e-5, rtol=0
    )
    narrow = kit.pictures(2, 90, 30)  # NaFlex leaves patches empty
    expected_narrow = kit.reference(model, folder, narrow, kit.TEXTS[:1]).image_embeds
    torch.testing.assert_close(encoder.image_features(narrow), expected_narrow, atol=1e-5, rtol=0)
    logits = encoder.logits(images, kit.TEXTS)
    torch.testing.assert_close(logits, expected.logits_per_image, atol=1e-5, rtol=1e-6)
    assert logits.std() > 0.1, "the test would pass on constants"
    assert (encoder.dim, encoder.text_limit) == (expected.image_embeds.shape[-1], kit.LIMITS[kind])


@pytest.mark.parametrize("kind", kit.KINDS)
def test_percentages_follow_the_objective(saved: Any, kind: str) -> None:
    encoder = image_text_loading.load(saved[kind][0])
    logits = encoder.logits(kit.pictures(2), kit.TEXTS)
    shares = encoder.probabilities(logits)
    if kind == "clip":
        assert encoder.objective == "softmax"
        torch.testing.assert_close(shares.sum(-1), torch.ones(2))
    else:
        assert encoder.objective == "sigmoid"
        torch.testing.assert_close(shares, logits.sigmoid())
        assert math.isclose(encoder.bias, -3.0)
    assert encoder.objective in encoder.describe()


@pytest.mark.parametrize("kind", kit.KINDS)
@pytest.mark.parametrize("language", ["ja", "ko", "ru", "zh", "zh-TW"])
def test_what_was_loaded_is_described_in_the_language(saved: Any, kind: str, language: str) -> None:
    encoder = image_text_loading.load(saved[kind][0])
    with in_language(language):
        text = encoder.describe()
    english = (
        r"\b(as|at|from|in|its?|kept|most|numbers|of|pixels|runs|the|to|tokens|trained|with)\b"
    )
    assert not [line for line in text.splitlines() if re.search(english, line)]
    assert encoder.objective in text and str(encoder.dim) in text


@pytest.mark.parametrize("kind", kit.KINDS)
def test_order_size_and_company_do_not_matter(saved: Any, kind: str) -> None:
    encoder = image_text_loading.load(saved[kind][0])
    images = kit.pictures(9)
    whole = encoder.image_features(images)
    torch.testing.assert_close(
        encoder.image_features(images.flip(0)).flip(0), whole, atol=1e-6, rtol=0
    )
    other = kit.pictures(2, 17, 90)
    mixed = encoder.image_features([images[0], other, images[1:2]])
    torch.testing.assert_close(mixed[[0, 3]], whole[:2], atol=1e-6, rtol=0)
    torch.testing.assert_close(mixed[1:3], encoder.image_features(other), atol=1e-6, rtol=0)
    torch.testing.assert_close(
        encoder.text_features(kit.TEXTS)[2:3],
        encoder.text_features(kit.TEXTS[2:3]),
        atol=1e-6,
        rtol=0,
    )


def test_grey_is_repeated_and_alpha_left_out(saved: Any) -> None:
    encoder = image_text_loading.load(saved["clip"][0])
    grey, coloured = kit.pictures(2, channels=1), kit.pictures(2)
    torch.testing.assert_close(
        encoder.image_features(grey), encoder.image_features(grey.expand(-1, -1, -1, 3))
    )
    alpha = torch.cat([coloured, torch.zeros(2, 40, 56, 1)], dim=-1)
    torch.testing.assert_close(encoder.image_features(alpha), encoder.image_features(coloured))


def test_a_text_that_is_too_long_is_refused_or_told(saved: Any) -> None:
    encoder = image_text_loading.load(saved["clip"][0])
    long = "a red car next to a blue house on the left of a small green dog and one cat"
    with pytest.raises(TextTooLong, match="'green dog and one cat'") as refused:
        encoder.logits(kit.pictures(1), ["a", long])
    (cut,) = encoder.cuts(["a", long])
    assert refused.value.cuts == (cut,)
    assert (cut.index, cut.tokens, cut.limit, cut.lost) == (1, 21, 16, "green dog and one cat")
    expected = kit.reference(
        saved["clip"][1], saved["clip"][0], kit.pictures(1), [long]
    ).text_embeds
    torch.testing.assert_close(encoder.text_features([long], cut=True), expected, atol=1e-5, rtol=0)
    assert encoder.cuts(kit.TEXTS) == ()


@pytest.mark.parametrize("kind", ["siglip", "siglip2"])
def test_siglip_reads_lower_case(saved: Any, kind: str) -> None:
    encoder = image_text_loading.load(saved[kind][0])
    torch.testing.assert_close(
        encoder.text_features(["A RED Car"]), encoder.text_features(["a red car"])
    )


def test_the_stop_button_ends_between_batches(saved: Any) -> None:
    calls = 0

    class StoppedError(Exception):
        pass

    def stop() -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise StoppedError

    encoder = image_text_loading.load(saved["clip"][0]).with_stop(stop)
    with pytest.raises(StoppedError):
        encoder.image_features(kit.pictures(3 * dual_encoder.IMAGES_AT_ONCE))
    assert calls == 2
    calls = 0
    with pytest.raises(StoppedError):
        encoder.text_features(["a"] * 3 * dual_encoder.TEXTS_AT_ONCE)


def test_memory_holds_one_batch_of_prepared_pictures(saved: Any) -> None:
    encoder = image_text_loading.load(saved["clip"][0])
    sizes: list[int] = []

    class Watched:
        def images(self, pixels: Any) -> Any:
            sizes.append(pixels.values.shape[0])
            return encoder.towers.images(pixels)

        def texts(self, ids: Any) -> Any:
            return encoder.towers.texts(ids)

    replace(encoder, towers=Watched()).image_features(
        kit.pictures(2 * dual_encoder.IMAGES_AT_ONCE + 1, 8, 8)
    )
    assert sizes == [dual_encoder.IMAGES_AT_ONCE, dual_encoder.IMAGES_AT_ONCE, 1]


def test_no_pictures_and_no_texts_give_no_rows(saved: Any) -> None:
    encoder = image_text_loading.load(saved["clip"][0])
    assert encoder.logits([], kit.TEXTS).shape == (0, len(kit.TEXTS))
    assert encoder.text_features([]).shape == (0, encoder.dim)


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (torch.zeros(1, 3, 8, 8), "shape"),
        (torch.full((1, 8, 8, 3), float("nan")), "no numbers"),
        (torch.zeros(1, 0, 8, 3), "shape"),
    ],
)
def test_what_is_no_picture_is_refused(saved: Any, images: Any, sentence: str) -> None:
    with pytest.raises(EncoderScopeError, match=sentence):
        image_text_loading.load(saved["clip"][0]).image_features(images)


def test_a_bare_text_is_refused(saved: Any) -> None:
    with pytest.raises(EncoderScopeError, match="list of texts"):
        image_text_loading.load(saved["clip"][0]).text_features("a red car")


def test_vectors_without_a_direction_are_refused(saved: Any, tmp_path: Path) -> None:
    encoder = image_text_loading.load(saved["clip"][0])
    broken = replace(
        encoder,
        towers=image_text_loading.TransformersTowers(encoder.towers.model, encoder.towers.place),
    )
    with torch.no_grad():
        broken.towers.model.text_projection.weight.fill_(float("nan"))
    with pytest.raises(EncoderScopeError, match="without a direction"):
        broken.text_features(["a"])


@pytest.mark.parametrize("kind", kit.KINDS)
def test_shards_are_one_model(saved: Any, kind: str, tmp_path: Path) -> None:
    folder, model = saved[kind]
    kit.save(tmp_path, kind)
    (tmp_path / "model.safetensors").unlink()
    model.save_pretrained(tmp_path, max_shard_size="20KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 1
    assert torch.equal(
        image_text_loading.load(tmp_path).logits(kit.pictures(2), kit.TEXTS),
        image_text_loading.load(folder).logits(kit.pictures(2), kit.TEXTS),
    )


@pytest.mark.parametrize("kind", ["siglip", "siglip2"])
def test_a_lone_file_is_its_folder(kind: str, tmp_path: Path) -> None:
    kit.save(tmp_path / "whole", kind, width=768, text_width=768, layers=1)
    (tmp_path / "lone").mkdir()
    state = load_file(tmp_path / "whole" / "model.safetensors")
    save_file(
        {name: value.contiguous() for name, value in state.items()},
        tmp_path / "lone" / "mine.safetensors",
    )
    kit.save_tokenizer(tmp_path / "lone", kind)
    (tmp_path / "lone" / "preprocessor_config.json").write_text(
        '{"image_mean": [9, 9, 9]}'
    )  # some other model's
    whole, lone = (
        image_text_loading.load(tmp_path / "whole"),
        image_text_loading.load(tmp_path / "lone" / "mine.safetensors"),
    )
    assert lone.recipe.usual
    lone = replace(
        lone, recipe=whole.recipe
    )  # a lone file is fed as usual: 256 patches, where the folder said 20
    torch.testing.assert_close(
        lone.logits(kit.pictures(2), kit.TEXTS),
        whole.logits(kit.pictures(2), kit.TEXTS),
        atol=1e-6,
        rtol=0,
    )
    assert (lone.scale, lone.bias, lone.title) == (whole.scale, whole.bias, whole.title)
    assert "read off the shapes" in lone.describe()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_stored_precision_is_kept_or_widened(saved: Any, dtype: Any, tmp_path: Path) -> None:
    kit.save(tmp_path, "clip")
    state = {
        name: value.to(dtype) for name, value in load_file(tmp_path / "model.safetensors").items()
    }
    save_file(state, tmp_path / "model.safetensors")
    wide, kept = (
        image_text_loading.load(tmp_path),
        image_text_loading.load(tmp_path, image_text_loading.LoadOptions(dtype=None)),
    )
    assert (wide.towers.model.dtype, kept.towers.model.dtype) == (torch.float32, dtype)
    full = image_text_loading.load(saved["clip"][0])
    for encoder in (wide, kept):
        torch.testing.assert_close(
            encoder.logits(kit.pictures(2), kit.TEXTS),
            full.logits(kit.pictures(2), kit.TEXTS),
            atol=0.35,
            rtol=0,
        )
