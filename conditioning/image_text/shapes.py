"""The configuration of an image-text model, read off the shapes of its weights, and the title of
one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import EncoderScopeError
from ..translation import later, translatable

Shapes = Mapping[str, tuple[int, ...]]
KINDS = {"clip": "CLIP", "siglip": "SigLIP", "siglip2": "SigLIP 2 NaFlex"}
ACTIVATIONS = ("auto", "quick_gelu", "gelu")
SIGLIP2_VOCABULARY = 256_000
# Heads of the published models by width. Shapes do not tell them, and a wrong number gives wrong
# vectors without a word.
_VISION_HEADS = {768: 12, 1024: 16, 1152: 16, 1280: 16, 1408: 16, 1536: 16, 1664: 16}
_TEXT_HEADS = {512: 8, 768: 12, 1024: 16, 1152: 16, 1280: 20}
_LETTERS = {768: "B", 1024: "L", 1152: "So400m", 1280: "H", 1408: "g", 1536: "g-opt", 1664: "bigG"}

_UNKNOWN_HEADS = {
    "vision_model": translatable(
        "The vision tower is {width} wide, which no published model is, so its number of heads is "
        "not known."
    ),
    "text_model": translatable(
        "The text tower is {width} wide, which no published model is, so its number of heads is "
        "not known."
    ),
}
_VISION_PATCH = "vision_model.embeddings.patch_embedding.weight"
_VISION_POSITIONS = "vision_model.embeddings.position_embedding.weight"
_TEXT_POSITIONS = "text_model.embeddings.position_embedding.weight"
_TOKENS = "text_model.embeddings.token_embedding.weight"


@dataclass(frozen=True)
class DerivedConfig:
    """A configuration, as transformers' config.json has it, and what was assumed for it."""

    kind: str
    config: dict[str, Any]
    notes: tuple[str, ...]


def missing_half(shapes: Shapes) -> str | None:
    """ "vision" or "text" where a file holds one tower only, "both" where it holds neither, None
    where it holds both.
    """
    towers = (_VISION_PATCH in shapes, _TOKENS in shapes)
    return {
        (True, True): None,
        (True, False): "text",
        (False, True): "vision",
        (False, False): "both",
    }[towers]


def kind_of(shapes: Shapes) -> str:
    """clip, siglip or siglip2, by the weights that only one of them has."""
    if len(shapes[_VISION_PATCH]) == 2:
        return "siglip2"
    return "clip" if "visual_projection.weight" in shapes else "siglip"


def derive(shapes: Shapes, activation: str = "auto") -> DerivedConfig:
    """``shapes`` of a file in transformers' layout that holds both towers."""
    kind = kind_of(shapes)
    vision, text = (
        _tower(shapes, "vision_model", _VISION_HEADS),
        _tower(shapes, "text_model", _TEXT_HEADS),
    )
    vision |= _picture(shapes, kind)
    text |= {
        "vocab_size": shapes[_TOKENS][0],
        "max_position_embeddings": shapes[_TEXT_POSITIONS][0],
    }
    notes: list[str] = []
    config: dict[str, Any] = {"model_type": kind}
    if kind == "clip":
        projected = {"projection_dim": shapes["visual_projection.weight"][0]}
        config, vision, text = config | projected, vision | projected, text | projected
        vision["hidden_act"] = text["hidden_act"] = _activation(
            vision["hidden_size"], activation, notes
        )
        text |= {"eos_token_id": 49407, "bos_token_id": 49406}
    else:
        text["projection_size"] = shapes["text_model.head.weight"][0]
    return DerivedConfig(
        kind, config | {"vision_config": vision, "text_config": text}, tuple(notes)
    )


def _tower(shapes: Shapes, prefix: str, heads: Mapping[int, int]) -> dict[str, Any]:
    layers = {
        int(key.split(".")[3]) for key in shapes if key.startswith(f"{prefix}.encoder.layers.")
    }
    inner, width = shapes[f"{prefix}.encoder.layers.0.mlp.fc1.weight"]
    if width not in heads:
        raise EncoderScopeError(
            _UNKNOWN_HEADS[prefix],
            "One of the widths {widths}, or a config.json in a folder with the file, was expected.",
            "Put the model's config.json into a folder with the file and choose that folder.",
            width=width,
            widths=", ".join(map(str, heads)),
        )
    return {
        "hidden_size": width,
        "intermediate_size": inner,
        "num_hidden_layers": len(layers),
        "num_attention_heads": heads[width],
    }


def _picture(shapes: Shapes, kind: str) -> dict[str, Any]:
    positions = shapes[_VISION_POSITIONS][0]
    if kind == "siglip2":
        return {
            "num_patches": positions,
            "patch_size": math.isqrt(shapes[_VISION_PATCH][1] // 3),
            "num_channels": 3,
        }
    patch = shapes[_VISION_PATCH][-1]
    return {
        "image_size": math.isqrt(positions - (kind == "clip")) * patch,
        "patch_size": patch,
        "num_channels": 3,
    }


def _activation(width: int, choice: str, notes: list[str]) -> str:
    if choice != "auto":
        return choice
    activation, maker = "gelu", "LAION"
    if width in (768, 1024):
        activation, maker = "quick_gelu", "OpenAI"
    notes.append(
        later(
            "Assumed: activation {activation}, as in {maker}'s model of this size. The file does "
            "not tell, and the other one gives other numbers: choose it under 'activation' if the "
            "model's page says so (LAION, DataComp: gelu; OpenAI, DFN, MetaCLIP: quick_gelu).",
            activation=activation,
            maker=maker,
        )
    )
    return activation


def title_of(kind: str, config: Mapping[str, Any]) -> str:
    """ "CLIP ViT-B/32", "SigLIP 2 So400m/14, 384 px"; unpublished sizes by their numbers."""
    vision, text = config["vision_config"], config["text_config"]
    width, patch = vision["hidden_size"], vision["patch_size"]
    letter = _LETTERS.get(width, f"({width} wide, {vision['num_hidden_layers']} layers)")
    name = KINDS[kind]
    if kind == "siglip" and text["vocab_size"] == SIGLIP2_VOCABULARY:
        name = "SigLIP 2"
    if kind == "clip":
        letter = f"ViT-{letter}"
    title = f"{name} {letter}/{patch}"
    if kind != "siglip2" and vision["image_size"] != 224:
        title += f", {vision['image_size']} px"
    return title
