"""One whole graph on a real ComfyUI server: files, loaders, our nodes beside stock ones, KSampler,
TAESD3, saved pictures.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.tests import hostkit
from encoderscope.tests.host import generators
from encoderscope.tests.host.loading import making
from encoderscope.tests.host.test_mix_end_to_end import DATA, OTHER, TEXT
from PIL import Image, ImageChops
from safetensors.torch import save_file

pytestmark = pytest.mark.host


@pytest.fixture(scope="module")
def server(host_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server that sees CLIP-L and T5-XXL of real widths but thin layers, a small SD3 and its
    small VAE.
    """
    if not (DATA / "vae_approx" / "taesd3_decoder.safetensors").is_file():
        pytest.skip(f"no TAESD3 under {DATA.name}/vae_approx: set ENCODERSCOPE_DATA")
    base = tmp_path_factory.mktemp("models")
    encoders = {
        "clip_l": making.clip(768, 12, feed_forward=64),
        "t5xxl": making.t5(4096, 24, 16, 1),
    }
    for name, model in encoders.items():
        making.write(
            base / "text_encoders" / f"{name}.safetensors", making.state(model), torch.float16
        )
    (base / "diffusion_models").mkdir()
    weights = generators.sd3().model.diffusion_model.state_dict()
    save_file(
        {name: weight.contiguous() for name, weight in weights.items()},
        base / "diffusion_models" / "sd3.safetensors",
    )
    folders = {
        "text_encoders": "text_encoders",
        "diffusion_models": "diffusion_models",
        "vae_approx": str(DATA / "vae_approx"),
    }
    config = base / "paths.yaml"
    config.write_text(json.dumps({"mix": {"base_path": str(base), **folders}}), encoding="utf-8")
    arguments = ("--extra-model-paths-config", str(config))
    with hostkit.serve(tmp_path_factory.mktemp("mix"), arguments=arguments) as running:
        yield running
    for file in base.rglob("*.safetensors"):
        file.unlink()


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


def loader(family: str, *files: str) -> dict[str, Any]:
    names = {f"file_{i}": name for i, name in enumerate((*files, "none", "none", "none")[:4], 1)}
    return node(
        "EncoderScope_LoadEncoders", **names, family=family, precision="as stored", device="auto"
    )


def mix(pooled_from: list[Any], sequence_from: list[Any], **changed: Any) -> dict[str, Any]:
    plain = {"pooled": 1.0, "clip_sequence": 1.0, "t5_sequence": 1.0, "interpolation": "linear"}
    return node(
        "EncoderScope_Mix",
        pooled_from=pooled_from,
        sequence_from=sequence_from,
        **(plain | changed),
    )


def drawing(conditioning: list[Any], name: str) -> dict[str, Any]:
    """Nodes from a conditioning to a saved picture."""
    return {
        f"{name} sampler": node(
            "KSampler",
            model=["model", 0],
            positive=conditioning,
            negative=["negative", 0],
            latent_image=["latent", 0],
            seed=5,
            steps=3,
            cfg=4.0,
            sampler_name="euler",
            scheduler="simple",
            denoise=1.0,
        ),
        f"{name} decoded": node("VAEDecode", samples=[f"{name} sampler", 0], vae=["vae", 0]),
        name: node("SaveImage", images=[f"{name} decoded", 0], filename_prefix=name),
    }


def test_pictures_through_our_nodes(server: Any) -> None:
    ours = {
        "states": node("EncoderScope_EncodeStates", clip=["clip", 0], text=TEXT),
        "assembled": node(
            "EncoderScope_Assemble", states=["states", 0], layout="from the states", clip_g="absent"
        ),
        "mixed": mix(["assembled", 0], ["assembled", 0]),
        "unpooled": mix(["states", 1], ["states", 1], pooled=0.0, t5_end=0.5),
        "seen": node(
            "EncoderScope_InspectConditioning",
            conditioning=["unpooled", 0],
            compare_with=["stock", 0],
        ),
    }
    graph = {
        "clip": loader("sd3", "clip_l.safetensors", "t5xxl.safetensors"),
        "model": node("UNETLoader", unet_name="sd3.safetensors", weight_dtype="default"),
        "vae": node("VAELoader", vae_name="taesd3"),
        "latent": node("EmptySD3LatentImage", width=128, height=128, batch_size=1),
        "negative": node("CLIPTextEncode", clip=["clip", 0], text=""),
        "stock": node("CLIPTextEncode", clip=["clip", 0], text=TEXT),
        "other": node("CLIPTextEncode", clip=["clip", 0], text=OTHER),
        **ours,
        **drawing(["stock", 0], "by stock nodes"),
        **drawing(["other", 0], "another prompt"),
        **drawing(["mixed", 0], "by ours"),
        **drawing(["seen", 0], "without the pooled vector"),
    }
    shown = server.run(graph)
    names = ("by stock nodes", "by ours", "another prompt", "without the pooled vector")
    stock, mixed, other, unpooled = (
        Image.open(io.BytesIO(server.image(shown[name]["images"][0]))).convert("RGB")
        for name in names
    )
    assert stock.size == (128, 128) and len(stock.getcolors(1 << 16) or []) > 100, (
        "a flat picture would prove nothing"
    )
    assert ImageChops.difference(stock, mixed).getbbox() is None
    assert (
        ImageChops.difference(stock, other).getbbox()
        and ImageChops.difference(stock, unpooled).getbbox()
    )
    (report,) = shown["seen"]["encoderscope_conditioning"]
    assert len(report["entries"]) == 2, "T5 ends in the middle of the schedule"


def test_what_cannot_be_mixed_is_refused_in_words(server: Any) -> None:
    graph = {
        "clip": loader("pixart_alpha", "t5xxl.safetensors"),
        "both": loader("flux", "clip_l.safetensors", "t5xxl.safetensors"),
        "t5": node("CLIPTextEncode", clip=["clip", 0], text=TEXT),
        "flux": node("CLIPTextEncode", clip=["both", 0], text=TEXT),
        "mixed": mix(["t5", 0], ["flux", 0]),
        "seen": node("EncoderScope_InspectConditioning", conditioning=["mixed", 0]),
    }
    with pytest.raises(hostkit.HostFailure, match="pooled_from has no pooled vector"):
        server.run(graph)


MINIATURES = [
    ("mini-CLIP", "sd1"),
    ("mini-CLIP-hard", "sdxl"),
    ("mini-CLIP", "flux"),
    ("mini-T5", "pixart"),
]


@pytest.mark.parametrize(("name", "family"), MINIATURES)
def test_a_miniature_goes_through_every_node_of_text(server: Any, name: str, family: str) -> None:
    graph = {
        "clip": node("EncoderScope_LoadMiniature", miniature=name, family=family),
        "stock": node("CLIPTextEncode", clip=["clip", 0], text=TEXT),
        "states": node("EncoderScope_EncodeStates", clip=["clip", 0], text=TEXT),
        "assembled": node("EncoderScope_Assemble", states=["states", 0], layout="from the states"),
        "mixed": mix(["assembled", 0], ["assembled", 0]),
        "seen": node(
            "EncoderScope_InspectConditioning", conditioning=["mixed", 0], compare_with=["stock", 0]
        ),
        "tokens": node(
            "EncoderScope_TokenMap", clip=["clip", 0], text=TEXT, family="from the CLIP"
        ),
        "probe": node(
            "EncoderScope_BindingProbe",
            clip=["clip", 0],
            text="a red car next to a blue house",
            view="unpadded",
        ),
    }
    shown = server.run(graph)
    assert shown["tokens"]["encoderscope_tokens"][0]["family"] in (family, f"{family}_or_chroma")
    [probed] = shown["probe"]["encoderscope_probe"]
    assert all(stream["title"].startswith("mini-") for stream in probed["streams"])
    assert probed["contrasts"][0]["verdict"] in ("BOUND", "ORDER ONLY", "UNDECIDED")


def test_a_generator_takes_a_miniature_in_the_encoders_place(server: Any) -> None:
    graph = {
        "clip": node("EncoderScope_LoadMiniature", miniature="mini-CLIP-hard", family="sd3"),
        "model": node("UNETLoader", unet_name="sd3.safetensors", weight_dtype="default"),
        "vae": node("VAELoader", vae_name="taesd3"),
        "latent": node("EmptySD3LatentImage", width=128, height=128, batch_size=1),
        "negative": node("CLIPTextEncode", clip=["clip", 0], text=""),
        "positive": node("CLIPTextEncode", clip=["clip", 0], text=TEXT),
        **drawing(["positive", 0], "by a miniature"),
    }
    picture = Image.open(io.BytesIO(server.image(server.run(graph)["by a miniature"]["images"][0])))
    assert picture.size == (128, 128)
