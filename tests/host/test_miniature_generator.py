"""mini-MMDiT in the real host: loaded by its ordinary loaders with nothing missing, conditioned as
it was trained, and drawing what it is told.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from encoderscope.conditioning import miniature_generator
from encoderscope.conditioning.errors import EncoderScopeError, UnknownName
from PIL import Image
from safetensors.torch import load_file

pytestmark = pytest.mark.host
TEXT = "a red car next to a blue house"
SHIPPED = miniature_generator.choices()


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


@pytest.fixture(scope="module")
def generators(host_folder: Path) -> Any:
    from encoderscope.host.generator import miniature_model as module

    return module


@pytest.fixture(scope="module")
def encoders(host_folder: Path) -> Any:
    from encoderscope.tools.generator import variant_encoders as module

    return module


@pytest.mark.parametrize("name", SHIPPED)
def test_the_hosts_loader_finds_sd3_with_nothing_missing_and_nothing_left(
    generators: Any, name: str
) -> None:
    import comfy.model_base

    model = generators.model(name).model
    assert isinstance(model, comfy.model_base.SD3)
    stored = load_file(miniature_generator.file(name))
    loaded = model.diffusion_model.state_dict()
    assert stored.keys() == loaded.keys()
    for key, weight in stored.items():
        torch.testing.assert_close(loaded[key].float(), weight.float(), atol=1e-3, rtol=1e-2)
    for key in ("context_embedder.weight", "y_embedder.mlp.0.weight"):
        assert not stored[key][:, 128:].any()
        assert stored[key][:, :128].any()


def test_the_vae_is_whole_and_gives_back_what_it_was_shown(generators: Any) -> None:
    from encoderscope.conditioning.scenes.drawing import draw
    from encoderscope.conditioning.scenes.scene import scenes

    vae = generators.vae()
    assert load_file(miniature_generator.vae_file()).keys() == vae.get_sd().keys()
    picture = draw(scenes(4, "test", 3), 64)
    latent = vae.encode(picture)
    assert latent.shape == (4, 16, 8, 8)
    assert (vae.decode(latent) - picture).abs().mean() < 0.03


@pytest.mark.parametrize(
    "name", [name for name in miniature_generator.VARIANTS if name != "oracle"]
)
def test_training_read_what_the_host_gives(encoders: Any, name: str) -> None:
    """The first 128 columns, to the rounding of bf16; what the host has beside them is not read."""
    from encoderscope.host import miniatures

    variant = miniature_generator.VARIANTS[name]
    clip = miniatures.clip(variant.miniature, variant.family)
    texts = [TEXT, "", "two things: the small ball and the big tree"]
    read = encoders.encoder(name)(texts, [None] * 3, 77)
    for k, text in enumerate(texts):
        [[sequence, extra]] = clip.encode_from_tokens_scheduled(clip.tokenize(text))
        rows, pooled = read.rows[k].float(), read.pooled[k].float()
        torch.testing.assert_close(rows, sequence[0, :, :128], atol=2e-2, rtol=1e-2)
        torch.testing.assert_close(pooled, extra["pooled_output"][0, :128], atol=2e-2, rtol=1e-2)


@pytest.mark.parametrize("name", SHIPPED)
def test_it_draws_in_a_graph_of_stock_nodes(host_server: Any, name: str) -> None:
    """Both colours of the prompt are in the picture, and neither of two others."""
    variant = miniature_generator.VARIANTS[name]
    graph = {
        "clip": node(
            "EncoderScope_LoadMiniature", miniature=variant.miniature, family=variant.family
        ),
        "generator": node("EncoderScope_LoadMiniatureGenerator", generator=name),
        "positive": node("CLIPTextEncode", clip=["clip", 0], text=TEXT),
        "negative": node("CLIPTextEncode", clip=["clip", 0], text=""),
        "latent": node("EmptySD3LatentImage", width=64, height=64, batch_size=1),
        "sampled": node(
            "KSampler",
            model=["generator", 0],
            positive=["positive", 0],
            negative=["negative", 0],
            latent_image=["latent", 0],
            seed=5,
            steps=miniature_generator.STEPS,
            cfg=miniature_generator.GUIDANCE,
            sampler_name="euler",
            scheduler="simple",
            denoise=1.0,
        ),
        "decoded": node("VAEDecode", samples=["sampled", 0], vae=["generator", 1]),
        "shown": node("PreviewImage", images=["decoded", 0]),
    }
    outputs = host_server.run(graph)
    assert "not Stable Diffusion" in outputs["generator"]["text"][0]
    assert variant.miniature in outputs["generator"]["text"][0]
    picture = Image.open(io.BytesIO(host_server.image(outputs["shown"]["images"][0])))
    assert picture.size == (64, 64)
    pixels = np.asarray(picture.convert("RGB"), dtype=np.float32).reshape(-1, 3)
    seen = colours(torch.from_numpy(pixels) / 255)
    assert min(seen["red"], seen["blue"]) > 40 > max(seen["green"], seen["yellow"])


def colours(pixels: torch.Tensor) -> dict[str, int]:
    """How many pixels are near to each colour of the drawn scenes."""
    from encoderscope.conditioning.scenes.drawing import COLOUR

    return {
        name: int(((pixels - torch.tensor(colour)).abs().amax(-1) < 0.25).sum())
        for name, colour in COLOUR.items()
    }


def test_what_is_missing_is_named_with_the_way_to_make_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(miniature_generator, "FOLDER", tmp_path)
    assert miniature_generator.choices() == []
    with pytest.raises(EncoderScopeError, match="train-generator oracle"):
        miniature_generator.file("oracle")
    with pytest.raises(EncoderScopeError, match="Install EncoderScope again"):
        miniature_generator.vae_file()
    with pytest.raises(UnknownName, match="clip-hard"):
        miniature_generator.file("flux")
