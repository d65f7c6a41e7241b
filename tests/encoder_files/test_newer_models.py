"""Encoders that came with newer versions of ComfyUI: each is named for what it is, where the host
finds it, and given to the image model that reads it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.encoder_files.description import Description
from encoderscope.conditioning.encoder_files.fits import fits
from encoderscope.conditioning.encoder_files.sentences import notes, verdict
from encoderscope.conditioning.encoder_files.signatures import describe
from encoderscope.tests.encoder_files import make
from encoderscope.tests.host.clips import imported


class Kind(NamedTuple):
    host: str
    """The member of the host's TEModel."""
    name: str
    title: str
    taken_by: tuple[str, ...] = ()


def gemma4(size: str) -> Callable[[], Mapping[str, Any]]:
    return lambda: _state(f"gemma4.Gemma4_{size}", {})


def qwen3vl(size: str) -> Callable[[], Mapping[str, Any]]:
    return lambda: _below_language_model(_state("qwen3vl.Qwen3VL", {}, f"qwen3vl_{size}"))


def qwen35(size: str) -> Callable[[], Mapping[str, Any]]:
    return lambda: _below_language_model(_state("qwen35.Qwen35", {}, f"qwen35_{size}"))


def _state(path: str, config: object, model_type: str = "") -> Mapping[str, Any]:
    """The tensors of the host's module, without memory for them."""
    cls = imported(f"comfy.text_encoders.{path}")
    if cls is None:
        pytest.skip("newer than this host")
    torch, ops = importlib.import_module("torch"), importlib.import_module("comfy.ops")
    if model_type:
        cls = type("Sized", (cls,), {"model_type": model_type})
    with torch.device("meta"):
        model = cls(config, torch.bfloat16, torch.device("meta"), ops.manual_cast)
    return dict(model.state_dict())


def _below_language_model(tensors: Mapping[str, Any]) -> Mapping[str, Any]:
    """As transformers saves a model with eyes, and as the host's loader expects it."""
    return {
        name.replace("model.", "model.language_model.", 1)
        if name.startswith("model.")
        else f"model.{name}": tensor
        for name, tensor in tensors.items()
    }


VL_8B = ("qwen_image_21", "ideogram4", "boogu", "joyimage")
KINDS: dict[Kind, Callable[[], Mapping[str, Any]]] = {
    Kind("GEMMA_4_E2B", "gemma4_e2b", "Gemma 4 E2B"): gemma4("E2B"),
    Kind("GEMMA_4_E4B", "gemma4_e4b", "Gemma 4 E4B"): gemma4("E4B"),
    Kind("GEMMA_4_12B", "gemma4_12b", "Gemma 4 12B", ("ltx2_gemma4",)): gemma4("12B"),
    Kind("GEMMA_4_31B", "gemma4_31b", "Gemma 4 31B"): gemma4("31B"),
    Kind("QWEN3VL_4B", "qwen3vl_4b", "Qwen3-VL 4B", ("krea2", "mage")): qwen3vl("4b"),
    Kind("QWEN3VL_8B", "qwen3vl_8b", "Qwen3-VL 8B", VL_8B): qwen3vl("8b"),
    Kind(
        "QWEN3VL_32B", "qwen3vl_32b", "Qwen3-VL 32B (pruned for MiniMax H3)", ("minimax_h3",)
    ): lambda: _state("minimax.MiniMaxQwen3VL", {}),
    Kind("QWEN35_08B", "qwen35_08b", "Qwen3.5 0.8B"): qwen35("08b"),
    Kind("QWEN35_2B", "qwen35_2b", "Qwen3.5 2B"): qwen35("2b"),
    Kind("QWEN35_4B", "qwen35_4b", "Qwen3.5 4B"): qwen35("4b"),
    Kind("QWEN35_9B", "qwen35_9b", "Qwen3.5 9B"): qwen35("9b"),
    Kind("QWEN35_27B", "qwen35_27b", "Qwen3.5 27B"): qwen35("27b"),
    Kind("T5_GEMMA", "t5gemma_base", "T5Gemma base", ("stable_audio_3",)): lambda: _state(
        "sa3.T5GemmaModel", {}
    ),
    Kind("JINA_CLIP_2", "jina_clip_v2", "Jina CLIP v2", ("newbie",)): lambda: _state(
        "jina_clip_2.XLMRobertaModel", {}
    ),
}
OLDER = "Older versions of ComfyUI's own loader, such as 0.3.75, do not know this model."


def described(folder: Path, shapes: make.Shapes) -> Description:
    return describe(open_checkpoint(make.sparse(folder / "a.safetensors", shapes, "BF16")))


def takers(description: Description) -> tuple[str, ...]:
    return tuple(answer.family for answer in fits(description) if answer.fits)


@pytest.mark.host
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_the_host_finds_is_named(kind: Kind, host_folder: Path, tmp_path: Path) -> None:
    tensors = KINDS[kind]()
    assert importlib.import_module("comfy.sd").detect_te_model(dict(tensors)).name == kind.host
    description = described(tmp_path, {name: tuple(t.shape) for name, t in tensors.items()})
    assert (description.kind, description.name) == ("encoder", kind.name)
    assert description.title == kind.title
    assert takers(description) == kind.taken_by
    sentences = notes(description, True)
    assert OLDER in sentences
    assert not any("finds no text encoder" in note or "VL version" in note for note in sentences)


@pytest.mark.host
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_older_host_finds_none(kind: Kind, host_folder: Path) -> None:
    """What is said of 0.3.75: where it finds anything in such a file, it is another model."""
    sd = importlib.import_module("comfy.sd")
    if hasattr(sd.TEModel, kind.host):
        pytest.skip("this host knows it")
    keys = {name: _Shaped(shape) for name, shape in marks(kind.name).items()}
    detected = sd.detect_te_model(keys)
    assert detected is None or detected.name in ("GEMMA_3_4B", "QWEN3_4B")


class _Shaped:
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape


def layer_norms(prefix: str, width: int, layers: int) -> dict[str, tuple[int, ...]]:
    return {f"{prefix}layers.{n}.input_layernorm.weight": (width,) for n in range(layers)}


def marks(name: str) -> dict[str, tuple[int, ...]]:
    """The few tensors by which such a file is known."""
    line, _, size = name.rpartition("_")
    below = "model.language_model."
    if line == "gemma4":
        width, layers = {"e2b": (1536, 35), "e4b": (2560, 42), "12b": (3840, 48)}.get(
            size, (5376, 60)
        )
        return {
            **layer_norms("model.", width, layers),
            "model.layers.0.layer_scalar": (1,),
            "model.layers.0.self_attn.q_norm.weight": (256,),
            "model.layers.0.post_feedforward_layernorm.weight": (width,),
            "vision_model.encoder.layers.0.input_layernorm.weight": (768,),
        }
    if line == "qwen35":
        width, layers = {"08b": (1024, 24), "2b": (2048, 24), "4b": (2560, 32)}.get(
            size, (4096, 32) if size == "9b" else (5120, 64)
        )
        return {**layer_norms(below, width, layers), f"{below}layers.0.linear_attn.A_log": (32,)}
    if line == "qwen3vl":
        prefix, eyes = ("model.", "") if size == "32b" else (below, "model.")
        width, layers = {"4b": (2560, 36), "8b": (4096, 36)}.get(size, (5120, 50))
        return {
            **layer_norms(prefix, width, layers),
            f"{prefix}layers.0.post_attention_layernorm.weight": (width,),
            f"{prefix}layers.0.self_attn.q_norm.weight": (128,),
            f"{eyes}visual.deepstack_merger_list.0.norm.weight": (4096,),
        }
    if line == "t5gemma":
        return {
            f"model.encoder.layers.{n}.pre_self_attn_layernorm.weight": (768,) for n in range(12)
        }
    return {
        "model.emb_ln.weight": (1024,),
        **{f"model.encoder.layers.{n}.norm1.weight": (1024,) for n in range(24)},
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_few_tensors_tell_what_it_is(kind: Kind, tmp_path: Path) -> None:
    description = described(tmp_path, marks(kind.name))
    assert (description.name, takers(description)) == (kind.name, kind.taken_by)


def test_a_gemma_3_stays_one(tmp_path: Path) -> None:
    """Gemma 4 12B has its width and its depth, and another image model reads it."""
    shapes = marks("gemma4_12b")
    del shapes["model.layers.0.layer_scalar"]
    description = described(tmp_path, shapes)
    assert (description.name, takers(description)) == ("gemma3_12b", ("ltx2",))


def test_qwen3_without_eyes_may_be_either(tmp_path: Path) -> None:
    """Z-Image and Klein read Qwen3; with eyes beside it, it is the model of Krea 2."""
    shapes = marks("qwen3vl_4b")
    eyes = shapes.pop("model.visual.deepstack_merger_list.0.norm.weight")
    blind = described(tmp_path, shapes)
    assert takers(blind) == ("flux2_klein_4b", "z_image", "krea2", "mage")
    assert any("has no vision tower to tell them apart" in note for note in notes(blind))
    seeing = described(tmp_path, {**shapes, "visual.deepstack_merger_list.0.norm.weight": eyes})
    assert takers(seeing) == ("krea2", "mage")


def test_names_that_the_host_does_not_look_for(tmp_path: Path) -> None:
    shapes = {name.replace("model.", "", 1): each for name, each in marks("t5gemma_base").items()}
    [note] = [each for each in notes(described(tmp_path, shapes), True) if "own loader" in each]
    assert note.startswith("ComfyUI's own loader finds no text encoder")
    assert "Load Text Encoders" not in note


def test_the_decoder_of_a_t5gemma_is_no_encoder_of_its_own(tmp_path: Path) -> None:
    shapes = marks("t5gemma_base")
    decoder = {name.replace("encoder", "decoder"): shape for name, shape in shapes.items()}
    assert described(tmp_path, {**shapes, **decoder}).name == "t5gemma_base"
    assert verdict(described(tmp_path, shapes)) == (
        "Encoder of T5Gemma base. Stable Audio 3 takes it as T5Gemma base."
    )
